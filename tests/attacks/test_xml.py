"""Attacks on the XML stream, at every door, before and after login. The ids are the attack catalogue's."""

import pytest

import wire
from login import befriend, bind, sasl1
from skein import DOORS

# (name, verdict, bytes): "accept", "jid-malformed", or a set of stream errors.
NWF = {"not-well-formed", "bad-format"}
PREFIX = NWF | {"bad-namespace-prefix"}
TABLE = [
    ("plain", "accept", b"<message><body>hi</body></message>"),
    ("X01 three-byte swallow of a tag name", NWF, b"<message><body><\xeb<></body></body></message>"),
    ("X01 lone ff", NWF, b"<message><body>\xff</body></message>"),
    ("X01 overlong slash", NWF, b"<message><body>\xc0\xaf</body></message>"),
    ("X01 overlong less-than in two bytes", NWF, b"<message><body>\xc0\xbc/body></body></message>"),
    ("X01 overlong less-than in three bytes", NWF, b"<message><body>\xe0\x80\xbcx</body></message>"),
    ("X02 surrogate", NWF, b"<message><body>\xed\xa0\x80</body></message>"),
    ("X02 U+FFFE", NWF, b"<message><body>\xef\xbf\xbe</body></message>"),
    ("X02 U+FFFF by reference", NWF, b"<message><body>&#xFFFF;</body></message>"),
    ("X02 NUL by reference", NWF, b"<message><body>&#0;</body></message>"),
    ("X02 01 by reference", NWF, b"<message><body>&#1;</body></message>"),
    ("X02 1e by reference", NWF, b"<message><body>&#x1e;</body></message>"),
    ("X02 raw NUL", NWF, b"<message><body>\x00</body></message>"),
    ("X02 raw 01", NWF, b"<message><body>\x01</body></message>"),
    ("X02 surrogate by reference", NWF, b"<message><body>&#xD800;</body></message>"),
    ("X02 above 10FFFF by reference", NWF, b"<message><body>&#x110000;</body></message>"),
    ("X02 above 10FFFF in four bytes", NWF, b"<message><body>\xf4\x90\x80\x80</body></message>"),
    ("X01 truncated sequence before a tag", NWF, b"<message><body>\xe2\x82</body></message>"),
    ("X03 duplicate attribute", NWF, b"<message to='a@x' to='b@x'/>"),
    ("X03 one expanded attribute twice", PREFIX, b"<message xmlns:a='u' xmlns:b='u' a:q='1' b:q='2'/>"),
    ("X03 undeclared prefix", PREFIX, b"<foo:message/>"),
    ("X03 undeclared prefix of an attribute", PREFIX, b"<message foo:to='x'/>"),
    ("X03 rebound xml prefix", PREFIX, b"<message xmlns:xml='urn:x'/>"),
    ("X03 other prefix for xml", PREFIX, b"<message xmlns:p='http://www.w3.org/XML/1998/namespace'/>"),
    ("X03 declared xmlns prefix", PREFIX, b"<message xmlns:xmlns='urn:x'/>"),
    ("X03 undeclaring a prefix", PREFIX, b"<message xmlns:p=''/>"),
    ("X03 section end in text", NWF, b"<message><body>a]]>b</body></message>"),
    ("X03 less-than in an attribute", NWF, b"<message to='a<b'/>"),
    ("X03 no quotes", NWF, b"<message to=a/>"),
    ("X03 no space between attributes", NWF, b"<message to='a'from='b'/>"),
    ("X03 end tags crossed", NWF, b"<message><body></message></body>"),
    ("X03 two colons", PREFIX, b"<a:b:c xmlns:a='u'/>"),
    ("X03 colon first", PREFIX, b"<:a/>"),
    ("X03 digit first", NWF, b"<1a/>"),
    ("X03 attribute in an end tag", NWF, b"<message><body></body x='1'></message>"),
    ("X09 end of the stream inside a stanza", NWF, b"<message></stream:stream>"),
    ("X11 second stream header", {"invalid-xml", "policy-violation", "unsupported-stanza-type", "not-well-formed", "bad-format",
                                  "bad-namespace-prefix"},
     b"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"),
    ("X11 unknown first-level element", {"unsupported-stanza-type"}, b"<nonsense xmlns='jabber:client'/>"),
    ("X11 stanza without a namespace", {"invalid-namespace", "unsupported-stanza-type"}, b"<message xmlns=''/>"),
    ("X11 stanza in the servers' namespace", {"invalid-namespace", "unsupported-stanza-type"}, b"<message xmlns='jabber:server'/>"),
    ("X15 line break in an address", "jid-malformed", b"<message to='a&#13;b'/>"),
    ("X03 next line as white space", NWF, b"<message\xc2\x85to='a'/>"),
    ("X03 empty local name", PREFIX, b"<a: xmlns:a='u'/>"),
    ("control greater-than in an attribute", "accept", b"<message id='a>b'><body/></message>"),
    ("control greater-than in text", "accept", b"<message><body>a>b</body></message>"),
    ("control astral character", "accept", b"<message><body>\xf0\x9f\x98\x80</body></message>"),
    ("control astral character by reference", "accept", b"<message><body>&#x1F600;</body></message>"),
    ("control predefined entities", "accept", b"<message><body>&lt;&amp;&gt;&quot;&apos;</body></message>"),
    ("control quote in quotes", "accept", b"<message id='a\"b'><body/></message>"),
    ("control space around equals", "accept", b"<message id = 'a' ><body/></message>"),
    ("control less-than by entity in an attribute", "accept", b"<message id='&lt;'><body/></message>"),
    ("X03 entity without its semicolon", NWF, b"<message><body>&lt</body></message>"),
    ("X03 reference without digits", NWF, b"<message><body>&#;</body></message>"),
    ("X03 reference with an upper-case X", NWF, b"<message><body>&#X41;</body></message>"),
    ("X03 prefix declared twice on one element", PREFIX, b"<m:message xmlns:m='jabber:client' xmlns:m='u'/>"),
    ("X05 DTD", {"restricted-xml"}, b"<!DOCTYPE x [<!ENTITY a 'A'>]><message><body>&a;</body></message>"),
    ("X05 undefined entity", NWF | {"restricted-xml"}, b"<message><body>&a;</body></message>"),
    ("X05 comment", {"restricted-xml"}, b"<!-- hello --><message/>"),
    ("X05 comment inside", {"restricted-xml"}, b"<message><!-- hello --></message>"),
    ("X05 processing instruction", {"restricted-xml"}, b"<message><?php x?></message>"),
]
BEFORE_LOGIN = {"not-authorized", "unsupported-stanza-type", "policy-violation", "invalid-namespace"}


