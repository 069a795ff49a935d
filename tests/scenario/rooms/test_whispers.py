"""Whispers: for some people of a group, in place, kept for who is away; and for the others nothing at all."""

import rooms
import vanish
from login import befriend, new_id
from vanish import archived, rows, text_of, timer, traces, until_gone
from whispers import group, to, whisper
from wire import NS, error_of


async def view(client, room: str) -> tuple:
    """Everything that somebody can ask about a room, without what differs from time to time."""
    own, kept = await archived(client), await archived(client, to=room)
    merged = await archived(client, {WHISPERS: "1"}, to=room)
    metadata = await client.result("get", f"<metadata xmlns='{NS['mam']}'/>", room)
    count = await client.result("set", f"<query xmlns='{NS['mam']}'><set xmlns='{NS['rsm']}'><max>0</max></set></query>", room)
    ends = [sorted(end.attrib.items()) for end in metadata.iter() if "timestamp" in end.attrib]
    totals = count.findtext("mam:fin/rsm:set/rsm:count", None, NS)
    conversations = [sorted(entry.attrib.items()) for entry in await vanish.inbox(client)]
    return ([vanish.id_of(r) for r in own], [vanish.id_of(r) for r in kept], [vanish.id_of(r) for r in merged], ends, totals, conversations)


WHISPERS = "{urn:skein:whisper:0}whispers"


async def test_a_whisper_reaches_its_receivers_and_nobody_else_sees_a_trace(server):
    a, b, c, d, room = await group(server, "dave")
    for client in (a, b):
        await rooms.say(client, room, "before")
    await c.expect_message("before")
    await c.settle()
    before = await view(c, room)
    word = new_id() + "secret"
    id = await whisper(a, room, word, ("nick", "bob"), ("nick", "dave"))
    for client, nick in ((b, "bob"), (d, "dave")):
        got = await client.expect_message(word)
        assert (got.get("from"), got.get("type"), got.get("id")) == (f"{room}/alice", "chat", id)
        assert got.get("to") == client.jid and got.find("user:x", NS) is not None
        assert [named.get("nick") for named in got.iterfind("whisper:whisper/whisper:to", NS)] == ["bob", "dave"]
        assert all(named.get("id") for named in got.iterfind("whisper:whisper/whisper:to", NS))
        assert a.bare not in text_of(got)
    # Nothing reached Carol, and nothing that she can ask for has changed.
    await c.quiet("message[@type='chat']", via=a)
    await archived(c)
    c.wire.inbox.clear()
    after = await view(c, room)
    assert after[1:5] == before[1:5]
    assert await traces(c, word, room) == [] and await traces(c, word[:-6], room) == []
    for client in (a, b, d):
        assert await traces(client, word, room) == ["own archive", "own search", *await in_inbox(client, word)]
    # Who comes later finds nothing in the room's history.
    [eve] = await server.people("eve")
    e = await server.login(eve)
    await rooms.enter(e, room, "eve", more="<history maxstanzas='50'/>")
    assert word not in "".join(text_of(element) for element in e.wire.inbox)


async def test_whispers_have_a_line_of_their_own_in_the_inbox(server):
    a, b, c, room = await group(server)
    await rooms.say(a, room, "to all")
    word = new_id()
    await whisper(a, room, word, ("nick", "bob"))
    got = await b.expect_message(word)
    [line] = [entry for entry in await vanish.inbox(b) if entry.get("type") == "whispers"]
    assert (line.get("jid"), line.get("unread")) == (room, "1") and word in text_of(line)
    assert [entry for entry in await vanish.inbox(c) if entry.get("type") == "whispers"] == []
    mark = next(child.get("id") for child in got.iterfind("sid:stanza-id", NS))
    await b.result("set", f"<read xmlns='{NS['inbox']}' with='{room}' id='{mark}'/>")
    assert [entry.get("unread") for entry in await vanish.inbox(b) if entry.get("type") == "whispers"] == ["0"]


async def in_inbox(client, word: str) -> list[str]:
    return ["inbox"] if word in text_of(await vanish.inbox(client)) else []


