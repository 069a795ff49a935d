"""Entering a room, being there, leaving: XEP-0045 section 7, XEP-0410, XEP-0421."""

import rooms
from wire import NS, error_of


async def two(server, **config):
    """Alice's room with Bob in it."""
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    room = rooms.name()
    await rooms.make(a, room, "alice", **config)
    await rooms.enter(b, room, "bob")
    await a.expect(f"presence[@from='{room}/bob']")
    return a, b, room


async def test_whoever_makes_a_room_owns_it_and_others_wait_until_it_is_configured(server):
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    room = rooms.name()
    own = await rooms.enter(a, room, "alice")
    assert rooms.codes(own) >= {"110", "201"}
    assert (rooms.item(own)["affiliation"], rooms.item(own)["role"]) == ("owner", "moderator")
    assert await rooms.refused(b, room, "bob") == "item-not-found"
    await rooms.configure(a, room)
    own = await rooms.enter(b, room, "bob")
    assert (rooms.item(own)["affiliation"], rooms.item(own)["role"]) == ("none", "participant")


async def test_those_inside_see_each_other_and_addresses_are_for_moderators(server):
    a, b, room = await two(server)
    shown = await b.expect(f"presence[@from='{room}/alice']")
    assert "jid" not in rooms.item(shown)
    carol = await server.login((await server.people("carol"))[0])
    await rooms.enter(carol, room, "carol")
    to_owner = await a.expect(f"presence[@from='{room}/carol']")
    to_other = await b.expect(f"presence[@from='{room}/carol']")
    assert rooms.item(to_owner)["jid"] == carol.jid
    assert "jid" not in rooms.item(to_other)
    assert rooms.occupant_id(to_owner) == rooms.occupant_id(to_other)


async def test_a_room_that_is_not_anonymous_says_so(server):
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    room = rooms.name()
    await rooms.make(a, room, "alice", whois="anyone")
    own = await rooms.enter(b, room, "bob")
    assert "100" in rooms.codes(own)
    assert rooms.item(await b.expect(f"presence[@from='{room}/alice']"))["jid"] == a.jid


async def test_everybody_gets_what_is_said_with_one_id_in_one_order(server):
    a, b, room = await two(server)
    for number in range(10):
        await rooms.say(a, room, f"a{number}")
        await rooms.say(b, room, f"b{number}")
    heard = []
    for client in (a, b):
        messages = [await client.expect("message[@type='groupchat']/body/..") for _ in range(20)]
        heard.append([(m.findtext("{jabber:client}body"), m.get("from"), rooms.stanza_id(m, room)) for m in messages])
    assert heard[0] == heard[1]
    results = await rooms.archive(b, room, "<set xmlns='http://jabber.org/protocol/rsm'><max>100</max></set>")
    kept = [(result.find("mam:result", NS).get("id")) for result in results]
    assert kept == [stanza_id for _, _, stanza_id in heard[0]]


async def test_a_taken_nickname_is_refused_and_a_second_device_shares_it(server):
    alice, bob = await server.people("alice", "bob")
    a, b, phone = await server.login(alice), await server.login(bob), await server.login(alice)
    room = rooms.name()
    await rooms.make(a, room, "alice")
    assert await rooms.refused(b, room, "alice") == "conflict"
    await rooms.enter(phone, room, "alice")
    await rooms.enter(b, room, "bob")
    await rooms.say(b, room, "to both")
    for device in (a, phone):
        await device.expect_message("to both")
    await phone.presence(to=f"{room}/alice", type="unavailable")
    await phone.expect(f"presence[@from='{room}/alice'][@type='unavailable']")
    await rooms.say(b, room, "to one")
    await a.expect_message("to one")
    await b.expect_message("to one")
    assert not b.wire.peek(f"presence[@from='{room}/alice'][@type='unavailable']")


async def test_a_change_of_nickname_is_told_to_all(server):
    a, b, room = await two(server)
    await b.presence(to=f"{room}/robert")
    for client in (a, b):
        gone = await client.expect(f"presence[@from='{room}/bob'][@type='unavailable']")
        assert "303" in rooms.codes(gone) and rooms.item(gone)["nick"] == "robert"
        here = await client.expect(f"presence[@from='{room}/robert']")
        assert ("110" in rooms.codes(here)) == (client is b)
    await b.presence(to=f"{room}/alice")
    assert error_of(await b.expect(f"presence[@from='{room}/alice'][@type='error']")) == "conflict"


async def test_presence_is_shown_to_all_and_a_lost_connection_is_noticed(server):
    a, b, room = await two(server)
    await b.presence("<show>away</show><status>tea</status>", to=f"{room}/bob")
    await a.expect(f"presence[@from='{room}/bob'][show='away'][status='tea']")
    await b.cut()
    await a.expect(f"presence[@from='{room}/bob'][@type='unavailable']")


