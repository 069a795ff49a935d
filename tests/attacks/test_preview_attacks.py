"""G01 of the catalogue: what the server fetches for others leads nowhere inside, and ends."""

import asyncio
import time

import pytest

from previews import ask, preview
from site_of_test import Site, answer, elsewhere, page
from uploads import png
from wire import error_of

NOWHERE = "there is no preview of this address"
# A name server of nobody; what resolves at all resolves inside.
INNER = ["http://10.0.0.1/", "http://172.16.0.1/", "http://192.168.0.1/", "http://100.64.0.1/", "http://169.254.169.254/latest/meta-data/",
         "http://0.0.0.0/", "http://224.0.0.1/", "http://255.255.255.255/", "http://[::1]/", "http://[::]/", "http://[fe80::1]/",
         "http://[fd00::1]/", "http://[ff02::1]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:8.8.8.8]/",
         "http://[64:ff9b::7f00:1]/", "http://[64:ff9b::a9fe:a9fe]/", "http://[2002:7f00:1::]/", "http://[2001:db8::1]/",
         "http://localhost/", "https://localhost/", "http://localhost./", "http://127.0.0.1/", "http://127.1/",
         "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/"]
HOSTS = ["127.0.0.1", "localhost", "localhost.", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "2130706433", "0x7f000001",
         "0177.0.0.1", "127.1", "127.000.000.001", "0", "LOCALHOST"]


def text_of(stanza) -> str:
    return stanza.findtext(".//{urn:ietf:params:xml:ns:xmpp-stanzas}text")


async def refused(client, url: str) -> None:
    """Every refusal looks like every other."""
    said = await ask(client, url)
    assert (error_of(said), text_of(said), said.find("{jabber:client}error").get("type")) == ("item-not-found", NOWHERE, "cancel"), url


async def ready(own_server, *sites, **more):
    server = own_server({"previews": {"allow": [site.address for site in sites]}, **more})
    alice, = await server.people("alice")
    return await server.login(alice)


async def test_g01_inner_addresses_of_every_kind_are_refused_before_a_connection(own_server):
    async with Site({"/": page("<title>Secret</title>")}) as canary, Site({"/": page("<title>Fine</title>")}) as site:
        client = await ready(own_server, site)
        before = time.monotonic()
        for url in INNER:
            await refused(client, url)
        for host in HOSTS:
            await refused(client, canary.url("/", host))
        assert time.monotonic() - before < 15, "a connection was tried"
        assert canary.asked == []
        # A port of the public network that is not one of the web, and a page that is not there.
        await refused(client, "http://1.1.1.1:22/")
        await refused(client, site.url("/missing"))
        assert (await preview(client, site.url("/")))["title"] == "Fine"


async def test_g01_a_redirect_to_the_inside_is_refused(own_server):
    async with Site({"/": page("<title>Secret</title>")}) as canary, Site() as site:
        targets = [*INNER, *(canary.url("/", host) for host in HOSTS), "file:///etc/passwd", "gopher://127.0.0.1/", "//localhost/",
                   f"http://user@{canary.address}/", "http://[fe80::1%25lo]/"]
        site.pages = {f"/{n}": elsewhere(target) for n, target in enumerate(targets)}
        client = await ready(own_server, site)
        for n in range(len(targets)):
            await refused(client, site.url(f"/{n}"))
        assert canary.asked == [] and len(site.asked) == len(targets)


async def test_g01_a_picture_inside_is_not_fetched(own_server):
    async with Site({"/p.png": answer(200, png(), "image/png")}) as canary, Site() as site:
        site.pages = {"/": page(f"<title>A</title><meta property='og:image' content='{canary.url('/p.png')}'>"),
                      "/moved": page("<title>B</title><meta property='og:image' content='/p.png'>"),
                      "/p.png": elsewhere(canary.url("/p.png"))}
        client = await ready(own_server, site)
        assert "image" not in await preview(client, site.url("/"))
        assert "image" not in await preview(client, site.url("/moved"))
        assert canary.asked == []


