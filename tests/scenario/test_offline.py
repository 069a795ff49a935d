"""What waits for those who are away (XEP-0160), and nobody gets twice."""

import asyncio

import rooms
from login import new_id, resume
from wire import NS, body_of, error_of


async def test_messages_wait_and_come_in_order_with_the_time_they_were_sent(server):
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    bodies = [f"offline {number}" for number in range(20)]
    for body in bodies:
        await a.message(bob.jid, body)
    await a.settle()
    b = await server.login(bob)
    messages = [await b.expect("message") for _ in bodies]
    assert [body_of(message) for message in messages] == bodies
    for message in messages:
        assert message.find("delay:delay", NS).get("stamp")
        assert message.find("sid:stanza-id", NS).get("by") == bob.jid


async def test_what_was_delivered_is_not_delivered_again(server):
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    await a.message(bob.jid, "once")
    await a.settle()
    b = await server.login(bob, sm=True)
    await b.expect_message("once")
    await b.ack()
    await b.leave()
    again = await server.login(bob)
    await again.quiet("message[body='once']", via=a)


async def test_what_was_not_acknowledged_is_still_owed(server):
    """A client with stream management that dies with messages in flight."""
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    b = await server.login(bob, sm=True)
    b.answers_acks = False
    await a.message(b.jid, "in flight")
    await b.expect_message("in flight")
    # The stream ends without an acknowledgement: the message goes to whoever comes next.
    await b.wire.close_stream()
    await b.wire.expect_end()
    again = await server.login(bob)
    await again.expect_message("in flight")


async def test_offline_messages_wait_for_a_resource_that_may_get_them(server):
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    await a.message(bob.jid, "not for negative priorities")
    await a.settle()
    negative = await server.login(bob, priority=-1)
    await negative.quiet("message[body='not for negative priorities']", via=a)
    await negative.presence("<priority>0</priority>")
    await negative.expect_message("not for negative priorities")


async def test_chat_states_and_no_store_do_not_wait(server):
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    await a.send(f"<message xmlns='jabber:client' to='{bob.jid}' type='chat'><composing xmlns='{NS['chatstates']}'/></message>")
    await a.message(bob.jid, "ephemeral", more="<no-store xmlns='urn:xmpp:hints'/>")
    await a.message(bob.jid, "kept")
    await a.settle()
    b = await server.login(bob)
    await b.expect_message("kept")
    await b.quiet("message", via=a)


async def test_a_client_that_asks_for_the_archive_gets_no_second_copy(server):
    """Catching up from the archive before being available: the flood does not follow (XEP-0160 with XEP-0313)."""
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    body = new_id()
    await a.message(bob.jid, body)
    await a.settle()
    b = await server.login(bob, presence=False)
    await b.result("set", f"<query xmlns='{NS['mam']}' queryid='q'/>")
    assert b.wire.take(f"message/mam:result/forward:forwarded/message[body='{body}']") is not None
    await b.presence()
    await b.quiet(f"message[body='{body}']", via=a)


async def test_what_comes_between_catching_up_and_being_available_is_not_missed(server):
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    b = await server.login(bob, presence=False)
    await b.result("set", f"<query xmlns='{NS['mam']}' queryid='q'/>")
    await a.message(bob.jid, "in the gap")
    await a.settle()
    await b.presence()
    await b.expect_message("in the gap")


async def test_live_messages_queue_behind_those_that_waited(server):
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    for number in range(300):
        await a.message(bob.jid, f"m{number}")
    await a.settle()
    b = await server.login(bob, presence=False)
    await b.presence()
    for number in range(300, 400):
        await a.message(bob.jid, f"m{number}")
    assert [body_of(await b.expect("message")) for _ in range(400)] == [f"m{number}" for number in range(400)]


async def test_the_largest_stanza_waits_too(server):
    """What is kept is longer than what was sent: by the sender's address, ids and declarations."""
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    begin, end = f"<message to='{bob.jid}' type='chat' id='large'><body>", "</body></message>"
    await a.send(begin + "b" * (262_144 - len(begin) - len(end)) + end)
    await a.settle()
    b = await server.login(bob)
    await b.expect("message[@id='large']")


async def test_offline_messages_survive_a_crash(own_server):
    server = own_server()
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice, sm=True)
    for number in range(10):
        await a.message(bob.jid, f"m{number}")
    assert await a.acknowledged() == a.sent
    server.kill()
    server.start()
    b = await server.login(bob)
    assert [body_of(await b.expect("message")) for _ in range(10)] == [f"m{number}" for number in range(10)]


MANY = 9_500


async def flood(sender, to: str, count: int, padding: str = "") -> None:
    """Sends `count` numbered messages as fast as the server takes them."""
    for first in range(0, count, 500):
        await sender.wire.send("".join(
            f"<message xmlns='jabber:client' to='{to}' type='chat' id='{n}'><body>{n} {padding}</body></message>"
            for n in range(first, min(first + 500, count))))
        await sender.settle()


async def numbers(receiver, count: int) -> list[int]:
    return [int(body_of(await receiver.expect("message")).split()[0]) for _ in range(count)]


async def test_all_that_waits_reaches_a_plain_client_in_one_session(server):
    """12,000 messages are more than an outbox holds: the rest follows as the client reads."""
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    await flood(a, bob.jid, MANY, "x" * 300)
    b = await server.login(bob)
    await a.message(bob.jid, f"{MANY} and one that came later")
    assert await numbers(b, MANY + 1) == list(range(MANY + 1))
    await b.leave()
    again = await server.login(bob)
    await again.quiet("message", via=a)


