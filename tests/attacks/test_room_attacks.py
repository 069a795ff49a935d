"""Attacks on rooms, by their ids: R01, R02, R04, R06, M01."""

import xml.etree.ElementTree as ET

import rooms
from login import new_id
from wire import NS, error_of

CANARY = "canary-7f3a"


async def private_room(server):
    """A hidden room for members with a secret in its log; an outsider and a banned member."""
    people = await server.people("alice", "mallory", "banned")
    a, m, x = [await server.login(person) for person in people]
    room = rooms.name()
    await rooms.make(a, room, "alice", membersonly="1", publicroom="0")
    await rooms.affiliate(a, room, x.bare, "member")
    await rooms.enter(x, room, "exmember")
    await rooms.say(a, room, CANARY)
    secret = rooms.stanza_id(await x.expect_message(CANARY), room)
    await rooms.affiliate(a, room, x.bare, "outcast")
    await x.expect(f"presence[@from='{room}/exmember'][@type='unavailable']")
    return a, m, x, room, secret


async def test_r01_outsiders_and_banned_members_find_every_side_door_closed(server):
    a, m, x, room, secret = await private_room(server)
    for who, at_the_door in ((m, "registration-required"), (x, "forbidden")):
        for nick in ("alice", "ALICE", "exmember", "other"):
            assert await rooms.refused(who, room, nick) in (at_the_door, "conflict")
        register = (f"<query xmlns='{NS['register']}'><x xmlns='{NS['data']}' type='submit'>"
                    + rooms.field("FORM_TYPE", "http://jabber.org/protocol/muc#register")
                    + rooms.field("muc#register_roomnick", "in") + "</x></query>")
        assert error_of(await who.iq("set", register, room)) == at_the_door
        for ask in (f"<query xmlns='{NS['mam']}'/>", f"<metadata xmlns='{NS['mam']}'/>"):
            kind = "set" if "query" in ask else "get"
            assert error_of(await who.iq(kind, ask, room)) == "forbidden"
        by_id = (f"<query xmlns='{NS['mam']}'><x xmlns='{NS['data']}' type='submit'>"
                 + rooms.field("FORM_TYPE", NS["mam"]) + rooms.field("ids", [secret]) + "</x></query>")
        assert error_of(await who.iq("set", by_id, room)) == "forbidden"
        for listed in ("member", "admin", "owner", "outcast"):
            ask = f"<query xmlns='{NS['admin']}'><item affiliation='{listed}'/></query>"
            assert error_of(await who.iq("get", ask, room)) == "forbidden"
        for space in (NS["disco"], NS["items"]):
            assert error_of(await who.iq("get", f"<query xmlns='{space}'/>", room)) == "item-not-found"
        assert error_of(await who.iq("get", "<vCard xmlns='vcard-temp'/>", room)) == "item-not-found"
        assert error_of(await who.iq("get", "<ping xmlns='urn:xmpp:ping'/>", f"{room}/alice")) == "not-acceptable"
        await who.send(f"<message xmlns='jabber:client' to='{room}'><x xmlns='{NS['user']}'><invite to='{who.bare}'/></x></message>")
        assert error_of(await who.expect("message[@type='error']")) == "not-acceptable"
        await who.message(f"{room}/alice", "hello")
        assert error_of(await who.expect("message[@type='error']")) == "not-acceptable"
        seen = [ET.tostring(element, encoding="unicode") for element in who.wire.inbox]
        assert not any(CANARY in text or a.jid in text for text in seen if who is m)


async def test_r02_who_is_not_inside_says_nothing_not_even_with_another_device(server):
    alice, mallory = await server.people("alice", "mallory")
    a, inside, outside = await server.login(alice), await server.login(mallory), await server.login(mallory)
    room = rooms.name()
    await rooms.make(a, room, "alice")
    await rooms.enter(inside, room, "mallory")
    await rooms.say(outside, room, "intruder")
    assert error_of(await outside.expect("message[@type='error']")) == "not-acceptable"
    await outside.send(f"<message xmlns='jabber:client' type='groupchat' to='{room}'><subject>mine</subject></message>")
    assert error_of(await outside.expect("message[@type='error']")) == "not-acceptable"
    await outside.message(f"{room}/alice", "intruder")
    assert error_of(await outside.expect("message[@type='error']")) == "not-acceptable"
    assert error_of(await rooms.try_configure(outside, room, roomname="mine")) == "forbidden"
    await rooms.say(inside, room, "honest")
    await a.expect_message("honest")
    assert not a.wire.peek("message[body='intruder']")


