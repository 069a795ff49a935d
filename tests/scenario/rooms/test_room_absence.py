"""Members who are not inside (docs/rooms.md, "Members who are away"; XEP-0437)."""

import rooms
import wire
from wire import NS

INBOX = "urn:skein:inbox:0"


async def inbox(client) -> dict[str, tuple[int, str, str]]:
    answer = await client.result("get", f"<inbox xmlns='{INBOX}'/>")
    return {entry.get("jid"): (int(entry.get("unread")), entry.findtext("forward:forwarded/message/body", "", NS), entry.get("id"))
            for entry in answer.iter(f"{{{INBOX}}}conversation")}


async def with_member_away(server, **config):
    """Alice's room with Bob as a member who was never inside."""
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    room = rooms.name()
    await rooms.make(a, room, "alice", **config)
    await rooms.say(a, room, "before he belonged to it")
    await a.expect_message("before he belonged to it")
    await rooms.affiliate(a, room, bob.jid, "member")
    return a, bob, room


async def say(client, room: str, *bodies: str) -> list[str]:
    ids = []
    for body in bodies:
        await rooms.say(client, room, body)
        ids.append(rooms.stanza_id(await client.expect_message(body), room))
    return ids


async def test_a_member_who_was_away_gets_what_was_said_as_delayed_messages_once(server):
    a, bob, room = await with_member_away(server, membersonly="1")
    await say(a, room, "one", "two", "three")
    b = await server.login(bob)
    await rooms.enter(b, room, "bob", more="")
    for body in ("one", "two", "three"):
        message = await b.expect_message(body)
        assert message.find("delay:delay", NS) is not None and message.get("from") == f"{room}/alice"
    assert not b.wire.peek("message[body='before he belonged to it']")
    await say(a, room, "live")
    await b.expect_message("live")
    await b.presence(to=f"{room}/bob", type="unavailable")
    await b.expect(f"presence[@from='{room}/bob'][@type='unavailable']")
    await say(a, room, "missed")
    await rooms.enter(b, room, "bob", more="")
    await b.expect_message("missed")
    assert not b.wire.peek("message[body='live']")


async def test_a_member_reads_the_archive_without_being_inside(server):
    a, bob, room = await with_member_away(server, membersonly="1", publicroom="0")
    ids = await say(a, room, "one", "two")
    b = await server.login(bob)
    found = await rooms.archive(b, room)
    assert rooms.bodies(found)[-2:] == ["one", "two"]
    assert [result.find("mam:result", NS).get("id") for result in found][-2:] == ids


async def test_the_inbox_has_rooms_with_what_is_unread_on_every_way_of_reading(server):
    a, bob, room = await with_member_away(server)
    ids = await say(a, room, "one", "two", "three")
    b = await server.login(bob)
    assert (await inbox(b))[room] == (3, "three", ids[2])
    # By a request, by a marker to the room, by the synchronised marker, by answering.
    await b.result("set", f"<read xmlns='{INBOX}' with='{room}' id='{ids[0]}'/>")
    assert (await inbox(b))[room][0] == 2
    await b.result("set", f"<read xmlns='{INBOX}' with='{room}' id='{ids[0]}'/>")
    assert (await inbox(b))[room][0] == 2
    await rooms.enter(b, room, "bob")
    await b.send(f"<message xmlns='jabber:client' type='groupchat' to='{room}'><displayed xmlns='urn:xmpp:chat-markers:0' id='{ids[1]}'/></message>")
    await a.expect("message/{urn:xmpp:chat-markers:0}displayed/..")
    assert (await inbox(b))[room][0] == 1
    mds = "urn:xmpp:mds:displayed:0"
    await b.result("set", f"<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='{mds}'><item id='{room}'><displayed xmlns='{mds}'>"
                          f"<stanza-id xmlns='urn:xmpp:sid:0' by='{room}' id='{ids[2]}'/></displayed></item></publish></pubsub>")
    assert (await inbox(b))[room][0] == 0
    await say(a, room, "four", "five")
    assert (await inbox(b))[room][0] == 2
    await say(b, room, "answer")
    assert (await inbox(b))[room][:2] == (0, "answer")
    assert (await inbox(a))[room][:2] == (1, "answer")


