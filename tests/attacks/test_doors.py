"""Attacks on WebSocket and BOSH. The ids are the attack catalogue's."""

import asyncio

import pytest

import websocket
import wire
from bosh import Bosh
from skein import DOMAIN
from websocket import BINARY, CLOSE, CONTINUATION, PING, TEXT
from wire import NS

CODES = {1002, 1003, 1007, 1008, 1009}


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://localhost.evil.example", "http://evil-localhost",
                                    "https://localhost@evil.example", "file://"])
async def test_W01_pages_of_other_sites_do_not_connect(server, origin):
    with pytest.raises(websocket.Refused) as refusal:
        await server.websocket({"Origin": origin})
    assert refusal.value.status == 403


async def test_W01_our_own_page_and_programs_without_an_origin_connect(server):
    for origin in (None, f"http://localhost:{server.http_port}"):
        door = await server.websocket({"Origin": origin})
        await door.open()


@pytest.mark.parametrize("headers", [
    {"Sec-WebSocket-Protocol": "chat"}, {"Sec-WebSocket-Protocol": None}, {"Sec-WebSocket-Version": "8"},
    {"Sec-WebSocket-Key": None}, {"Sec-WebSocket-Key": "short"}, {"Upgrade": "h2c"}])
async def test_W01_a_handshake_must_be_right(server, headers):
    with pytest.raises(websocket.Refused) as refusal:
        await server.websocket(headers)
    assert 400 <= refusal.value.status < 500 or refusal.value.status == 501


async def pair(server):
    mallory, bob = await server.people("mallory", "bob")
    return await server.login(mallory, "websocket"), await server.login(bob)


def message(to: str, body: str) -> str:
    return f"<message xmlns='jabber:client' to='{to}' type='chat'><body>{body}</body></message>"


PIECES = {
    "a stanza in pieces": lambda to: ["<message xmlns='jabber:client' to='%s'><bo" % to, "dy>x</body>", "</message>"],
    "two stanzas": lambda to: [message(to, "1") + message(to, "2")],
    "open and a stanza": lambda to: [f"<open xmlns='{NS['framing']}' to='localhost' version='1.0'/>" + message(to, "1")],
    "end of a TCP stream": lambda to: ["</stream:stream>" + message(to, "1")],
    "start of a TCP stream": lambda to: [wire.stream_header("localhost") + message(to, "1")],
    "XML declaration": lambda to: ["<?xml version='1.0' encoding='UTF-16'?>" + message(to, "1")],
    "DTD": lambda to: ["<!DOCTYPE message [<!ENTITY a 'A'>]>" + message(to, "&a;")],
    "comment behind": lambda to: [message(to, "1") + "<!-- x -->"],
    "text before": lambda to: ["x" + message(to, "1")],
    "servers' namespace": lambda to: [message(to, "1").replace("jabber:client", "jabber:server")],
    "no namespace": lambda to: [message(to, "1").replace(" xmlns='jabber:client'", "")],
    "empty": lambda to: [""],
}


@pytest.mark.parametrize("name", PIECES)
async def test_W02_a_message_is_one_whole_element(server, name):
    m, b = await pair(server)
    for piece in PIECES[name](b.jid):
        await m.wire.send(piece)
    await m.wire.expect_end()
    assert m.wire.close_code in CODES | {None, 1000, 1005}
    if m.wire.close_code in (None, 1000, 1005):
        assert m.wire.peek(wire.STREAM_ERROR), m.wire.describe()
    again = await server.login(m.account)
    await b.quiet("message", via=again)


async def test_W02_after_close_nothing_is_done(server):
    m, b = await pair(server)
    await m.wire.send(f"<close xmlns='{NS['framing']}'/>")
    await m.wire.send(message(b.jid, "too late"))
    await m.wire.expect_end()
    again = await server.login(m.account)
    await b.quiet("message[body='too late']", via=again)