async def test_all_that_waits_reaches_a_client_that_counts_in_one_session(server):
    """More than a client may leave unacknowledged: the rest follows as it acknowledges."""
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    await flood(a, bob.jid, MANY)
    b = await server.login(bob, sm=True)
    await a.message(bob.jid, f"{MANY} and one that came later")
    assert await numbers(b, MANY + 1) == list(range(MANY + 1))
    await b.ack()
    await b.leave()
    again = await server.login(bob)
    await again.quiet("message", via=a)


async def test_a_break_in_the_midst_of_catching_up_loses_nothing_and_repeats_nothing(server):
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    await flood(a, bob.jid, MANY)
    b = await server.login(bob, sm=True)
    first = await numbers(b, 3_000)
    await b.cut()
    seen = b.wire.peek("message")
    first += [int(body_of(message).split()[0]) for message in seen]
    b, _ = await resume(await server.door("tcp"), b)
    rest = await numbers(b, MANY - len(first))
    assert first + rest == list(range(MANY))


async def test_a_device_that_reads_the_archive_only_after_presence_gets_nothing_twice(server):
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    phone = await server.login(bob, resource="phone")
    await phone.result("set", f"<query xmlns='{NS['mam']}' queryid='q'/>")
    await phone.leave()
    await a.message(bob.jid, "while away")
    await a.message(bob.jid, "not for the archive", more="<no-permanent-store xmlns='urn:xmpp:hints'/>")
    await a.settle()
    phone = await server.login(bob, resource="phone")
    # What the archive does not show it gets all the same.
    await phone.expect_message("not for the archive")
    await phone.quiet("message[body='while away']", via=a)
    await phone.result("set", f"<query xmlns='{NS['mam']}' queryid='q'/>")
    assert phone.wire.take("message/mam:result/forward:forwarded/message[body='while away']") is not None
    await a.message(bob.jid, "while here")
    await phone.expect_message("while here")


async def test_a_device_that_never_reads_the_archive_gets_what_waits(server):
    """Another device's habits do not matter, as long as it has not read them itself."""
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    phone = await server.login(bob, resource="phone")
    await phone.result("set", f"<query xmlns='{NS['mam']}' queryid='q'/>")
    await phone.leave()
    await a.message(bob.jid, "for whoever comes")
    await a.settle()
    phone = await server.login(bob, resource="phone")
    await phone.quiet("message[body='for whoever comes']", via=a)
    plain = await server.login(bob, resource="plain")
    await plain.expect_message("for whoever comes")


async def test_what_waits_is_bounded_and_senders_get_back_what_is_too_much(own_server):
    server = own_server({"limits": {"owed_messages": 5}})
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    for number in range(5):
        await a.message(bob.jid, f"{number}")
    id = await a.message(bob.jid, "too much")
    refused = await a.expect(f"message[@id='{id}']")
    assert error_of(refused) == "service-unavailable", "as for an account without room (XEP-0160)"
    b = await server.login(bob)
    assert await numbers(b, 5) == list(range(5))
    await b.settle()
    # Neither side has it, and there is room again.
    sent = await rooms.archive(a, alice.jid)
    assert "too much" not in rooms.bodies(sent)
    await a.message(bob.jid, "live")
    await b.expect_message("live")
    await b.leave()
    for number in range(5):
        await a.message(bob.jid, f"{number}")
    await a.settle()
    assert not a.wire.peek("message[@type='error']")
    assert await numbers(await server.login(bob), 5) == list(range(5))


async def test_what_waits_is_bounded_in_bytes(own_server):
    server = own_server({"limits": {"owed_bytes": "64 KiB"}})
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    await a.message(bob.jid, "x" * 40_000)
    id = await a.message(bob.jid, "y" * 40_000)
    assert error_of(await a.expect(f"message[@id='{id}']")) == "service-unavailable"
    await a.message(bob.jid, "small")
    b = await server.login(bob)
    await b.expect_message("small")


async def test_an_account_that_reads_the_archive_is_not_bounded_by_what_waits(own_server):
    server = own_server({"limits": {"owed_messages": 3}})
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    await rooms.archive(b, bob.jid)
    await b.leave()
    for number in range(8):
        await a.message(bob.jid, f"{number}")
    await a.settle()
    assert not a.wire.peek("message[@type='error']")
    b = await server.login(bob, presence=False)
    assert rooms.bodies(await rooms.archive(b, bob.jid)) == [str(number) for number in range(8)]


async def test_what_a_session_leaves_comes_before_what_is_newer(server):
    """One client ends with messages in flight while another becomes available and more is said."""
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    for _ in range(25):
        old = await server.login(bob, sm=True)
        old.answers_acks = False
        new = await server.login(bob, presence=False)
        for number in range(3):
            await a.message(bob.jid, f"{number}")
        while body_of(await old.expect("message")) != "2":
            pass
        closing = asyncio.create_task(old.wire.close_stream())
        coming = asyncio.create_task(new.presence())
        for number in range(3, 7):
            await a.message(bob.jid, f"{number}")
        await asyncio.gather(closing, coming)
        await new.settle()
        await a.message(bob.jid, "7")
        seen = [(int(body_of(message)), message.find("delay:delay", NS) is not None)
                for message in [await new.expect("message") for _ in range(8)]]
        numbers = [number for number, _ in seen]
        assert sorted(numbers) == list(range(8)), "each once"
        # What the old one left while both were there comes in one piece, late as it says.
        late = [number for number, is_late in seen if is_late]
        live = [number for number, is_late in seen if not is_late]
        assert late == list(range(len(late))) and live == sorted(live), seen
        await new.leave()
