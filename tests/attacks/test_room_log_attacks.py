"""Attacks on the archive of a room, by their ids: M01, M02, M06, R10."""

import xml.etree.ElementTree as ET

import pytest

import rooms
from login import new_id
from test_archive import bodies, query
from test_archive_attacks import NUMBERS, TEXTS, paged_while
from wire import NS, error_of

FULLTEXT = "{urn:xmpp:fulltext:0}fulltext"
MESSAGE_ID = "{urn:skein:archive:0}message-id"
REFUSALS = ("bad-request", "feature-not-implemented", "item-not-found", "not-acceptable", "jid-malformed")


async def room_with(server, *said: str, **config):
    """Alice's room in which she said these, a member, and the ids of what was said."""
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    room = rooms.name()
    await rooms.make(a, room, "alice", **({"membersonly": "1", "publicroom": "0"} | config))
    await rooms.affiliate(a, room, b.bare, "member")
    ids = []
    for body in said:
        await rooms.say(a, room, body)
        ids.append(rooms.stanza_id(await a.expect_message(body), room))
    return a, b, room, ids


async def test_m01_ids_of_another_archive_open_nothing_and_lead_nowhere(server):
    a, b, room, ids = await room_with(server, "one", "two")
    other = rooms.name()
    await rooms.make(b, other, "bob")
    await rooms.say(b, other, "elsewhere")
    foreign = rooms.stanza_id(await b.expect_message("elsewhere"), other)
    await a.message(b.bare, "between two")
    own = (await b.expect_message("between two")).find("sid:stanza-id", NS).get("id")
    # An id of another room, of the asker's own log, and of this room asked of the others.
    for id, to in ((foreign, room), (own, room), (ids[0], other), (ids[0], b.bare)):
        for page in (f"<after>{id}</after>", f"<before>{id}</before>"):
            assert await query(b, page=page, to=to) == ([], "item-not-found"), (id, to, page)
        for field in ("ids", "after-id", "before-id"):
            assert await query(b, fields={field: id}, to=to) == ([], "item-not-found"), (id, to, field)
    # One wrong id among right ones gives none of them.
    assert await query(b, fields={"ids": [ids[0], foreign]}, to=room) == ([], "item-not-found")
    # What acts on a message by its id does not either.
    for wish in (f"<moderate xmlns='{NS['moderate']}' id='{foreign}'><retract xmlns='{NS['retract']}'/></moderate>",
                 f"<pin xmlns='{rooms.OWN}' id='{foreign}'/>"):
        assert error_of(await a.iq("set", wish, room)) == "item-not-found"
    assert bodies((await query(b, to=other))[0]) == ["elsewhere"]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("field", ["max", "index"])
async def test_m02_bad_numbers_are_refused_or_ignored_by_a_room(server, field, number):
    _, b, room, _ = await room_with(server, "one", "two")
    results, outcome = await query(b, page=f"<{field}>{number}</{field}>", to=room)
    if isinstance(outcome, str):
        assert results == [] and outcome in REFUSALS
    else:
        # What is read as a number is one: of "+5" there is nothing.
        assert bodies(results) in (["one", "two"], [])


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
async def test_m02_what_is_asked_of_a_room_is_data(server, text):
    _, b, room, _ = await room_with(server, "one", "two")
    for page in ("after", "before"):
        results, outcome = await query(b, page=f"<max>10</max><{page}>{text}</{page}>", to=room)
        assert results == [] and outcome in ("item-not-found", "bad-request"), page
    for field in ("with", "start", "end", "ids", "after-id", "before-id", FULLTEXT, MESSAGE_ID, "unknown"):
        results, outcome = await query(b, fields={field: text}, to=room)
        assert results == [], field
        assert not isinstance(outcome, str) or outcome in REFUSALS, (field, outcome)
    assert bodies((await query(b, to=room))[0]) == ["one", "two"]


@pytest.mark.parametrize("pattern", ["%", "_", "*", "on_", "o%", "one OR two", "one AND NOT two", "NEAR(one two)", "\"one", "^one", "body:one", "-"])
async def test_m02_a_search_knows_no_patterns(server, pattern):
    """Each would find something if the store took it for more than words."""
    _, b, room, _ = await room_with(server, "one apple", "two pears")
    results, outcome = await query(b, fields={FULLTEXT: pattern.replace('"', "&quot;")}, to=room)
    found = bodies(results)
    if isinstance(outcome, str):
        assert outcome in REFUSALS
    # Of the words in it all must be there: signs are none.
    assert found in ([], ["one apple"]) if pattern in ("\"one", "^one") else found == [], found
    assert bodies((await query(b, fields={FULLTEXT: "apple"}, to=room))[0]) == ["one apple"]


