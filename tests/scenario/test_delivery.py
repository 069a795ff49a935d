"""Where a stanza goes: RFC 6121 section 8.5, as a table over the wire."""

import pytest

import login
import wire
from login import new_id

# What becomes of a message to a bare JID: (type, resources as priorities) -> the priorities
# that get it, "later" for offline delivery, or an error's condition.
BARE = [
    ("chat", [], "later"),
    ("normal", [], "later"),
    ("groupchat", [], "service-unavailable"),
    ("headline", [], "nothing"),
    ("error", [], "nothing"),
    ("chat", [-1], "later"),
    ("normal", [-1], "later"),
    ("headline", [-1], "nothing"),
    ("chat", [0], [0]),
    ("normal", [5], [5]),
    ("headline", [0, 5], [0, 5]),
    ("groupchat", [0], "service-unavailable"),
    ("error", [0], "nothing"),
    ("headline", [-1, 3], [3]),
]


@pytest.mark.parametrize("type, priorities, outcome", BARE)
async def test_message_to_a_bare_jid(server, type, priorities, outcome):
    alice, bob = await server.people("alice", "bob")
    sender = await server.login(alice)
    resources = {priority: await server.login(bob, priority=priority) for priority in priorities}
    body = new_id()
    id = await sender.message(bob.jid, body, type=type)
    await sender.settle()
    if isinstance(outcome, list):
        for priority in outcome:
            await resources[priority].expect_message(body)
    elif outcome not in ("later", "nothing"):
        assert wire.error_of(await sender.expect(f"message[@id='{id}'][@type='error']")) == outcome
    for priority, resource in resources.items():
        if not isinstance(outcome, list) or priority not in outcome:
            await resource.quiet(f"message[body='{body}']", via=sender)
    later = await server.login(bob, presence=False)
    await later.presence()
    if outcome == "later":
        message = await later.expect_message(body)
        assert message.find("delay:delay", wire.NS) is not None
    await later.quiet(f"message[body='{body}']", via=sender)
    assert not sender.wire.peek("message[@type='error']"), sender.wire.describe()


async def test_a_chat_message_to_a_bare_jid_reaches_at_least_the_highest_priority(server):
    alice, bob = await server.people("alice", "bob")
    sender = await server.login(alice)
    await server.login(bob, priority=1)
    high = await server.login(bob, priority=7)
    await sender.message(bob.jid, "highest")
    await high.expect_message("highest")


@pytest.mark.parametrize("type", ["chat", "normal", "groupchat", "headline", "error"])
@pytest.mark.parametrize("priority", [-1, 0])
async def test_message_to_a_full_jid_reaches_that_session_only(server, type, priority):
    alice, bob = await server.people("alice", "bob")
    sender = await server.login(alice)
    target = await server.login(bob, priority=priority)
    other = await server.login(bob, priority=10)
    # Contacts: of strangers only texts come through.
    await login.befriend(sender, other)
    body = new_id()
    await sender.message(target.jid, body, type=type)
    await target.expect_message(body)
    await other.quiet(f"message[body='{body}']", via=sender)


@pytest.mark.parametrize("type, outcome", [
    ("chat", "delivered"), ("groupchat", "error"), ("error", "nothing"), ("headline", "not delivered")])
async def test_message_to_a_full_jid_that_is_gone(server, type, outcome):
    alice, bob = await server.people("alice", "bob")
    sender, other = await server.login(alice), await server.login(bob)
    body = new_id()
    id = await sender.message(f"{bob.jid}/gone", body, type=type)
    await sender.settle()
    if outcome == "delivered":
        await other.expect_message(body)
        return
    await other.quiet(f"message[body='{body}']", via=sender)
    errors = sender.wire.peek(f"message[@id='{id}'][@type='error']")
    if outcome == "error":
        assert [wire.error_of(error) for error in errors] == ["service-unavailable"]
    elif outcome == "nothing":
        assert not errors


@pytest.mark.parametrize("to", ["nobody-here@localhost", "nobody-here@localhost/desk"])
async def test_a_message_to_nobody_is_refused(server, to):
    [alice] = await server.people("alice")
    sender = await server.login(alice)
    id = await sender.message(to, "hello?")
    error = await sender.expect(f"message[@id='{id}']")
    assert error.get("type") == "error" and wire.error_of(error) == "service-unavailable"
    assert error.get("from") == to


async def test_an_iq_to_a_session_is_answered_by_that_session(server):
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    await login.befriend(a, b)
    await a.send(f"<iq xmlns='jabber:client' type='get' id='q1' to='{b.jid}'><query xmlns='urn:test:1'/></iq>")
    request = await b.expect("iq[@id='q1']")
    assert request.get("from") == a.jid
    await b.send(f"<iq xmlns='jabber:client' type='result' id='q1' to='{a.jid}'><query xmlns='urn:test:1'/></iq>")
    answer = await a.expect("iq[@id='q1'][@type='result']")
    assert answer.get("from") == b.jid


@pytest.mark.parametrize("to", ["{bob}/gone", "{bob}", "nobody-here@localhost", "localhost"])
async def test_an_iq_of_an_unknown_namespace_is_refused(server, to):
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    await server.login(bob)
    answer = await a.iq("get", "<query xmlns='urn:test:unknown'/>", to=to.format(bob=bob.jid))
    assert wire.error_of(answer) == "service-unavailable"


async def test_messages_of_one_sender_arrive_in_their_order(server):
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    bodies = [f"number {number}" for number in range(200)]
    await a.wire.send("".join(f"<message xmlns='jabber:client' to='{b.jid}' type='chat'><body>{body}</body></message>"
                              for body in bodies))
    assert [wire.body_of(await b.expect("message")) for _ in bodies] == bodies


async def test_a_message_without_a_type_is_normal_and_without_an_address_is_for_oneself(server):
    [alice] = await server.people("alice")
    a = await server.login(alice)
    await a.send("<message xmlns='jabber:client'><body>note to self</body></message>")
    message = await a.expect_message("note to self")
    assert message.get("type") in (None, "normal") and message.get("from") == a.jid
