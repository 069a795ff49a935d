"""Two clients of one account that read no archive (RFC 6121 section 8.5, XEP-0198 section 5, XEP-0160): what one of
them never acknowledged reaches the other if it has not got it, and nobody gets anything twice."""

import login
import pytest
from wire import NS, body_of


async def deaf(server, account, **options):
    """A client that acknowledges nothing until it is told to."""
    client = await server.login(account, sm=True, **options)
    client.answers_acks = False
    return client


async def leave(client):
    """Ends the session with all that it never acknowledged."""
    await client.wire.close_stream()
    await client.wire.expect_end()


async def test_what_was_sent_to_one_client_alone_goes_to_the_other_when_it_ends(server):
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    one, other = await deaf(server, bob), await server.login(bob, sm=True)
    for number in range(3):
        await a.message(one.jid, f"{number}")
        await one.expect_message(f"{number}")
    await other.quiet("message[body='0']", via=a)
    await leave(one)
    passed = [await other.expect("message") for _ in range(3)]
    assert [body_of(message) for message in passed] == ["0", "1", "2"]
    for message in passed:
        assert message.find("delay:delay", NS).get("stamp"), "it comes late, and says so"
        assert message.find("sid:stanza-id", NS).get("by") == bob.jid
    await other.ack()
    await other.leave()
    later = await server.login(bob)
    await later.quiet("message[body='0']", via=a)


async def test_who_came_later_gets_what_the_first_client_never_had(server):
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    one = await deaf(server, bob)
    await a.message(bob.jid, "early")
    await one.expect_message("early")
    other, plain = await server.login(bob, sm=True), await server.login(bob)
    await a.message(bob.jid, "for all")
    for client in (one, other, plain):
        await client.expect_message("for all")
    await leave(one)
    for client in (other, plain):
        await client.expect_message("early")
        await client.quiet("message[body='for all']", via=a)


async def test_what_was_passed_on_and_not_acknowledged_either_waits_for_the_next(server):
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    one, other = await deaf(server, bob), await deaf(server, bob)
    await a.message(one.jid, "wandering")
    await one.expect_message("wandering")
    await leave(one)
    await other.expect_message("wandering")
    await leave(other)
    last = await server.login(bob, sm=True)
    await last.expect_message("wandering")
    await last.ack()
    await last.leave()
    await (await server.login(bob)).quiet("message[body='wandering']", via=a)


@pytest.mark.parametrize("counts", [True, False])
async def test_what_both_got_and_one_has_goes_to_nobody_again(server, counts):
    """One acknowledged it, or is a client that never does; whichever ends first."""
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    for ends_first in ("who has it", "who has it not"):
        one, other = await deaf(server, bob), await server.login(bob, sm=counts)
        await a.message(bob.jid, ends_first)
        for client in (one, other):
            await client.expect_message(ends_first)
        if counts:
            await other.ack()
        if ends_first == "who has it":
            await other.leave()
            await leave(one)
        else:
            await leave(one)
            await other.quiet(f"message[body='{ends_first}']", via=a)
            if counts:
                await other.ack()
            await other.leave()
        last = await server.login(bob)
        await last.quiet(f"message[body='{ends_first}']", via=a)
        await last.leave()


async def test_what_both_got_and_nobody_has_waits_for_the_next(server):
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    one, other = await deaf(server, bob), await deaf(server, bob)
    await a.message(bob.jid, "for nobody")
    for client in (one, other):
        await client.expect_message("for nobody")
    await leave(one)
    await other.quiet("message[body='for nobody']", via=a)
    await leave(other)
    await (await server.login(bob)).expect_message("for nobody")


async def test_a_carbon_counts_as_having_got_it(server):
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    one, other = await deaf(server, bob), await server.login(bob, sm=True, carbons=True)
    await a.message(one.jid, "copied")
    await one.expect_message("copied")
    await other.expect("message/carbons:received/..")
    await leave(one)
    await other.quiet("message[body='copied']", via=a)


async def test_a_client_of_negative_priority_is_nobody_to_whom_it_could_go(server):
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    one, other = await deaf(server, bob), await server.login(bob, priority=-1)
    await a.message(bob.jid, "patient")
    await one.expect_message("patient")
    await leave(one)
    await other.quiet("message[body='patient']", via=a)
    await (await server.login(bob)).expect_message("patient")


@pytest.mark.own_server
async def test_who_has_it_is_known_over_a_restart(own_server):
    server = own_server()
    alice, bob = await server.people("alice", "bob")
    for has_it in (True, False):
        a = await server.login(alice)
        one, other = await deaf(server, bob), await deaf(server, bob)
        had = [client.handled for client in (one, other)]
        await a.message(bob.jid, "before")
        for client in (one, other):
            await client.expect_message("before")
        # They never handled it: a resumption acknowledges what was handled.
        one.handled, other.handled = had
        server.stop()
        server.start()
        one, outcome = await login.resume(await server.tcp(), one)
        other, _ = await login.resume(await server.tcp(), other)
        assert outcome.tag.endswith("resumed")
        for client in (one, other):
            await client.expect_message("before")
        if has_it:
            await other.ack()
        await leave(one)
        a = await server.login(alice)
        await other.quiet("message[body='before']", via=a)
        if has_it:
            await other.ack()
        await leave(other)
        last = await server.login(bob)
        if has_it:
            await last.quiet("message[body='before']", via=a)
        else:
            await last.expect_message("before")
        await last.leave()
