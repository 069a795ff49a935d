"""Attacks on uploads: U01, U02 and U04 of the catalogue."""

import asyncio

import pytest

from uploads import Web, announce, incoming, png, share, slot, stored
from wire import error_of

POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
HTML = b"<html><script>alert(1)</script></html>"


@pytest.mark.parametrize("name", ["../../x", "..%2f..%2fx", "a%00b", "/etc/passwd", "..\\..\\x", "a\u202egpj.exe",
                                  "x'\"; filename=evil.html", "x&#13;&#10;Set-Cookie: a=b", "."])
async def test_u01_a_name_is_no_way_and_no_header(own_server, name):
    server = own_server()
    alice, = await server.people("alice")
    client = await server.login(alice)
    before = {path for path in server.folder.rglob("*")}
    request = f"<request xmlns='urn:xmpp:http:upload:0' filename='{name.replace(chr(39), '&apos;')}' size='4'/>"
    answer = await client.iq("get", request, "upload.localhost")
    put, get = (answer.find(f".//{{urn:xmpp:http:upload:0}}{way}").get("url") for way in ("put", "get"))
    async with Web(server) as web:
        assert (await web.put(put, b"data"))[0] == 201
        status, headers, content = await web.get(get)
        assert (status, content) == (200, b"data") and "Set-Cookie" not in headers
        assert headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''")
        assert not set(headers["Content-Disposition"][29:]) & set("'\"; \r\n/\\")
    new = {path for path in server.folder.rglob("*") if path.is_file()} - before
    allowed = server.data_dir / "objects"
    assert all(allowed in path.parents or path.name.startswith("skein.db") for path in new), new


async def test_u01_addresses_lead_nowhere_else(server):
    alice, = await server.people("alice")
    client = await server.login(alice)
    async with Web(server) as web:
        get = await share(client, web, b"data", "a.txt")
        start = get[:get.rindex("/upload/")] + "/upload/"
        id = get[len(start):].split("/")[0]
        put, _ = await slot(client, "b.txt", 4)
        for path in ["", "/", f"{id}", f"{id}/", f"{id}/b.txt", f"{id}/a.txt/", f"{id}/../{id}/a.txt", f"%2e%2e/{id}/a.txt",
                     f"{id}/%61.txt", f"{id}%00/a.txt", f"{id}/a.txt%00", "../health", "..%2f..%2fskein.db",
                     f"{id}.{'0' * 32}/a.txt", f"{id}./a.txt", "A" * 22 + "/a.txt", "A" * 5000]:
            status, headers, _ = await web.ask("GET", start + path)
            assert status in (400, 404, 405), path
            status, _, _ = await web.put(start + path, b"data")
            assert status in (400, 404, 405), path
        assert (await web.put(put[:-40] + "0" * 34 + put[-6:], b"data"))[0] == 404, "a wrong secret"
        assert (await web.get(put))[0] == 405, "who may write does not read there"
        assert (await web.ask("DELETE", get))[0] == 405, "who reads does not remove"


@pytest.mark.parametrize("said, data", [
    ("text/html", HTML), ("image/svg+xml", SVG), ("application/xhtml+xml", HTML), ("text/xml", b"<?xml-stylesheet href='a'?><a/>"),
    ("image/png", HTML), ("text/javascript", b"alert(1)"), ("video/mp4", SVG), ("text/html; charset=utf-7", HTML), ("", HTML)])
async def test_u01_what_may_run_is_not_shown(server, said, data):
    alice, = await server.people("alice")
    client = await server.login(alice)
    async with Web(server) as web:
        get = await share(client, web, data, "page.html", said)
        _, headers, content = await web.get(get)
        assert content == data
        assert headers["Content-Type"] == "application/octet-stream"
        assert headers["Content-Disposition"].startswith("attachment")
        assert headers["X-Content-Type-Options"] == "nosniff" and headers["Content-Security-Policy"] == POLICY
        assert headers["X-Frame-Options"] == "DENY"


async def test_u02_the_content_has_the_length_that_was_announced(own_server):
    server = own_server()
    alice, = await server.people("alice")
    client = await server.login(alice)

    async with Web(server) as web:
        put, get = await slot(client, "a.bin", 4, "image/png")
        assert await web.put_head(put, 5) == 413
        assert await web.put_head(put, 3) == 400
        assert await web.put_head(put, "chunked") == 411
        assert await web.put_head(put, 4, Content_Type="text/html") == 415
        assert (await web.get(get))[0] == 404 and stored(server) == {} and incoming(server) == []
        assert (await web.put(put, b"data", Content_Type="image/png"))[0] == 201
        assert await web.put_head(put, 4) == 409
        assert (await web.get(get))[2] == b"data"


