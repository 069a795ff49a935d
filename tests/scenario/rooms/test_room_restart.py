"""A restart of the server, for those who were inside a room and resume their sessions."""

import asyncio

import pytest

import login
import rooms
import wire

pytestmark = pytest.mark.own_server


async def restart(server) -> None:
    assert await asyncio.to_thread(server.stop) == 0
    await asyncio.to_thread(server.start)


async def resumed(server, old):
    back, outcome = await login.resume(await server.tcp(), old)
    assert wire.local(outcome) == "resumed"
    return back


async def test_whoever_resumes_is_still_inside_and_misses_nothing(own_server):
    server = own_server()
    alice, bob, carol = await server.people("alice", "bob", "carol")
    a, b = await server.login(alice, sm=True), await server.login(bob, sm=True)
    room = rooms.name()
    await rooms.make(a, room, "alice")
    await rooms.enter(b, room, "bob")
    await a.cut()
    await restart(server)
    b = await resumed(server, b)
    # Bob speaks without having entered anew, and a newcomer sees him and alice, who is still away.
    await rooms.say(b, room, "we go on")
    await b.expect_message("we go on")
    c = await server.login(carol)
    await rooms.enter(c, room, "carol", "<history maxstanzas='5'/>")
    await c.expect(f"presence[@from='{room}/alice']")
    await rooms.say(c, room, "while you were away")
    await c.expect_message("while you were away")
    a = await resumed(server, a)
    for body in ("we go on", "while you were away"):
        await a.expect_message(body)
    await a.leave()
    await c.expect(f"presence[@from='{room}/alice'][@type='unavailable']")


async def test_whoever_is_not_let_in_again_hears_of_it(own_server):
    """The server does not know the password that was given; the client does."""
    server = own_server()
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob, sm=True)
    room = rooms.name()
    await rooms.make(a, room, "alice", passwordprotectedroom="1", roomsecret="sesame")
    await rooms.enter(b, room, "bob", "<history maxstanzas='0'/><password>sesame</password>")
    await b.cut()
    await restart(server)
    b = await resumed(server, b)
    gone = await b.expect(f"presence[@from='{room}/bob'][@type='unavailable']")
    assert {"110", "332"} <= rooms.codes(gone)
    await rooms.enter(b, room, "bob", "<history maxstanzas='0'/><password>sesame</password>")


@pytest.mark.parametrize("is_away", [False, True])
async def test_whoever_was_kicked_does_not_come_in_again_by_a_restart(own_server, is_away):
    server = own_server()
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice, sm=True), await server.login(bob, sm=True)
    room = rooms.name()
    await rooms.make(a, room, "alice")
    await rooms.enter(b, room, "bob")
    await a.expect(f"presence[@from='{room}/bob']")
    if is_away:
        await b.cut()
    await rooms.give_role(a, room, "bob", "none")
    await a.expect(f"presence[@from='{room}/bob'][@type='unavailable']")
    await a.cut()
    if not is_away:
        await b.cut()
    await restart(server)
    a, b = await resumed(server, a), await resumed(server, b)
    await rooms.say(b, room, "I am back")
    await b.expect("message[@type='error']")
    items = await a.result("get", "<query xmlns='http://jabber.org/protocol/disco#items'/>", room)
    inside = {item.get("jid") for item in items.iter("{http://jabber.org/protocol/disco#items}item")}
    assert inside == {f"{room}/alice"}