def for_bob(xml: bytes, bob_jid: str) -> bytes:
    """Addressed to bob where the row names nobody, so that what gets through is seen."""
    if xml.startswith(b"<message>"):
        return b"<message to='%s'>" % bob_jid.encode() + xml.removeprefix(b"<message>")
    return xml


def for_door(xml: bytes, door: str) -> bytes:
    """RFC 7395: every message declares its namespace itself."""
    if door != "websocket" or b"xmlns='jabber:client'" in xml or b"xmlns=''" in xml or b"xmlns='jabber:server'" in xml:
        return xml
    return xml.replace(b"<message", b"<message xmlns='jabber:client'", 1)


@pytest.mark.once
@pytest.mark.parametrize("door", ["tcp", "websocket"])
@pytest.mark.parametrize("name, verdict, xml", TABLE, ids=[row[0] for row in TABLE])
async def test_after_login(server, door, name, verdict, xml):
    mallory, bob = await server.people("mallory", "bob")
    b = await server.login(bob)
    m = await server.login(mallory, door)
    await m.send(for_door(for_bob(xml, b.jid), door))
    if verdict == "accept":
        # Whatever is left of it comes before our next message.
        await m.message(b.jid, "the stream lives")
        await b.expect_message("the stream lives")
        return
    if verdict == "jid-malformed":
        assert wire.error_of(await m.expect("message[@type='error']")) == "jid-malformed"
        return
    if door == "websocket" and name.startswith(("X09", "X11 second")):
        verdict = NWF | PREFIX | {"invalid-xml", "policy-violation", "unsupported-stanza-type", "invalid-namespace"}
    await refused(m.wire, verdict)
    again = await server.login(mallory)
    await b.quiet("message", via=again)
    await b.settle()


