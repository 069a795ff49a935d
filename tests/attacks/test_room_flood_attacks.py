"""Attacks on rooms by number and size: R08."""

import xml.etree.ElementTree as ET

import rooms
from login import new_id
from wire import NS, error_of

# lib/base/src/limits.rs: rooms that one account may make within an hour.
MADE_HOURLY = 50


async def test_r08_one_account_makes_a_few_rooms_an_hour_by_every_way_of_making_them(server):
    mallory, alice = await server.people("mallory", "alice")
    m, other, a = await server.login(mallory), await server.login(mallory), await server.login(alice)
    made, refusals = 0, set()
    for number in range(MADE_HOURLY + 10):
        # Two devices, by turns; one way enters a new name and leaves it unconfigured, the other asks for a room.
        client = (m, other)[number % 2]
        if number % 4 < 2:
            room = rooms.name("flood")
            own = await rooms.enter(client, room, "mallory")
            refused = error_of(own) if own.get("type") == "error" else None
        else:
            answer = await client.iq("set", f"<create xmlns='{rooms.OWN}'/>", rooms.HOST)
            refused = error_of(answer) if answer.get("type") == "error" else None
        made += refused is None
        refusals |= {refused} - {None}
    assert made == MADE_HOURLY and len(refusals) == 1 and refusals <= {"resource-constraint", "policy-violation"}, (made, refusals)
    # Rooms that are there are entered still, and others are not held back.
    shared = rooms.name()
    await rooms.make(a, shared, "alice")
    await rooms.enter(m, shared, "mallory")


async def test_r08_an_unconfigured_room_is_nobody_elses(server):
    alice, mallory = await server.people("alice", "mallory")
    a, m = await server.login(alice), await server.login(mallory)
    room = rooms.name()
    await rooms.enter(a, room, "alice")
    assert await rooms.refused(m, room, "mallory") == "item-not-found"
    assert error_of(await m.iq("get", f"<query xmlns='{NS['disco']}'/>", room)) == "item-not-found"
    # Whoever made it and leaves takes it along.
    await a.presence(to=f"{room}/alice", type="unavailable")
    await a.expect(f"presence[@from='{room}/alice'][@type='unavailable']")
    assert "201" in rooms.codes(await rooms.enter(m, room, "mallory"))


async def test_r08_history_is_capped_whatever_is_asked_for(server):
    alice, mallory = await server.people("alice", "mallory")
    a, m = await server.login(alice), await server.login(mallory)
    room = rooms.name()
    await rooms.make(a, room, "alice")
    await a.wire.send("".join(f"<message xmlns='jabber:client' to='{room}' type='groupchat'><body>m{n}</body></message>" for n in range(400)))
    await a.expect_message("m399", within=30)
    for wish in ("maxchars='1000000000'", "maxstanzas='1000000000'", "seconds='4294967296000'", "since='1970-01-01T00:00:00Z'",
                 "maxstanzas='-1'", "maxchars='x'", "since='yesterday'", "maxstanzas='99999999999999999999999999'"):
        await rooms.enter(m, room, "mallory", f"<history {wish}/>")
        past = []
        while (message := m.wire.take("message[@type='groupchat']/delay:delay/..")) is not None:
            past.append(message.findtext("body", None, NS))
        assert 0 < len(past) <= 250 and past == [f"m{n}" for n in range(400 - len(past), 400)], (wish, len(past))
        await m.presence(to=f"{room}/mallory", type="unavailable")
        await m.expect(f"presence[@from='{room}/mallory'][@type='unavailable']")


async def test_r08_what_is_too_long_is_refused_and_changes_nothing(server):
    alice, mallory = await server.people("alice", "mallory")
    a, m = await server.login(alice), await server.login(mallory)
    room, long = rooms.name(), "x" * 200 * 1024
    await rooms.make(a, room, "alice", changesubject="1")
    await rooms.enter(m, room, "mallory")
    await m.send(f"<message xmlns='jabber:client' type='groupchat' to='{room}' id='{new_id()}'><subject>{long}</subject></message>")
    assert error_of(await m.expect("message[@type='error']")) in ("not-acceptable", "policy-violation")
    for field in ("roomname", "roomdesc", "roomsecret"):
        answer = await rooms.try_configure(a, room, **{field: long})
        assert answer.get("type") == "error", field
    assert await rooms.refused(m, room, "n" * 1_000) in ("jid-malformed", "not-acceptable", "policy-violation")
    info = await m.result("get", f"<query xmlns='{NS['disco']}'/>", room)
    assert len(ET.tostring(info)) < 10_000
    await rooms.say(m, room, "still here")
    await a.expect_message("still here")
    assert not a.wire.peek("message/subject[.!='']")


async def test_r08_a_guessed_password_says_nothing_of_the_right_one_and_nobody_inside_hears_of_it(server):
    alice, mallory = await server.people("alice", "mallory")
    a, m = await server.login(alice), await server.login(mallory)
    room = rooms.name()
    await rooms.make(a, room, "alice", passwordprotectedroom="1", roomsecret="cauldronburn")
    answers = set()
    for guess in ("", "c", "cauldronbur", "cauldronburn!", "CAULDRONBURN", "' OR '1'='1", "x" * 5_000, *(f"guess{n}" for n in range(30))):
        answer = await rooms.enter(m, room, "mallory", f"<password>{guess}</password>")
        assert answer.get("type") == "error"
        answers.add((error_of(answer), answer.findtext(".//{urn:ietf:params:xml:ns:xmpp-stanzas}text")))
    assert {condition for condition, _ in answers} <= {"not-authorized", "policy-violation", "resource-constraint"}, answers
    await rooms.say(a, room, "quiet here")
    await a.expect_message("quiet here")
    assert not a.wire.peek(f"presence[@from='{room}/mallory']")
