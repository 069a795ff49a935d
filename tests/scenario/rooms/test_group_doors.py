"""How people come into groups (docs/rooms.md): making, directory, requests, links, circles."""

import urllib.request
from datetime import datetime, timedelta, timezone
from urllib.error import HTTPError

import rooms
from wire import NS, error_of

POLICY = "urn:skein:rooms:0#policy"


def command(inner: str = "", node: str = POLICY) -> str:
    return f"<command xmlns='{NS['commands']}' node='{node}'>{inner}</command>"


async def set_policy(boss, create: str, *creators: str) -> None:
    form = rooms.field("create", create) + rooms.field("creators", list(creators))
    await boss.result("set", command(f"<x xmlns='{NS['data']}' type='submit'>{form}</x>"), rooms.HOST)


async def may_create(client) -> tuple[str, str]:
    info = await client.result("get", f"<query xmlns='{NS['disco']}'/>", rooms.HOST)
    fields = {field.get("var"): field.findtext("data:value", None, NS) for field in info.iter(f"{{{NS['data']}}}field")}
    return fields["create"], fields["may_create"]


async def test_who_may_make_rooms_is_switched_live(own_server):
    server = own_server()
    alice, teacher = await server.people("alice", "teacher")
    a, t = await server.login(alice), await server.login(teacher)
    boss = await rooms.administrator(server)
    assert error_of(await a.iq("set", command(), rooms.HOST)) == "forbidden"
    assert await may_create(a) == ("anyone", "1")
    await rooms.make(a, rooms.name(), "alice")
    form = await boss.result("set", command(), rooms.HOST)
    assert form.find("commands:command", NS).get("status") == "executing"
    await set_policy(boss, "administrators")
    assert await may_create(a) == ("administrators", "0")
    assert await rooms.refused(a, rooms.name(), "alice") == "not-allowed"
    refused = await a.iq("set", f"<create xmlns='{rooms.OWN}'/>", rooms.HOST)
    assert error_of(refused) == "not-allowed" and "creation-restricted" in rooms.specific(refused)
    await rooms.make(boss, rooms.name(), "boss")
    # A role: the people of a circle.
    teachers = await rooms.circle(boss, t.bare, kind="school")
    await set_policy(boss, "creators", f"circle:{teachers}")
    assert (await may_create(t), await may_create(a)) == (("creators", "1"), ("creators", "0"))
    await rooms.make(t, rooms.name(), "teacher")
    assert await rooms.refused(a, rooms.name(), "alice") == "not-allowed"
    server.restart()
    a = await server.login(alice)
    assert await rooms.refused(a, rooms.name(), "alice") == "not-allowed"
    boss = await rooms.administrator(server)
    await set_policy(boss, "creators", a.bare)
    await rooms.make(a, rooms.name(), "alice")


async def test_a_group_is_made_in_one_request_and_its_members_are_invited(server):
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    await b.presence()
    room = await rooms.create(a, b.bare, roomname="Us", membersonly="1", publicroom="0")
    assert room.startswith("~") and room.endswith(rooms.HOST)
    invitation = await b.expect(f"message[@from='{room}']/user:x/user:invite/../..")
    assert invitation.find("user:x/user:invite", NS).get("from") == a.bare
    own = await rooms.enter(b, room, "bob")
    assert rooms.item(own)["affiliation"] == "member"
    own = await rooms.enter(a, room, "alice")
    assert rooms.item(own)["affiliation"] == "owner"
    # Entering such an address makes nothing.
    assert await rooms.refused(a, f"~{'a' * 20}@{rooms.HOST}", "alice") == "item-not-found"


# --- the directory ---------------------------------------------------------


async def search(client, **fields: str) -> list[dict]:
    form = rooms.field("FORM_TYPE", "urn:xmpp:channel-search:0:search-params")
    form += "".join(rooms.field({"lang": f"{{{rooms.OWN}}}lang"}.get(var, var), value) for var, value in fields.items())
    answer = await client.iq("get", f"<search xmlns='{NS['search']}'><x xmlns='{NS['data']}' type='submit'>{form}</x></search>", rooms.HOST)
    if answer.get("type") == "error":
        return [{"error": error_of(answer)}]
    return [{"address": item.get("address"), **{child.tag.partition("}")[2]: child.text for child in item}}
            for item in answer.iter(f"{{{NS['search']}}}item")]