FRAMES = {
    "binary": lambda xml: websocket.frame(BINARY, xml),
    "ill-formed UTF-8": lambda xml: websocket.frame(TEXT, xml.replace(b"BODY", b"\xff\xfe")),
    "continuation of nothing": lambda xml: websocket.frame(CONTINUATION, xml),
    "text inside a fragmented message": lambda xml: websocket.frame(TEXT, xml[:20], fin=False) + websocket.frame(TEXT, xml),
    "fragmented control": lambda xml: websocket.frame(PING, b"x", fin=False),
    "long control": lambda xml: websocket.frame(PING, b"x" * 126),
    "unmasked": lambda xml: websocket.frame(TEXT, xml, masked=False),
    "reserved bit": lambda xml: websocket.frame(TEXT, xml, reserved=4),
    "reserved opcode": lambda xml: websocket.frame(3, xml),
    "reserved control opcode": lambda xml: websocket.frame(11, b""),
    "close code out of range": lambda xml: websocket.frame(CLOSE, b"\x00\x05"),
    "close of one byte": lambda xml: websocket.frame(CLOSE, b"\x03"),
    "a GiB claimed": lambda xml: websocket.frame(TEXT, b"<message", claimed_length=1 << 30),
    "all bits of the length": lambda xml: websocket.frame(TEXT, b"<message", claimed_length=(1 << 63) | 5),
    "fragments without end": lambda xml: (websocket.frame(TEXT, b"<message>", fin=False)
                                          + websocket.frame(CONTINUATION, b" ", fin=False) * 100_000),
    "empty fragments without end": lambda xml: (websocket.frame(TEXT, b"", fin=False)
                                                + websocket.frame(CONTINUATION, b"", fin=False) * 100_000),
}


@pytest.mark.parametrize("name", FRAMES)
async def test_W02_bad_frames_close_the_connection_before_memory_is_taken(server, name):
    m, b = await pair(server)
    before = server.resident_kib()
    await m.wire.socket.send_raw(FRAMES[name](message(b.jid, "BODY").encode()))
    await m.wire.expect_end()
    assert m.wire.close_code in CODES | {None} or (name.startswith("close") and m.wire.close_code is not None)
    assert server.resident_kib() - before < 4_096
    again = await server.login(m.account)
    await b.quiet("message", via=again)


async def test_W02_a_message_in_a_few_fragments_with_a_ping_between_is_one_message(server):
    """The control: what RFC 6455 permits works."""
    m, b = await pair(server)
    xml = message(b.jid, "whole").encode()
    await m.wire.socket.send_raw(websocket.frame(TEXT, xml[:10], fin=False) + websocket.frame(PING, b"p")
                                 + websocket.frame(CONTINUATION, xml[10:30], fin=False) + websocket.frame(CONTINUATION, xml[30:]))
    await b.expect_message("whole")
    await m.settle()
    assert m.wire.socket.pongs == [b"p"]


async def test_W02_a_flood_of_pings_is_answered_without_growing(server):
    m, _ = await pair(server)
    before = server.resident_kib()
    for _ in range(20):
        await m.wire.socket.send_raw(websocket.frame(PING, b"x" * 100) * 500)
    try:
        await m.settle()
    except AssertionError:
        await m.wire.expect_end()
    assert server.resident_kib() - before < 4_096


# --- BOSH --------------------------------------------------------------


async def terminated(bosh: Bosh, body: str) -> str:
    """The condition with which the request is refused."""
    status, answer = await bosh.post(body)
    if status == 404:
        return "item-not-found"
    element = wire.ET.fromstring(answer)
    assert element.get("type") == "terminate", answer
    return element.get("condition")


async def test_W04_a_guessed_session_is_not_found_and_the_true_one_lives(server):
    alice, bob = await server.people("alice", "bob")
    b = await server.login(bob)
    async with Bosh(server) as bosh:
        jid = await bosh.login(alice)
        true = bosh.sid
        assert len(true) >= 20
        for guess in (true[:-1], true + "0", true.swapcase(), "0", "x" * 5_000):
            if guess == true:
                continue
            bosh.sid = guess
            assert await terminated(bosh, bosh.body()) == "item-not-found"
        bosh.sid = true
        await b.message(jid, "still here")
        await bosh.expect("message[body='still here']")