async def refused(door: wire.Wire, verdict: set[str]) -> None:
    if isinstance(door, wire.WebSocketWire):
        await door.expect_end()
        # Ill-formed UTF-8 is a fault of the framing already (RFC 6455 section 8.1).
        if door.close_code == 1007:
            return
    await door.expect_stream_error(*verdict)


@pytest.mark.once
@pytest.mark.parametrize("name, verdict, xml", TABLE, ids=[row[0] for row in TABLE])
async def test_before_login(server, name, verdict, xml):
    door = await server.tcp()
    await door.open()
    await door.send(xml)
    if verdict in ("accept", "jid-malformed"):
        await door.expect_stream_error(*BEFORE_LOGIN)
    else:
        await door.expect_stream_error(*(verdict | BEFORE_LOGIN if name.startswith(("X11",)) else verdict))


BOMB = ("<!DOCTYPE x [<!ENTITY a 'AAAAAAAAAA'>"
        + "".join(f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(9)) + "]>")


@pytest.mark.once
@pytest.mark.parametrize("door", ["tcp", "direct-tls", "websocket"])
@pytest.mark.parametrize("dtd", [BOMB, "<!DOCTYPE x SYSTEM 'file:///etc/passwd'>",
                                 "<!DOCTYPE x [<!ENTITY % p SYSTEM 'file:///etc/passwd'> %p;]>"],
                         ids=["bomb", "external", "parameter"])
async def test_X05_a_dtd_is_refused_where_it_begins(server, door, dtd):
    # What the program needs for any connection by this door is there before.
    first = await server.door(door)
    await first.open()
    await first.close()
    before = server.resident_kib()
    connection = await server.door(door)
    body = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' version='1.0'/>"
    header = body if door == "websocket" else wire.stream_header("localhost").removeprefix("<?xml version='1.0'?>")
    await connection.send(f"<?xml version='1.0'?>{dtd}{header}")
    await connection.expect_stream_error("restricted-xml", "not-well-formed")
    assert b"root:" not in connection.raw
    assert server.resident_kib() - before < 2_048


AMPLIFIERS = {
    "deep": b"<a>" * 60_000,
    "wide": b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" + b"<a/>" * 60_000,
    "attributes": b"<a " + b"".join(b" a%d='1'" % n for n in range(20_000)),
    "namespaces": b"<a " + b"".join(b" xmlns:p%d='u'" % n for n in range(10_000)),
    "long attribute": b"<a b='" + b"x" * 262_144,
    "long text": b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" + b"A" * 262_144,
    "long name": b"<" + b"a" * 262_144,
}


@pytest.mark.once
@pytest.mark.parametrize("door", ["tcp", "websocket"])
@pytest.mark.parametrize("name", AMPLIFIERS)
async def test_X06_amplifiers_before_login_are_stopped_while_they_come(server, door, name):
    connection = await server.door(door)
    await connection.open()
    await connection.send(AMPLIFIERS[name])
    if door == "websocket":
        await connection.expect_end()
    else:
        await connection.expect_stream_error("policy-violation")