async def test_the_next_message_of_the_room_follows_the_last_without_a_gap(server):
    """Two rooms, one with whispers between its messages: what a third person sees is alike."""
    a, b, c, room = await group(server)
    quiet = rooms.name()
    await rooms.make(a, quiet, "alice")
    await rooms.enter(c, quiet, "carol")
    for number in range(5):
        await rooms.say(a, room, f"m{number}")
        await rooms.say(a, quiet, f"m{number}")
        await whisper(a, room, f"w{number}", ("nick", "bob"))
        await whisper(b, room, f"v{number}", ("nick", "alice"))
    for client in (a, b, c):
        await client.settle()
    shapes = []
    for place in (room, quiet):
        seen = [m for m in c.wire.inbox if m.tag.endswith("message") and (m.get("from") or "").startswith(place + "/")]
        query = await c.result("set", f"<query xmlns='{NS['mam']}'><set xmlns='{NS['rsm']}'><max>2</max></set></query>", place)
        count = query.findtext("mam:fin/rsm:set/rsm:count", None, NS)
        texts = [m.findtext("{jabber:client}body") for m in seen if m.find("{jabber:client}body") is not None]
        shapes.append((texts, count, [sorted(child.tag for child in m) for m in seen]))
    assert shapes[0] == shapes[1]


async def test_a_whisper_stands_in_its_place_for_those_who_have_part_in_it(server):
    a, b, c, room = await group(server)
    await befriend(a, b)
    for number in range(6):
        await rooms.say(a, room, f"m{number}")
        await whisper(a, room, f"w{number}", ("nick", "bob"))
    await a.settle()
    in_place = [text for number in range(6) for text in (f"m{number}", f"w{number}")]
    for client in (a, b):
        for size in (1, 2, 5, 100):
            shown = await archived(client, {WHISPERS: "1"}, room, size)
            assert rooms.bodies(shown) == in_place, size
        assert rooms.bodies(await archived(client, to=room)) == in_place[::2]
    assert rooms.bodies(await archived(c, {WHISPERS: "1"}, room)) == in_place[::2]
    # From the end, and behind an id of either kind.
    shown = await archived(b, {WHISPERS: "1"}, room)
    for at, result in enumerate(shown):
        rest = await archived(b, {WHISPERS: "1"}, room, 4, after=vanish.id_of(result))
        assert rooms.bodies(rest) == in_place[at + 1:]
        answer = await b.iq("set", f"<query xmlns='{NS['mam']}' queryid='back{at}'>{vanish.form({WHISPERS: '1'})}"
                                   f"<set xmlns='{NS['rsm']}'><max>3</max><before>{vanish.id_of(result)}</before></set></query>", room)
        assert answer.get("type") == "result"
        page = []
        while found := b.wire.take(f"message/mam:result[@queryid='back{at}']/.."):
            page.append(found)
        assert rooms.bodies(page) == in_place[max(0, at - 3):at]
        # Ids of whispers are nothing to those who have no part in them.
        if at % 2:
            answer = await c.iq("set", f"<query xmlns='{NS['mam']}'><set xmlns='{NS['rsm']}'><after>{vanish.id_of(result)}</after></set></query>", room)
            assert error_of(answer) == "item-not-found"
    own = {vanish.id_of(result) for result in await archived(b)}
    assert {vanish.id_of(result) for result in shown[1::2]} <= own


async def test_a_whisper_waits_for_a_member_who_is_away(own_server):
    server = own_server()
    a, b, c, room = await group(server)
    said = await rooms.say(b, room, "hello")
    heard = await a.expect(f"message[@id='{said}']/oid:occupant-id/..")
    id = rooms.occupant_id(heard)
    await b.leave()
    await a.expect(f"presence[@type='unavailable'][@from='{room}/bob']")
    word = new_id() + "secret"
    await whisper(a, room, word, ("id", id))
    await a.settle()
    server.kill()
    server.start()
    back = await server.login(b.account)
    got = await back.expect_message(word)
    assert got.get("from") == f"{room}/alice" and got.find("delay:delay", NS) is not None
    other = await server.login(c.account)
    assert await traces(other, word, room) == []
    assert "own archive" in await traces(back, word, room)


async def test_other_devices_of_the_sender_see_it_and_receivers_addresses_stay_hidden(server):
    a, b, c, room = await group(server)
    other = await server.login(b.account, carbons=True)
    word = new_id()
    await whisper(b, room, word, ("nick", "carol"))
    copy = await other.expect("message/carbons:sent/..")
    assert word in text_of(copy) and c.bare not in text_of(copy)
    assert [named.get("nick") for named in copy.iter(f"{{{NS['whisper']}}}to")] == ["carol"]
    assert c.bare not in "".join(text_of(result) for result in await archived(b))


