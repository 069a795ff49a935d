"""Bounds that an operator moves: each is set low and felt. The defaults are felt by the tests of what they bound."""

import asyncio
import xml.etree.ElementTree as ET

import pytest

import login
import websocket
import wire
from bosh import Bosh
from login import new_id
from wire import error_of

pytestmark = [pytest.mark.own_server, pytest.mark.once]

KIB = 1024


async def test_outbox_bytes_bound_what_waits_for_a_client_that_does_not_read(own_server):
    server = own_server({"limits": {"outbox_bytes": 65_536, "stanza_bytes": 32_768}})
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    await b.wire.stop_reading()
    # More than the socket's own buffers take, some megabytes, so that the rest waits in the server.
    for _ in range(600):
        await a.message(b.jid, "x" * 30_000)
    await a.settle()
    b.wire.resume_reading()
    await b.wire.expect_end()
    # What was not delivered is in the archive of the account and not lost.
    again = await server.login(bob, presence=False)
    counted = await again.result("set", "<query xmlns='urn:xmpp:mam:2'><set xmlns='http://jabber.org/protocol/rsm'>"
                                        "<max>0</max></set></query>")
    assert int(counted.find(".//{http://jabber.org/protocol/rsm}count").text) == 600


@pytest.mark.parametrize("bound, size", [({"unacknowledged": 20}, 10), ({"unacknowledged_bytes": 65_536}, 8_000)])
async def test_a_client_that_never_acknowledges_meets_its_bound(own_server, bound, size):
    server = own_server({"limits": bound})
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob, sm=True)
    b.answers_acks = False
    for number in range(21):
        await a.message(b.jid, f"{number} " + "x" * size)
    await b.wire.expect_stream_error("policy-violation")
    # Owed to whoever comes next: the bound costs a connection and no message.
    again = await server.login(bob, sm=True)
    for number in range(21):
        assert (await again.expect("message")).findtext("{jabber:client}body").startswith(f"{number} ")


async def test_the_times_of_bosh_are_announced_and_kept(own_server):
    server = own_server({"limits": {"bosh_wait": "3s", "bosh_inactivity": "2s", "bosh_pause": "7s"}})
    async with Bosh(server) as bosh:
        created = await bosh.create(wait="60")
        assert [created.get(name) for name in ("wait", "inactivity", "maxpause")] == ["3", "2", "7"]
        await bosh.expect("stream:features")
        began = asyncio.get_running_loop().time()
        await bosh.request()
        held = asyncio.get_running_loop().time() - began
        assert 2.5 <= held, "an empty request is held as long as was said"
        # Nothing is held now: the session is forgotten when its time is over.
        deadline = began + 60
        while True:
            status, answer = await bosh.post(f"<body xmlns='http://jabber.org/protocol/httpbind' sid='{bosh.sid}' rid='1'/>")
            # A request outside the window ends the session itself: look from afar, by the metric.
            assert status in (200, 404), answer
            if b"terminate" in answer:
                break
            assert asyncio.get_running_loop().time() < deadline


