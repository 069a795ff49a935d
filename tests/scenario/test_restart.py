"""What a restart of the server leaves as it was, for sessions that are resumed."""

import asyncio
import socket
import time

import pytest

import login
import skein
import wire
from test_published import EVENT, SHARED, TUNE, arrives, caps, publish, reply, retract, told, wants
from wire import NS

pytestmark = pytest.mark.own_server


async def restart(server) -> None:
    assert await asyncio.to_thread(server.stop) == 0
    await asyncio.to_thread(server.start)


async def resumed(server, old, door: str = "tcp"):
    back, outcome = await login.resume(await server.door(door), old)
    assert wire.local(outcome) == "resumed", wire.ET.tostring(outcome)
    return back


async def test_after_a_restart_and_then_a_crash_nothing_old_comes_again(own_server):
    """How far the client acknowledged its log is known over both."""
    server = own_server()
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice, sm=True), await server.login(bob)
    for number in range(5):
        await b.message(a.bare, f"old {number}")
        await a.expect_message(f"old {number}")
    await a.ack()
    await a.settle()
    await restart(server)
    a = await resumed(server, a)
    # Written down with its effects, and with it how far the client has its log.
    await a.message(b.bare, "something")
    assert await a.acknowledged() == a.sent
    await a.cut()
    server.kill()
    server.start()
    again, b = await server.login(alice), await server.login(bob)
    await again.quiet("message/delay:delay", via=b)


@pytest.mark.parametrize("door", ["c2s", "http"])
async def test_who_is_told_to_stop_as_soon_as_a_port_answers_ends_in_order(own_server, door):
    """What had just been taken up is put away again: after several ends in the midst of starting a session resumes."""
    server = own_server()
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice, sm=True), await server.login(bob)
    await a.cut()
    await b.message(a.jid, "owed")
    await b.settle()
    assert await asyncio.to_thread(server.stop) == 0
    for _ in range(5):
        server.launch()
        await asyncio.to_thread(answers, {"c2s": server.c2s_port, "http": server.http_port}[door])
        assert await asyncio.to_thread(server.stop) == 0
    await asyncio.to_thread(server.start)
    await (await resumed(server, a)).expect_message("owed")


def answers(port: int) -> None:
    """Waits until somebody listens, without a rest: what comes right after the first moment is looked at."""
    deadline = time.monotonic() + skein.START_SECONDS
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
    raise AssertionError("nobody listens")


async def test_a_resumed_session_goes_on_being_notified(own_server):
    """XEP-0115: what its client wants is known over the restart, and the client is not asked again."""
    server = own_server()
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice, sm=True), await server.login(bob)
    await login.befriend(a, b)
    assert await wants(a, TUNE)
    await a.cut()
    await restart(server)
    b = await server.login(bob)
    # While nobody is connected to the session.
    assert (await publish(b, TUNE, f"<tune xmlns='{TUNE}'><title>While away</title></tune>")).get("type") == "result"
    a = await resumed(server, a)
    event = await a.expect(EVENT.format(TUNE))
    assert b"While away" in wire.ET.tostring(event)
    assert not a.wire.peek("iq[@type='get']/disco:query")
    # Another client of the same hash is known too.
    other = await server.login(alice)
    assert not await wants(other, TUNE)


async def test_a_client_whose_hash_nobody_knows_is_asked_when_it_is_resumed(own_server):
    server = own_server()
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice, sm=True), await server.login(bob)
    await login.befriend(a, b)
    assert await wants(a, TUNE, honest=False)
    await a.cut()
    await restart(server)
    a = await resumed(server, a)
    question = await a.expect("iq[@type='get']/disco:query")
    await a.send(f"<iq type='result' id='{question.get('id')}' to='{question.get('from')}'><query xmlns='{NS['disco']}'>"
                 f"<identity category='client' type='bot'/><feature var='{TUNE}+notify'/></query></iq>")
    await a.settle()
    b = await server.login(bob)
    await publish(b, TUNE, f"<tune xmlns='{TUNE}'><title>Later</title></tune>")
    await a.expect(EVENT.format(TUNE))


