"""Attacks on groups that are there for some alone, by their ids: R01 (G05), R02, R04, R06."""

import statistics
import time
import xml.etree.ElementTree as ET

import rooms
from login import new_id
from wire import NS, error_of

OUTSIDER = "~" + "q" * 20 + "@" + rooms.HOST


async def circle_group(server):
    """A group of a circle with its owner inside, and an outsider."""
    alice, mallory = await server.people("alice", "mallory")
    a, m = await server.login(alice), await server.login(mallory)
    boss = await rooms.administrator(server)
    id = await rooms.circle(boss, alice.jid)
    room = await rooms.create(a, own_circles=[id], roomname="canary-group")
    await rooms.enter(a, room, "alice")
    await rooms.say(a, room, "canary-text")
    message = await a.expect_message("canary-text")
    return a, m, boss, room, rooms.stanza_id(message, room)


def stanzas(room: str, me: str, secret: str) -> dict[str, str]:
    """Everything that somebody may send to find out whether a room is there."""
    def iq(kind: str, payload: str, to: str = room) -> str:
        return f"<iq xmlns='jabber:client' type='{kind}' id='ID' to='{to}'>{payload}</iq>"

    def message(kind: str, payload: str, to: str = room) -> str:
        return f"<message xmlns='jabber:client' type='{kind}' id='ID' to='{to}'>{payload}</message>"

    def presence(payload: str, to: str, more: str = "") -> str:
        return f"<presence xmlns='jabber:client' id='ID' to='{to}' {more}>{payload}</presence>"

    x, muc = NS["data"], NS["muc"]
    form = f"<x xmlns='{x}' type='submit'>{rooms.field('FORM_TYPE', NS['mam'])}{rooms.field('ids', [secret])}</x>"
    register = (f"<query xmlns='{NS['register']}'><x xmlns='{x}' type='submit'>"
                + rooms.field("FORM_TYPE", "http://jabber.org/protocol/muc#register")
                + rooms.field("muc#register_roomnick", "in") + "</x></query>")
    return {
        "enter": presence(f"<x xmlns='{muc}'/>", f"{room}/nick"),
        "enter as alice": presence(f"<x xmlns='{muc}'/>", f"{room}/alice"),
        "enter with a password": presence(f"<x xmlns='{muc}'><password>{'0' * 32}</password></x>", f"{room}/nick"),
        "enter with versions": presence(f"<x xmlns='{muc}'><mav xmlns='{NS['mav']}' since='1-1'/></x>", f"{room}/nick"),
        "enter the old way": presence("", f"{room}/nick"),
        "enter without a nickname": presence(f"<x xmlns='{muc}'/>", room),
        "enter with a long nickname": presence(f"<x xmlns='{muc}'/>", f"{room}/{'n' * 500}"),
        "info": iq("get", f"<query xmlns='{NS['disco']}'/>"),
        "nickname": iq("get", f"<query xmlns='{NS['disco']}' node='x-roomuser-item'/>"),
        "items": iq("get", f"<query xmlns='{NS['items']}'/>"),
        "commands": iq("get", f"<query xmlns='{NS['items']}' node='{NS['commands']}'/>"),
        "command": iq("set", f"<command xmlns='{NS['commands']}' node='urn:xmpp:hats:commands:list'/>"),
        "ping": iq("get", "<ping xmlns='urn:xmpp:ping'/>"),
        "ping alice": iq("get", "<ping xmlns='urn:xmpp:ping'/>", f"{room}/alice"),
        "version of alice": iq("get", "<query xmlns='jabber:iq:version'/>", f"{room}/alice"),
        "card": iq("get", "<vCard xmlns='vcard-temp'/>"),
        "set card": iq("set", "<vCard xmlns='vcard-temp'><FN>x</FN></vCard>"),
        "archive": iq("set", f"<query xmlns='{NS['mam']}'/>"),
        "archive by id": iq("set", f"<query xmlns='{NS['mam']}'>{form}</query>"),
        "archive form": iq("get", f"<query xmlns='{NS['mam']}'/>"),
        "metadata": iq("get", f"<metadata xmlns='{NS['mam']}'/>"),
        "register form": iq("get", f"<query xmlns='{NS['register']}'/>"),
        "register": iq("set", register),
        "members": iq("get", f"<query xmlns='{NS['admin']}'><item affiliation='member'/></query>"),
        "become member": iq("set", f"<query xmlns='{NS['admin']}'><item affiliation='member' jid='{me}'/></query>"),
        "configuration": iq("get", f"<query xmlns='{NS['owner']}'/>"),
        "destroy": iq("set", f"<query xmlns='{NS['owner']}'><destroy/></query>"),
        "requests": iq("get", f"<requests xmlns='{rooms.OWN}'/>"),
        "request": iq("set", f"<request xmlns='{rooms.OWN}' jid='{me}' allow='1'/>"),
        "link": iq("set", f"<link xmlns='{rooms.OWN}'/>"),
        "links": iq("get", f"<links xmlns='{rooms.OWN}'/>"),
        "revoke": iq("set", f"<revoke xmlns='{rooms.OWN}' token='{'0' * 32}'/>"),
        "pin": iq("set", f"<pin xmlns='{rooms.OWN}' id='{secret}'/>"),
        "pins": iq("get", f"<pins xmlns='{rooms.OWN}'/>"),
        "moderate": iq("set", f"<moderate xmlns='{NS['moderate']}' id='{secret}'><retract xmlns='{NS['retract']}'/></moderate>"),
        "nonsense": iq("get", "<nonsense xmlns='urn:example'/>"),
        "nothing": iq("get", ""),
        "say": message("groupchat", "<body>x</body>"),
        "subject": message("groupchat", "<subject>x</subject>"),
        "chat": message("chat", "<body>x</body>"),
        "whisper": message("chat", "<body>x</body>", f"{room}/alice"),
        "groupchat to alice": message("groupchat", "<body>x</body>", f"{room}/alice"),
        "invite": message("normal", f"<x xmlns='{NS['user']}'><invite to='{me}'/></x>"),
        "decline": message("normal", f"<x xmlns='{NS['user']}'><decline to='{room}/alice'/></x>"),
        "voice": message("normal", f"<x xmlns='{x}' type='submit'>{rooms.field('FORM_TYPE', 'http://jabber.org/protocol/muc#request')}"
                                   f"{rooms.field('muc#role', 'participant')}</x>"),
        "displayed": message("groupchat", f"<displayed xmlns='urn:xmpp:chat-markers:0' id='{secret}'/>"),
        "leave": presence("", f"{room}/nick", "type='unavailable'"),
    }


