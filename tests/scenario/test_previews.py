"""Previews of links: the sender's server looks, readers ask nobody else (`docs/clients.md`)."""

import asyncio
import ssl
from urllib.parse import urlsplit

from previews import OGI, PREVIEW, ask, preview
from site_of_test import Site, answer, elsewhere, page
from skein import DOMAIN
from uploads import Web, png, stored
from wire import NS, error_of

HEAD = ("<title>Plain</title><meta property='og:title' content='Open &amp; wide'>"
        "<meta property='og:description' content='Words of it'><meta property='og:site_name' content='The Site'>"
        "<meta property='og:image' content='/cat.png'><meta property='og:image:alt' content='A cat'>")


def serving(own_server, *sites: Site, **limits):
    """A server that may look at these sites, though they are on loopback."""
    config = {"previews": {"allow": [site.address for site in sites]}}
    return own_server(config | ({"limits": {"rate": True, **limits}} if limits else {}))


async def test_the_server_says_what_a_page_is_with_a_small_picture_of_its_own(own_server):
    async with Site({"/": page(HEAD), "/cat.png": answer(200, png(900, 600), "image/png")}) as site:
        server = serving(own_server, site)
        alice, = await server.people("alice")
        client = await server.login(alice)
        said = await preview(client, site.url("/"))
        assert (said["title"], said["description"], said["site_name"]) == ("Open & wide", "Words of it", "The Site")
        assert said["url"] == site.url("/") and said[f"{{{OGI}}}alt"] == "A cat"
        address = urlsplit(said["image"])
        assert address.path.startswith("/upload/") and address.port != site.port
        async with Web(server) as web:
            status, headers, content = await web.get(said["image"])
        assert (status, headers["Content-Type"]) == (200, "image/jpeg"), "made anew, not passed on"
        assert content.startswith(b"\xff\xd8") and len(content) < 40_000
        # Nothing of who asked went to the site.
        for head in site.headers:
            assert "alice" not in head and "cookie" not in head.lower() and "referer" not in head.lower()


async def test_the_service_is_found(server):
    alice, = await server.people("alice")
    client = await server.login(alice)
    info = await client.result("get", f"<query xmlns='{NS['disco']}'/>", DOMAIN)
    assert PREVIEW in {feature.get("var") for feature in info.iter(f"{{{NS['disco']}}}feature")}


async def test_a_redirect_is_followed_and_the_page_is_told_where_it_is(own_server):
    async with Site() as site:
        site.pages = {"/a": elsewhere("/b?x=1", 301), "/b?x=1": elsewhere(site.url("/c"), 308),
                      "/c": page("<title>Here</title><meta property='og:url' content='/canonical'>"),
                      "/foreign": page("<title>x</title><meta property='og:url' content='https://bank.example/'>")}
        server = serving(own_server, site)
        alice, = await server.people("alice")
        client = await server.login(alice)
        assert await preview(client, site.url("/a")) == {"title": "Here", "url": site.url("/canonical")}
        assert (await preview(client, site.url("/foreign")))["url"] == site.url("/foreign"), "not somebody else's address"


async def test_an_address_of_a_picture_is_a_picture(own_server):
    async with Site({"/p.png": answer(200, png(), "image/png")}) as site:
        server = serving(own_server, site)
        alice, = await server.people("alice")
        client = await server.login(alice)
        said = await preview(client, site.url("/p.png"))
        assert set(said) == {"url", "image"}


async def test_what_was_seen_is_remembered_and_each_asker_has_a_picture_of_their_own(own_server):
    async with Site({"/": page(HEAD), "/cat.png": answer(200, png(), "image/png")}) as site:
        server = serving(own_server, site)
        alice, bob = await server.people("alice", "bob")
        first = await preview(await server.login(alice), site.url("/"))
        second = await preview(await server.login(bob), site.url("/"))
        assert site.asked == ["/", "/cat.png"]
        assert first["image"] != second["image"] and first["title"] == second["title"]
        assert len([size for size in stored(server).values()]) <= 2, "the content is kept once"


async def test_a_picture_without_room_in_the_quota_is_left_out_and_alone_it_is_no_preview(own_server):
    async with Site({"/": page(HEAD), "/cat.png": answer(200, png(900, 600), "image/png")}) as site:
        server = serving(own_server, site, upload_bytes_per_account=1024)
        alice, = await server.people("alice")
        client = await server.login(alice)
        said = await preview(client, site.url("/"))
        assert said["title"] == "Open & wide" and "image" not in said
        assert error_of(await ask(client, site.url("/cat.png"))) == "item-not-found"


