"""Client state (XEP-0352): an inactive client is woken for messages, not for noise."""

import pytest

import login
import wire
from wire import NS, body_of


async def inactive_friends(server):
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    await login.befriend(a, b)
    await b.settle()
    b.wire.inbox.clear()
    await b.wire.send(f"<inactive xmlns='{NS['csi']}'/>")
    await b.settle()
    return a, b


async def test_messages_come_at_once_though_the_client_is_inactive(server):
    a, b = await inactive_friends(server)
    await a.message(b.jid, "wake up")
    await b.expect_message("wake up")


async def test_presence_waits_until_the_client_is_active_and_only_the_newest_comes(server):
    a, b = await inactive_friends(server)
    for number in range(10):
        await a.presence(f"<status>{number}</status>")
    await a.settle()
    await b.wire.send(f"<active xmlns='{NS['csi']}'/>")
    await b.expect("presence[status='9']")
    assert not b.wire.peek("presence[status='3']"), "old presence is of no use"


@pytest.mark.parametrize("state", ["composing", "paused", "active"])
async def test_typing_does_not_wake_an_inactive_client(server, state):
    a, b = await inactive_friends(server)
    [carol] = await server.people("carol")
    c = await server.login(carol)
    quiet = len(b.wire.raw)
    await a.send(f"<message xmlns='jabber:client' to='{b.jid}' type='chat'><{state} xmlns='{NS['chatstates']}'/></message>")
    # Once a later message has reached another, this one has been dealt with.
    await a.message(c.jid, "later")
    await c.expect_message("later")
    assert len(b.wire.raw) == quiet, b.wire.describe()


async def test_order_of_messages_is_kept_across_the_change_of_state(server):
    a, b = await inactive_friends(server)
    for number in range(5):
        await a.message(b.jid, f"m{number}")
    await b.wire.send(f"<active xmlns='{NS['csi']}'/>")
    for number in range(5, 10):
        await a.message(b.jid, f"m{number}")
    assert [body_of(await b.expect("message")) for _ in range(10)] == [f"m{number}" for number in range(10)]


async def test_a_resumed_session_is_active_and_gets_what_was_held_back(server):
    """XEP-0352 section 4.2: the state is not restored."""
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob, sm=True)
    await login.befriend(a, b)
    await b.wire.send(f"<inactive xmlns='{NS['csi']}'/>")
    await b.settle()
    await a.presence("<status>held back</status>")
    await a.settle()
    await b.cut()
    await a.presence("<status>meanwhile</status>")
    await a.settle()
    b, outcome = await login.resume(await server.tcp(), b)
    assert wire.local(outcome) == "resumed"
    await b.expect("presence[status='meanwhile']")
    await a.presence("<status>at once</status>")
    await b.expect("presence[status='at once']")
