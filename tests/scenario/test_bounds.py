"""Every bound that an operator can move acts: set low, and met. Those of features stand beside their features' tests."""

import asyncio
import struct

import pytest

import login
import wire
from login import new_id
from test_archive import query
from wire import NS, error_of

pytestmark = [pytest.mark.own_server, pytest.mark.once]


def attributes(count: int) -> str:
    return "".join(f" a{n}='1'" for n in range(count))


# (key, value, before login, an element that fits, one that does not)
ELEMENTS = [
    ("element_bytes_before_login", "1 KiB", True, "<auth xmlns='{sasl}' mechanism='X'>%s</auth>" % ("A" * 800),
     "<auth xmlns='{sasl}' mechanism='X'>%s</auth>" % ("A" * 2_000)),
    ("elements_before_login", 8, True, "<auth xmlns='{sasl}' mechanism='X'>%s</auth>" % ("<a/>" * 6),
     "<auth xmlns='{sasl}' mechanism='X'>%s</auth>" % ("<a/>" * 9)),
    ("depth_before_login", 4, True, "<auth xmlns='{sasl}' mechanism='X'><a><a/></a></auth>",
     "<auth xmlns='{sasl}' mechanism='X'><a><a><a><a/></a></a></a></auth>"),
    ("stanza_bytes", 10_000, False, "<message><x xmlns='urn:x'>%s</x></message>" % ("x" * 9_000),
     "<message><x xmlns='urn:x'>%s</x></message>" % ("x" * 10_500)),
    ("stanza_elements", 32, False, "<message>%s</message>" % ("<x xmlns='urn:x'/>" * 28),
     "<message>%s</message>" % ("<x xmlns='urn:x'/>" * 40)),
    ("stanza_depth", 8, False, "<message><x xmlns='urn:x'>%s%s</x></message>" % ("<d>" * 4, "</d>" * 4),
     "<message><x xmlns='urn:x'>%s%s</x></message>" % ("<d>" * 9, "</d>" * 9)),
    ("attributes", 8, False, f"<message><x xmlns='urn:x'{attributes(6)}/></message>",
     f"<message><x xmlns='urn:x'{attributes(12)}/></message>"),
    ("attribute_bytes", "3 KiB", False, "<message><x xmlns='urn:x' a='%s'/></message>" % ("v" * 3_000),
     "<message><x xmlns='urn:x' a='%s'/></message>" % ("v" * 3_200)),
]


async def test_elements_are_bounded_before_and_after_login(own_server):
    server = own_server({"limits": {key: value for key, value, *_ in ELEMENTS}})
    [alice] = await server.people("alice")
    for key, _, before_login, fits, too_much in ELEMENTS:
        fits, too_much = (xml.replace("{sasl}", NS["sasl"]) for xml in (fits, too_much))
        if before_login:
            door = await server.tcp()
            await door.open()
            await door.send(fits)
            assert wire.local(await door.expect("sasl:failure", wire.STREAM_ERROR)) == "failure", key
        else:
            client = await server.login(alice)
            door = client.wire
            await client.send(fits)
            await client.settle()
        await door.send(too_much)
        await door.expect_stream_error("policy-violation")


async def test_sessions_resources_rosters_and_pages_are_bounded(own_server):
    server = own_server({"limits": {"sessions_per_account": 2, "resource_bytes": 36, "roster_name_bytes": 16, "page_default": 3,
                                    "page_max": 5}})
    alice, bob = await server.people("alice", "bob")

    async def bind(resource: str) -> str | None:
        door = await server.tcp()
        await door.open()
        await login.sasl1(door, bob)
        await door.open()
        await door.send(f"<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='{NS['bind']}'><resource>{resource}</resource></bind></iq>")
        return error_of(await door.expect("iq[@id='b']"))

    assert await bind("r" * 37) == "bad-request"
    assert [await bind("r" * 36), await bind("two"), await bind("three")] == [None, None, "resource-constraint"]
    # The place of a session that goes is free.
    a = await server.login(alice)
    item = "<query xmlns='jabber:iq:roster'><item jid='x@localhost' name='{}'><group>{}</group></item></query>"
    assert (await a.iq("set", item.format("n" * 16, "g" * 16))).get("type") == "result"
    for name, group in (("n" * 17, "g"), ("n", "g" * 17)):
        assert error_of(await a.iq("set", item.format(name, group))) == "not-acceptable"
    for number in range(7):
        await a.message(bob.jid, f"m{number}")
    await a.settle()
    for page, expected in (("", 3), ("<max>2</max>", 2), ("<max>100</max>", 5)):
        results, _ = await query(a, page=page)
        assert len(results) == expected, page


async def test_presence_and_its_status_are_bounded(own_server):
    server = own_server({"limits": {"presence_bytes": "1 KiB", "status_bytes": 64}})
    [alice] = await server.people("alice")
    a = await server.login(alice)
    for more, fits in (("<status>%s</status>" % ("s" * 64), True), ("<status>%s</status>" % ("s" * 65), False),
                       ("<x xmlns='urn:x'>%s</x>" % ("x" * 1_100), False)):
        id = new_id()
        await a.presence(more, id=id)
        await a.settle()
        errors = [error_of(error) for error in a.wire.peek(f"presence[@id='{id}'][@type='error']")]
        assert errors == ([] if fits else ["not-acceptable"])