@pytest.mark.once
async def test_X06_a_crowd_of_amplifiers_costs_no_memory(server):
    """Each stops just below the limit on bytes and stays."""
    before = server.resident_kib()
    crowd = []
    for _ in range(100):
        connection = await server.tcp()
        await connection.open()
        await connection.send(b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" + b"A" * 9_000)
        crowd.append(connection)
    for connection in crowd:
        assert not connection.ended.is_set()
    assert (server.resident_kib() - before) / len(crowd) <= 64


@pytest.mark.once
@pytest.mark.parametrize("name", ["deep", "attributes", "namespaces", "long attribute"])
async def test_X06_amplifiers_after_login_are_stopped_too(server, name):
    [mallory] = await server.people("mallory")
    m = await server.login(mallory)
    await m.send(b"<message>" + AMPLIFIERS[name] * 2)
    await m.wire.expect_stream_error("policy-violation")


@pytest.mark.once
async def test_X07_a_body_that_never_ends_is_cut_at_the_limit(server):
    [mallory] = await server.people("mallory")
    m = await server.login(mallory)
    await m.send(b"<message><body>")
    sent = 0
    # Well over the bound of a stanza, and no more than the server still reads after its last word: beyond that it hangs
    # up, and what it said is lost with what was not read.
    while sent < 2 * 262_144 and not m.wire.ended.is_set():
        await m.wire.send(b"x" * 16_384)
        sent += 16_384
    await m.wire.expect_stream_error("policy-violation")


@pytest.mark.parametrize("door", DOORS)
async def test_X13_prefixed_stanzas_are_handled_as_plain_ones_and_leave_with_their_namespaces(server, door):
    mallory, bob = await server.people("mallory", "bob")
    b = await server.login(bob)
    connection = await server.door(door)
    # Where each element is a message, nothing is declared around it.
    alone = door in ("websocket", "compact", "compact-tls")
    if alone:
        m = await _session(connection, mallory)
    else:
        m = await _session(connection, mallory, **{"xmlns:hidden": "urn:test:hidden"})
    declared = " xmlns:hidden='urn:test:hidden'" if alone else ""
    await m.send(f"<c:message xmlns:c='jabber:client'{declared} to='{b.jid}' type='chat' id='x13'><c:body>laundry</c:body>"
                 "<hidden:payload hidden:mark='1'><hidden:inner/></hidden:payload></c:message>")
    # Expat has parsed it, so every prefix was declared.
    message = await b.expect_message("laundry")
    payload = message.find("{urn:test:hidden}payload")
    assert payload is not None and payload.get("{urn:test:hidden}mark") == "1"
    assert payload.find("{urn:test:hidden}inner") is not None
    assert message.find("sid:stanza-id", wire.NS) is not None, "archived like the plain form"


async def _session(door, account, **header):
    import login
    await door.open(**header)
    await sasl1(door, account)
    await door.open(**header)
    client = login.Client(door, account)
    client.jid = await bind(door)
    await client.presence()
    return client


async def test_X15_white_space_and_quotes_in_attributes_survive(server):
    mallory, bob = await server.people("mallory", "bob")
    b, m = await server.login(bob), await server.login(mallory)
    await befriend(m, b)
    await m.send(f"<message to='{b.jid}' id='x15'><body>x</body>"
                 "<v xmlns='urn:test:v' a='1&#10;2&#9;3&#13;4' b='&quot;&apos;' c=\"'\" d='\"'/></message>")
    value = (await b.expect("message[@id='x15']")).find("{urn:test:v}v")
    assert value.attrib == {"a": "1\n2\t3\r4", "b": "\"'", "c": "'", "d": '"'}


@pytest.mark.once
@pytest.mark.parametrize("local", ["a&#10;b", "a&#9;b", "a&#13;b", "a b", "a&amp;b", "a&apos;b", "a/b@c@d", "a&lt;b"])
async def test_X15_such_addresses_are_malformed(server, local):
    [mallory] = await server.people("mallory")
    m = await server.login(mallory)
    await m.send(f"<message to='{local}@localhost' id='x15'><body>x</body></message>")
    error = wire.error_of(await m.expect("message[@id='x15'][@type='error']"))
    # `a/b@c@d@localhost` is the domain `a` with a resource: not ours, so not reachable.
    assert error in ({"jid-malformed", "remote-server-not-found", "service-unavailable"} if "/" in local else {"jid-malformed"})