async def test_a_websocket_message_has_so_many_fragments(own_server):
    server = own_server({"limits": {"websocket_fragments": 3}})
    alice, = await server.people("alice")
    for fragments, fits in [(3, True), (4, False)]:
        client = await server.login(alice, door="websocket", presence=False)
        id = new_id()
        ping = f"<iq xmlns='jabber:client' type='get' id='{id}'><ping xmlns='urn:xmpp:ping'/></iq>".encode()
        cuts = [len(ping) * n // fragments for n in range(fragments + 1)]
        for number, (begin, end) in enumerate(zip(cuts, cuts[1:])):
            opcode = websocket.TEXT if number == 0 else 0
            await client.wire.socket.send_frame(opcode, ping[begin:end], fin=number == fragments - 1)
        if fits:
            await client.expect(f"iq[@id='{id}']")
        else:
            await client.wire.expect_end()
            assert client.wire.close_code == 1009
    # The default takes more than that.


async def test_presence_is_directed_to_so_many_addresses(own_server):
    server = own_server({"limits": {"directed_presence": 2}})
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    for number in range(3):
        await a.presence(to=f"{bob.jid}/{number}", id=f"p{number}")
    refused = await a.expect("presence[@type='error']")
    assert error_of(refused) == "resource-constraint" and refused.get("id") == "p2"
    await a.presence(to=f"{bob.jid}/0", type="unavailable")
    await a.presence(to=f"{bob.jid}/2", id="again")
    await a.settle()
    assert not a.wire.peek("presence[@id='again']"), "a place was given back"


async def test_a_page_of_the_archive_fits_into_a_small_outbox(own_server):
    """Otherwise nobody could read it."""
    server = own_server({"limits": {"outbox_bytes": 65_536, "stanza_bytes": 32_768}})
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    for number in range(30):
        await a.message(bob.jid, f"{number} " + "x" * 20_000)
    await a.settle()
    b = await server.login(bob, presence=False)
    after, seen = "", 0
    while True:
        page = "<set xmlns='http://jabber.org/protocol/rsm'><max>50</max>" + (f"<after>{after}</after>" if after else "") + "</set>"
        fin = await b.result("set", f"<query xmlns='urn:xmpp:mam:2'>{page}</query>")
        seen += sum(1 for _ in iter(lambda: b.wire.take("message"), None))
        if fin.find("{urn:xmpp:mam:2}fin").get("complete") == "true":
            break
        after = fin.find(".//{http://jabber.org/protocol/rsm}last").text
    assert seen == 30, ET.tostring(fin)


async def knock(server, address: str) -> wire.TcpWire:
    """A connection from another address of this machine."""
    streams = await asyncio.open_connection("127.0.0.1", server.c2s_port, local_addr=(address, 0))
    door = wire.TcpWire(*streams, server.tls_context())
    await door.open()
    return door


async def refusal(server, address: str, account, mechanism: str = "SCRAM-SHA-256") -> str | None:
    try:
        await login.sasl1(await knock(server, address), account, mechanism)
    except login.SaslFailure as failure:
        return failure.condition
    return None


async def test_an_account_that_a_crowd_guesses_at_is_open_only_where_its_owner_was(own_server):
    server = own_server({"limits": {"rate": True, "login_failures_in_a_row": "5/30d", "sasl_attempts": 1}})
    alice, bob = await server.people("alice", "bob")
    wrong = type(alice)(alice.name, "wrong")
    assert await refusal(server, "127.0.0.1", alice) is None
    for number in range(5):
        assert await refusal(server, f"127.0.0.{10 + number}", wrong) == "not-authorized"
    # The right password helps nobody elsewhere, and no guess is looked at.
    assert await refusal(server, "127.0.0.20", alice) == "temporary-auth-failure"
    assert await refusal(server, "127.0.0.20", wrong, "PLAIN") != "not-authorized"
    assert await refusal(server, "127.0.0.20", bob) is None
    # At home she comes in, and with that it is over for the others too.
    assert await refusal(server, "127.0.0.1", alice) is None
    assert await refusal(server, "127.0.0.20", alice) is None


async def test_the_last_guess_of_a_connection_counts_too(own_server):
    """A connection that ends over a wrong password must not make the guess free."""
    server = own_server({"limits": {"rate": True, "login_failures_per_account": "3/15m", "sasl_attempts": 1}})
    [alice] = await server.people("alice")
    wrong = type(alice)(alice.name, "wrong")
    seen = [await refusal(server, "127.0.0.5", wrong) for _ in range(4)]
    assert seen == ["not-authorized"] * 3 + ["temporary-auth-failure"]


async def test_a_peer_that_takes_nothing_is_given_up_when_the_limit_says(own_server):
    """Long before it would have to answer a request for acknowledgement, which is a minute."""
    server = own_server({"limits": {"peer_silent": "5s", "acknowledgement": "10m", "silence": "1h"}})
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    await login.befriend(a, b)
    await b.wire.stop_reading()
    # More than the socket's own buffers take, and less than the server holds for it.
    big = "x" * 60_000
    for _ in range(80):
        await a.message(b.jid, big)
    await a.settle()
    began = asyncio.get_running_loop().time()
    await a.expect(f"presence[@from='{b.jid}'][@type='unavailable']", within=40)
    assert asyncio.get_running_loop().time() - began < 35