async def test_u02_uploads_that_break_off_leave_nothing(own_server):
    server = own_server()
    alice, = await server.people("alice")
    client = await server.login(alice)
    async with Web(server) as web:
        put, get = await slot(client, "a.bin", 400_000)
        path = web.here(put).split("/", 3)[3]
        for _ in range(50):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.http_port)
            writer.write(f"PUT /{path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 400000\r\n\r\n".encode() + bytes(300_000))
            await writer.drain()
            writer.close()
        for _ in range(200):
            status, _, _ = await web.put(put, bytes(400_000))
            if status != 409:
                break
            await asyncio.sleep(0.05)
        assert status == 201
        assert (await web.get(get))[0] == 200
        assert incoming(server) == [] and list(stored(server).values()) == [400_000]


async def test_u02_two_at_once_do_not_mix(server):
    alice, = await server.people("alice")
    client = await server.login(alice)
    async with Web(server) as web:
        for _ in range(10):
            put, get = await slot(client, "a.bin", 500_000)
            outcomes = await asyncio.gather(*(web.put(put, bytes([n]) * 500_000) for n in range(4)))
            statuses = [status for status, _, _ in outcomes]
            assert statuses.count(201) == 1 and set(statuses) <= {201, 409}, statuses
            content = (await web.get(get))[2]
            assert len(set(content)) == 1 and len(content) == 500_000


async def test_u02_a_slot_that_is_over_takes_nothing(own_server):
    server = own_server({"limits": {"upload_begin": "10s"}})
    alice, = await server.people("alice")
    client = await server.login(alice)
    async with Web(server) as web:
        put, _ = await slot(client, "a.bin", 4)
        other, _ = await slot(client, "a.bin", 4)
        started = asyncio.get_running_loop().time()
        while (await web.ask("HEAD", put))[0] == 200:
            assert asyncio.get_running_loop().time() - started < 20
            await asyncio.sleep(0.3)
        assert (await web.put(other, b"data"))[0] == 404


async def test_u02_nobody_announces_without_end(own_server):
    server = own_server()
    alice, = await server.people("alice")
    client = await server.login(alice)
    for number in range(100):
        await slot(client, f"{number}", 1)
    assert error_of(await announce(client, "one more", 1)) == "resource-constraint"
    assert error_of(await announce(client, "", 1)) == "bad-request"
    assert error_of(await announce(client, "a", "-1")) == "bad-request"
    assert error_of(await announce(client, "a", "99999999999999999999999")) == "bad-request"


async def test_u04_ranges_are_one_or_none(server):
    alice, = await server.people("alice")
    client = await server.login(alice)
    async with Web(server) as web:
        data = bytes(range(250)) * 4
        get = await share(client, web, data)
        for ranges in [",".join(f"{n}-{n}" for n in range(1000)), "0-9,5-14", "1000-", "5000-6000", "-0", "0-,0-,0-,0-"]:
            status, headers, content = await web.get(get, Range=f"bytes={ranges}")
            assert (status, content) == (416, b"") and headers["Content-Range"] == "bytes */1000", ranges
        for ranges in ["bytes=9-1", "lines=1-2", "bytes=--5", "bytes"]:
            assert (await web.get(get, Range=ranges))[2] == data
        assert (await web.get(get, Range="bytes=-10"))[2] == data[-10:]
        assert (await web.get(get, Range="bytes=990-99999999999999999999"))[2] == data[-10:]


async def test_u04_a_bomb_has_no_preview_and_costs_no_memory(own_server):
    server = own_server()
    alice, = await server.people("alice")
    client = await server.login(alice)
    async with Web(server) as web:
        await share(client, web, png(), "first.png")
        before = server.resident_kib()
        for told in [(65_535, 65_535), (2**31 - 1, 1), (20_000, 20_000)]:
            get = await share(client, web, png(8, 8, told=told), "bomb.png")
            assert (await web.get(get + "?thumbnail"))[0] == 404
        assert server.resident_kib() - before < 50_000


async def test_p7_a_large_file_is_never_in_memory(own_server):
    server = own_server()
    alice, = await server.people("alice")
    client = await server.login(alice)
    size = 60 << 20

    async def flow():
        for _ in range(size >> 16):
            yield bytes(1 << 16)

    async with Web(server) as web:
        put, get = await slot(client, "large.bin", size)
        before = server.resident_kib()
        assert (await web.put(put, flow(), Content_Length=str(size)))[0] == 201
        assert len((await web.get(get))[2]) == size
        assert server.resident_kib() - before < 20_000
