"""Who gets the lists of a room and whose presence is shown: XEP-0045 sections 9.5 and 15.5.3."""

import pytest

import rooms
from wire import NS, error_of

INSIDE = {"owner": "owner", "admin": "admin", "member": "member", "moderator": "none", "visitor": "none"}


async def crowd(server, **config):
    """A moderated room with somebody of each standing inside, and a member who is away."""
    people = await server.people(*INSIDE, "away")
    clients = dict(zip((*INSIDE, "away"), [await server.login(person) for person in people]))
    room, owner = rooms.name("lists"), clients["owner"]
    await rooms.make(owner, room, "owner", moderatedroom="1", **config)
    for who in ("admin", "member", "away"):
        await rooms.affiliate(owner, room, clients[who].bare, "admin" if who == "admin" else "member")
    for who in (*INSIDE,)[1:]:
        await rooms.enter(clients[who], room, who)
    await rooms.give_role(owner, room, "moderator", "moderator")
    return clients, room


async def listed(client, room: str, what: str) -> dict[str, str | None] | str:
    """Addresses and nicknames of a list, or why there is none."""
    answer = await client.iq("get", f"<query xmlns='{NS['admin']}'><item {what}/></query>", room)
    if answer.get("type") == "error":
        return error_of(answer)
    return {item.get("jid"): item.get("nick") for item in answer.iterfind("admin:query/admin:item", NS)}


async def who_gets(clients, room: str, what: str) -> set[str]:
    lists = {who: await listed(client, room, what) for who, client in clients.items()}
    assert all(got == "forbidden" for got in lists.values() if isinstance(got, str)), lists
    got = {who: found for who, found in lists.items() if not isinstance(found, str)}
    assert len({tuple(sorted(found)) for found in got.values()}) <= 1, lists
    return set(got)


@pytest.mark.parametrize("affiliation", ["member", "admin", "owner"])
async def test_where_addresses_are_hidden_the_lists_are_for_those_who_see_them(server, affiliation):
    """Members of a room for members alone too: the list names their real addresses."""
    clients, room = await crowd(server)
    assert await who_gets(clients, room, f"affiliation='{affiliation}'") == {"owner", "admin", "moderator"}
    await rooms.configure(clients["owner"], room, membersonly="1")
    assert await who_gets(clients, room, f"affiliation='{affiliation}'") == {"owner", "admin"}
    await rooms.configure(clients["owner"], room, whois="anyone")
    assert await who_gets(clients, room, f"affiliation='{affiliation}'") == {"owner", "admin", "member"}


async def test_a_change_of_affiliation_that_changes_nothing_takes_no_role(server):
    clients, room = await crowd(server)
    await rooms.affiliate(clients["owner"], room, clients["moderator"].bare, "none")
    assert isinstance(await listed(clients["moderator"], room, "role='visitor'"), dict)


async def test_a_list_has_everybody_whether_inside_or_not(server):
    clients, room = await crowd(server, whois="anyone")
    members = {clients["member"].bare: "member", clients["away"].bare: None}
    assert await listed(clients["visitor"], room, "affiliation='member'") == members
    assert await listed(clients["visitor"], room, "affiliation='owner'") == {clients["owner"].bare: "owner"}


async def test_the_owner_says_which_roles_get_the_lists_of_a_room_without_hidden_addresses(server):
    clients, room = await crowd(server, whois="anyone", getmemberlist=["moderator"])
    for roles, names in ((["moderator"], {"moderator"}), (["moderator", "participant"], {"moderator", "member"}),
                         (["visitor"], {"visitor"}), ([], set())):
        await rooms.configure(clients["owner"], room, getmemberlist=roles)
        assert await who_gets(clients, room, "affiliation='member'") == {"owner", "admin"} | names, roles


