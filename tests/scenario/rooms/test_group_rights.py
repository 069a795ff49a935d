"""Policies of groups against a hand-made client (docs/rooms.md): rights, slow mode, limits."""

import asyncio

import pytest

import rooms
import skein
from login import new_id
from wire import NS, error_of

RANKS = {"everyone": 0, "members": 1, "admins": 2, "owners": 3}
STANDING = {"none": 0, "member": 1, "admin": 2, "owner": 3}


async def group(server, **config):
    """A room with somebody of each affiliation inside."""
    people = await server.people(*STANDING)
    clients = dict(zip(STANDING, [await server.login(person) for person in people]))
    room = rooms.name("group")
    owner = clients["owner"]
    await rooms.make(owner, room, "owner", **config)
    for who in ("member", "admin"):
        await rooms.affiliate(owner, room, clients[who].bare, who)
    for who in ("none", "member", "admin"):
        await rooms.enter(clients[who], room, who)
    return clients, room


async def post(client, room):
    id = await rooms.say(client, room, f"said-{new_id()}")
    return await client.expect(f"message[@id='{id}']")


async def add(client, room):
    to = f"guest-{new_id()}@localhost"
    return await rooms.affiliate(client, room, to, "member")


async def invite(client, room):
    id = new_id()
    await client.send(f"<message xmlns='jabber:client' to='{room}' id='{id}'><x xmlns='{NS['user']}'>"
                      f"<invite to='guest-{id}@localhost'/></x></message>")
    await client.settle()
    return client.wire.take(f"message[@id='{id}'][@type='error']")


async def edit(client, room):
    return await rooms.try_configure(client, room, roomname=f"Name {new_id()}")


async def subject(client, room):
    id, text = new_id(), f"Subject {new_id()}"
    await client.send(f"<message xmlns='jabber:client' type='groupchat' id='{id}' to='{room}'><subject>{text}</subject></message>")
    return await client.expect(f"message[@id='{id}']")


async def picture(client, room):
    return await client.iq("set", "<vCard xmlns='vcard-temp'><FN>Group</FN></vCard>", room)


async def pin(client, room):
    return await rooms.own(client, room, "set", f"<pin id='{client.pinned}'/>")


async def call(client, room):
    id = new_id()
    await client.send(f"<message xmlns='jabber:client' type='groupchat' id='{id}' to='{room}'>"
                      "<invite xmlns='urn:xmpp:call-invites:0' video='false'/></message>")
    return await client.expect(f"message[@id='{id}']")


async def ring(client, room):
    jingle = "<jingle xmlns='urn:xmpp:jingle:1' action='session-initiate' sid='s'/>"
    id = new_id()
    await client.send(f"<iq xmlns='jabber:client' type='set' id='{id}' to='{room}/owner'>{jingle}</iq>")
    await client.settle()
    return client.wire.take(f"iq[@id='{id}'][@type='error']")


async def propose(client, room):
    """A call between two by way of the room (XEP-0353)."""
    id, to = new_id(), "member" if client is client.group["owner"] else "owner"
    await client.send(f"<message xmlns='jabber:client' type='chat' id='{id}' to='{room}/{to}'>"
                      "<propose xmlns='urn:xmpp:jingle-message:0' id='c'/></message>")
    await client.settle()
    return client.wire.take(f"message[@id='{id}'][@type='error']")


async def muji(client, room):
    """Presence that says that somebody is in the call of all (XEP-0272)."""
    [nick] = [who for who, inside in client.group.items() if inside is client]
    await client.presence("<muji xmlns='http://telepathy.freedesktop.org/muji'/>", to=f"{room}/{nick}")
    return await client.expect(f"presence[@from='{room}/{nick}']/{{http://telepathy.freedesktop.org/muji}}muji/..",
                               f"presence[@from='{room}/{nick}'][@type='error']")


ACTIONS = {"post": [post], "add": [add, invite], "edit": [edit, subject, picture], "pin": [pin], "call": [call, ring, propose, muji]}


