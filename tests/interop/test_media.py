"""Every form of a message with content (docs/media.md), as clients of others send, read and show it."""

import asyncio
import base64
import hashlib
import json
import os
import struct
import subprocess
import xml.etree.ElementTree as ET
from io import BytesIO
from xml.sax.saxutils import escape, quoteattr

import pytest
from slixmpp import Message, register_stanza_plugin
from slixmpp.plugins.xep_0080 import Geoloc

import login
import skein
import wire
from foreign import Lines
from test_clients import slixmpp_client
from uploads import Web, png, sha256, share

# slixmpp publishes places; that they also stand in messages must be told to it.
register_stanza_plugin(Message, Geoloc)
PLUGINS = ["xep_0066", "xep_0080", "xep_0264", "xep_0363", "xep_0372", "xep_0385", "xep_0446", "xep_0447"]


def gif() -> bytes:
    """Two frames of two pixels."""
    frame = b"\x21\xf9\x04\x04\x0a\0\0\0" + b"\x2c\0\0\0\0\x02\0\x01\0\0" + b"\x02\x02\x44\x0a\0"
    return b"GIF89a\x02\0\x01\0\x80\0\0\xff\0\0\0\0\xff" + b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0" + frame * 2 + b";"


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + kind + content


def mp4() -> bytes:
    """The head of a film of 320 by 240 that lasts two seconds, without pictures."""
    matrix = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    mvhd = box(b"mvhd", struct.pack(">IIIII", 0, 0, 0, 1000, 2000) + struct.pack(">IH", 0x10000, 0x100) + bytes(10) + matrix + bytes(24) + struct.pack(">I", 2))
    tkhd = box(b"tkhd", struct.pack(">IIIIII", 3, 0, 0, 1, 0, 2000) + bytes(16) + matrix + struct.pack(">II", 320 << 16, 240 << 16))
    return box(b"ftyp", b"isom\0\0\0\0isomavc1") + box(b"moov", mvhd + box(b"trak", tkhd)) + box(b"mdat", bytes(64))


def ogg() -> bytes:
    """The first page of a stream in Opus."""
    head = b"OpusHead\x01\x01\0\0\x80\xbb\0\0\0\0\0"
    return b"OggS\0\x02" + bytes(8) + b"\x01\0\0\0" + bytes(8) + b"\x01" + bytes([len(head)]) + head


def webp() -> bytes:
    """An animation that says its size and has no pictures."""
    chunk = b"VP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + b"\x07\0\0" + b"\x05\0\0"
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


VCARD = b"BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Carol Danvers\r\nIMPP:xmpp:carol@example.org\r\nTEL:+49 30 1234\r\nEND:VCARD\r\n"
FORMS = {
    "image": ("beach.png", "image/png", png(), "inline"),
    "gif": ("dance.gif", "image/gif", gif(), "inline"),
    "animation": ("wave.webp", "image/webp", webp(), "inline"),
    "video": ("walk.mp4", "video/mp4", mp4(), "inline"),
    "voice": ("voice.ogg", "audio/ogg", ogg(), "inline"),
    "document": ("Bericht für Anna.pdf", "application/pdf", b"%PDF-1.4\n%%EOF\n", "attachment"),
    "contact card": ("carol.vcf", "text/vcard", VCARD, "attachment"),
}


def message(to: str, url: str, about: dict, disposition: str, id: str) -> str:
    """As docs/media.md has it."""
    known = "".join(f"<{name}>{escape(str(about[name]))}</{name}>" for name in ("media-type", "name", "size", "width", "height", "length") if name in about)
    algo, hash = about["hash"]["algo"], about["hash"]["value"]
    more = f"<thumbnail xmlns='urn:xmpp:thumbs:1' uri={quoteattr(url + '?thumbnail')} media-type='image/jpeg'/>" if "thumbnail" in about else ""
    return (f"<message xmlns='jabber:client' to='{to}' type='chat' id='{id}'><body>{escape(url)}</body>"
            f"<x xmlns='jabber:x:oob'><url>{escape(url)}</url></x>"
            f"<file-sharing xmlns='urn:xmpp:sfs:0' disposition='{disposition}'><file xmlns='urn:xmpp:file:metadata:0'>{known}"
            f"<hash xmlns='urn:xmpp:hashes:2' algo='{algo}'>{hash}</hash>{more}</file><sources>"
            f"<url-data xmlns='http://jabber.org/protocol/url-data' target={quoteattr(url)}/></sources></file-sharing>"
            "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:sfs:0'><body/></fallback></message>")


def hashed(data: bytes) -> str:
    """As XEP-0300 writes a SHA-256."""
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


