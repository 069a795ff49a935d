"""Keeping order in a room: XEP-0045 sections 8 to 10, XEP-0249, XEP-0424, XEP-0425, XEP-0486."""

import base64
import hashlib

import rooms
from wire import NS, error_of


async def three(server, **config):
    """Alice's room with Bob and Carol in it."""
    people = await server.people("alice", "bob", "carol")
    a, b, c = [await server.login(person) for person in people]
    room = rooms.name()
    await rooms.make(a, room, "alice", **config)
    await rooms.enter(b, room, "bob")
    await rooms.enter(c, room, "carol")
    await a.expect(f"presence[@from='{room}/carol']")
    return a, b, c, room


async def test_a_kick_puts_out_and_says_why(server):
    a, b, c, room = await three(server)
    answer = await rooms.give_role(a, room, "bob", "none", "<reason>noise</reason>")
    assert answer.get("type") == "result"
    for client in (b, c):
        gone = await client.expect(f"presence[@from='{room}/bob'][@type='unavailable']")
        assert "307" in rooms.codes(gone) and ("110" in rooms.codes(gone)) == (client is b)
        assert gone.findtext("user:x/user:item/user:reason", None, NS) == "noise"
    await rooms.say(b, room, "still here")
    assert error_of(await b.expect("message[@type='error']")) == "not-acceptable"
    assert error_of(await rooms.give_role(c, room, "alice", "none")) == "forbidden"
    assert error_of(await rooms.give_role(a, room, "nobody", "none")) == "item-not-found"


async def test_a_ban_keeps_out_and_can_be_lifted(server):
    a, b, c, room = await three(server)
    assert (await rooms.affiliate(a, room, b.bare, "outcast")).get("type") == "result"
    assert "301" in rooms.codes(await b.expect(f"presence[@from='{room}/bob'][@type='unavailable']"))
    assert await rooms.refused(b, room, "other") == "forbidden"
    listed = await a.result("get", f"<query xmlns='{NS['admin']}'><item affiliation='outcast'/></query>", room)
    assert [i.get("jid") for i in listed.iterfind("admin:query/admin:item", NS)] == [b.bare]
    assert error_of(await c.iq("get", f"<query xmlns='{NS['admin']}'><item affiliation='outcast'/></query>", room)) == "forbidden"
    await rooms.affiliate(a, room, b.bare, "none")
    assert (await rooms.enter(b, room, "bob")).get("type") is None


async def test_in_a_moderated_room_voice_is_asked_for_and_given(server):
    a, b, c, room = await three(server, moderatedroom="1")
    await rooms.say(b, room, "may I")
    assert error_of(await b.expect("message[@type='error']")) == "forbidden"
    form = f"<x xmlns='{NS['data']}' type='submit'>" + rooms.field("FORM_TYPE", "http://jabber.org/protocol/muc#request")
    await b.send(f"<message xmlns='jabber:client' to='{room}'>{form}{rooms.field('muc#role', 'participant')}</x></message>")
    request = await a.expect("message/data:x/..")
    assert request.get("from") == room
    values = {f.get("var"): f.findtext("data:value", None, NS) for f in request.iterfind("data:x/data:field", NS)}
    assert values["muc#roomnick"] == "bob"
    await a.send(f"<message xmlns='jabber:client' to='{room}'>{form}{rooms.field('muc#roomnick', 'bob')}"
                 f"{rooms.field('muc#request_allow', 'true')}</x></message>")
    now = await b.expect(f"presence[@from='{room}/bob']/user:x/user:item[@role='participant']/../..")
    assert "110" in rooms.codes(now)
    await rooms.say(b, room, "thank you")
    await c.expect_message("thank you")


async def test_who_asks_for_voice_again_and_again_has_to_wait(server):
    a, b, c, room = await three(server, moderatedroom="1")
    form = (f"<x xmlns='{NS['data']}' type='submit'>" + rooms.field("FORM_TYPE", "http://jabber.org/protocol/muc#request")
            + rooms.field("muc#role", "participant") + "</x>")
    for number in range(4):
        await b.send(f"<message xmlns='jabber:client' to='{room}' id='ask{number}'>{form}</message>")
    refused = await b.expect("message[@type='error']")
    assert (refused.get("id"), error_of(refused), refused.find("error", NS).get("type")) == ("ask3", "policy-violation", "wait")
    # Somebody else asks behind it, so that what the moderators got before is all that came of the four.
    await c.send(f"<message xmlns='jabber:client' to='{room}' id='other'>{form}</message>")
    asked = [(await a.expect("message/data:x/..")).findtext("data:x/data:field[@var='muc#roomnick']/data:value", None, NS) for _ in range(4)]
    assert asked == ["bob", "bob", "bob", "carol"]