@pytest.mark.parametrize("action", ACTIONS)
async def test_each_right_is_held_against_each_role(server, action):
    clients, room = await group(server)
    owner = clients["owner"]
    stanza_id = rooms.stanza_id(await post(owner, room), room)
    for rank, least in RANKS.items():
        await rooms.configure(owner, room, **{f"own_{action}": rank})
        for who, standing in STANDING.items():
            client = clients[who]
            client.pinned, client.group = stanza_id, clients
            for attempt in ACTIONS[action]:
                answer = await attempt(client, room)
                refused = answer is not None and answer.get("type") == "error"
                # To make members is for those who belong to the group themselves.
                needed = max(least, 1) if attempt is add else least
                # Moderators may set the subject wherever admins may: here they are the admins.
                assert refused == (standing < needed), (action, rank, who, attempt.__name__)
                if refused:
                    assert error_of(answer) == "forbidden", (action, rank, who, attempt.__name__)
        info = await owner.result("get", f"<query xmlns='{NS['disco']}'/>", room)
        fields = {field.get("var"): [value.text for value in field] for field in info.iter(f"{{{NS['data']}}}field")}
        assert fields[f"{{{rooms.OWN}}}{action}"] == [rank]
        assert action in fields[f"{{{rooms.OWN}}}rights"]


async def rights(client, room) -> set[str]:
    """What the room tells somebody that they may do."""
    info = await client.result("get", f"<query xmlns='{NS['disco']}'/>", room)
    fields = {field.get("var"): {value.text for value in field} for field in info.iter(f"{{{NS['data']}}}field")}
    return fields.get(f"{{{rooms.OWN}}}rights", set())


@pytest.mark.parametrize("action", ACTIONS)
async def test_in_a_moderated_room_who_has_no_voice_adds_people_and_does_nothing_else(server, action):
    everyone = {f"own_{name}": "everyone" for name in ACTIONS}
    clients, room = await group(server, moderatedroom="1", **everyone)
    owner, member, visitor = clients["owner"], clients["member"], clients["none"]
    elsewhere = await server.login(member.account)
    # A member loses their voice; another device that is not inside has none either.
    await rooms.give_role(owner, room, "member", "visitor")
    pinned = rooms.stanza_id(await post(owner, room), room)
    outside = {pin, edit, picture, add}
    for client in (*clients.values(), elsewhere):
        client.pinned, client.group = pinned, clients

    async def judge(client, has_voice: bool, attempts):
        assert await rights(client, room) == (set(ACTIONS) if has_voice else {"add"})
        for attempt in attempts:
            answer = await attempt(client, room)
            refused = answer is not None and answer.get("type") == "error"
            # To make members is for those who belong to the group themselves.
            allowed = client is not visitor if attempt is add else has_voice or attempt is invite
            assert refused == (not allowed), (client.bare, attempt.__name__)
            if refused:
                assert error_of(answer) == "forbidden", attempt.__name__

    for client in (visitor, member):
        await judge(client, False, ACTIONS[action])
    await judge(elsewhere, False, outside & set(ACTIONS[action]))
    for nick in ("none", "member"):
        await rooms.give_role(owner, room, nick, "participant")
    for client in (visitor, member):
        await judge(client, True, ACTIONS[action])
    await judge(elsewhere, True, outside & set(ACTIONS[action]))


async def test_nobody_without_voice_enters_into_the_call_of_a_moderated_room(server):
    clients, room = await group(server, moderatedroom="1")
    [eve] = await server.people("eve")
    eve = await server.login(eve)
    muji = "<muji xmlns='http://telepathy.freedesktop.org/muji'/>"
    own = await rooms.enter(eve, room, "eve", outer=muji)
    assert own.get("type") == "error" and error_of(own) == "forbidden"
    await rooms.enter(eve, room, "eve")