async def reader(server, account):
    """A slixmpp that keeps the messages it got."""
    client = await slixmpp_client(server, account)
    for plugin in PLUGINS:
        client.register_plugin(plugin)
    client.messages = asyncio.Queue()
    client.add_event_handler("message", client.messages.put_nowait)
    return client


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
async def test_slixmpp_reads_what_a_file_is_and_fetches_it(server, form):
    name, kind, data, disposition = FORMS[form]
    alice, sam = await server.people("alice", "sam")
    a = await server.login(alice)
    s = await reader(server, sam)
    try:
        async with Web(server) as web:
            url = await share(a, web, data, name, kind)
            status, _, about = await web.ask("GET", url + "?about")
            assert status == 200
            about = json.loads(about)
            assert about["media-type"] == kind and about["name"] == name and about["size"] == len(data)
            await a.send(message(sam.jid, url, about, disposition, "f1"))
            got = await asyncio.wait_for(s.messages.get(), 30)
            assert got["oob"]["url"] == url and got["body"] == url
            file = got["sfs"]["file"]
            assert got["sfs"]["disposition"] == disposition
            assert (file["media-type"], file["name"], file["size"]) == (kind, name, len(data))
            assert (file["hash"]["algo"], file["hash"]["value"]) == ("sha-256", hashed(data))
            if form in ("image", "gif", "video", "animation"):
                assert (file["width"], file["height"]) == (about["width"], about["height"])
            if form == "image":
                assert file["thumbnail"]["uri"] == url + "?thumbnail"
                assert (await web.get(file["thumbnail"]["uri"]))[0] == 200
            if form == "video":
                assert file["length"] == about["length"] == 2000
            status, headers, content = await web.get(got["sfs"]["sources"]["url-data"]["target"])
            assert status == 200 and sha256(content) == sha256(data)
            shown = "attachment" not in headers.get("Content-Disposition", "")
            assert shown == (form in ("image", "gif", "animation", "video", "voice")), headers
            assert headers["X-Content-Type-Options"] == "nosniff"
    finally:
        s.abort()


@pytest.mark.slow
@pytest.mark.parametrize("form", ["sims", "sfs"])
async def test_what_slixmpp_says_of_a_file_is_passed_and_kept_as_it_was_and_its_file_goes_with_it(own_server, form):
    """SIMS (XEP-0385) and XEP-0447, as slixmpp makes them, without the address in the body."""
    [port] = skein.free_ports(1)
    server = own_server({"upload": {"url": f"http://127.0.0.1:{port}"}}, ports={"http": port})
    alice, sam, otto = await server.people("alice", "sam", "otto")
    a = await server.login(alice)
    s, o = await reader(server, sam), await reader(server, otto)
    data = png()
    try:
        url = await s["xep_0363"].upload_file("beach.png", input_file=BytesIO(data), size=len(data), content_type="image/png")
        make = s["xep_0385"].get_sims if form == "sims" else s["xep_0447"].get_sfs
        said = make(uris=[url], media_type="image/png", desc="a beach", data=data)
        for to in (alice.jid, otto.jid):
            out = s.make_message(mto=to, mbody="look", mtype="chat")
            out["id"] = f"to-{to}"
            out.append(said)
            out.send()
        live = await a.expect_message("look")
        got = await asyncio.wait_for(o.messages.get(), 30)
        await a.result("set", "<query xmlns='urn:xmpp:mam:2'/>")
        kept = a.wire.take("message/mam:result").find("mam:result/forward:forwarded/message", wire.NS)
        tag = said.xml.tag
        for found in (live.find(tag), kept.find(tag), got.xml.find(tag)):
            assert canonical(found) == canonical(said.xml)
        read = s.plugin["xep_0372"].stanza.Reference(got.xml.find(tag))["sims"] if form == "sims" else got["sfs"]
        assert (read["file"]["media-type"], int(read["file"]["size"]), read["file"]["desc"]) == ("image/png", len(data), "a beach")
        hash = read["file"].xml.find("{urn:xmpp:hashes:2}hash")
        assert (hash.get("algo"), hash.text) == ("sha-256", hashed(data))
        source = read["sources"]["reference"]["uri"] if form == "sims" else read["sources"]["url-data"]["target"]
        async with Web(server) as web:
            assert (await web.get(source))[2] == data
            # Both messages are taken back: nobody names the file any more.
            for to in (alice.jid, otto.jid):
                out = s.make_message(mto=to, mbody="gone", mtype="chat")
                out.append(ET.fromstring(f"<retract xmlns='urn:xmpp:message-retract:1' id='to-{to}'/>"))
                out.send()
            await a.expect_message("gone")
            await asyncio.wait_for(o.messages.get(), 30)
            await gone(web, source)
    finally:
        s.abort()
        o.abort()


def canonical(element: ET.Element) -> str:
    return ET.canonicalize(ET.tostring(element, encoding="unicode"), rewrite_prefixes=True)


async def gone(web: Web, url: str) -> None:
    end = asyncio.get_running_loop().time() + wire.PATIENCE
    while (await web.get(url))[0] != 404:
        assert asyncio.get_running_loop().time() < end, "the file outlives its messages"
        await asyncio.sleep(0.05)


