"""Files that people share (XEP-0363): slots, resumption, ranges, previews, quotas, and how they go."""

import asyncio
import json
import random

import login
import uploads
from skein import DOMAIN
from uploads import PLACE, PURPOSE, SERVICE, UPLOAD, Web, announce, incoming, png, sha256, share, slot, stored
from vanish import LATE
from wire import NS, error_of

TUS = {"Tus_Resumable": "1.0.0"}
ITEMS = "http://jabber.org/protocol/disco#items"
NOISE = random.Random(7).randbytes(3_000_001)


async def until(condition, within: float = 10.0):
    """Waits for something on the disk."""
    end = asyncio.get_running_loop().time() + within
    while not condition():
        assert asyncio.get_running_loop().time() < end, "it did not happen"
        await asyncio.sleep(0.05)


async def test_the_service_is_found_and_tells_its_bounds(server):
    alice, = await server.people("alice")
    client = await server.login(alice)
    items = await client.result("get", f"<query xmlns='{ITEMS}'/>", DOMAIN)
    assert SERVICE in {item.get("jid") for item in items.iter() if item.get("jid")}
    info = await client.result("get", f"<query xmlns='{NS['disco']}'/>", SERVICE)
    features = {feature.get("var") for feature in info.iter(f"{{{NS['disco']}}}feature")}
    assert {UPLOAD, f"{PURPOSE}#message", f"{PURPOSE}#profile", f"{PURPOSE}#ephemeral"} <= features
    identity = info.find(f".//{{{NS['disco']}}}identity")
    assert (identity.get("category"), identity.get("type")) == ("store", "file")
    fields = {field.get("var"): field[0].text for field in info.iter("{jabber:x:data}field")}
    assert fields["FORM_TYPE"] == UPLOAD and int(fields["max-file-size"]) == 100 << 20


async def test_a_file_is_put_and_read_whole_and_in_parts(server):
    alice, = await server.people("alice")
    client = await server.login(alice)
    async with Web(server) as web:
        put, get = await slot(client, "très cool.bin", len(NOISE), "application/octet-stream")
        assert get.endswith("/tr%C3%A8s%20cool.bin") and put != get
        assert (await web.get(get))[0] == 404, "not before it is there"
        status, headers, content = await web.put(put, NOISE)
        assert status == 201 and headers["ETag"] == f'"{sha256(NOISE)}"'
        assert json.loads(content)["size"] == len(NOISE)
        status, headers, content = await web.get(get)
        assert status == 200 and content == NOISE
        assert headers["ETag"] == f'"{sha256(NOISE)}"' and "immutable" in headers["Cache-Control"]
        assert headers["Accept-Ranges"] == "bytes" and headers["Access-Control-Allow-Origin"] == "*"
        status, headers, content = await web.get(get, Range="bytes=1000000-")
        assert (status, content) == (206, NOISE[1_000_000:])
        assert headers["Content-Range"] == f"bytes 1000000-{len(NOISE) - 1}/{len(NOISE)}"
        status, headers, content = await web.ask("HEAD", get)
        assert (status, int(headers["Content-Length"]), content) == (200, len(NOISE), b"")
        assert (await web.get(get, If_None_Match=f'"{sha256(NOISE)}"'))[0] == 304
        assert (await web.get(get, Range="bytes=0-1", If_Range='"other"'))[0] == 200


async def test_the_server_itself_gives_slots_too(server):
    alice, = await server.people("alice")
    client = await server.login(alice)
    async with Web(server) as web:
        put, get = await slot(client, "a.txt", 5, "text/plain", to=DOMAIN)
        assert (await web.put(put, b"hello", Content_Type="text/plain"))[0] == 201
        status, headers, content = await web.get(get)
        assert (status, content, headers["Content-Type"]) == (200, b"hello", "text/plain; charset=utf-8")