async def test_in_a_group_for_announcements_others_listen_like_and_do_not_smuggle(server):
    clients, room = await group(server, own_post="admins")
    owner, member = clients["owner"], clients["member"]
    said = rooms.stanza_id(await post(owner, room), room)

    async def send(inner: str):
        id = new_id()
        await member.send(f"<message xmlns='jabber:client' type='groupchat' id='{id}' to='{room}'>{inner}</message>")
        return await member.expect(f"message[@id='{id}']")

    liked = await send(f"<reactions xmlns='urn:xmpp:reactions:0' id='{said}'><reaction>+</reaction></reactions>")
    assert liked.get("type") == "groupchat"
    for smuggled in (
        "<body>plain</body>",
        f"<retract xmlns='urn:xmpp:message-retract:1' id='{said}'/><body>not me</body>",
        f"<reactions xmlns='urn:xmpp:reactions:0' id='{said}'/><body>liked</body>",
        "<encrypted xmlns='urn:xmpp:omemo:2'><payload>x</payload></encrypted>",
        "<x xmlns='jabber:x:oob'><url>https://example.org/</url></x>",
        "<body/>",
    ):
        refused = await send(smuggled)
        assert error_of(refused) == "forbidden" and "right-missing" in rooms.specific(refused), smuggled
    kept = await rooms.archive(owner, room)
    assert len(rooms.bodies(kept)) == 1


async def test_in_slow_mode_a_second_message_waits_whatever_device_or_nickname(server):
    clients, room = await group(server, slow_mode_duration="3600")
    owner, member = clients["owner"], clients["member"]
    assert (await post(member, room)).get("type") == "groupchat"
    refused = await post(member, room)
    assert error_of(refused) == "policy-violation" and "slow-mode" in rooms.specific(refused)
    assert refused.find("{jabber:client}error").get("type") == "wait"
    text = refused.findtext(".//{urn:ietf:params:xml:ns:xmpp-stanzas}text")
    assert text.startswith("wait 3") and "seconds" in text
    await member.presence(to=f"{room}/othername")
    await member.expect(f"presence[@from='{room}/othername']")
    assert error_of(await post(member, room)) == "policy-violation"
    # What says nothing is not counted, and who leads the group does not wait.
    await member.send(f"<message xmlns='jabber:client' type='groupchat' to='{room}'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>")
    await owner.expect("message/{http://jabber.org/protocol/chatstates}composing/..")
    for _ in range(2):
        assert (await post(owner, room)).get("type") == "groupchat"
    # The other person does not wait for the first one.
    assert (await post(clients["none"], room)).get("type") == "groupchat"
    await rooms.configure(owner, room, slow_mode_duration="0")
    assert (await post(member, room)).get("type") == "groupchat"
    info = await owner.result("get", f"<query xmlns='{NS['disco']}'/>", room)
    fields = {field.get("var"): [value.text for value in field] for field in info.iter(f"{{{NS['data']}}}field")}
    assert fields["muc#roominfo_slow_mode_duration"] == ["0"]


async def test_slow_mode_outlasts_going_out_and_coming_back_alone(server):
    [alice] = await server.people("alice")
    [bob] = await server.people("bob")
    a, b = await server.login(alice), await server.login(bob)
    room = rooms.name()
    await rooms.make(a, room, "alice", slow_mode_duration="3600")
    await rooms.affiliate(a, room, b.bare, "member")
    await a.presence(to=f"{room}/alice", type="unavailable")
    await a.expect(f"presence[@from='{room}/alice'][@type='unavailable']")
    await rooms.enter(b, room, "bob")
    assert (await post(b, room)).get("type") == "groupchat"
    await b.presence(to=f"{room}/bob", type="unavailable")
    await b.expect(f"presence[@from='{room}/bob'][@type='unavailable']")
    await rooms.enter(b, room, "bob")
    assert error_of(await post(b, room)) == "policy-violation"