async def test_m02_a_page_of_a_room_is_bounded_and_an_unknown_question_is_refused(server):
    a, b, room, ids = await room_with(server, "zero")
    await a.wire.send("".join(f"<message xmlns='jabber:client' to='{room}' type='groupchat'><body>m{n}</body></message>" for n in range(300)))
    await a.expect_message("m299", within=30)
    for size in ("1000000000", "18446744073709551615"):
        results, fin = await query(b, page=f"<max>{size}</max>", to=room)
        if isinstance(fin, str):
            assert fin in REFUSALS
        else:
            assert 0 < len(results) <= 250 and fin.get("complete") != "true"
    results, fin = await query(b, page="<max>0</max>", to=room)
    assert results == [] and fin.findtext("rsm:set/rsm:count", "301", NS) == "301"
    many = await query(b, fields={"ids": ids * 1_000}, to=room)
    assert many[0] == [] and many[1] in REFUSALS or len(many[0]) <= 250
    # Answers in a room name messages by the archive's id (docs/clients.md).
    assert await query(b, fields={MESSAGE_ID: "m1", "with": a.bare}, to=room) == ([], "feature-not-implemented")
    assert await query(b, fields={"{urn:example}beauty": "1"}, to=room) == ([], "feature-not-implemented")


@pytest.mark.slow
@pytest.mark.parametrize("backward", [False, True], ids=["forward", "backward"])
async def test_m06_pages_of_a_room_skip_and_repeat_nothing_while_people_talk_and_retract(server, backward):
    a, b, room, _ = await room_with(server)
    await rooms.enter(b, room, "bob")
    old = [f"old {n}" for n in range(200)]
    await a.wire.send("".join(f"<message xmlns='jabber:client' to='{room}' type='groupchat'><body>{body}</body></message>" for body in old))
    last = rooms.stanza_id(await a.expect_message(old[-1], within=30), room)
    doomed = ids((await query(b, page="<max>40</max>", to=room))[0])[::5]

    async def talk(n: int) -> None:
        await rooms.say(a, room, f"new {n}")
        if n < len(doomed):
            await a.iq("set", f"<moderate xmlns='{NS['moderate']}' id='{doomed[n]}'><retract xmlns='{NS['retract']}'/></moderate>", room)
        await a.settle()

    reader = await server.login(b.account, presence=False)
    seen = await paged_while(talk, reader, ids, 7, last, backward, room)
    whole = ids(await everything(reader, room))
    assert len(seen) == len(set(seen)), "repeated"
    upto = whole.index(last) + 1
    read = [id for id in seen if id in set(whole[:upto])]
    assert read == whole[:upto], "skipped or out of order"


def ids(results: list[ET.Element]) -> list[str]:
    return [result.get("id") for result in results]


async def everything(client, room: str) -> list[ET.Element]:
    found, page, complete = [], "", False
    while not complete:
        results, fin = await query(client, page=f"<max>200</max>{page}", to=room)
        found += results
        complete = fin.get("complete") == "true"
        page = f"<after>{fin.findtext('rsm:set/rsm:last', '', NS)}</after>"
    return found


@pytest.mark.parametrize("by", ["moderator", "sender"])
async def test_r10_what_was_retracted_is_given_out_by_no_door(server, by):
    canary = f"canary{new_id().replace('-', '')}"
    a, b, room, _ = await room_with(server)
    await rooms.enter(b, room, "bob")
    await a.settle()
    a.wire.inbox.clear()
    await rooms.say(b, room, f"the word is {canary}")
    id = rooms.stanza_id(await a.expect_message(f"the word is {canary}"), room)
    await a.result("set", f"<pin xmlns='{rooms.OWN}' id='{id}'/>", room)
    assert bodies((await query(a, fields={FULLTEXT: canary}, to=room))[0]) == [f"the word is {canary}"]
    retract = f"<retract xmlns='{NS['retract']}'/>"
    if by == "moderator":
        await a.result("set", f"<moderate xmlns='{NS['moderate']}' id='{id}'>{retract}</moderate>", room)
    else:
        await b.send(f"<message xmlns='jabber:client' type='groupchat' to='{room}' id='{new_id()}'>"
                     f"<retract xmlns='{NS['retract']}' id='{id}'/><body>gone</body></message>")
    await a.expect(f"message[@type='groupchat']/{{{NS['retract']}}}retract/..")
    await a.settle()
    # Who asks now: those inside, a member who was away the whole time, and a client that enters anew.
    [carol] = await server.people("carol")
    await rooms.affiliate(a, room, carol.jid, "member")
    c = await server.login(carol)
    for client, nick in ((a, None), (b, None), (c, "carol")):
        client.wire.inbox.clear()
        del client.wire.raw[:]
        if nick:
            await rooms.enter(client, room, nick, "<history maxstanzas='100'/>")
        assert (await query(client, fields={FULLTEXT: canary}, to=room))[0] == []
        results, _ = await query(client, fields={"ids": id}, to=room)
        [tomb] = results
        assert tomb.find(f".//{{{NS['retract']}}}retracted") is not None, ET.tostring(tomb)
        await query(client, to=room)
        await query(client, fields={FULLTEXT: canary})
        await query(client)
        await client.result("get", "<inbox xmlns='urn:skein:inbox:0'/>")
        await client.iq("get", f"<pins xmlns='{rooms.OWN}'/>", room)
        await client.settle()
        assert canary.encode() not in bytes(client.wire.raw), ET.tostring(tomb)
