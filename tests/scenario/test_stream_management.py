"""Stream management (XEP-0198): what is acknowledged, what is owed, and resuming it."""

import asyncio

import pytest

import login
import websocket
import wire
from wire import NS

DOORS = ["tcp", "starttls", "websocket", "compact", "compact-tls"]


async def people(server, door: str = "tcp"):
    alice, bob = await server.people("alice", "bob")
    return await server.login(alice, door, sm=True), await server.login(bob)


@pytest.mark.parametrize("door", DOORS)
async def test_what_came_while_the_connection_was_cut_comes_with_the_resumption(server, door):
    alice, bob = await people(server, door)
    await bob.message(alice.jid, "before")
    await alice.expect_message("before")
    await alice.ack()
    await alice.settle()
    await alice.cut()
    for number in range(5):
        await bob.message(alice.jid, f"away {number}")
    await bob.settle()
    back, outcome = await login.resume(await server.door(door), alice)
    assert wire.local(outcome) == "resumed" and outcome.get("previd") == alice.sm_id
    assert int(outcome.get("h")) == alice.sent
    got = [wire.body_of(await back.expect("message")) for _ in range(5)]
    assert got == [f"away {number}" for number in range(5)]
    assert not back.wire.peek("message[body='before']")
    # The session goes on under its address, both ways.
    await back.message(bob.jid, "I am back")
    assert (await bob.expect_message("I am back")).get("from") == alice.jid


async def test_a_session_resumes_through_another_door(server):
    alice, bob = await people(server, "tcp")
    await alice.cut()
    await bob.message(alice.jid, "from wifi to mobile")
    back, outcome = await login.resume(await server.websocket(), alice)
    assert wire.local(outcome) == "resumed"
    await back.expect_message("from wifi to mobile")


async def test_a_page_reload_closes_the_websocket_and_not_the_session(server):
    """A browser says "going away" (1001) below XMPP; only `<close/>` ends the stream (RFC 7395 section 3.6)."""
    alice, bob = await people(server, "websocket")
    await alice.wire.socket.send_frame(websocket.CLOSE, (1001).to_bytes(2, "big"))
    await alice.wire.expect_end()
    await bob.message(alice.jid, "during the reload")
    back, outcome = await login.resume(await server.websocket(), alice)
    assert wire.local(outcome) == "resumed"
    await back.expect_message("during the reload")


async def test_what_the_client_had_acknowledged_is_not_sent_again(server):
    alice, bob = await people(server)
    for number in range(4):
        await bob.message(alice.jid, f"m{number}")
        await alice.expect_message(f"m{number}")
    alice.answers_acks = False
    await alice.ack()
    await alice.settle()
    # Two more come in and are lost on the way to the screen.
    known = alice.handled
    for number in (4, 5):
        await bob.message(alice.jid, f"m{number}")
        await alice.expect_message(f"m{number}")
    await alice.cut()
    alice.handled = known
    back, _ = await login.resume(await server.tcp(), alice)
    got = [wire.body_of(await back.expect("message")) for _ in range(2)]
    assert got == ["m4", "m5"]
    await back.quiet("message", via=bob)


async def test_h_counts_every_stanza_and_only_stanzas(server):
    alice, bob = await people(server)
    start = await alice.acknowledged()
    assert start == alice.sent
    await alice.wire.send(" \n ")
    await alice.message(bob.jid, "one")
    await alice.presence()
    await alice.settle()
    await alice.wire.send(f"<inactive xmlns='{NS['csi']}'/>")
    assert await alice.acknowledged() == start + 3


async def test_failed_tells_exactly_how_many_stanzas_were_handled(own_server):
    """After the time to resume is over, or a crash of what it knew: the client must know what to send again."""
    server = own_server()
    alice, bob = await server.people("alice", "bob")
    session = await server.login(alice, sm=True)
    other = await server.login(bob)
    for number in range(3):
        await session.message(other.jid, f"m{number}")
    assert await session.acknowledged() == session.sent
    sent = session.sent
    await session.cut()
    server.kill()
    server.start()
    _, outcome = await login.resume(await server.tcp(), session)
    # Either the session itself survived the crash, or it says truly what was handled.
    assert outcome.get("h") is not None and int(outcome.get("h")) == sent
    if wire.local(outcome) == "failed":
        assert outcome.find("stanzas:item-not-found", NS) is not None


async def test_a_session_survives_a_restart_in_order(own_server):
    """SIGTERM keeps sessions resumable, and closes no stream with `</stream:stream>`."""
    server = own_server()
    alice, bob = await server.people("alice", "bob")
    session = await server.login(alice, sm=True)
    other = await server.login(bob)
    await other.message(session.jid, "before")
    await session.expect_message("before")
    stopping = asyncio.create_task(asyncio.to_thread(server.stop))
    await session.wire.expect_end()
    assert not session.wire.peek("stream-end"), "the end of the stream ends the session too"
    assert await stopping == 0
    server.start()
    back, outcome = await login.resume(await server.tcp(), session)
    assert wire.local(outcome) == "resumed", "the session did not survive"
    other = await server.login(bob)
    await other.message(session.jid, "after")
    await back.expect_message("after")


async def test_a_stream_closed_in_order_cannot_be_resumed(server):
    alice, _ = await people(server)
    await alice.leave()
    _, outcome = await login.resume(await server.tcp(), alice)
    assert wire.local(outcome) == "failed" and outcome.find("stanzas:item-not-found", NS) is not None


async def test_after_a_failed_resumption_the_client_binds_and_gets_what_it_missed(server):
    alice, bob = await people(server)
    await alice.leave()
    await bob.message(alice.bare, "for later")
    await bob.settle()
    back, outcome = await login.resume(await server.tcp(), alice)
    assert wire.local(outcome) == "failed"
    back.jid = await login.bind(back.wire)
    await back.presence()
    await back.expect_message("for later")


async def test_resumption_inside_sasl2_takes_one_round_trip(server):
    alice, bob = await server.people("alice", "bob")
    session = await server.login(alice, "starttls", sasl=2, sm=True)
    other = await server.login(bob)
    await session.cut()
    await other.message(session.jid, "owed")
    door = await server.starttls()
    await door.open()
    success = await login.sasl2(
        door, alice, inline=f"<resume xmlns='{NS['sm']}' previd='{session.sm_id}' h='{session.handled}'/>")
    assert success.findtext("sasl2:authorization-identifier", "", NS) == session.jid
    assert success.find("sm:resumed", NS) is not None
    await door.expect("message[body='owed']")
    assert not door.peek("stream:features"), "XEP-0198: not after a resumption"


async def test_h_above_what_was_sent_ends_the_stream(server):
    alice, _ = await people(server)
    await alice.wire.send(f"<a xmlns='{NS['sm']}' h='4000'/>")
    await alice.wire.expect_stream_error("undefined-condition")


async def test_enabling_twice_is_refused(server):
    alice, _ = await people(server)
    await alice.wire.send(f"<enable xmlns='{NS['sm']}' resume='true'/>")
    failed = await alice.expect("sm:failed", wire.STREAM_ERROR)
    assert wire.local(failed) in ("failed", "error")


async def test_contacts_see_no_flap_while_a_session_is_resumed(server):
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice, sm=True), await server.login(bob)
    await login.befriend(a, b)
    b.wire.inbox.clear()
    await a.cut()
    back, outcome = await login.resume(await server.tcp(), a)
    assert wire.local(outcome) == "resumed"
    await back.message(b.jid, "still here")
    await b.expect_message("still here")
    assert not b.wire.peek("presence[@type='unavailable']")