async def test_the_picture_goes_with_the_message_that_names_it(own_server):
    async with Site({"/": page(HEAD), "/cat.png": answer(200, png(), "image/png")}) as site:
        server = serving(own_server, site)
        alice, bob = await server.people("alice", "bob")
        client, other = await server.login(alice), await server.login(bob)
        said = await preview(client, site.url("/"))
        meta = (f"<rdf:Description xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:og='https://ogp.me/ns#' "
                f"rdf:about='{site.url('/')}'><og:image>{said['image']}</og:image></rdf:Description>")
        await client.send(f"<message type='chat' id='m1' to='{bob.jid}'><body>look {site.url('/')}</body>{meta}"
                          "<origin-id xmlns='urn:xmpp:sid:0' id='m1'/></message>")
        await other.expect("message[@id='m1']")
        async with Web(server) as web:
            assert (await web.get(said["image"]))[0] == 200
            await client.send(f"<message type='chat' id='m2' to='{bob.jid}'><retract xmlns='urn:xmpp:message-retract:1' id='m1'/>"
                              "<body>gone</body></message>")
            await other.expect("message[@id='m2']")
            end = asyncio.get_running_loop().time() + 10
            while (await web.get(said["image"]))[0] != 404:
                assert asyncio.get_running_loop().time() < end, "the picture outlives its message"
                await asyncio.sleep(0.05)


async def test_pages_in_chinese_letters_of_old_are_read(own_server):
    old = answer(200, "<head><meta charset=gb2312><title>你好，世界</title></head>".encode("gbk"), "text/html")
    async with Site({"/": old}) as site:
        server = serving(own_server, site)
        alice, = await server.people("alice")
        assert (await preview(await server.login(alice), site.url("/")))["title"] == "你好，世界"


async def test_other_requests_do_not_wait_for_a_slow_page(own_server):
    go = asyncio.Event()

    async def slow(writer):
        await go.wait()
        writer.write(page("<title>At last</title>"))

    async with Site({"/": slow}) as site:
        server = serving(own_server, site)
        alice, = await server.people("alice")
        client = await server.login(alice)
        asked = asyncio.create_task(preview(client, site.url("/")))
        while not site.asked:
            await asyncio.sleep(0.01)
        await client.result("get", "<ping xmlns='urn:xmpp:ping'/>", DOMAIN)
        assert not asked.done()
        go.set()
        assert (await asked)["title"] == "At last"


async def test_over_https_the_site_has_to_prove_its_name(own_server):
    for trusted in [True, False]:
        server = own_server({}, start=False)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(server.folder / "server.pem", server.folder / "server.key")
        seen = []

        async def visit(reader, writer):
            seen.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(page("<title>Secure</title>"))
            writer.close()

        site = await asyncio.start_server(visit, "127.0.0.1", 0, ssl=tls)
        port = site.sockets[0].getsockname()[1]
        server._overrides = {"previews": {"allow": [f"127.0.0.1:{port}", f"[::1]:{port}"]}}
        server._settle_config()
        server._variables = {"SSL_CERT_FILE": str(server.ca)} if trusted else {}
        server.start()
        alice, = await server.people("alice")
        client = await server.login(alice)
        url = f"https://localhost:{port}/"
        if trusted:
            assert (await preview(client, url))["title"] == "Secure"
        else:
            assert error_of(await ask(client, url)) == "item-not-found" and not seen
        site.close()


async def test_an_operator_can_switch_it_off(own_server):
    async with Site({"/": page(HEAD)}) as site:
        server = own_server({"previews": {"enabled": False, "allow": [site.address]}})
        alice, = await server.people("alice")
        client = await server.login(alice)
        assert error_of(await ask(client, site.url("/"))) == "service-unavailable" and not site.asked


async def test_who_asks_too_often_is_told_to_wait(own_server):
    async with Site({f"/{n}": page("<title>x</title>") for n in range(9)}) as site:
        server = serving(own_server, site, previews="1/1h burst 3")
        alice, bob = await server.people("alice", "bob")
        client = await server.login(alice)
        errors = [error_of(await ask(client, site.url(f"/{n}"))) for n in range(5)]
        assert errors == [None] * 3 + ["resource-constraint"] * 2
        assert error_of(await ask(await server.login(bob), site.url("/7"))) is None, "others are not slowed"


async def test_one_person_cannot_take_all_turns(own_server):
    go = asyncio.Event()

    async def slow(writer):
        await go.wait()
        writer.write(page("<title>x</title>"))

    async with Site({f"/{n}": slow for n in range(3)} | {"/fast": page("<title>Fast</title>")}) as site:
        server = serving(own_server, site)
        alice, bob = await server.people("alice", "bob")
        client = await server.login(alice)
        slow_ones = [asyncio.create_task(ask(client, site.url(f"/{n}"))) for n in range(3)]
        while len(site.asked) < 3:
            await asyncio.sleep(0.01)
        assert error_of(await ask(client, site.url("/fast"))) == "resource-constraint"
        assert (await preview(await server.login(bob), site.url("/fast")))["title"] == "Fast"
        go.set()
        assert [error_of(one) for one in await asyncio.gather(*slow_ones)] == [None] * 3
        assert (await preview(client, site.url("/fast")))["title"] == "Fast"