@pytest.mark.slow
async def test_slixmpp_shares_a_file_and_a_place_which_the_archive_keeps(own_server):
    [port] = skein.free_ports(1)
    server = own_server({"upload": {"url": f"http://127.0.0.1:{port}"}}, ports={"http": port})
    alice, sam = await server.people("alice", "sam")
    a, s = await server.login(alice), await reader(server, sam)
    try:
        url = await s["xep_0363"].upload_file("beach.png", input_file=BytesIO(png()), size=len(png()), content_type="image/png")
        out = s.make_message(mto=alice.jid, mbody=url, mtype="chat")
        out["oob"]["url"] = url
        out.send()
        got = await a.expect("message/{jabber:x:oob}x/..")
        assert got.findtext("{jabber:x:oob}x/{jabber:x:oob}url") == url
        place = s.make_message(mto=alice.jid, mbody="geo:52.5170,13.3889;u=20", mtype="chat")
        place["geoloc"]["lat"], place["geoloc"]["lon"], place["geoloc"]["accuracy"] = 52.5170, 13.3889, 20
        place.send()
        got = await a.expect_message("geo:52.5170,13.3889;u=20")
        assert got.findtext("{http://jabber.org/protocol/geoloc}geoloc/{http://jabber.org/protocol/geoloc}lat") == "52.517"
        async with Web(server) as web:
            assert (await web.get(url))[2] == png()
        await a.result("set", "<query xmlns='urn:xmpp:mam:2'/>")
        kept = [element.tag for element in a.wire.peek("message/mam:result")]
        assert len(kept) == 2
        # And the other way: the place as docs/media.md has it.
        await a.send(f"<message to='{sam.jid}' type='chat' id='m2'><body>geo:52.5170,13.3889;u=20</body><geoloc xmlns='http://jabber.org/protocol/geoloc'>"
                     "<lat>52.5170</lat><lon>13.3889</lon><accuracy>20</accuracy></geoloc></message>")
        got = await asyncio.wait_for(s.messages.get(), 30)
        assert got["geoloc"]["lat"] == 52.517 and got["geoloc"]["lon"] == 13.3889
    finally:
        s.abort()


@pytest.mark.slow
async def test_go_sendxmpp_uploads_a_file_that_another_gets(own_server, tmp_path):
    [port] = skein.free_ports(1)
    server = own_server({"upload": {"url": f"https://localhost:{port}"}}, ports={"https": port})
    gopher, alice = await server.people("gopher", "alice")
    a = await server.login(alice)
    path = tmp_path / "report.pdf"
    path.write_bytes(b"%PDF-1.4\n" + os.urandom(200_000))
    done = await asyncio.to_thread(
        subprocess.run, ["go-sendxmpp", "-u", gopher.jid, "-p", gopher.password, "-j", f"127.0.0.1:{server.c2s_port}", "-h", str(path), alice.jid],
        env={**os.environ, "SSL_CERT_FILE": str(server.ca)}, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr + done.stdout
    got = await a.expect("message/{jabber:x:oob}x/..")
    url = got.findtext("{jabber:x:oob}x/{jabber:x:oob}url")
    async with Web(server) as web:
        status, headers, content = await web.get(url)
    assert status == 200 and content == path.read_bytes() and "attachment" in headers["Content-Disposition"]


@pytest.mark.slow
async def test_converse_in_chromium_shows_pictures_and_films_and_offers_the_rest(own_server, tmp_path):
    [port] = skein.free_ports(1)
    server = own_server({"upload": {"url": f"http://localhost:{port}"}}, ports={"http": port})
    carla, sam = await server.people("carla", "sam")
    s = await server.login(sam)
    await login.befriend(await server.login(carla), s)
    origin = f"http://localhost:{server.http_port}"
    node = await Lines.node(
        "converse.mjs", ORIGIN=origin, WS_URL=f"ws://localhost:{server.http_port}{server.ws_path}", JID=carla.jid,
        PASSWORD=carla.password, PEER=sam.jid, SHOTS=str(tmp_path), CHROMIUM=os.environ.get("CHROMIUM", "/usr/bin/chromium"))
    try:
        await node.order("load")
        async with Web(server) as web:
            for number, (form, (name, kind, data, disposition)) in enumerate(FORMS.items()):
                url = await share(s, web, data, name, kind)
                about = json.loads((await web.ask("GET", url + "?about"))[2])
                await s.send(message(carla.jid, url, about, disposition, f"f{number}"))
                element = {"image": "img", "gif": "converse-gif, img, canvas", "animation": "img, a", "video": "video", "voice": "audio, a"}.get(form, "a")
                await node.order("shows", element=element, file=url.rsplit("/", 1)[-1], shot=form.replace(" ", "-"))
        await s.send(f"<message to='{carla.jid}' type='chat' id='geo'><body>geo:52.5170,13.3889</body></message>")
        await node.order("see", text="52.5170", shot="place")
        await node.tell('{"do": "quit"}')
    finally:
        await node.end()