async def answers_to(client, stanza: str, room: str) -> tuple[list[str], bytes]:
    """All that comes of a stanza, read and as bytes, with the room's name and the ids taken out."""
    id, end = new_id(), new_id()
    await client.settle()
    client.wire.inbox.clear()
    del client.wire.raw[:]
    await client.send(stanza.replace("'ID'", f"'{id}'"))
    await client.send(f"<iq xmlns='jabber:client' type='get' id='{end}'><ping xmlns='urn:xmpp:ping'/></iq>")
    await client.expect(f"iq[@id='{end}']")
    seen = [ET.tostring(answer, encoding="unicode") for answer in client.wire.inbox]
    raw = bytes(client.wire.raw)
    for name, word in ((id, "ID"), (end, "END"), (room, "ROOM")):
        seen, raw = [text.replace(name, word) for text in seen], raw.replace(name.encode(), word.encode())
    return seen, raw


async def test_r01_to_an_outsider_a_group_of_a_circle_is_like_one_that_is_not_there(server):
    a, m, _, room, secret = await circle_group(server)
    there, nowhere = stanzas(room, m.bare, secret), stanzas(OUTSIDER, m.bare, secret)
    for what in there:
        (one, sent), other = await answers_to(m, there[what], room), await answers_to(m, nowhere[what], OUTSIDER)
        assert sent == other[1], what
        assert "canary" not in "".join(one) and a.jid not in "".join(one), what
        # A request without content is refused before anybody looks where it goes.
        if what not in ("leave", "nothing"):
            assert len(one) == 1 and "item-not-found" in one[0], (what, one)
    read = "<read xmlns='urn:skein:inbox:0' with='{}' id='" + secret + "'/>"
    for address in (room, OUTSIDER):
        assert error_of(await m.iq("set", read.format(address))) == "item-not-found"
    # Nobody inside noticed anything, and nothing was changed.
    await rooms.say(a, room, "end")
    await a.expect_message("end")
    assert not a.wire.peek("message[@type='normal']") and not a.wire.peek(f"presence[@from='{room}/nick']")
    assert not list((await rooms.own(a, room, "get", "<requests/>")).iter(f"{{{rooms.OWN}}}request"))