async def test_a_group_has_as_many_members_as_its_owner_says(server):
    clients, room = await group(server)
    owner = clients["owner"]
    # Owner, admin and member are three.
    await rooms.configure(owner, room, own_maxmembers="4")
    assert (await add(owner, room)).get("type") == "result"
    full = await add(owner, room)
    assert error_of(full) == "resource-constraint" and "group-full" in rooms.specific(full)
    register = (f"<query xmlns='{NS['register']}'><x xmlns='{NS['data']}' type='submit'>"
                + rooms.field("FORM_TYPE", "http://jabber.org/protocol/muc#register")
                + rooms.field("muc#register_roomnick", "newcomer") + "</x></query>")
    assert "group-full" in rooms.specific(await clients["none"].iq("set", register, room))
    await rooms.affiliate(owner, room, clients["member"].bare, "none")
    assert (await clients["none"].iq("set", register, room)).get("type") == "result"


async def test_a_form_that_is_sent_back_whole_changes_only_what_was_changed(server):
    clients, room = await group(server, own_add="owners", changesubject="1", own_tags=["one", "two"])
    owner = clients["owner"]

    async def read() -> dict[str, list[str]]:
        form = await owner.result("get", f"<query xmlns='{NS['owner']}'/>", room)
        return {field.get("var"): [value.text or "" for value in field.findall("data:value", NS)]
                for field in form.iter(f"{{{NS['data']}}}field")}

    before = await read()
    assert before[f"{{{rooms.OWN}}}edit"] == ["everyone"] and before["muc#roomconfig_allowinvites"] == ["0"]
    changed = dict(before) | {"muc#roomconfig_changesubject": ["0"]}
    fields = "".join(rooms.field(var, values) for var, values in changed.items())
    form = f"<query xmlns='{NS['owner']}'><x xmlns='{NS['data']}' type='submit'>{fields}</x></query>"
    await owner.result("set", form, room)
    after = await read()
    assert {var for var in before if before[var] != after[var]} == {"muc#roomconfig_changesubject", f"{{{rooms.OWN}}}edit"}


async def test_who_may_edit_gets_the_part_of_the_form_that_is_theirs(server):
    clients, room = await group(server, own_edit="members")
    member = clients["member"]
    form = await member.result("get", f"<query xmlns='{NS['owner']}'/>", room)
    shown = {field.get("var") for field in form.iter(f"{{{NS['data']}}}field")}
    assert shown == {"FORM_TYPE", "muc#roomconfig_roomname", "muc#roomconfig_roomdesc", "muc#roomconfig_lang"}
    assert (await rooms.try_configure(member, room, roomname="Ours")).get("type") == "result"
    for config in ({"membersonly": "1"}, {"own_post": "owners"}, {"roomowners": [member.bare]}):
        assert error_of(await rooms.try_configure(member, room, **config)) == "forbidden"
    assert error_of(await member.iq("set", f"<query xmlns='{NS['owner']}'><destroy/></query>", room)) == "forbidden"


async def test_pins_are_told_listed_and_taken_off(server):
    clients, room = await group(server, own_pin="members")
    owner, member = clients["owner"], clients["member"]
    said = await post(owner, room)
    id = rooms.stanza_id(said, room)
    assert (await rooms.own(member, room, "set", f"<pin id='{id}'/>")).get("type") == "result"
    told = await owner.expect("message[@type='groupchat']/rooms:pinned/..")
    assert told.find("rooms:pinned", NS).get("id") == id and told.get("from") == room
    listed = await rooms.own(clients["none"], room, "get", "<pins/>")
    [pinned] = listed.iter(f"{{{rooms.OWN}}}pin")
    assert pinned.get("id") == id and pinned.findtext(".//{jabber:client}body") == said.findtext("{jabber:client}body")
    assert error_of(await rooms.own(member, room, "set", "<pin id='00000000000000000000000000000000'/>")) == "item-not-found"
    assert (await rooms.own(member, room, "set", f"<unpin id='{id}'/>")).get("type") == "result"
    await owner.expect("message[@type='groupchat']/rooms:unpinned/..")
    assert not list((await rooms.own(member, room, "get", "<pins/>")).iter(f"{{{rooms.OWN}}}pin"))