async def test_r02_nobody_gives_themselves_voice_in_a_moderated_room(server):
    alice, mallory = await server.people("alice", "mallory")
    a, m = await server.login(alice), await server.login(mallory)
    room = rooms.name()
    await rooms.make(a, room, "alice", moderatedroom="1")
    assert rooms.item(await rooms.enter(m, room, "mallory"))["role"] == "visitor"
    # Members have voice, and registering (XEP-0045 section 7.10) makes members where anybody may.
    form = (f"<x xmlns='{NS['data']}' type='submit'>" + rooms.field("FORM_TYPE", "http://jabber.org/protocol/muc#register")
            + rooms.field("muc#register_roomnick", "mallory") + "</x>")
    for content in (form, "<username>mallory</username>"):
        assert error_of(await m.iq("set", f"<query xmlns='{NS['register']}'>{content}</query>", room)) == "not-allowed"
    assert error_of(await rooms.give_role(m, room, "mallory", "participant")) == "forbidden"
    assert error_of(await rooms.affiliate(m, room, m.bare, "member")) == "forbidden"
    # The approval of one's own request, as a moderator would send it.
    grant = (f"<x xmlns='{NS['data']}' type='submit'>" + rooms.field("FORM_TYPE", "http://jabber.org/protocol/muc#request")
             + rooms.field("muc#role", "participant") + rooms.field("muc#roomnick", "mallory") + rooms.field("muc#request_allow", "true") + "</x>")
    await m.send(f"<message xmlns='jabber:client' to='{room}'>{grant}</message>")
    assert error_of(await m.expect("message[@type='error']")) == "forbidden"
    # Nor by going and coming back.
    await m.presence(to=f"{room}/mallory", type="unavailable")
    await m.expect(f"presence[@from='{room}/mallory'][@type='unavailable']")
    assert rooms.item(await rooms.enter(m, room, "mallory"))["role"] == "visitor"
    await rooms.say(m, room, "intruder")
    assert error_of(await m.expect("message[@type='error']")) == "forbidden"
    await rooms.say(a, room, "honest")
    await a.expect_message("honest")
    assert not a.wire.peek("message[body='intruder']")


async def test_r04_what_only_the_room_may_say_is_removed_in_every_spelling(server):
    alice, mallory = await server.people("alice", "mallory")
    a, m = await server.login(alice), await server.login(mallory)
    room = rooms.name()
    await rooms.make(a, room, "alice")
    forged = "<item affiliation='owner' role='moderator'/><status code='110'/><status code='201'/>"
    spelled = (f"<x xmlns='{NS['user']}'>{forged}</x>"
               f"<u:x xmlns:u='{NS['user']}'><u:item affiliation='owner'/></u:x>"
               f"<occupant-id xmlns='{NS['oid']}' id='forged'/>"
               "<hats xmlns='urn:xmpp:hats:0'><hat uri='x' title='King'/></hats>")
    own = await rooms.enter(m, room, "mallory", outer=spelled)
    assert rooms.item(own)["affiliation"] == "none"
    shown = await a.expect(f"presence[@from='{room}/mallory']")
    assert rooms.item(shown)["affiliation"] == "none" and len(shown.findall("user:x", NS)) == 1
    assert rooms.occupant_id(shown) != "forged" and shown.find("{urn:xmpp:hats:0}hats") is None
    body = new_id()
    await rooms.say(m, room, body, spelled + f"<stanza-id xmlns='{NS['sid']}' by='{room}' id='forged'/>"
                    f"<delay xmlns='{NS['delay']}' from='{room}' stamp='2001-01-01T00:00:00Z'/>")
    said = await a.expect_message(body)
    assert said.find("user:x", NS) is None and said.find("delay:delay", NS) is None
    assert rooms.stanza_id(said, room) != "forged" and rooms.occupant_id(said) != "forged"
    private = new_id()
    await m.message(f"{room}/alice", private, more=spelled)
    got = await a.expect_message(private)
    assert got.find("user:x/user:item", NS) is None and got.find("user:x/user:status", NS) is None


async def test_r06_a_room_made_again_under_an_old_name_is_empty(server):
    alice, mallory = await server.people("alice", "mallory")
    a, m = await server.login(alice), await server.login(mallory)
    room = rooms.name()
    await rooms.make(a, room, "alice", roomdesc=CANARY)
    await rooms.say(a, room, CANARY)
    secret = rooms.stanza_id(await a.expect_message(CANARY), room)
    await a.send(f"<message xmlns='jabber:client' type='groupchat' to='{room}'><subject>{CANARY}</subject></message>")
    await a.expect(f"message[subject='{CANARY}']")
    await a.result("set", f"<query xmlns='{NS['owner']}'><destroy/></query>", room)
    own = await rooms.enter(m, room, "mallory", "<history maxstanzas='50'/>")
    assert "201" in rooms.codes(own)
    await rooms.configure(m, room)
    assert await rooms.archive(m, room) == []
    by_id = f"<x xmlns='{NS['data']}' type='submit'>" + rooms.field("FORM_TYPE", NS["mam"]) + rooms.field("ids", [secret]) + "</x>"
    answer = await m.iq("set", f"<query xmlns='{NS['mam']}'>{by_id}</query>", room)
    assert error_of(answer) == "item-not-found"
    owners = await m.result("get", f"<query xmlns='{NS['admin']}'><item affiliation='owner'/></query>", room)
    assert [i.get("jid") for i in owners.iterfind("admin:query/admin:item", NS)] == [m.bare]
    info = await m.result("get", f"<query xmlns='{NS['disco']}'/>", room)
    assert CANARY not in ET.tostring(info, encoding="unicode")