async def test_a_client_that_was_being_asked_gets_the_last_items_after_the_restart(own_server):
    """What was held for it is gone with the process (docs/clients.md); what stands at the nodes is told to it."""
    server = own_server()
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice, sm=True), await server.login(bob)
    await login.befriend(a, b)
    for name in ("one", "two"):
        await publish(b, "urn:things", "<thing xmlns='urn:things'/>", id=name, **SHARED)
    await arrives(a, "urn:things")
    await publish(b, "urn:things", "<thing xmlns='urn:things'/>", id="three", **SHARED)
    await retract(b, "urn:things", "one")
    await a.cut()
    await restart(server)
    a = await resumed(server, a)
    questions = []
    # The unanswered question of before comes again, and the new process's behind it.
    while (question := a.wire.take("iq[@type='get']/disco:query")) is not None or not questions:
        questions.append(question or await a.expect("iq[@type='get']/disco:query"))
        await a.settle()
    for question in questions:
        await reply(a, question, f"<query xmlns='{NS['disco']}'>{caps(f'urn:only:{a.bare}', 'urn:things')[1]}</query>")
    await a.settle()
    assert told(a, "urn:things") == ["+three"]
    b = await server.login(bob)
    await retract(b, "urn:things", "two")
    await a.expect(EVENT.format("urn:things"))


async def test_who_got_directed_presence_hears_of_the_end_after_a_restart(own_server):
    server = own_server({"limits": {"resumable": "60s"}})
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice, sm=True), await server.login(bob, sm=True)
    await a.presence("<status>only you</status>", to=b.jid)
    await b.expect(f"presence[@from='{a.jid}'][status='only you']")
    await a.cut()
    await b.cut()
    await restart(server)
    a, b = await resumed(server, a), await resumed(server, b)
    await a.leave()
    await b.expect(f"presence[@from='{a.jid}'][@type='unavailable']")


async def test_carbons_go_on_and_the_client_counts_as_active(own_server):
    server = own_server()
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice, sm=True, carbons=True), await server.login(bob)
    await login.befriend(a, b)
    await a.wire.send(f"<inactive xmlns='{NS['csi']}'/>")
    await a.settle()
    await a.cut()
    await restart(server)
    a = await resumed(server, a)
    b, other = await server.login(bob), await server.login(alice)
    await b.message(other.jid, "to the other")
    await other.expect_message("to the other")
    await a.expect("message/carbons:received")
    # XEP-0352 section 4.2: a resumed stream is active, so nothing is held back.
    await b.presence("<status>at once</status>")
    await a.expect("presence[status='at once']")


async def test_many_sessions_are_put_away_and_taken_up(own_server):
    """Sessions of many people, each with something owed; none of it is lost or doubled."""
    server = own_server()
    people = await server.people(*[f"p{n}" for n in range(12)], "bob")
    b = await server.login(people[-1])
    sessions = [await server.login(one, sm=True) for one in people[:-1] for _ in range(3)]
    for session in sessions:
        await session.cut()
    for n, session in enumerate(sessions):
        await b.message(session.jid, f"owed {n}")
    await b.settle()
    await restart(server)
    for n, session in enumerate(sessions):
        back = await resumed(server, session)
        await back.expect_message(f"owed {n}")
        assert not back.wire.peek("message[@type='chat']/body"), back.wire.describe()


@pytest.mark.once
async def test_a_client_that_says_nothing_is_asked_and_then_counts_as_lost(own_server):
    """One that counts is asked for an acknowledgement, another by a ping; who answers stays."""
    server = own_server({"limits": {"silence": "10s", "acknowledgement": "2s"}})
    alice, bob, carol = await server.people("alice", "bob", "carol")
    a, b, c = await server.login(alice), await server.login(bob), await server.login(carol, sm=True)
    c.answers_acks = False
    await login.befriend(a, b)
    a_is_asked = asyncio.create_task(a.expect("iq[@type='get'][@id='silence']", within=40))
    asked = await a_is_asked
    await a.send(f"<iq type='result' id='{asked.get('id')}' to='{asked.get('from')}'/>")
    # Bob says nothing at all.
    await a.expect(f"presence[@from='{b.jid}'][@type='unavailable']", within=40)
    await c.wire.expect("sm:r", within=40)
    await c.wire.expect_end(within=40)
    await a.settle()
    # Her session only lost its connection.
    await a.message(c.jid, "still there?")
    await a.settle()
    c = await resumed(server, c)
    await c.expect_message("still there?")


async def test_when_somebody_left_is_known_after_a_restart(own_server):
    """XEP-0012: it is written a little later, but before the server has stopped."""
    server = own_server()
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    await login.befriend(a, b)
    await b.leave()
    await a.expect(f"presence[@from='{b.jid}'][@type='unavailable']")
    await restart(server)
    a = await server.login(alice)
    assert int((await a.result("get", "<query xmlns='jabber:iq:last'/>", b.bare))[0].get("seconds")) < 60