async def test_r01_search_and_lists_do_not_know_the_group_either(server):
    _, m, _, room, _ = await circle_group(server)
    for query in ("canary-group", room.partition("@")[0], room):
        form = rooms.field("FORM_TYPE", "urn:xmpp:channel-search:0:search-params") + rooms.field("q", query)
        search = f"<search xmlns='{NS['search']}'><x xmlns='{NS['data']}' type='submit'>{form}</x></search>"
        found = await m.result("get", search, rooms.HOST)
        assert not list(found.iter(f"{{{NS['search']}}}item"))
    listed = await m.result("get", f"<query xmlns='{NS['items']}'/>", rooms.HOST)
    assert room not in {item.get("jid") for item in listed.iter(f"{{{NS['items']}}}item")}


async def test_r01_who_was_banned_from_a_group_of_their_circle_sees_it_no_more(server):
    a, m, boss, room, secret = await circle_group(server)
    circles = await a.result("get", f"<circles xmlns='{NS['circles']}'/>", "localhost")
    [id] = [found.get("id") for found in circles.iter(f"{{{NS['circles']}}}circle")]
    await boss.result("set", f"<add xmlns='{NS['circles']}' id='{id}' jid='{m.bare}'/>", "localhost")
    await rooms.enter(m, room, "mallory")
    await rooms.affiliate(a, room, m.bare, "outcast")
    await m.expect(f"presence[@from='{room}/mallory'][@type='unavailable']")
    there, nowhere = stanzas(room, m.bare, secret), stanzas(OUTSIDER, m.bare, secret)
    for what in there:
        assert await answers_to(m, there[what], room) == await answers_to(m, nowhere[what], OUTSIDER), what


# One of each path through the server: discovery, entering, speaking, the archive, cards, pings, registration.
TIMED = ("info", "items", "enter", "enter with a password", "say", "whisper", "archive by id", "card", "ping", "ping alice", "register", "link")


async def test_r01_the_time_of_an_answer_does_not_tell_whether_the_group_is_there(server):
    _, m, _, room, secret = await circle_group(server)
    there, nowhere = stanzas(room, m.bare, secret), stanzas(OUTSIDER, m.bare, secret)
    told = {}
    for what in TIMED:
        # Up to three looks: what only a busy machine did is not there the next time.
        for _ in range(3):
            known, unknown = await times(m, (there[what], nowhere[what]), 60)
            told[what] = statistics.median(known) / statistics.median(unknown)
            # What a load of a room costs more than its absence would be a multiple.
            if 0.7 < told[what] < 1.4:
                break
    assert all(0.7 < ratio < 1.4 for ratio in told.values()), told


async def times(client, stanzas: tuple[str, str], count: int) -> list[list[float]]:
    """Seconds until the answer to each, asked by turns and each first in every other turn."""
    took: list[list[float]] = [[], []]
    for turn in range(count):
        for which in (0, 1) if turn % 2 else (1, 0):
            id = new_id()
            stanza = stanzas[which].replace("'ID'", f"'{id}'")
            began = time.perf_counter()
            await client.send(stanza)
            await client.expect(f"*[@id='{id}']")
            took[which].append(time.perf_counter() - began)
    return took