async def test_an_upload_is_gone_on_with_after_a_break(own_server):
    """tus 1.0, with the slot's address as the upload's; the server is killed in between."""
    server = own_server()
    alice, = await server.people("alice")
    client = await server.login(alice)
    put, get = await slot(client, "big.bin", len(NOISE))
    async with Web(server) as web:
        status, headers, _ = await web.ask("OPTIONS", put)
        assert status == 204 and headers["Tus-Version"] == "1.0.0" and "creation" in headers["Tus-Extension"]
        status, headers, _ = await web.ask("POST", put, Upload_Length=str(len(NOISE)), **TUS)
        assert status == 201 and put.endswith(headers["Location"])
        kind = {"Content_Type": "application/offset+octet-stream"}
        status, headers, _ = await web.ask("PATCH", put, NOISE[:1_000_000], Upload_Offset="0", **kind, **TUS)
        assert (status, headers["Upload-Offset"]) == (204, "1000000")

        async def breaking():
            yield NOISE[1_000_000:1_500_000]
            raise ConnectionResetError

        try:
            await web.ask("PATCH", put, breaking(), Upload_Offset="1000000", **kind, **TUS)
        except Exception:
            pass
    server.kill()
    server.start()
    async with Web(server) as web:
        status, headers, _ = await web.ask("HEAD", put, **TUS)
        at = int(headers["Upload-Offset"])
        assert status == 200 and 1_000_000 <= at <= 1_500_000 and int(headers["Upload-Length"]) == len(NOISE)
        assert (await web.ask("PATCH", put, b"x", Upload_Offset="7", **kind, **TUS))[0] == 409
        status, headers, _ = await web.ask("PATCH", put, NOISE[at:], Upload_Offset=str(at), **kind, **TUS)
        assert (status, headers["Upload-Offset"]) == (204, str(len(NOISE)))
        status, _, content = await web.get(get)
        assert status == 200 and content == NOISE
    assert incoming(server) == []


async def test_equal_files_are_stored_once_and_go_with_the_last(own_server):
    server = own_server()
    alice, bob = await server.people("alice", "bob")
    one, two = await server.login(alice), await server.login(bob)
    async with Web(server) as web:
        first, second = await slot(one, "a.bin", 1000), await slot(two, "b.bin", 1000)
        for put, _ in (first, second):
            assert (await web.put(put, NOISE[:1000]))[0] == 201
        assert list(stored(server).values()) == [1000]
        assert (await web.ask("DELETE", first[0]))[0] == 204
        assert (await web.get(first[1]))[0] == 404 and (await web.get(second[1]))[0] == 200
        assert (await web.ask("DELETE", second[0]))[0] == 204
        assert stored(server) == {}


async def test_a_picture_has_a_preview_and_loses_its_place(own_server):
    server = own_server()
    alice, = await server.people("alice")
    client = await server.login(alice)
    data = png(640, 480, uploads.chunk(b"eXIf", uploads.exif()))
    assert PLACE in data
    async with Web(server) as web:
        put, get = await slot(client, "photo.png", len(data), "image/png")
        status, headers, content = await web.put(put, data, Content_Type="image/png")
        about = json.loads(content)
        assert status == 201 and (about["width"], about["height"]) == (640, 480)
        assert about["media-type"] == "image/png" and len(about["blurhash"]) == 28 and about["thumbhash"]
        status, headers, served = await web.get(get)
        assert PLACE not in served and len(served) == len(data)
        assert headers["Content-Disposition"].startswith("inline") and headers["Content-Type"] == "image/png"
        assert about["url"] == get and about["hash"]["algo"] == "sha-256"
        assert headers["ETag"] == f'"{sha256(served)}"'
        status, headers, thumbnail = await web.get(about["thumbnail"]["url"])
        assert status == 200 and headers["Content-Type"] == "image/jpeg" and thumbnail[:2] == b"\xff\xd8"
        assert json.loads((await web.get(get + "?about"))[2]) == about
        # What tells no place is what it was, to the last bit.
        plain = png()
        assert (await web.get(await share(client, web, plain, "plain.png")))[2] == plain
        assert len(stored(server)) == 4
        assert PLACE not in b"".join(path.read_bytes() for path in (server.data_dir / "objects").rglob("*") if path.is_file())


async def test_bounds_of_size_day_and_account(own_server):
    server = own_server({"limits": {"upload_bytes": 2000, "upload_bytes_per_day": 5000, "upload_bytes_per_account": 4000}})
    alice, = await server.people("alice")
    client = await server.login(alice)
    answer = await announce(client, "a", 2001)
    assert error_of(answer) == "not-acceptable"
    assert answer.find(f".//{{{UPLOAD}}}max-file-size").text == "2000"
    async with Web(server) as web:
        first, _ = await slot(client, "a", 2000)
        second, _ = await slot(client, "b", 2000)
        answer = await announce(client, "c", 1)
        assert error_of(answer) == "resource-constraint" and answer.find(f".//{{{UPLOAD}}}retry") is None
        assert (await web.put(first, bytes(2000)))[0] == 201
        # What is removed makes room, but the day counts on; what never came does not count.
        assert (await web.ask("DELETE", first))[0] == 204
        assert (await web.ask("DELETE", second))[0] == 204
        await slot(client, "d", 2000)
        await slot(client, "e", 1000)
        answer = await announce(client, "f", 1)
        assert error_of(answer) == "resource-constraint" and answer.find(f".//{{{UPLOAD}}}retry").get("stamp")


