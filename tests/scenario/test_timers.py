"""Messages with a timer (XEP-0466): gone everywhere within two seconds, and never given late."""

import time

import pytest

import uploads
import rooms
import vanish
from login import new_id, resume
from vanish import end_of, rows, timer, traces, until_gone
from wire import NS, error_of


async def pair(server):
    alice, bob = await server.people("alice", "bob")
    return await server.login(alice), await server.login(bob)


async def test_a_message_goes_from_both_archives_search_inbox_and_store_when_it_is_due(server):
    a, b = await pair(server)
    word, stays = new_id() + "secret", new_id() + "stays"
    before = time.time()
    await a.message(b.bare, stays)
    await a.message(b.bare, word, more=timer(2))
    got = await b.expect(f"message/eph:ephemeral/..")
    assert before + 2 <= end_of(got) <= time.time() + 2
    for client in (a, b):
        assert await traces(client, word) == ["own archive", "own search", "inbox"]
    assert rows(server, word) == 1
    for client in (a, b):
        await until_gone(lambda: traces(client, word), end_of(got))
    assert rows(server, word) == 0
    assert await traces(b, stays) == ["own archive", "own search", "inbox"]
    assert [entry.get("unread") for entry in await vanish.inbox(b)][0] == "1"


async def test_a_message_that_is_due_while_somebody_is_away_never_reaches_them(own_server):
    server = own_server()
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    word = new_id() + "secret"
    await a.message(bob.jid, word, more=timer(1))
    await until_gone(lambda: traces(a, word), time.time() + 1)
    b = await server.login(bob)
    await a.message(b.bare, "behind")
    await b.expect_message("behind")
    assert word not in "".join(vanish.text_of(element) for element in b.wire.inbox)
    assert await traces(b, word) == []


async def test_what_became_due_while_the_server_was_killed_is_gone_when_it_is_back(own_server):
    server = own_server()
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    due, later = new_id() + "due", new_id() + "later"
    await a.message(bob.jid, due, more=timer(1))
    await a.message(bob.jid, later, more=timer(5))
    [_, last] = await vanish.archived(a)
    server.kill()
    while time.time() < end_of(last) - 3.5:
        time.sleep(0.05)
    server.start()
    b = await server.login(bob)
    await b.expect("message/eph:ephemeral/..")
    assert not b.wire.peek(f"message[body='{due}']") and await traces(b, due) == [] and rows(server, due) == 0
    await until_gone(lambda: traces(b, later), end_of(last))
    assert rows(server, later) == 0


async def test_a_file_goes_with_its_message_unless_another_names_it(own_server):
    server = own_server()
    a, b = await pair(server)
    async with uploads.Web(server) as web:
        alone = await uploads.share(a, web, b"alone" * 100)
        both = await uploads.share(a, web, b"both" * 100)
        await a.message(b.bare, both)
        await a.message(b.bare, f"{alone} {both}", more=timer(2))
        got = await b.expect("message/eph:ephemeral/..")
        assert (await web.get(alone))[0] == 200

        async def is_there():
            return (await web.get(alone))[0] == 200
        await until_gone(is_there, end_of(got))
        assert (await web.get(both))[0] == 200

        async def blobs():
            return len(uploads.stored(server)) - 1
        await until_gone(blobs, end_of(got))


async def test_a_session_that_resumes_gets_nothing_that_is_over(server):
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    b = await server.login(bob, sm=True)
    b.answers_acks = False
    word = new_id() + "secret"
    await b.cut()
    await a.message(b.bare, word, more=timer(1))
    await a.message(b.bare, "stays")
    await until_gone(lambda: traces(a, word), time.time() + 1)
    back, outcome = await resume(await server.tcp(), b)
    assert outcome.tag.endswith("resumed"), outcome.attrib
    await back.expect_message("stays")
    assert word not in "".join(vanish.text_of(element) for element in back.wire.inbox)
    # What was emptied was counted: the client's own count fits.
    await back.ack()
    await back.settle()


async def test_one_goes_on_in_the_archive_behind_a_message_that_is_gone(server):
    a, b = await pair(server)
    word = new_id()
    await a.message(b.bare, "one")
    await a.message(b.bare, word, more=timer(1))
    got = await b.expect("message/eph:ephemeral/..")
    [_, gone] = await vanish.archived(b)
    await a.message(b.bare, "two")
    await until_gone(lambda: traces(b, word), end_of(got))
    rest = await vanish.archived(b, after=vanish.id_of(gone))
    assert ["two" in vanish.text_of(result) for result in rest] == [True]