async def test_groups_are_found_by_name_tag_description_and_language(server):
    [alice] = await server.people("alice")
    a = await server.login(alice)
    room, hidden = rooms.name("dir"), rooms.name("dir")
    word = room.partition("@")[0]
    await rooms.make(a, room, "alice", roomname=f"Gärten {word}", roomdesc="All about roses", lang="de-AT", own_tags=["Botany"])
    await rooms.make(a, hidden, "alice", roomname=f"Gärten {word}", publicroom="0")
    for query in (f"gärten {word}", f"{word} BOTANY", f"roses {word}"):
        [found] = await search(a, q=query)
        assert found["address"] == room and found["nusers"] == "1" and found["members"] == "1"
    assert (found["is-open"], found["tag"], found["service-type"]) == ("true", "Botany", "xep-0045")
    assert [len(await search(a, q=word, lang=lang)) for lang in ("de", "de-at", "fr")] == [1, 1, 0]
    assert await search(a, q=f"tulips {word}") == []
    assert await search(a, q=f"roses {word}", sindescription="false") == []
    assert await search(a, q=" ") == [{"error": "bad-request"}]
    assert await search(a, q="x", key="beauty") == [{"error": "feature-not-implemented"}]
    listed = await a.result("get", f"<query xmlns='{NS['items']}'/>", rooms.HOST)
    addresses = {item.get("jid") for item in listed.iter(f"{{{NS['items']}}}item")}
    assert room in addresses and hidden not in addresses


async def test_groups_with_chinese_names_are_found_by_pinyin(server):
    [alice] = await server.people("alice")
    a = await server.login(alice)
    room = rooms.name("dir")
    word = room.partition("@")[0]
    await rooms.make(a, room, "alice", roomname="重庆火锅", roomdesc=word, own_tags=["美食"])
    for query in ("chongqing", "cqhg", "zhongqinghuoguo", "重庆", "meishi"):
        assert [found["address"] for found in await search(a, q=f"{query} {word}")] == [room], query
    assert await search(a, q=f"beijing {word}") == []


async def test_the_directory_is_read_page_by_page_without_gaps(server):
    [alice] = await server.people("alice")
    a = await server.login(alice)
    word = rooms.name("page").partition("@")[0]
    made = [f"{word}-{number}@{rooms.HOST}" for number in range(7)]
    for room in made:
        await rooms.make(a, room, "alice", roomdesc=word)
    seen, after = [], ""
    while True:
        form = (rooms.field("FORM_TYPE", "urn:xmpp:channel-search:0:search-params") + rooms.field("q", word)
                + rooms.field("key", "{urn:xmpp:channel-search:0:order}address"))
        page = f"<set xmlns='{NS['rsm']}'><max>3</max>{f'<after>{after}</after>' if after else ''}</set>"
        answer = await a.result("get", f"<search xmlns='{NS['search']}'>{page}<x xmlns='{NS['data']}' type='submit'>{form}</x></search>", rooms.HOST)
        found = [item.get("address") for item in answer.iter(f"{{{NS['search']}}}item")]
        if not found:
            break
        assert len(found) <= 3
        seen += found
        after = answer.findtext(f".//{{{NS['rsm']}}}last")
    assert seen == sorted(made)


# --- asking to join --------------------------------------------------------


def ask(nick: str, note: str = "") -> str:
    fields = (rooms.field("FORM_TYPE", "http://jabber.org/protocol/muc#register") + rooms.field("muc#register_roomnick", nick)
              + rooms.field(f"{{{rooms.OWN}}}note", note))
    return f"<query xmlns='{NS['register']}'><x xmlns='{NS['data']}' type='submit'>{fields}</x></query>"


