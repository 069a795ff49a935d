"""Invitations through a room, and what the invited answer (XEP-0045 section 7.8.2)."""

from xml.sax.saxutils import quoteattr

import pytest

import rooms
from login import new_id
from wire import NS, error_of

DECLINED = "message/user:x/user:decline/../.."


async def inviting(server, *more: str, **config):
    """Alice's room, and people who are not in it."""
    accounts = await server.people("alice", "bob", *more)
    clients = [await server.login(account) for account in accounts]
    room = rooms.name()
    await rooms.make(clients[0], room, "alice", **config)
    return *clients, room


async def invite(inviter, room: str, invited) -> str:
    """Invites; gives the address that the invited sees as the inviter's."""
    await inviter.send(f"<message xmlns='jabber:client' to='{room}' id='{new_id()}'><x xmlns='{NS['user']}'>"
                       f"<invite to='{invited.bare}'/></x></message>")
    invitation = await invited.expect("message/user:x/user:invite/../..")
    return invitation.find("user:x/user:invite", NS).get("from")


async def decline(client, room: str, inviter: str, reason: str = "") -> str | None:
    """Declines; gives the condition of the error, if one came."""
    id = new_id()
    words = f"<reason>{reason}</reason>" if reason else ""
    await client.send(f"<message xmlns='jabber:client' to='{room}' id='{id}'><x xmlns='{NS['user']}'>"
                      f"<decline to={quoteattr(inviter)}>{words}</decline></x></message>")
    await client.settle()
    refused = client.wire.take(f"message[@id='{id}'][@type='error']")
    return None if refused is None else error_of(refused)


@pytest.mark.parametrize("whois", ["anyone", "moderators"])
async def test_who_invited_hears_once_that_the_invited_does_not_come(server, whois):
    a, b, room = await inviting(server, whois=whois)
    shown = await invite(a, room, b)
    assert shown == (a.jid if whois == "anyone" else f"{room}/alice") or shown == a.bare
    assert await decline(b, room, shown, "too busy") is None
    told = await a.expect(DECLINED)
    assert told.get("from") == room
    answer = told.find("user:x/user:decline", NS)
    assert (answer.get("from"), answer.findtext("user:reason", None, NS)) == (b.bare, "too busy")
    assert await decline(b, room, shown, "and again") == "item-not-found"
    await a.quiet(DECLINED, via=b)


async def test_who_invited_hears_it_although_they_have_left_the_room(server):
    a, b, room = await inviting(server)
    shown = await invite(a, room, b)
    await a.presence(to=f"{room}/alice", type="unavailable")
    await a.expect(f"presence[@from='{room}/alice'][@type='unavailable']")
    assert await decline(b, room, shown) is None
    await a.expect(DECLINED)


async def test_an_invitation_can_be_declined_after_a_restart(own_server):
    server = own_server()
    a, b, room = await inviting(server)
    shown = await invite(a, room, b)
    server.restart()
    a, b = await server.login(a.account), await server.login(b.account)
    assert await decline(b, room, shown, "good morning") is None
    await a.expect(DECLINED)


async def test_nobody_declines_what_they_were_not_invited_to(server):
    a, b, mallory, room = await inviting(server, "mallory")
    shown = await invite(a, room, b)
    # Neither in place of another, nor to others than who invited; a room that is not there is no other.
    for to in (a.bare, a.jid, shown, f"{room}/alice", "somebody@localhost"):
        assert await decline(mallory, room, to, "buy this") == "item-not-found", to
        assert await decline(mallory, rooms.name(), to, "buy this") == "item-not-found", to
    assert await decline(b, room, mallory.bare, "buy this") == "item-not-found"
    # Who entered has come.
    await rooms.enter(b, room, "bob")
    assert await decline(b, room, shown, "buy this") == "item-not-found"
    await a.quiet(DECLINED, via=mallory)
    await mallory.quiet(DECLINED, via=b)


async def test_a_declined_invitation_passes_neither_a_ban_nor_a_block(server):
    a, b, c, room = await inviting(server, "carol")
    shown = {client: await invite(a, room, client) for client in (b, c)}
    await rooms.affiliate(a, room, b.bare, "outcast")
    assert await decline(b, room, shown[b], "let me in") == "forbidden"
    await a.result("set", f"<block xmlns='urn:xmpp:blocking'><item jid='{c.bare}'/></block>")
    # Carol does not learn of the block.
    assert await decline(c, room, shown[c], "read this") is None
    await a.result("set", f"<unblock xmlns='urn:xmpp:blocking'><item jid='{c.bare}'/></unblock>")
    await a.quiet(DECLINED, via=c)


async def test_what_is_said_with_it_is_bounded(server):
    a, b, room = await inviting(server)
    shown = await invite(a, room, b)
    assert await decline(b, room, shown, "x" * 5000) == "not-acceptable"
    assert await decline(b, room, shown, "x" * 4000) is None
    await a.expect(DECLINED)


async def test_who_declines_does_not_belong_to_a_room_for_members(server):
    a, b, c, room = await inviting(server, "carol", membersonly="1")
    shown = await invite(a, room, b)
    assert await decline(b, room, shown) is None
    await a.expect(DECLINED)
    assert await rooms.refused(b, room, "bob") == "registration-required"
    # Whom somebody else had made a member stays one.
    await rooms.affiliate(a, room, c.bare, "member")
    shown = await invite(a, room, c)
    assert await decline(c, room, shown) is None
    own = await rooms.enter(c, room, "carol")
    assert rooms.item(own)["affiliation"] == "member"


async def test_members_of_a_new_group_can_decline_too(server):
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    room = await rooms.create(a, b.bare, membersonly="1", publicroom="0")
    invitation = await b.expect("message/user:x/user:invite/../..")
    shown = invitation.find("user:x/user:invite", NS).get("from")
    assert await decline(b, room, shown, "no") is None
    await a.expect(DECLINED)
    assert await rooms.refused(b, room, "bob") == "registration-required"