async def test_a_private_message_is_a_whisper_to_one(server):
    a, b, c, room = await group(server)
    word = new_id()
    await b.message(f"{room}/carol", word)
    got = await c.expect_message(word)
    assert [named.get("nick") for named in got.iterfind("whisper:whisper/whisper:to", NS)] == ["carol"]
    assert rooms.bodies(await archived(c, {WHISPERS: "1"}, room)) == [word]
    assert await traces(a, word, room) == []


async def test_it_is_taken_back_by_its_sender_alone(server):
    a, b, c, room = await group(server)
    word = new_id() + "secret"
    id = await whisper(a, room, word, ("nick", "bob"))
    await b.expect_message(word)
    retract = f"<retract xmlns='{NS['retract']}' id='{id}'/>"

    async def take_back(client):
        await client.send(f"<message to='{room}' type='chat' id='r'>{to(('nick', 'bob'))}{retract}</message>")
        await b.expect("message/retract:retract/..")
    await take_back(c)
    assert await traces(b, word) != []
    assert error_of(await c.iq("set", f"<moderate xmlns='{NS['moderate']}' id='{id}'><retract xmlns='{NS['retract']}'/></moderate>", room)) in ("forbidden", "item-not-found")
    [mark] = [vanish.id_of(r) for r in await archived(b) if word in text_of(r)]
    # A moderator cannot reach it by its id in the receiver's archive either.
    assert error_of(await a.iq("set", f"<moderate xmlns='{NS['moderate']}' id='{mark}'><retract xmlns='{NS['retract']}'/></moderate>", room)) == "item-not-found"
    await take_back(a)
    for client in (a, b):
        assert await traces(client, word) == []
    assert rows(server, word) == 0


async def test_a_whisper_can_have_a_timer_and_be_for_one_look(server):
    a, b, c, room = await group(server)
    word, once = new_id() + "secret", new_id() + "once"
    await whisper(a, room, word, ("nick", "bob"), more=timer(2))
    got = await b.expect("message/eph:ephemeral/..")
    assert word in text_of(got)
    await whisper(a, room, once, ("nick", "bob"), ("nick", "carol"), more=f"<view-once xmlns='{NS['once']}'/>")
    names = []
    for client in (b, c):
        envelope = await client.expect("message/once:view-once/..")
        assert once not in text_of(envelope)
        names.append(envelope.find("once:view-once", NS).get("id"))
    assert rows(server, once) == 1
    for client in (b, c):
        opened = await client.iq("set", f"<open xmlns='{NS['once']}' id='{names[0]}'/>")
        assert once in text_of(opened) and a.bare not in text_of(opened)
        assert error_of(await client.iq("set", f"<open xmlns='{NS['once']}' id='{names[0]}'/>")) == "gone"
    assert rows(server, once) == 0

    async def left():
        return [await traces(client, word, room) for client in (a, b) if await traces(client, word, room)] or rows(server, word)
    await until_gone(left, vanish.end_of(got))


async def test_a_room_can_have_a_timer_that_no_client_needs_to_know(server):
    a, b, c, room = await group(server)
    form = f"<x xmlns='{NS['data']}' type='submit'>{rooms.field('FORM_TYPE', NS['muc'] + '#roomconfig')}{rooms.field(TIMER, '2')}</x>"
    answer = await a.iq("set", f"<query xmlns='{NS['owner']}'>{form}</query>", room)
    assert answer.get("type") == "result"
    info = await b.result("get", f"<query xmlns='{NS['disco']}'/>", room)
    assert [field.findtext("data:value", None, NS) for field in info.iter(f"{{{NS['data']}}}field") if field.get("var") == TIMER] == ["2"]
    said, whispered = new_id() + "said", new_id() + "whispered"
    await rooms.say(b, room, said, more=timer(3600))
    await whisper(b, room, whispered, ("nick", "carol"))
    ends = []
    for word in (said, whispered):
        got = await c.expect(f"message/eph:ephemeral[@timer='2']/..")
        assert word in text_of(got)
        ends.append(vanish.end_of(got))

    async def left():
        return await traces(c, said, room) + await traces(c, whispered, room) + await traces(b, whispered) or rows(server, said) + rows(server, whispered)
    await until_gone(left, max(ends))
    for bad in ("-1", "x", "1.5", "4294967296"):
        form = f"<x xmlns='{NS['data']}' type='submit'>{rooms.field('FORM_TYPE', NS['muc'] + '#roomconfig')}{rooms.field(TIMER, bad)}</x>"
        assert error_of(await a.iq("set", f"<query xmlns='{NS['owner']}'>{form}</query>", room)) == "not-acceptable"


TIMER = "{urn:xmpp:ephemeral:0}timer"