async def test_the_banned_are_listed_to_admins_and_those_inside_by_role_to_moderators(server):
    clients, room = await crowd(server, whois="anyone")
    await rooms.affiliate(clients["owner"], room, "bad@localhost", "outcast")
    assert await who_gets(clients, room, "affiliation='outcast'") == {"owner", "admin"}
    assert await who_gets(clients, room, "role='visitor'") == {"owner", "admin", "moderator"}
    assert await listed(clients["moderator"], room, "role='visitor'") == {clients["visitor"].jid: "visitor"}


async def test_only_the_presence_of_those_roles_is_shown_that_the_owner_names(server):
    alice, bob, carol, dave = await server.people("alice", "bob", "carol", "dave")
    a, b, c, d = [await server.login(account) for account in (alice, bob, carol, dave)]
    room = rooms.name("quiet")
    await rooms.make(a, room, "alice", moderatedroom="1", presencebroadcast=["moderator", "participant"])
    await rooms.affiliate(a, room, b.bare, "member")
    # A visitor sees themself and who is shown; nobody else sees the visitor, not even the owner.
    await rooms.enter(c, room, "carol")
    await rooms.enter(b, room, "bob")
    for client in (a, c):
        await client.expect(f"presence[@from='{room}/bob']")
    await rooms.enter(d, room, "dave")
    shown = {presence.get("from") for presence in d.wire.peek("presence/user:x/..")}
    assert shown >= {f"{room}/alice", f"{room}/bob"} and f"{room}/carol" not in shown
    await c.presence("<show>away</show>", to=f"{room}/carol")
    await c.expect(f"presence[@from='{room}/carol'][show='away']")
    await a.settle()
    for client in (a, b, d):
        assert not client.wire.peek(f"presence[@from='{room}/carol']")
    # With a voice they are shown, without it they are gone again.
    await rooms.give_role(a, room, "carol", "participant")
    for client in (a, b, d):
        assert rooms.item(await client.expect(f"presence[@from='{room}/carol']"))["role"] == "participant"
    await rooms.give_role(a, room, "carol", "visitor")
    for client in (a, b, d):
        await client.expect(f"presence[@from='{room}/carol'][@type='unavailable']")
    assert rooms.item(await c.expect(f"presence[@from='{room}/carol']/user:x/user:item[@role='visitor']/../.."))["role"] == "visitor"
    await rooms.say(b, room, "all hear it")
    for client in (a, c, d):
        await client.expect_message("all hear it")


async def test_admins_and_owners_are_set_by_whole_lists_of_the_form(server):
    clients, room = await crowd(server)
    owner, admin, member, away = (clients[who] for who in ("owner", "admin", "member", "away"))

    async def standing() -> dict[str, set[str]]:
        return {one: set(await listed(owner, room, f"affiliation='{one}'")) for one in ("owner", "admin", "member")}

    assert await standing() == {"owner": {owner.bare}, "admin": {admin.bare}, "member": {member.bare, away.bare}}
    await rooms.configure(owner, room, roomadmins=[member.bare, "new@localhost"])
    assert await standing() == {"owner": {owner.bare}, "admin": {member.bare, "new@localhost"}, "member": {away.bare}}
    told = await admin.expect(f"presence[@from='{room}/member']/user:x/user:item[@affiliation='admin']/../..")
    assert rooms.item(told)["role"] == "moderator"
    lost = await admin.expect(f"presence[@from='{room}/admin']/user:x/user:item[@affiliation='none']/../..")
    assert rooms.item(lost)["role"] == "visitor"
    await rooms.configure(owner, room, roomowners=[owner.bare, away.bare], roomadmins=[])
    assert await standing() == {"owner": {owner.bare, away.bare}, "admin": set(), "member": set()}
    # Nobody but owners; a room keeps one; what is no address changes nothing.
    for lists, error in (({"roomowners": []}, "conflict"), ({"roomadmins": ["@@"]}, "jid-malformed")):
        assert error_of(await rooms.try_configure(owner, room, **lists)) == error
    assert error_of(await rooms.try_configure(member, room, roomadmins=[member.bare])) == "forbidden"
    assert await standing() == {"owner": {owner.bare, away.bare}, "admin": set(), "member": set()}