async def test_slow_mode_outlasts_a_restart_of_the_server(own_server):
    server = own_server()
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    room = rooms.name("slow")
    await rooms.make(a, room, "alice", slow_mode_duration="3600")
    await rooms.enter(b, room, "bob")
    assert (await post(b, room)).get("type") == "groupchat"
    server.restart()
    b = await server.login(bob)
    await rooms.enter(b, room, "robert")
    refused = await post(b, room)
    assert error_of(refused) == "policy-violation" and "slow-mode" in rooms.specific(refused)
    a = await server.login(alice)
    await rooms.enter(a, room, "alice")
    assert (await post(a, room)).get("type") == "groupchat", "owners are exempt"


async def test_pins_links_and_requests_are_bounded(server):
    """50 pins and 200 links of a room, 50 requests of one person."""
    alice, bob, carol = await server.people("alice", "bob", "carol")
    a, b, c = await server.login(alice), await server.login(bob), await server.login(carol)
    room = rooms.name("full")
    await rooms.make(a, room, "alice")
    ids = [rooms.stanza_id(await post(a, room), room) for _ in range(51)]
    pinned = [await rooms.own(a, room, "set", f"<pin id='{id}'/>") for id in ids]
    assert [one.get("type") for one in pinned[:50]] == ["result"] * 50
    assert error_of(pinned[50]) == "resource-constraint"
    links = [await rooms.own(a, room, "set", "<link/>") for _ in range(201)]
    assert [one.get("type") for one in links[:200]] == ["result"] * 200
    assert error_of(links[200]) == "resource-constraint"
    asking = ("<query xmlns='jabber:iq:register'><x xmlns='jabber:x:data' type='submit'>"
              + rooms.field("FORM_TYPE", "http://jabber.org/protocol/muc#register") + rooms.field("muc#register_roomnick", "bob") + "</x></query>")
    asked = []
    for number in range(51):
        closed = await rooms.create((a, c)[number % 2], membersonly="1", publicroom="1", own_requests="1")
        asked.append(await b.iq("set", asking, closed))
    assert [one.get("type") for one in asked[:50]] == ["result"] * 50, error_of(asked[0])
    assert error_of(asked[50]) == "resource-constraint"


@pytest.mark.own_server
async def test_a_room_keeps_five_hundred_requests_and_refuses_the_next(own_server):
    server = own_server({"limits": {"rate": False, "scram_iterations": 4096}})
    alice, = await server.people("alice")
    a = await server.login(alice)
    room = await rooms.create(a, membersonly="1", publicroom="1", own_requests="1")
    people = [skein.Account(f"asker{number}", "one password for all") for number in range(501)]
    server.cli("user", "add", "--stdin", stdin="".join(f"{one.jid} {one.password}\n" for one in people))
    asking = ("<query xmlns='jabber:iq:register'><x xmlns='jabber:x:data' type='submit'>"
              + rooms.field("FORM_TYPE", "http://jabber.org/protocol/muc#register") + rooms.field("muc#register_roomnick", "{}") + "</x></query>")

    async def ask(person):
        client = await server.login(person, presence=False)
        answer = await client.iq("set", asking.format(person.name), room)
        await client.leave()
        return answer

    for first in range(0, 500, 20):
        answers = await asyncio.gather(*(ask(person) for person in people[first:first + 20]))
        assert {answer.get("type") for answer in answers} == {"result"}, first
    assert error_of(await ask(people[500])) == "resource-constraint"
    queue = await rooms.own(a, room, "get", "<requests/>")
    assert len(queue.findall("rooms:requests/rooms:request", NS)) == 500
    # Who asks again is no more of them, and who is answered makes room.
    assert (await ask(people[0])).get("type") == "result"
    await rooms.own(a, room, "set", f"<request jid='{people[1].jid}' allow='0'/>")
    assert (await ask(people[500])).get("type") == "result"
