"""Bad input at the door of the compact binding: nothing gets in that would not get in as XML."""

import os
import random

import pytest

import compact
import wire
import websocket
from compact import ATTRIBUTE, BARE, CHILD, ELEMENT, END, OWN_FULL, SAME, SHORT_SHAPES, SINGLE, TABLE, TEXT, number, string

COMPACT = ["compact", "compact-tls"]
MESSAGE = TABLE.numbers["element", "jabber:client", "message"]
TO, TYPE = TABLE.numbers["attribute", "to"], TABLE.numbers["attribute", "type"]
CHAT = TABLE.numbers["word", "chat"]


def coded(symbols: list[int], values: bytes = b"") -> bytes:
    codes = b"".join((SHORT_SHAPES * 256 + SINGLE + symbol).to_bytes(2, "big") for symbol in symbols)
    return number(len(codes)) + codes + values


async def pair(server, door):
    mallory, bob = await server.people("mallory", "bob")
    return await server.login(mallory, door), await server.login(bob)


async def refused(server, m, b, *conditions: str) -> None:
    """The stream ends with one of `conditions`, and the server goes on for others."""
    await m.wire.expect_stream_error(*conditions)
    again = await server.login(m.account)
    await b.quiet("message", via=again)


MALFORMED = {
    "nothing but a length": lambda to: b"\x05",
    "an endless number": lambda to: b"\xff" * 12,
    "a number in a long form": lambda to: b"\x82\x00" + coded([MESSAGE, END])[1:],
    "an unknown form": lambda to: b"\x00\x07abc",
    "an unknown symbol": lambda to: coded([8000, END]),
    "an unknown shape": lambda to: b"\x02\xdf\xff",
    "an operation that is none": lambda to: coded([MESSAGE, 52, END]),
    "no end": lambda to: coded([MESSAGE]),
    "two elements": lambda to: coded([MESSAGE, END, MESSAGE, END]),
    "an end too many": lambda to: coded([MESSAGE, END, END]),
    "values left over": lambda to: coded([MESSAGE, END], b"x"),
    "values missing": lambda to: coded([MESSAGE, TO, TEXT, END], b"\x50x"),
    "an attribute behind content": lambda to: coded([MESSAGE, TEXT, TO, TEXT, END], string("a") + string(to)),
    "an attribute without a value": lambda to: coded([MESSAGE, TO, END]),
    "a child of nothing": lambda to: coded([CHILD, END], string("message")),
    "a reference to nothing": lambda to: coded([MESSAGE, TO, SAME + 3, END]),
    "markup in a name": lambda to: coded([ELEMENT, END], string("message to='x'") + string("jabber:client")),
    "an end tag in a name": lambda to: coded([MESSAGE, CHILD, END, END], string("body></message><message")),
    "markup in a namespace": lambda to: coded([ELEMENT, END], string("message") + string("jabber:client' to='x")),
    "xmlns as an attribute": lambda to: coded([MESSAGE, ATTRIBUTE, TEXT, END], string("xmlns") + string("urn:x")),
    "an address message": lambda to: b"\x00\x01mallory@localhost/x",
}


@pytest.mark.parametrize("door", COMPACT)
@pytest.mark.parametrize("name", MALFORMED)
async def test_W02_malformed_messages_end_the_stream(server, door, name):
    m, b = await pair(server, door)
    await m.wire.send_message(MALFORMED[name](b.jid))
    await refused(server, m, b, "bad-format", "not-well-formed", "invalid-namespace", "policy-violation")


def stanza(*extra: int, values: bytes = b"") -> callable:
    return lambda to: coded([MESSAGE, TO, TEXT, *extra, END], string(to) + values)


AS_XML = {
    "X02 NUL in text": (stanza(TEXT, values=string("\0")), "not-well-formed"),
    "X02 U+FFFF in an attribute": (stanza(ATTRIBUTE, TEXT, values=string("a") + string("\uffff")), "not-well-formed"),
    "X01 ill-formed UTF-8": (stanza(TEXT, values=b"\x08\xc0\x80"), "not-well-formed"),
    "X05 the same attribute twice": (stanza(TO, TEXT, values=string("x@localhost")), "not-well-formed"),
    "X05 an undeclared prefix": (stanza(ATTRIBUTE, TEXT, values=string("p:a") + string("1")), "bad-namespace-prefix"),
    "X06 too deep": (stanza(*[MESSAGE] * 70, *[END] * 70), "policy-violation"),
    "X08 too many attributes": (stanza(*[ATTRIBUTE, TEXT] * 40, values=b"".join(string(f"a{n}") + string("") for n in range(40))),
                                "policy-violation"),
    "X04 a document type": (lambda to: b"\0\0<!DOCTYPE message><message xmlns='jabber:client'/>", "restricted-xml"),
    "X11 two elements": (lambda to: b"\0\0<message xmlns='jabber:client'/><message xmlns='jabber:client'/>", "bad-format"),
    "X11 another server's namespace": (lambda to: coded([ELEMENT, END], string("message") + string("jabber:server")), "invalid-namespace"),
}


@pytest.mark.parametrize("door", COMPACT)
@pytest.mark.parametrize("name", AS_XML)
async def test_X_what_xml_would_be_refused_for_is_refused_with_the_same_error(server, door, name):
    message, condition = AS_XML[name]
    m, b = await pair(server, door)
    await m.wire.send_message(message(b.jid))
    await refused(server, m, b, condition)