async def test_a_reason_is_as_short_as_a_note(server):
    a, b, c, room = await three(server)
    reason = "<reason>" + "x" * 1_001 + "</reason>"
    assert error_of(await rooms.affiliate(a, room, b.bare, "outcast", reason)) == "not-acceptable"
    assert error_of(await rooms.give_role(a, room, "bob", "none", reason)) == "not-acceptable"
    await rooms.say(b, room, "still here")
    await c.expect_message("still here")


async def test_a_moderator_who_cancels_a_request_for_voice_gives_none_and_is_not_scolded(server):
    a, b, c, room = await three(server, moderatedroom="1")
    for fields in ("", rooms.field("FORM_TYPE", "http://jabber.org/protocol/muc#request") + rooms.field("muc#roomnick", "bob")):
        await a.send(f"<message xmlns='jabber:client' to='{room}'><x xmlns='{NS['data']}' type='cancel'>{fields}</x></message>")
    await a.settle()
    assert not a.wire.peek("message[@type='error']")
    await rooms.say(b, room, "may I")
    assert error_of(await b.expect("message[@type='error']")) == "forbidden"


async def test_nobody_bans_themselves(server):
    a, b, c, room = await three(server)
    await rooms.affiliate(a, room, b.bare, "admin")
    await rooms.affiliate(a, room, c.bare, "owner")
    for client in (a, b, c):
        assert error_of(await rooms.affiliate(client, room, client.bare, "outcast")) == "conflict"
    await rooms.say(b, room, "still here")
    await c.expect_message("still here")


async def test_the_last_owner_cannot_be_removed_and_admins_do_not_touch_owners(server):
    a, b, c, room = await three(server)
    assert error_of(await rooms.affiliate(a, room, a.bare, "none")) == "conflict"
    assert (await rooms.affiliate(a, room, b.bare, "admin")).get("type") == "result"
    await b.expect(f"presence[@from='{room}/bob']/user:x/user:item[@affiliation='admin'][@role='moderator']/../..")
    assert error_of(await rooms.affiliate(b, room, a.bare, "member")) == "not-allowed"
    assert error_of(await rooms.affiliate(b, room, c.bare, "owner")) == "not-allowed"
    assert (await rooms.affiliate(b, room, c.bare, "member")).get("type") == "result"
    assert error_of(await rooms.affiliate(c, room, b.bare, "outcast")) == "forbidden"


async def test_a_room_for_members_puts_out_strangers_and_takes_the_invited_in(server):
    a, b, c, room = await three(server)
    await rooms.affiliate(a, room, b.bare, "member")
    await rooms.configure(a, room, membersonly="1")
    assert "322" in rooms.codes(await c.expect(f"presence[@from='{room}/carol'][@type='unavailable']"))
    assert await rooms.refused(c, room, "carol") == "registration-required"
    await a.send(f"<message xmlns='jabber:client' to='{room}'><x xmlns='{NS['user']}'><invite to='{c.bare}'>"
                 "<reason>come</reason></invite></x></message>")
    await c.presence()
    invited = await c.expect("message/user:x/user:invite/../..")
    assert invited.get("from") == room
    assert invited.find("conference:x", NS).get("jid") == room
    assert invited.find("user:x/user:invite", NS).get("from") == f"{room}/alice"
    assert rooms.item(await rooms.enter(c, room, "carol"))["affiliation"] == "member"


async def test_a_password_opens_the_room(server):
    [alice, bob] = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    room = rooms.name()
    await rooms.make(a, room, "alice", passwordprotectedroom="1", roomsecret="sesame")
    assert await rooms.refused(b, room, "bob") == "not-authorized"
    assert await rooms.refused(b, room, "bob", "<password>guess</password>") == "not-authorized"
    own = await rooms.enter(b, room, "bob", "<password>sesame</password>")
    assert own.get("type") is None