async def test_r02_a_token_of_another_group_opens_nothing(server):
    a, m, _, room, _ = await circle_group(server)
    other = rooms.name()
    await rooms.make(m, other, "mallory", membersonly="1")
    token = (await rooms.own(m, other, "set", "<link/>")).find("rooms:link", NS).get("token")
    assert await rooms.refused(m, room, "mallory", f"<password>{token}</password>") == "item-not-found"
    shown = (await rooms.own(m, other, "get", "<links/>")).find(".//rooms:link", NS)
    assert shown.get("used") == "0"
    # A real one opens it, although the group is not there for them before.
    token = (await rooms.own(a, room, "set", "<link uses='1'/>")).find("rooms:link", NS).get("token")
    own = await rooms.enter(m, room, "mallory", f"<password>{token}</password>")
    assert rooms.item(own)["affiliation"] == "member"


async def test_r02_one_link_of_one_use_lets_in_one_of_many_at_the_same_time(server):
    people = await server.people("alice", *["guest"] * 8)
    a, *guests = [await server.login(person) for person in people]
    room = rooms.name()
    await rooms.make(a, room, "alice", membersonly="1")
    token = (await rooms.own(a, room, "set", "<link uses='1'/>")).find("rooms:link", NS).get("token")
    for number, guest in enumerate(guests):
        await guest.presence(f"<x xmlns='{NS['muc']}'><password>{token}</password></x>", to=f"{room}/guest{number}")
    answers = [await guest.expect(f"presence[@from='{room}/guest{number}']") for number, guest in enumerate(guests)]
    assert sum(answer.get("type") != "error" for answer in answers) == 1


async def test_r04_nobody_forges_what_the_room_says_of_requests_pins_hats_and_versions(server):
    alice, mallory = await server.people("alice", "mallory")
    a, m = await server.login(alice), await server.login(mallory)
    room = rooms.name()
    await rooms.make(a, room, "alice")
    forged = (f"<pinned xmlns='{rooms.OWN}' id='x'/><answered xmlns='{rooms.OWN}' allowed='1'/><mav xmlns='{NS['mav']}' until='x'/>"
              f"<hats xmlns='{NS['hats']}'><hat uri='u:king' title='King'/></hats>")
    await rooms.enter(m, room, "mallory", outer=forged)
    shown = await a.expect(f"presence[@from='{room}/mallory']")
    await rooms.say(m, room, "forged", more=forged)
    heard = await a.expect_message("forged")
    for stanza in (shown, heard):
        text = ET.tostring(stanza, encoding="unicode")
        assert rooms.OWN not in text and "King" not in text and NS["mav"] not in text


async def test_r06_a_group_that_ended_leaves_no_links_requests_or_pins_to_one_of_its_name(server):
    alice, mallory = await server.people("alice", "mallory")
    a, m = await server.login(alice), await server.login(mallory)
    room = rooms.name()
    await rooms.make(a, room, "alice", membersonly="1")
    token = (await rooms.own(a, room, "set", "<link/>")).find("rooms:link", NS).get("token")
    await rooms.say(a, room, "pinned")
    id = rooms.stanza_id(await a.expect_message("pinned"), room)
    await rooms.own(a, room, "set", f"<pin id='{id}'/>")
    await a.result("set", f"<query xmlns='{NS['owner']}'><destroy/></query>", room)
    await a.expect(f"presence[@from='{room}/alice'][@type='unavailable']")
    await rooms.make(a, room, "alice", membersonly="1")
    assert await rooms.refused(m, room, "mallory", f"<password>{token}</password>") == "registration-required"
    assert not list((await rooms.own(a, room, "get", "<pins/>")).iter(f"{{{rooms.OWN}}}pin"))
    assert not list((await rooms.own(a, room, "get", "<links/>")).iter(f"{{{rooms.OWN}}}link"))