async def test_a_request_waits_in_a_queue_and_both_hear_of_the_answer(server):
    alice, bob, carol, dan = await server.people("alice", "bob", "carol", "dan")
    a, b, c = await server.login(alice), await server.login(bob), await server.login(carol)
    room = rooms.name("ask")
    await rooms.make(a, room, "alice", membersonly="1", roomname="Garden")
    await rooms.affiliate(a, room, dan.jid, "admin")
    for client in (a, b, c):
        await client.presence()
    assert await rooms.refused(b, room, "bob") == "registration-required"
    answer = await b.result("set", ask("bob", "I grow roses"), room)
    assert answer.find("rooms:requested", NS) is not None
    form = await b.result("get", f"<query xmlns='{NS['register']}'/>", room)
    assert form.find(".//rooms:requested", NS) is not None
    # The owner hears of it, and the admin who was away when he comes.
    notice = await a.expect(f"message[@from='{room}']/data:x/..")
    assert bob.jid in notice.findtext("{jabber:client}body")
    d = await server.login(dan)
    await d.presence()
    await d.expect(f"message[@from='{room}']/data:x/..")
    queue = await rooms.own(a, room, "get", "<requests/>")
    [request] = queue.iter(f"{{{rooms.OWN}}}request")
    assert (request.get("jid"), request.get("nick"), request.findtext("rooms:note", None, NS)) == (bob.jid, "bob", "I grow roses")
    for stranger in (b, c):
        assert error_of(await rooms.own(stranger, room, "get", "<requests/>")) == "forbidden"
        assert error_of(await rooms.own(stranger, room, "set", f"<request jid='{bob.jid}' allow='1'/>")) == "forbidden"
    # The answer by the form of XEP-0045 section 9.9, as clients show it.
    fields = {field.get("var"): field.findtext("data:value", "", NS) for field in notice.iter(f"{{{NS['data']}}}field")}
    fields["muc#register_allow"] = "1"
    filled = "".join(rooms.field(var, value) for var, value in fields.items())
    await a.send(f"<message xmlns='jabber:client' to='{room}'><x xmlns='{NS['data']}' type='submit'>{filled}</x></message>")
    told = await b.expect(f"message[@from='{room}']/rooms:answered/..")
    assert told.find("rooms:answered", NS).get("allowed") == "1" and told.find("user:x/user:invite", NS) is not None
    await d.expect(f"message[@from='{room}']/rooms:answered[@jid='{bob.jid}']/..")
    own = await rooms.enter(b, room, "bob")
    assert rooms.item(own)["affiliation"] == "member"
    # Refused.
    await c.result("set", ask("carol"), room)
    assert (await rooms.own(d, room, "set", f"<request jid='{carol.jid}' allow='0'><reason>full</reason></request>")).get("type") == "result"
    told = await c.expect(f"message[@from='{room}']/rooms:answered/..")
    assert (told.find("rooms:answered", NS).get("allowed"), told.findtext("rooms:answered/rooms:reason", None, NS)) == ("0", "full")
    assert await rooms.refused(c, room, "carol") == "registration-required"
    assert not list((await rooms.own(a, room, "get", "<requests/>")).iter(f"{{{rooms.OWN}}}request"))
    # Taken back, and switched off.
    await c.result("set", ask("carol"), room)
    await c.result("set", f"<query xmlns='{NS['register']}'><remove/></query>", room)
    assert not list((await rooms.own(a, room, "get", "<requests/>")).iter(f"{{{rooms.OWN}}}request"))
    await rooms.configure(a, room, own_requests="0")
    assert error_of(await c.iq("set", ask("carol"), room)) == "not-allowed"


# --- links -----------------------------------------------------------------


async def make_link(client, room: str, attributes: str = "") -> dict[str, str]:
    answer = await rooms.own(client, room, "set", f"<link {attributes}/>")
    assert answer.get("type") == "result", error_of(answer)
    return dict(answer.find("rooms:link", NS).attrib)


async def enter_by(client, room: str, nick: str, token: str):
    return await rooms.enter(client, room, nick, more=f"<password>{token}</password><history maxstanzas='0'/>")


def page(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=15) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


