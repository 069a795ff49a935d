"""Messages that can be viewed once: on one device, and then nowhere."""

import asyncio
import time

import pytest

import uploads
import vanish
from login import new_id
from vanish import rows, timer
from wire import NS, error_of

ONCE = f"<view-once xmlns='{NS['once']}'/>"
FORTNIGHT = 14 * 24 * 3600


def name(message) -> str:
    return next(message.iter(f"{{{NS['once']}}}view-once")).get("id")


async def open_(client, id: str):
    return await client.iq("set", f"<open xmlns='{NS['once']}' id='{id}'/>")


async def send_once(server, more: str = "", word: str | None = None):
    """Alice sends Bob, who has two devices, something for one look."""
    alice, bob = await server.people("alice", "bob")
    a, phone, desk = await server.login(alice), await server.login(bob), await server.login(bob)
    other = await server.login(alice, carbons=True)
    word = word or new_id() + "secret"
    await a.message(phone.bare, word, more=ONCE + more)
    envelopes = [await client.expect("message/once:view-once/..") for client in (phone, desk)]
    return a, other, phone, desk, word, envelopes


async def test_one_device_opens_it_and_it_is_gone_everywhere(server):
    a, other, phone, desk, word, envelopes = await send_once(server)
    assert {name(envelope) for envelope in envelopes} == {name(envelopes[0])}
    copy = await other.expect("message/carbons:sent/..")
    id = name(envelopes[0])
    for seen in [*envelopes, copy, await vanish.inbox(phone), *(await vanish.archived(a)), *(await vanish.archived(desk))]:
        assert word not in vanish.text_of(seen)
    assert not await vanish.found(desk, word) and rows(server, word) == 1
    answer = await open_(phone, id)
    content = answer.find("once:content/forward:forwarded/{jabber:client}message", NS)
    assert content.findtext("{jabber:client}body") == word and content.get("from") == a.jid
    assert rows(server, word) == 0
    for client in (phone, desk):
        assert error_of(await open_(client, id)) == "gone"
    for client in (a, other, desk):
        notice = await client.expect(f"message/once:opened[@id='{id}']/..")
        assert notice.get("from").split("/")[0] == phone.bare
    for client in (a, desk):
        marks = [mark.get("id") for r in await vanish.archived(client) for mark in r.iter(f"{{{NS['once']}}}opened")]
        assert marks == [id]


async def test_of_two_devices_that_open_at_the_same_time_one_gets_it(server):
    for _ in range(5):
        _, _, phone, desk, word, envelopes = await send_once(server)
        answers = await asyncio.gather(open_(phone, name(envelopes[0])), open_(desk, name(envelopes[0])))
        assert sorted(answer.get("type") for answer in answers) == ["error", "result"]


async def test_nobody_else_opens_it(server):
    a, _, phone, _, word, envelopes = await send_once(server)
    [eve] = await server.people("eve")
    e = await server.login(eve)
    id = name(envelopes[0])
    for client in (e, a):
        assert error_of(await open_(client, id)) == "item-not-found"
    for nonsense in ("", "x", "0" * 32, "%27 OR 1=1 --", id.upper() + "0", "é" * 16):
        assert error_of(await open_(phone, nonsense)) in ("item-not-found", "bad-request")
    answer = await e.iq("set", f"<open xmlns='{NS['once']}' id='{id}'/>", phone.bare)
    assert answer.get("type") == "error"
    assert (await open_(phone, id)).get("type") == "result"


async def test_an_opened_mark_of_a_client_is_removed(server):
    a, _, phone, desk, _, envelopes = await send_once(server)
    forged = f"<opened xmlns='{NS['once']}' id='{name(envelopes[0])}'/>"
    await a.message(phone.bare, "forged", more=forged)
    assert (await phone.expect_message("forged")).find("once:opened", NS) is None


async def test_what_is_taken_back_or_over_cannot_be_opened(server):
    a, _, phone, _, word, envelopes = await send_once(server)
    id = envelopes[0].get("id")
    await a.send(f"<message to='{phone.bare}' type='chat' id='r1'><retract xmlns='urn:xmpp:message-retract:1' id='{id}'/></message>")
    await phone.expect("message[@id='r1']")
    assert rows(server, word) == 0
    assert error_of(await open_(phone, name(envelopes[0]))) == "gone"
    a, _, phone, _, word, envelopes = await send_once(server, more=timer(1))

    async def left():
        return rows(server, word)
    await vanish.until_gone(left, vanish.end_of(envelopes[0]))
    assert error_of(await open_(phone, name(envelopes[0]))) in ("gone", "item-not-found")


async def test_its_file_can_be_fetched_until_the_device_is_through(own_server):
    server = own_server()
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    async with uploads.Web(server) as web:
        url = await uploads.share(a, web, b"picture" * 100)
        await a.message(b.bare, url, more=ONCE)
        id = name(await b.expect("message/once:view-once/.."))
        assert (await open_(b, id)).get("type") == "result"
        assert (await web.get(url))[0] == 200
        assert error_of(await a.iq("set", f"<done xmlns='{NS['once']}' id='{id}'/>")) == "item-not-found"
        assert (await b.iq("set", f"<done xmlns='{NS['once']}' id='{id}'/>")).get("type") == "result"

        async def is_there():
            return (await web.get(url))[0] == 200
        async def is_kept():
            return uploads.stored(server) != {}
        await vanish.until_gone(is_there, time.time())
        await vanish.until_gone(is_kept, time.time())


async def test_it_waits_for_somebody_who_is_away_and_through_a_kill(own_server):
    server = own_server()
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    word = new_id() + "secret"
    await a.message(bob.jid, word, more=ONCE)
    await a.settle()
    server.kill()
    server.start()
    b = await server.login(bob)
    envelope = await b.expect("message/once:view-once/..")
    assert word not in vanish.text_of(envelope)
    assert word in vanish.text_of(await open_(b, name(envelope)))


async def test_what_nobody_opens_is_gone_after_14_days(own_server):
    server = own_server()
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    word, before = new_id() + "secret", time.time()
    await a.message(bob.jid, word, more=ONCE)
    await a.settle()
    # The kept content and the right to open it, in microseconds: two weeks from when it was sent.
    kept = vanish.asked(server, "SELECT MAX(at) FROM archive_due", "SELECT MAX(until) FROM ephemeral_once")
    assert all(before <= at / 1e6 - FORTNIGHT <= time.time() for (at,) in kept), kept
    server.stop()
    past = int((FORTNIGHT - 1) * 1e6)
    vanish.asked(server, f"UPDATE archive_due SET at = at - {past}", f"UPDATE ephemeral_once SET until = until - {past}")
    server.start()

    async def left():
        return rows(server, word)
    await vanish.until_gone(left, max(before + 1, time.time()))
    b = await server.login(bob)
    assert error_of(await open_(b, name(await b.expect("message/once:view-once/..")))) in ("gone", "item-not-found")


async def test_to_a_whole_room_it_is_refused(server):
    import rooms
    [alice] = await server.people("alice")
    a = await server.login(alice)
    room = rooms.name()
    await rooms.make(a, room, "alice")
    id = await rooms.say(a, room, "all", more=ONCE)
    assert error_of(await a.expect(f"message[@id='{id}'][@type='error']")) == "feature-not-implemented"