async def test_a_password_is_guessed_at_ten_times_by_one_account_with_all_its_devices(server):
    alice, bob, carol = await server.people("alice", "bob", "carol")
    a, b, c, phone = [await server.login(account) for account in (alice, bob, carol, bob)]
    room, other = rooms.name("secret"), rooms.name("secret")
    for one in (room, other):
        await rooms.make(a, one, "alice", passwordprotectedroom="1", roomsecret="cauldronburn")
    # Whoever names none has not guessed.
    for _ in range(12):
        assert await rooms.refused(b, room, "bob") == "not-authorized"
    for number in range(10):
        client = (b, phone)[number % 2]
        assert await rooms.refused(client, room, "bob", f"<password>guess{number}</password>") == "not-authorized"
    # The room is let go of meanwhile, and it does not help.
    await a.presence(to=f"{room}/alice", type="unavailable")
    await a.expect(f"presence[@from='{room}/alice'][@type='unavailable']")
    right = "<password>cauldronburn</password>"
    for client in (b, phone):
        own = await rooms.enter(client, room, "bob", right)
        assert error_of(own) == "policy-violation" and own.find("{jabber:client}error").get("type") == "wait"
    # Others, and other rooms, are not touched by it, nor is who may enter without one.
    await rooms.enter(c, room, "carol", right)
    await rooms.enter(b, other, "bob", right)
    await rooms.enter(a, room, "alice", "<password>wrong</password>")


async def test_a_full_room_is_full(server):
    a, b, c, room = await three(server)
    await rooms.configure(a, room, maxusers="3")
    dave = await server.login((await server.people("dave"))[0])
    assert await rooms.refused(dave, room, "dave") == "service-unavailable"


async def test_changes_of_the_configuration_are_told_by_their_codes(server):
    a, b, c, room = await three(server)
    await rooms.configure(a, room, whois="anyone", enablelogging="0", roomname="New")
    told = await b.expect("message/user:x/user:status/../..")
    assert rooms.codes(told) == {"104", "171", "172"}
    assert error_of(await rooms.try_configure(b, room, roomname="mine")) == "forbidden"
    assert error_of(await rooms.try_configure(a, room, whois="everybody")) == "not-acceptable"
    form = await a.result("get", f"<query xmlns='{NS['owner']}'/>", room)
    values = {f.get("var"): f.findtext("data:value", None, NS) for f in form.iterfind(".//data:field", NS)}
    assert (values["muc#roomconfig_whois"], values["muc#roomconfig_roomname"]) == ("anyone", "New")


async def test_the_subject_is_for_moderators_unless_the_owner_says_otherwise(server):
    a, b, c, room = await three(server)
    subject = f"<message xmlns='jabber:client' type='groupchat' to='{room}'><subject>Cake</subject></message>"
    await b.send(subject)
    assert error_of(await b.expect("message[@type='error']")) == "forbidden"
    await rooms.configure(a, room, changesubject="1")
    await b.send(subject)
    assert (await c.expect("message[subject='Cake']")).get("from") == f"{room}/bob"


async def test_a_destroyed_room_tells_where_to_go(server):
    a, b, c, room = await three(server)
    other = rooms.name()
    assert error_of(await b.iq("set", f"<query xmlns='{NS['owner']}'><destroy/></query>", room)) == "forbidden"
    await a.result("set", f"<query xmlns='{NS['owner']}'><destroy jid='{other}'><reason>moved</reason></destroy></query>", room)
    gone = await b.expect(f"presence[@from='{room}/bob'][@type='unavailable']")
    destroyed = gone.find("user:x/user:destroy", NS)
    assert destroyed.get("jid") == other and destroyed.findtext("user:reason", None, NS) == "moved"
    assert error_of(await b.iq("get", f"<query xmlns='{NS['disco']}'/>", room)) == "item-not-found"