@pytest.mark.parametrize("door", COMPACT)
async def test_X07_a_few_bytes_do_not_become_many(server, door):
    m, b = await pair(server, door)
    before = server.resident_kib()
    longest = max(range(len(TABLE.shapes)), key=lambda at: len(TABLE.shapes[at]))
    code = bytes([longest]) if longest < SHORT_SHAPES else (SHORT_SHAPES * 256 + longest - SHORT_SHAPES).to_bytes(2, "big")
    bomb = code * 60_000
    await m.wire.send_message(number(len(bomb)) + bomb)
    await refused(server, m, b, "bad-format", "policy-violation")
    assert server.resident_kib() - before < 8_192


@pytest.mark.parametrize("door", COMPACT)
async def test_X07_references_do_not_multiply_a_value(server, door):
    m, b = await pair(server, door)
    big = b"x" * 60_000
    await m.wire.send_message(coded([MESSAGE, TO, TEXT, TEXT] + [SAME + 1] * 60 + [END], string(b.jid) + number(len(big) * 4) + big))
    await refused(server, m, b, "policy-violation")


@pytest.mark.parametrize("symbols, values", [([MESSAGE, TO, OWN_FULL, END], b""), ([MESSAGE, TO, BARE, END], string("bob"))])
@pytest.mark.parametrize("door", COMPACT)
async def test_N_before_login_there_is_no_own_address(server, door, symbols, values):
    stranger = await server.door(door)
    await stranger.open()
    await stranger.send_message(coded(symbols, values))
    await stranger.expect_stream_error("bad-format")


@pytest.mark.parametrize("door", COMPACT)
async def test_N_bounds_before_login_are_those_of_strangers(server, door):
    stranger = await server.door(door)
    await stranger.open()
    await stranger.send(f"<auth xmlns='{wire.NS['sasl']}' mechanism='PLAIN'>{'A' * 20_000}</auth>")
    if door == "compact":
        # As with XML: the header of the frame says that it is too long.
        await stranger.expect_end()
        assert stranger.close_code == 1009
    else:
        await stranger.expect_stream_error("policy-violation")


@pytest.mark.parametrize("door", COMPACT)
async def test_S_the_sender_is_the_true_one_whatever_symbol_says_otherwise(server, door):
    m, b = await pair(server, door)
    sender = TABLE.numbers["attribute", "from"]
    body = TABLE.numbers["element", "jabber:client", "body"]
    await m.wire.send_message(coded([MESSAGE, TYPE, CHAT, TO, TEXT, sender, OWN_FULL, body, TEXT, END, END], string(b.jid) + string("as myself")))
    assert (await b.expect_message("as myself")).get("from") == m.jid
    await m.wire.send_message(coded([MESSAGE, TO, TEXT, sender, BARE, END], string(b.jid) + string("bob")))
    await m.wire.expect_stream_error("invalid-from")


async def test_W02_text_frames_are_refused_where_bytes_were_agreed_on(server):
    m, b = await pair(server, "compact")
    await m.wire.socket.send_frame(websocket.TEXT, f"<message xmlns='jabber:client' to='{b.jid}'><body>x</body></message>".encode())
    await m.wire.expect_end()
    assert m.wire.close_code == 1003
    await b.quiet("message[body='x']", via=await server.login(m.account))


@pytest.mark.parametrize("length", [b"\xff\xff\xff\x7f", b"\x80\x80\x80\x80\x80\x01", b"\x85\x00"])
async def test_W02_lengths_on_tls_are_bounded_before_anything_waits_for_them(server, length):
    m, b = await pair(server, "compact-tls")
    before = server.resident_kib()
    await m.wire.send_raw(length)
    await refused(server, m, b, "policy-violation", "bad-format")
    assert server.resident_kib() - before < 4_096


async def test_W02_messages_in_single_bytes_are_whole_messages(server):
    """The control: what is permitted works."""
    m, b = await pair(server, "compact-tls")
    message = m.wire.codec.encode(f"<message xmlns='jabber:client' to='{b.jid}' type='chat'><body>slowly</body></message>")
    for byte in number(len(message)) + message + b"\0\0":
        await m.wire.send_raw(bytes([byte]))
    await b.expect_message("slowly")
    await m.settle()


async def test_a_client_that_knows_no_alpn_speaks_xml(server):
    """The control: the fallback on the same port."""
    [alice] = await server.people("alice")
    context = server.tls_context()
    a = await server.login(alice, "direct-tls")
    assert a.wire.tls().selected_alpn_protocol() == "xmpp-client"
    bare = await wire.TcpWire.connect("127.0.0.1", server.c2s_tls_port, context, tls_at_once=True)
    await bare.open()
    assert bare.tls().selected_alpn_protocol() is None


@pytest.mark.once
@pytest.mark.parametrize("door", COMPACT)
async def test_W02_random_bytes_end_a_stream_and_nothing_else(server, door):
    seed = int(os.environ.get("SKEIN_TEST_SEED", "4242"))
    chance = random.Random(seed)
    mallory, bob = await server.people("mallory", "bob")
    b = await server.login(bob)
    codec = compact.Codec()
    for _ in range(12):
        m = await server.login(mallory, door)
        codec.own = m.jid
        message = bytearray(codec.encode(f"<message xmlns='jabber:client' to='{m.jid}'><body>itself</body><x xmlns='urn:x' a='b'/></message>"))
        for _ in range(4):
            message[chance.randrange(len(message))] = chance.randrange(256)
        await m.wire.send_message(bytes(message))
        await m.cut()
    await b.settle()