@pytest.mark.parametrize("jump", [-50, 50, 2**40])
async def test_W04_a_request_outside_the_window_ends_the_session(server, jump):
    [mallory] = await server.people("mallory")
    async with Bosh(server) as bosh:
        await bosh.login(mallory)
        bosh.rid += jump
        assert await terminated(bosh, bosh.body()) == "item-not-found"


async def test_W04_the_same_request_again_gets_the_same_answer_and_is_done_once(server):
    alice, bob = await server.people("alice", "bob")
    b = await server.login(bob)
    async with Bosh(server) as bosh:
        await bosh.login(alice)
        bosh.rid += 1
        payload = message(b.jid, "once") + "<iq xmlns='jabber:client' type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>"
        first = await bosh.post(bosh.body(payload))
        again = await bosh.post(bosh.body(payload))
        assert first == again
        await b.expect_message("once")
        await bosh.request(message(b.jid, "marker"))
        await b.expect_message("marker")
        assert not b.wire.peek("message[body='once']")


@pytest.mark.parametrize("attributes", [{"wait": "99999"}, {"hold": "100"}, {"wait": "-1"}, {"hold": "x"}])
async def test_W04_what_is_asked_for_is_clamped(server, attributes):
    async with Bosh(server) as bosh:
        try:
            body = await bosh.create(**attributes)
        except AssertionError:
            return
        assert int(body.get("wait")) <= 120 and int(body.get("hold", "1")) <= 4
        assert int(body.get("requests", "2")) <= 8


@pytest.mark.parametrize("content", ["", "<body", "<body xmlns='urn:x' rid='1'/>", "<html/>", "\xff\xfe",
                                     "<!DOCTYPE x [<!ENTITY a 'A'>]><body xmlns='http://jabber.org/protocol/httpbind' rid='1' to='localhost'/>",
                                     "<body xmlns='http://jabber.org/protocol/httpbind' to='localhost'/>",
                                     "<body xmlns='http://jabber.org/protocol/httpbind' rid='9007199254740993' to='localhost'/>",
                                     "<body xmlns='http://jabber.org/protocol/httpbind' rid='x' to='localhost'/>"])
async def test_W04_nonsense_is_refused(server, content):
    async with Bosh(server) as bosh:
        status, answer = await bosh.post(content.encode("latin-1"))
        assert 400 <= status < 500 or b"terminate" in answer, (status, answer)


async def test_W04_many_requests_at_once_are_bounded(server):
    [mallory] = await server.people("mallory")
    async with Bosh(server) as bosh:
        await bosh.login(mallory)
        requests = []
        for _ in range(10):
            bosh.rid += 1
            requests.append(asyncio.create_task(bosh.post(bosh.body())))
        answers = await asyncio.wait_for(asyncio.gather(*requests), 30)
        # At most `requests` are held; the others come back at once, or the session ends.
        assert all(status in (200, 404) for status, _ in answers)


async def test_W04_there_is_no_get(server):
    import aiohttp
    async with aiohttp.ClientSession() as http:
        async with http.get(f"http://127.0.0.1:{server.http_port}{server.bosh_path}?callback=x&body=%3Cbody/%3E") as answer:
            assert answer.status in (400, 404, 405) or "callback" not in await answer.text()
            assert "x(" not in await answer.text()


async def test_W04_before_login_the_tighter_limits_hold(server):
    async with Bosh(server) as bosh:
        await bosh.create(to=DOMAIN)
        bosh.rid += 1
        payload = f"<auth xmlns='{NS['sasl']}' mechanism='PLAIN'>{'A' * 200_000}</auth>"
        status, answer = await bosh.post(bosh.body(payload))
        assert status >= 400 or b"terminate" in answer