async def test_a_file_goes_with_the_message_that_named_it(own_server):
    """Retracted by its sender: within two seconds nobody reads it, and the disk has it no more."""
    server = own_server()
    alice, bob = await server.people("alice", "bob")
    one, two = await server.login(alice), await server.login(bob)
    async with Web(server) as web:
        get = await share(one, web, png(), "photo.png")
        kept = await share(one, web, NOISE[:500], "kept.bin")
        avatar = await share(one, web, NOISE[:600], "me.bin", purpose=f"<profile xmlns='{PURPOSE}'/>")
        for number, url in enumerate((get, kept, avatar)):
            await one.send(f"<message to='{bob.jid}' type='chat' id='m{number}'><body>{url}</body>"
                           f"<x xmlns='jabber:x:oob'><url>{url}</url></x></message>")
            await two.expect_message(url)
        await two.send(f"<message to='{alice.jid}' type='chat' id='again'><body>look: {kept}</body></message>")
        await one.expect_message(f"look: {kept}")
        before = len(stored(server))
        for number in range(3):
            await one.send(f"<message to='{bob.jid}' type='chat' id='r{number}'><retract xmlns='urn:xmpp:message-retract:1' id='m{number}'/>"
                           "<store xmlns='urn:xmpp:hints'/></message>")
            await two.expect(f"message[@id='r{number}']")
        started = asyncio.get_running_loop().time()
        while (await web.get(get))[0] != 404 or len(stored(server)) != before - 2:
            assert asyncio.get_running_loop().time() - started < LATE
            await asyncio.sleep(0.05)
        assert (await web.get(kept))[0] == 200, "another message names it"
        assert (await web.get(avatar))[0] == 200, "it belongs to no message"


async def test_ephemeral_files_are_gone_at_their_time(own_server):
    from datetime import datetime, timedelta, timezone
    server = own_server()
    alice, = await server.people("alice")
    client = await server.login(alice)
    in_seconds = lambda seconds: datetime.now(timezone.utc) + timedelta(seconds=seconds)
    ephemeral = lambda at: f"<ephemeral xmlns='{PURPOSE}' expire-before='{at.strftime('%Y-%m-%dT%H:%M:%S.%fZ')}'/>"
    assert error_of(await announce(client, "a", 1, purpose=ephemeral(in_seconds(-5)))) == "bad-request"
    async with Web(server) as web:
        end = in_seconds(4)
        get = await share(client, web, b"story", "story.txt", purpose=ephemeral(end))
        # Neither before its time, nor later than is promised: address and bytes.
        while (await web.get(get))[0] == 200 or stored(server):
            asked = datetime.now(timezone.utc)
            assert asked < end + timedelta(seconds=LATE), stored(server)
            await asyncio.sleep(0.05)
        assert datetime.now(timezone.utc) >= end


async def test_files_go_with_their_account(own_server):
    server = own_server()
    alice, = await server.people("alice")
    client = await server.login(alice)
    async with Web(server) as web:
        get = await share(client, web, NOISE[:1000])
        server.cli("user", "remove", alice.jid)
        await until(lambda: stored(server) == {})
        assert (await web.get(get))[0] == 404


async def test_a_backup_holds_the_files(own_server, tmp_path):
    server = own_server()
    alice, = await server.people("alice")
    client = await server.login(alice)
    async with Web(server) as web:
        get = await share(client, web, NOISE[:100_000])
        server.cli("backup", str(tmp_path / "backup"))
        server.stop()
        import shutil
        shutil.rmtree(server.data_dir)
        server.cli("restore", str(tmp_path / "backup"))
        server.start()
        status, _, content = await web.get(get)
        assert (status, content) == (200, NOISE[:100_000])


async def test_the_browser_of_another_site_may_upload(server):
    alice, = await server.people("alice")
    client = await server.login(alice)
    async with Web(server) as web:
        put, get = await slot(client, "a.bin", 3)
        status, headers, _ = await web.ask("OPTIONS", put, Origin="https://chat.example", Access_Control_Request_Method="PUT",
                                           Access_Control_Request_Headers="content-type")
        assert status == 204 and headers["Access-Control-Allow-Origin"] == "*"
        assert "PUT" in headers["Access-Control-Allow-Methods"] and "content-type" in headers["Access-Control-Allow-Headers"]
        assert "Access-Control-Allow-Credentials" not in headers
        status, headers, _ = await web.put(put, b"abc", Origin="https://chat.example")
        assert status == 201 and headers["Access-Control-Allow-Origin"] == "*"