async def test_a_link_lets_in_as_many_as_it_says_and_none_when_it_is_revoked_or_expired(server):
    people = await server.people("alice", "p1", "p2", "p3", "p4", "p5")
    a, *guests = [await server.login(person) for person in people]
    room = rooms.name("link")
    await rooms.make(a, room, "alice", membersonly="1", publicroom="0", roomname="Tea <party>")
    link = await make_link(a, room, "uses='3'")
    assert link["uri"] == f"xmpp:{room}?join;password={link['token']}"
    status, html = page(link["page"])
    assert status == 200 and "Tea &lt;party&gt;" in html and link["token"] in html
    for number, guest in enumerate(guests[:3]):
        own = await enter_by(guest, room, f"guest{number}", link["token"])
        assert rooms.item(own)["affiliation"] == "member", number
    fourth = await enter_by(guests[3], room, "guest3", link["token"])
    assert error_of(fourth) == "registration-required"
    assert page(link["page"])[0] == 404
    # Who is a member already uses nothing up.
    second = await make_link(a, room, "uses='1'")
    await guests[0].presence(to=f"{room}/guest0", type="unavailable")
    await enter_by(guests[0], room, "guest0", second["token"])
    [shown] = [dict(found.attrib) for found in (await rooms.own(a, room, "get", "<links/>")).iter(f"{{{rooms.OWN}}}link")
               if found.get("token") == second["token"]]
    assert shown["used"] == "0"
    assert (await rooms.own(a, room, "set", f"<revoke token='{second['token']}'/>")).get("type") == "result"
    assert error_of(await enter_by(guests[3], room, "guest3", second["token"])) == "registration-required"
    assert page(second["page"])[0] == 404
    # A link is good for 365 days at most.
    in_days = lambda days: (datetime.now(timezone.utc) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (await rooms.own(a, room, "set", f"<link expires='{in_days(364.9)}'/>")).get("type") == "result"
    for bad in ("2020-01-01T00:00:00Z", in_days(365.1), "soon"):
        assert (await rooms.own(a, room, "set", f"<link expires='{bad}'/>")).get("type") == "error"
    soon = (datetime.now(timezone.utc) + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    short = await rooms.own(a, room, "set", f"<link expires='{soon}'/>")
    if short.get("type") == "result":
        token = short.find("rooms:link", NS).get("token")
        while datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ") <= soon:
            await a.settle()
        assert error_of(await enter_by(guests[3], room, "guest3", token)) == "registration-required"


async def test_links_are_for_those_who_may_add_and_open_nothing_for_the_banned_or_the_full(server):
    people = await server.people("alice", "member", "banned", "late")
    a, m, x, late = [await server.login(person) for person in people]
    room = rooms.name("link")
    await rooms.make(a, room, "alice", membersonly="1", own_add="admins", own_maxmembers="2")
    await rooms.affiliate(a, room, m.bare, "member")
    await rooms.affiliate(a, room, x.bare, "outcast")
    for stranger in (m, x, late):
        assert error_of(await rooms.own(stranger, room, "set", "<link/>")) == "forbidden"
        assert error_of(await rooms.own(stranger, room, "get", "<links/>")) == "forbidden"
    link = await make_link(a, room)
    assert error_of(await enter_by(x, room, "banned", link["token"])) == "forbidden"
    full = await enter_by(late, room, "late", link["token"])
    assert error_of(full) == "resource-constraint" and "group-full" in rooms.specific(full)
    await rooms.configure(a, room, own_add="members", own_maxmembers="9")
    own = await make_link(m, room)
    mine = {found.get("token") for found in (await rooms.own(m, room, "get", "<links/>")).iter(f"{{{rooms.OWN}}}link")}
    assert mine == {own["token"]}
    assert error_of(await rooms.own(m, room, "set", f"<revoke token='{link['token']}'/>")) == "item-not-found"
    assert (await rooms.own(a, room, "set", f"<revoke token='{own['token']}'/>")).get("type") == "result"


# --- circles ---------------------------------------------------------------


async def test_circles_are_made_by_administrators_and_looked_after_by_keepers(server):
    alice, bob, carol = await server.people("alice", "bob", "carol")
    a, b, c = [await server.login(person) for person in (alice, bob, carol)]
    boss = await rooms.administrator(server)
    create = f"<create xmlns='{NS['circles']}' name='Family' kind='family'/>"
    assert error_of(await a.iq("set", create, "localhost")) == "forbidden"
    id = await rooms.circle(boss, bob.jid)

    def add(who, role="person"):
        return f"<add xmlns='{NS['circles']}' id='{id}' jid='{who.jid}' role='{role}'/>"

    show = f"<circle xmlns='{NS['circles']}' id='{id}'/>"
    for request, kind in ((show, "get"), (add(carol), "set"), (f"<change xmlns='{NS['circles']}' id='{id}' name='x'/>", "set")):
        assert error_of(await a.iq(kind, request, "localhost")) == "item-not-found"
        no_such = await a.iq(kind, request.replace(id, "0" * 16), "localhost")
        assert error_of(no_such) == "item-not-found"
    assert error_of(await b.iq("set", add(carol), "localhost")) == "forbidden"
    await boss.result("set", add(bob, "keeper"), "localhost")
    await b.result("set", add(carol), "localhost")
    shown = await c.result("get", show, "localhost")
    people = {person.get("jid"): person.get("role") for person in shown.iter(f"{{{NS['circles']}}}person")}
    assert people == {bob.jid: "keeper", carol.jid: "person"}
    mine = await c.result("get", f"<circles xmlns='{NS['circles']}'/>", "localhost")
    assert [found.get("id") for found in mine.iter(f"{{{NS['circles']}}}circle")] == [id]
    await c.result("set", f"<drop xmlns='{NS['circles']}' id='{id}' jid='{carol.jid}'/>", "localhost")
    assert error_of(await c.iq("get", show, "localhost")) == "item-not-found"
    assert error_of(await b.iq("set", f"<remove xmlns='{NS['circles']}' id='{id}'/>", "localhost")) == "forbidden"
    await boss.result("set", f"<remove xmlns='{NS['circles']}' id='{id}'/>", "localhost")
    assert error_of(await b.iq("get", show, "localhost")) == "item-not-found"


async def test_a_group_of_a_circle_is_there_for_its_people_as_long_as_they_are_in_it(server):
    alice, bob, carol = await server.people("alice", "bob", "carol")
    a, b, c = [await server.login(person) for person in (alice, bob, carol)]
    boss = await rooms.administrator(server)
    id = await rooms.circle(boss, alice.jid, bob.jid)
    room = await rooms.create(a, own_circles=[id], membersonly="0", roomname="Circle only")
    word = room.partition("@")[0]
    assert [found["address"] for found in await search(b, q=word)] == [room]
    assert await search(c, q=word) == []
    for client, sees in ((b, True), (c, False)):
        listed = await client.result("get", f"<query xmlns='{NS['items']}'/>", rooms.HOST)
        assert (room in {item.get("jid") for item in listed.iter(f"{{{NS['items']}}}item")}) == sees
    await rooms.enter(a, room, "alice")
    await rooms.enter(b, room, "bob")
    assert await rooms.refused(c, room, "carol") == "item-not-found"
    # Who leaves the circle is put out at once, and it is gone for them.
    await boss.result("set", f"<drop xmlns='{NS['circles']}' id='{id}' jid='{bob.jid}'/>", "localhost")
    gone = await b.expect(f"presence[@from='{room}/bob'][@type='unavailable']")
    assert "321" in rooms.codes(gone)
    assert await rooms.refused(b, room, "bob") == "item-not-found"
    # Who is invited becomes a member and sees it, whatever their circles.
    await c.presence()
    await a.send(f"<message xmlns='jabber:client' to='{room}'><x xmlns='{NS['user']}'><invite to='{carol.jid}'/></x></message>")
    await c.expect(f"message[@from='{room}']/user:x/user:invite/../..")
    await rooms.enter(c, room, "carol")
    # An address that can be guessed is no place for such a group.
    guessable = rooms.name()
    await rooms.make(a, guessable, "alice")
    refused = await rooms.try_configure(a, guessable, own_circles=[id])
    assert error_of(refused) == "not-acceptable" and "address-guessable" in rooms.specific(refused)