async def test_rooms_and_people_stand_in_one_inbox_in_the_order_of_their_last_messages(server):
    a, bob, room = await with_member_away(server)
    b = await server.login(bob)
    await say(a, room, "to the room")
    await a.message(b.bare, "to him")
    await b.expect_message("to him")
    assert list(await inbox(b)) == [a.bare, room]
    await say(a, room, "to the room again")
    assert list(await inbox(b)) == [room, a.bare]
    first = await b.result("get", f"<inbox xmlns='{INBOX}'><set xmlns='{NS['rsm']}'><max>1</max></set></inbox>")
    [entry] = first.iter(f"{{{INBOX}}}conversation")
    last = first.findtext(f".//{{{NS['rsm']}}}last")
    second = await b.result("get", f"<inbox xmlns='{INBOX}'><set xmlns='{NS['rsm']}'><max>1</max><after>{last}</after></set></inbox>")
    [other] = second.iter(f"{{{INBOX}}}conversation")
    assert (entry.get("jid"), other.get("jid")) == (room, a.bare)
    # Whoever does not belong to the room any more has it no longer.
    await rooms.affiliate(a, room, b.bare, "none")
    assert list(await inbox(b)) == [a.bare]


async def test_clients_that_are_not_inside_get_nothing_but_the_activity_they_ask_for(server):
    a, bob, room = await with_member_away(server)
    b, phone = await server.login(bob), await server.login(bob)
    for client in (b, phone):
        await client.presence()
    await say(a, room, "missed before")
    await b.presence("<rai xmlns='urn:xmpp:rai:0'/>", to=rooms.HOST)
    told = await b.expect("message/rai:rai/..")
    assert told.get("from") == rooms.HOST
    assert [activity.text for activity in told.iter("{urn:xmpp:rai:0}activity")] == [room]
    await say(a, room, "missed again")
    await b.quiet("message/rai:rai/..", a)
    # Inside and out again: what comes now is news.
    await rooms.enter(b, room, "bob")
    await b.presence(to=f"{room}/bob", type="unavailable")
    await b.expect(f"presence[@from='{room}/bob'][@type='unavailable']")
    await say(a, room, "news")
    await b.expect("message/rai:rai/..")
    await phone.quiet("message[@type='groupchat']", a)
    assert not phone.wire.peek("message/rai:rai/..")


async def test_what_a_member_missed_survives_a_crash_of_the_server(own_server):
    server = own_server()
    a, bob, room = await with_member_away(server)
    [first] = await say(a, room, "kept")
    server.kill()
    server.start()
    b = await server.login(bob)
    assert (await inbox(b))[room] == (1, "kept", first)
    await rooms.enter(b, room, "bob", more="")
    await b.expect_message("kept")


async def test_what_a_member_never_acknowledged_is_given_again(server):
    """A client that reads no archive, and whose session ends with messages in flight."""
    a, bob, room = await with_member_away(server, membersonly="1")
    b = await server.login(bob, sm=True)
    await rooms.enter(b, room, "bob", more="")
    await say(a, room, "got")
    await b.expect_message("got")
    await b.ack()
    assert await b.acknowledged() >= 0
    b.answers_acks = False
    await say(a, room, "in flight", "in flight too")
    await b.expect_message("in flight too")
    await b.wire.close_stream()
    await b.wire.expect_end()
    await a.expect(f"presence[@from='{room}/bob'][@type='unavailable']")
    await say(a, room, "missed")
    again = await server.login(bob)
    await rooms.enter(again, room, "bob", more="")
    for body in ("in flight", "in flight too", "missed"):
        assert (await again.expect_message(body)).find("delay:delay", NS) is not None
    assert not again.wire.peek("message[body='got']")