async def test_people_whose_client_knows_no_timers_read_of_it_and_others_do_not(server):
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    able, old = await server.login(bob, presence=False), await server.login(bob)
    await vanish.able(able, NS["eph"])
    await a.message(able.bare, "Grüße", more=timer(3600))
    await a.send(f"<message to='{able.bare}' type='chat' id='s'>{timer(60)}<store xmlns='urn:xmpp:hints'/></message>")
    plain = await able.expect("message/eph:ephemeral/..")
    assert plain.findtext("body", None, {"": "jabber:client"}) == "Grüße" and plain.find("fallback:fallback", NS) is None
    setting = await able.expect("message[@id='s']")
    assert setting.find("{jabber:client}body") is None
    told = await old.expect("message/fallback:fallback/..")
    body = told.findtext("{jabber:client}body")
    marked = told.find("fallback:fallback[@for='urn:xmpp:ephemeral:0']/fallback:body", NS)
    assert body[int(marked.get("start")):int(marked.get("end"))].strip().startswith("⏱")
    assert body[:int(marked.get("start"))] == "Grüße" and "1 hour" in body
    told = await old.expect("message[@id='s']")
    assert "1 minute" in told.findtext("{jabber:client}body")
    # The archive holds what was sent, and says it in the same way.
    for client, hinted in ((able, False), (old, True)):
        result = (await vanish.archived(client))[0]
        assert ("⏱" in vanish.text_of(result)) == hinted
    assert rows(server, "⏱ This") == 0


async def test_ciphertext_is_left_as_it_is(server):
    a, b = await pair(server)
    sealed = "<encrypted xmlns='urn:xmpp:omemo:2'><payload>x</payload></encrypted>"
    await a.message(b.bare, "not for you", more=sealed + timer(3600))
    got = await b.expect("message/eph:ephemeral/..")
    assert got.findtext("{jabber:client}body") == "not for you" and got.find("fallback:fallback", NS) is None


@pytest.mark.parametrize("value", ["", "-1", "0", "1.5", "1e3", "4294967296", "9" * 40, " 1", "x"])
async def test_a_timer_that_is_no_time_is_refused_and_nothing_is_sent(server, value):
    a, b = await pair(server)
    word = new_id() + "wrong"
    id = await a.message(b.bare, word, more=timer(value))
    assert error_of(await a.expect(f"message[@id='{id}'][@type='error']")) == "bad-request"
    await b.quiet(f"message[body='{word}']", via=a)
    assert word not in "".join(vanish.text_of(result) for result in await vanish.archived(a))


async def test_the_longest_timer_is_taken_and_the_end_is_the_servers_to_say(server):
    a, b = await pair(server)
    forged = f"<expires xmlns='{NS['expires']}' at='2001-01-01T00:00:00Z'/>"
    await a.message(b.bare, "long", more=timer(4294967295) + forged)
    got = await b.expect("message/eph:ephemeral/..")
    assert end_of(got) > time.time() + 4e9
    await a.message(b.bare, "without", more=forged)
    assert (await b.expect_message("without")).find("expires:expires", NS) is None
    assert len(await vanish.archived(b)) == 2


async def test_many_timers_go_in_their_order(server):
    a, b = await pair(server)
    words = [new_id() + "n" for _ in range(20)]
    for number, word in enumerate(words):
        await a.message(b.bare, word, more=timer(1 + number % 3))
    ends = []
    for _ in words:
        ends.append(end_of(await b.expect("message/eph:ephemeral/..")))

    async def left():
        results, now = await vanish.archived(b), time.time()
        shown = {word for word in words if any(word in vanish.text_of(result) for result in results)}
        for word, end in zip(words, ends):
            assert word in shown or end <= now, "a message went before its time"
        return shown
    await until_gone(left, max(ends))


async def test_the_history_of_a_room_says_of_timers_to_those_whose_client_knows_none(server):
    alice, bob, carol = await server.people("alice", "bob", "carol")
    a, able, old = await server.login(alice), await server.login(bob, presence=False), await server.login(carol)
    room = rooms.name()
    await rooms.make(a, room, "alice")
    word = new_id() + "said"
    await rooms.say(a, room, word, more=timer(3600))
    await a.expect("message/eph:ephemeral/..")
    await vanish.able(able, NS["eph"])
    for client, nick, hinted in ((able, "bob", False), (old, "carol", True)):
        await rooms.enter(client, room, nick, more="<history maxstanzas='5'/>")
        got = await client.expect("message/eph:ephemeral/..")
        assert got.find("delay:delay", NS) is not None and word in vanish.text_of(got)
        assert ("1 hour" in got.findtext("{jabber:client}body")) == hinted


async def test_what_vanishes_is_advertised_where_the_document_says(server):
    """docs/ephemeral.md, the first table."""
    [alice] = await server.people("alice")
    a, room = await server.login(alice), rooms.name()
    await rooms.make(a, room, "alice")

    async def features(to: str) -> set[str]:
        info = await a.result("get", f"<query xmlns='{NS['disco']}'/>", to)
        return {feature.get("var") for feature in info.iter(f"{{{NS['disco']}}}feature")}

    places = {"server": await features("localhost"), "account": await features(alice.jid), "room": await features(room)}
    for feature, where in {"urn:xmpp:ephemeral:0": {"server", "account", "room"}, "urn:skein:view-once:0": {"server", "account"},
                           "urn:skein:whisper:0": {"room"}, "urn:xmpp:pubsub-social-feed:stories:0": {"account"},
                           "urn:skein:privacy:0": {"server", "account"}, "urn:skein:rooms:0": {"room"}}.items():
        assert {place for place, told in places.items() if feature in told} == where, feature
    assert "urn:skein:rooms:0" in await features(rooms.HOST)