async def test_a_ping_to_oneself_tells_whether_one_is_inside(server):
    a, b, room = await two(server)
    ping = "<ping xmlns='urn:xmpp:ping'/>"
    assert (await b.iq("get", ping, f"{room}/bob")).get("type") == "result"
    await b.presence(to=f"{room}/bob", type="unavailable")
    await b.expect(f"presence[@from='{room}/bob'][@type='unavailable']")
    assert error_of(await b.iq("get", ping, f"{room}/bob")) == "not-acceptable"
    assert error_of(await b.iq("get", ping, f"{rooms.name()}/bob")) == "item-not-found"


async def test_requests_pass_between_occupants_and_hide_addresses(server):
    a, b, room = await two(server)
    asking = "<query xmlns='jabber:iq:version'/>"
    await b.send(f"<iq xmlns='jabber:client' type='get' id='v.1' to='{room}/alice'>{asking}</iq>")
    question = await a.expect("iq[@type='get']")
    assert question.get("from") == f"{room}/bob"
    await a.send(f"<iq xmlns='jabber:client' type='result' id='{question.get('id')}' to='{room}/bob'>"
                 "<query xmlns='jabber:iq:version'><name>x</name></query></iq>")
    answer = await b.expect("iq[@type='result'][@id='v.1']")
    assert answer.get("from") == f"{room}/alice"


async def test_private_messages_reach_one_occupant_and_are_not_in_the_rooms_archive(server):
    a, b, room = await two(server)
    await b.message(f"{room}/alice", "psst")
    private = await a.expect_message("psst")
    assert (private.get("from"), private.get("type")) == (f"{room}/bob", "chat")
    assert private.find("user:x", NS) is not None
    await rooms.say(b, room, "aloud")
    await a.expect_message("aloud")
    assert rooms.bodies(await rooms.archive(a, room)) == ["aloud"]
    await b.message(f"{room}/nobody", "psst")
    assert error_of(await b.expect("message[@type='error']")) == "item-not-found"


async def test_newcomers_get_the_past_they_ask_for_and_the_subject_last(server):
    a, b, room = await two(server)
    for number in range(30):
        await rooms.say(a, room, f"m{number}")
    await a.expect_message("m29")
    subject = f"<message xmlns='jabber:client' type='groupchat' to='{room}'><subject>Tea</subject></message>"
    await a.send(subject)
    await a.expect("message[subject='Tea']")
    for more, first in [("", 10), ("<history maxstanzas='3'/>", 27), ("<history maxchars='0'/>", 30),
                        ("<history since='1990-01-01T00:00:00Z'/>", 0)]:
        carol = await server.login((await server.people("carol"))[0])
        await carol.presence(f"<x xmlns='{NS['muc']}'>{more}</x>", to=f"{room}/carol{first}")
        got = []
        while True:
            message = await carol.expect("message[@type='groupchat']")
            if message.find("{jabber:client}subject") is not None:
                break
            assert message.find("delay:delay", NS) is not None and rooms.stanza_id(message, room)
            got.append(message.findtext("{jabber:client}body"))
        assert got == [f"m{number}" for number in range(first, 30)], more
        assert message.findtext("{jabber:client}subject") == "Tea" and message.get("from") == f"{room}/alice"
        await carol.leave()


async def test_a_room_and_its_log_survive_a_restart_and_occupants_keep_their_ids(own_server):
    server = own_server()
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    room = rooms.name()
    await rooms.make(a, room, "alice", roomname="Tea")
    before = rooms.occupant_id(await rooms.enter(b, room, "bob"))
    await rooms.say(b, room, "before")
    kept = rooms.stanza_id(await a.expect_message("before"), room)
    server.restart()
    b = await server.login(bob)
    own = await rooms.enter(b, room, "robert", "<history maxstanzas='5'/>")
    assert rooms.occupant_id(own) == before
    again = await b.expect_message("before")
    assert (again.get("from"), rooms.stanza_id(again, room)) == (f"{room}/bob", kept)
    info = await b.result("get", f"<query xmlns='{NS['disco']}'/>", room)
    assert info.find("disco:query/disco:identity", NS).get("name") == "Tea"


async def test_a_temporary_room_is_gone_when_the_last_one_leaves(server):
    a, b, room = await two(server, persistentroom="0")
    await rooms.say(a, room, "once")
    await b.expect_message("once")
    for client, nick in ((a, "alice"), (b, "bob")):
        await client.presence(to=f"{room}/{nick}", type="unavailable")
        await client.expect(f"presence[@from='{room}/{nick}'][@type='unavailable']")
    own = await rooms.enter(b, room, "bob")
    assert "201" in rooms.codes(own)
    await rooms.configure(b, room)
    assert await rooms.archive(b, room) == []