async def test_a_nickname_is_kept_for_who_registers_it(server):
    a, b, c, room = await three(server)
    form = (f"<x xmlns='{NS['data']}' type='submit'>" + rooms.field("FORM_TYPE", "http://jabber.org/protocol/muc#register")
            + rooms.field("muc#register_roomnick", "bob") + "</x>")
    await b.result("set", f"<query xmlns='{NS['register']}'>{form}</query>", room)
    await b.expect(f"presence[@from='{room}/bob']/user:x/user:item[@affiliation='member']/../..")
    await b.presence(to=f"{room}/bob", type="unavailable")
    await b.expect(f"presence[@from='{room}/bob'][@type='unavailable']")
    await c.presence(to=f"{room}/bob")
    assert error_of(await c.expect(f"presence[@from='{room}/bob'][@type='error']")) == "conflict"
    info = await b.result("get", f"<query xmlns='{NS['disco']}' node='x-roomuser-item'/>", room)
    assert info.find("disco:query/disco:identity", NS).get("name") == "bob"
    kept = await b.result("get", f"<query xmlns='{NS['register']}'/>", room)
    assert kept.findtext("register:query/register:username", None, NS) == "bob"


async def test_who_said_it_takes_it_back_and_a_moderator_does_so_for_others(server):
    a, b, c, room = await three(server)
    for body in ("mine", "theirs"):
        await rooms.say(b, room, body)
    mine, theirs = [rooms.stanza_id(await c.expect_message(body), room) for body in ("mine", "theirs")]
    retract = f"<retract xmlns='{NS['retract']}' id='%s'/>"
    await rooms.say(c, room, "not yours", retract % mine)
    await b.expect_message("not yours")
    await rooms.say(b, room, "taken back", retract % mine)
    await c.expect_message("taken back")
    moderate = f"<moderate xmlns='{NS['moderate']}' id='{theirs}'><retract xmlns='{NS['retract']}'/><reason>rude</reason></moderate>"
    assert error_of(await c.iq("set", moderate, room)) == "forbidden"
    assert (await a.iq("set", moderate, room)).get("type") == "result"
    told = await c.expect(f"message[@from='{room}']/retract:retract/..")
    assert told.find("retract:retract", NS).get("id") == theirs
    assert told.find("retract:retract/moderate:moderated", NS).get("by") == f"{room}/alice"
    assert error_of(await a.iq("set", moderate.replace(theirs, "0" * 32), room)) == "item-not-found"
    results = await rooms.archive(c, room)
    stones = {result.find("mam:result", NS).get("id"): result for result in results
              if result.find(".//retract:retracted", NS) is not None}
    assert set(stones) == {mine, theirs}
    assert rooms.bodies(results) == ["not yours", "taken back"]


async def test_a_room_has_an_avatar(server):
    a, b, c, room = await three(server)
    picture = b"picture"
    card = f"<vCard xmlns='vcard-temp'><PHOTO><TYPE>image/png</TYPE><BINVAL>{base64.b64encode(picture).decode()}</BINVAL></PHOTO></vCard>"
    assert error_of(await b.iq("set", card, room)) == "forbidden"
    await a.result("set", card, room)
    told = await b.expect(f"presence[@from='{room}']")
    assert told.findtext("{vcard-temp:x:update}x/{vcard-temp:x:update}photo") == hashlib.sha1(picture).hexdigest()
    got = await b.result("get", "<vCard xmlns='vcard-temp'/>", room)
    assert got.findtext("vcard:vCard/vcard:PHOTO/vcard:BINVAL", None, NS) == base64.b64encode(picture).decode()


async def test_public_rooms_are_listed_and_others_are_not(server):
    a, b, c, room = await three(server)
    hidden = rooms.name()
    await rooms.make(a, hidden, "alice", publicroom="0")
    items = await b.result("get", f"<query xmlns='{NS['items']}'/>", "localhost")
    assert rooms.HOST in {item.get("jid") for item in items.iterfind("items:query/items:item", NS)}
    items = await b.result("get", f"<query xmlns='{NS['items']}'/>", rooms.HOST)
    listed = {item.get("jid") for item in items.iterfind("items:query/items:item", NS)}
    assert room in listed and hidden not in listed
    info = await b.result("get", f"<query xmlns='{NS['disco']}'/>", room)
    features = {f.get("var") for f in info.iterfind("disco:query/disco:feature", NS)}
    assert {NS["muc"], NS["mam"], "muc_public", "muc_open", "muc_semianonymous"} <= features