@pytest.mark.parametrize("url", ["", "example.org", "ftp://example.org/", "file:///etc/passwd", "gopher://127.0.0.1:70/", "javascript:alert(1)",
                                 "http://user:pass@example.org/", "http://exa mple.org/", "http://example.org\\@127.0.0.1/", "http:///x",
                                 "http://example.org:0/", "http://example.org:99999/", "http://" + "a" * 3000])
async def test_g01_what_is_no_address_of_the_web_is_told_so(server, url):
    alice, = await server.people("alice")
    client = await server.login(alice)
    assert error_of(await ask(client, url)) == "bad-request"


async def test_g01_redirects_in_a_ring_end(own_server):
    async with Site() as site:
        site.pages = {"/a": elsewhere("/b"), "/b": elsewhere("/a")}
        client = await ready(own_server, site)
        await refused(client, site.url("/a"))
        assert len(site.asked) <= 6


async def test_g01_an_endless_page_is_read_to_a_bound(own_server):
    sent = 0

    async def endless(writer):
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<title>Endless</title>")
        while True:
            writer.write(b"<!-- x -->" * 6_000)
            sent += 60_000
            await writer.drain()

    async def picture(writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n" + png()[:50])
        while True:
            writer.write(bytes(60_000))
            await writer.drain()

    async with Site({"/": endless, "/p": picture}) as site:
        client = await ready(own_server, site)
        assert (await preview(client, site.url("/")))["title"] == "Endless"
        assert sent < 20_000_000
        await refused(client, site.url("/p"))


async def test_g01_a_page_that_drips_ends_by_time(own_server):
    async def drip(writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<title>")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.2)

    async def silent(writer):
        await asyncio.sleep(60)

    async def header(writer):
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"X-Field: " + b"y" * 5_000 + b"\r\n")
            await writer.drain()

    async with Site({"/drip": drip, "/silent": silent, "/header": header}) as site:
        client = await ready(own_server, site)
        before = time.monotonic()
        await asyncio.gather(*(refused(client, site.url(path)) for path in ["/drip", "/silent", "/header"]))
        assert time.monotonic() - before < 14


async def test_g01_bombs_are_not_unpacked(own_server):
    bomb = png(told=(60_000, 60_000))
    many = {"/bomb.png": answer(200, bomb, "image/png"), "/half.png": answer(200, png()[:80], "image/png"),
            "/svg": answer(200, b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
            "/json": answer(200, b"{}", "application/json"), "/none": answer(200, b"<title>x</title>", ""),
            "/packed": answer(200, b"\x1f\x8b" + bytes(50), "text/html", Content_Encoding="gzip"),
            "/liar.png": answer(200, b"<html><title>x</title></html>", "image/png"),
            "/page": page("<title>A</title><meta property='og:image' content='/bomb.png'>")}
    async with Site(many) as site:
        client = await ready(own_server, site)
        for path in ["/bomb.png", "/half.png", "/svg", "/json", "/none", "/packed", "/liar.png"]:
            await refused(client, site.url(path))
        assert set(await preview(client, site.url("/page"))) == {"title", "url"}


async def test_g01_words_of_a_page_are_words(own_server):
    """K01: markup, signs that turn the direction, and characters that XML forbids."""
    head = ("<title>&lt;img src=x onerror=alert(1)&gt; \u202egpj&#0;&#8;&#xfffe;&#xd800; ]]&gt; &amp;amp;</title>"
            "<meta property='og:url' content='javascript:alert(1)'><meta property='og:image' content='data:image/png;base64,AAAA'>")
    async with Site({"/": page(head)}) as site:
        client = await ready(own_server, site)
        said = await preview(client, site.url("/"))
        assert said["title"].startswith("<img src=x onerror=alert(1)> gpj") and "\u202e" not in said["title"]
        assert said["url"] == site.url("/") and "image" not in said