async def ended_at_once(server) -> bool:
    """Whether a new connection is closed without a word; one that is served answers."""
    door = await server.tcp()
    await door.send(wire.stream_header("localhost"))
    try:
        await door.expect("stream:features")
    except AssertionError:
        return True
    return False


@pytest.mark.parametrize("limits", [{"unauthenticated_per_address": 5, "rate": True, "connections": "1000/s burst 1000"},
                                    {"unauthenticated": 5}])
async def test_strangers_are_bounded_and_make_room_when_they_log_in(own_server, limits):
    server = own_server({"limits": limits})
    [alice] = await server.people("alice")
    await server.login(alice)
    doors = []
    for _ in range(5):
        door = await server.tcp()
        await door.open()
        doors.append(door)
    assert await ended_at_once(server)
    await login.sasl1(doors[0], alice)
    await doors[0].open()
    await login.bind(doors[0])
    deadline = asyncio.get_running_loop().time() + wire.PATIENCE
    while await ended_at_once(server):
        assert asyncio.get_running_loop().time() < deadline


async def test_new_connections_of_one_address_are_rated(own_server):
    server = own_server({"limits": {"rate": True, "connections": "1/h burst 60", "unauthenticated_per_address": 1_000}})
    seen = [await ended_at_once(server) for _ in range(70)]
    assert seen[-1] and seen == sorted(seen), "and nobody comes in behind the first that is refused"


async def test_who_sends_faster_than_permitted_is_read_more_slowly_and_loses_nothing(own_server):
    server = own_server({"limits": {"rate": True, "incoming": "16 KiB/s burst 32 KiB", "messages": "1000/s burst 1000"}})
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    begun = asyncio.get_running_loop().time()
    for number in range(10):
        await a.message(b.jid, f"{number} " + "x" * 9_000)
    got = [(await b.expect("message", within=60)).findtext("body", "", NS).split()[0] for _ in range(10)]
    assert got == [str(number) for number in range(10)]
    # 90 KiB, of which 32 at once: the rest takes more than three seconds.
    assert asyncio.get_running_loop().time() - begun > 2


async def test_failures_of_one_address_count_over_all_accounts(own_server):
    server = own_server({"limits": {"rate": True, "login_failures_per_address": "4/15m", "sasl_attempts": 1}})
    people = await server.people("a", "b", "c")
    for number in range(4):
        with pytest.raises(login.SaslFailure, match="not-authorized"):
            door = await server.tcp()
            await door.open()
            await login.sasl1(door, type(people[0])(f"nobody{number}", "x"))
    with pytest.raises(login.SaslFailure, match="temporary-auth-failure"):
        door = await server.tcp()
        await door.open()
        await login.sasl1(door, people[0])


async def test_registrations_and_passwords_are_bounded(own_server):
    from test_accounts import register
    server = own_server({"access": {"registration": "open"}, "limits": {"rate": True, "registrations": "2/h", "password_length": 12}})
    assert error_of(await register(server, "short", "elevenchars")) == "not-acceptable"
    answers = [await register(server, f"new{number}", "a long pass phrase") for number in range(3)]
    assert [answer.get("type") for answer in answers] == ["result", "result", "error"]
    assert answers[2].find("error", NS).get("type") == "wait"


@pytest.mark.parametrize("rest, again", [("90d", 1), ("0s", 0)])
async def test_the_name_of_a_removed_account_rests(own_server, rest, again):
    server = own_server({"limits": {"name_rest": rest}})
    server.add_user("gone")
    server.cli("user", "remove", "gone@localhost")
    done = server.cli("user", "add", "gone@localhost", "--password-stdin", stdin="x\n", check=False)
    assert done.returncode == again, done.stderr


# --- HTTP ----------------------------------------------------------------


async def ask(server, request: bytes, within: float = wire.PATIENCE) -> bytes:
    """All that the server says to it until it closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.http_port)
    writer.write(request)
    said = await asyncio.wait_for(reader.read(), within)
    writer.transport.abort()
    return said


def get(fields: int = 0, long: int = 0) -> bytes:
    head = "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    head += "".join(f"X-{n}: 1\r\n" for n in range(fields))
    head += f"X-Long: {'x' * long}\r\n" if long else ""
    return (head + "\r\n").encode()


async def test_headers_of_http_requests_are_bounded(own_server):
    server = own_server({"limits": {"http_header_fields": 16, "http_header_bytes": "8 KiB", "http_header_time": "2s"}})
    assert (await ask(server, get(fields=10))).startswith(b"HTTP/1.1 200")
    for request in (get(fields=40), get(long=12_000)):
        assert (await ask(server, request)).startswith(b"HTTP/1.1 431")
    # Half a header, for ever.
    assert not (await ask(server, get()[:-4])).startswith(b"HTTP/1.1 200")


async def test_requests_at_once_of_one_http2_connection_are_bounded(own_server):
    server = own_server({"limits": {"http_streams": 7}})
    reader, writer = await asyncio.open_connection("127.0.0.1", server.http_port)
    writer.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00")
    head = await asyncio.wait_for(reader.readexactly(9), wire.PATIENCE)
    length, kind = int.from_bytes(head[:3], "big"), head[3]
    assert kind == 4, "SETTINGS come first (RFC 9113 section 3.4)"
    settings = dict(struct.iter_unpack(">HI", await reader.readexactly(length)))
    assert settings[3] == 7
    writer.transport.abort()