async def test_what_was_lost_with_a_connection_is_news_for_other_devices(server):
    """They were not told while a device was inside, and it has not got it; so they are when it is gone."""
    a, bob, room = await with_member_away(server, membersonly="1")
    b, desk = await server.login(bob, sm=True), await server.login(bob)
    await rooms.enter(b, room, "bob")
    await desk.presence("<rai xmlns='urn:xmpp:rai:0'/>", to=rooms.HOST)
    await desk.settle()
    desk.wire.take("message/rai:rai/..")
    b.answers_acks = False
    await say(a, room, "in flight")
    await b.expect_message("in flight")
    await desk.quiet("message/rai:rai/..", via=a)
    await b.wire.close_stream()
    await b.wire.expect_end()
    told = await desk.expect("message/rai:rai/..")
    assert [activity.text for activity in told.iterfind("rai:rai/rai:activity", NS)] == [room]
    # What it had acknowledged is no news.
    b = await server.login(bob, sm=True)
    await rooms.enter(b, room, "bob", more="")
    await b.expect_message("in flight")
    await say(a, room, "got")
    await b.expect_message("got")
    await b.ack()
    assert await b.acknowledged() >= 0
    await b.wire.close_stream()
    await b.wire.expect_end()
    await a.expect(f"presence[@from='{room}/bob'][@type='unavailable']")
    await desk.quiet("message/rai:rai/..", via=a)


async def test_what_another_device_inside_has_got_is_not_given_again(server):
    a, bob, room = await with_member_away(server, membersonly="1")
    b, desk = await server.login(bob, sm=True), await server.login(bob)
    await rooms.enter(b, room, "bob", more="")
    await rooms.enter(desk, room, "bob", more="")
    b.answers_acks = False
    await say(a, room, "in flight")
    await b.expect_message("in flight")
    await desk.expect_message("in flight")
    await b.wire.close_stream()
    await b.wire.expect_end()
    await desk.presence(to=f"{room}/bob", type="unavailable")
    await a.expect(f"presence[@from='{room}/bob'][@type='unavailable']")
    await say(a, room, "missed")
    again = await server.login(bob)
    await rooms.enter(again, room, "bob", more="")
    await again.expect_message("missed")
    assert not again.wire.peek("message[body='in flight']")


async def test_a_guest_finds_what_it_never_acknowledged_in_the_history_of_the_room(server):
    """Who is no member has no place in the log: the room's newest messages are all that there is for them."""
    alice, bob = await server.people("alice", "bob")
    a, room = await server.login(alice), rooms.name("open")
    await rooms.make(a, room, "alice")
    b = await server.login(bob, sm=True)
    await rooms.enter(b, room, "bob", more="")
    b.answers_acks = False
    await say(a, room, "in flight", "in flight too")
    await b.expect_message("in flight too")
    await b.wire.close_stream()
    await b.wire.expect_end()
    await a.expect(f"presence[@from='{room}/bob'][@type='unavailable']")
    await say(a, room, *(f"later {number}" for number in range(18)))
    again = await server.login(bob)
    await rooms.enter(again, room, "bob", more="")
    for body in ("in flight", "in flight too", *(f"later {number}" for number in range(18))):
        assert (await again.expect_message(body)).find("delay:delay", NS) is not None
    await again.presence(to=f"{room}/bob", type="unavailable")
    await a.expect(f"presence[@from='{room}/bob'][@type='unavailable']")
    await say(a, room, "one more")
    await rooms.enter(again, room, "bob", more="")
    await again.expect_message("one more")
    assert not again.wire.peek("message[body='in flight']"), "it is bounded to 20"


async def test_a_member_who_was_away_for_long_gets_the_newest_250(server):
    a, bob, room = await with_member_away(server)
    for number in range(253):
        await rooms.say(a, room, f"said {number}")
    await a.expect_message("said 252")
    b = await server.login(bob)
    await rooms.enter(b, room, "bob", more="")
    got = []
    while not got or got[-1] != "said 252":
        got.append(wire.body_of(await b.expect("message")))
    assert got == [f"said {number}" for number in range(3, 253)]


async def test_a_room_that_keeps_no_messages_has_no_more_for_those_away_than_for_any_newcomer(server):
    a, bob, room = await with_member_away(server, enablelogging="0")
    for body in ("gone with the wind", *(f"later {number}" for number in range(20))):
        await rooms.say(a, room, body)
        await a.expect_message(body)
    b = await server.login(bob)
    assert room not in await inbox(b)
    await rooms.enter(b, room, "bob", more="<history maxstanzas='250'/>")
    await b.expect_message("later 19")
    assert not b.wire.peek("message[body='gone with the wind']")
