"""Invitations: XEP-0401 by ad-hoc command, XEP-0379 for people who have an account, XEP-0445 for those who need one."""

from datetime import datetime, timedelta, timezone

import pytest

from skein import DOMAIN, Account
from wire import NS, error_of

COMMANDS = "http://jabber.org/protocol/commands"
INVITE = "urn:xmpp:invite#invite"
CREATE = "urn:xmpp:invite#create-account"
PASSWORD = "correct horse battery"


def command(node: str, inner: str = "") -> str:
    return f"<command xmlns='{COMMANDS}' node='{node}' action='execute'>{inner}</command>"


def field(answer, name: str) -> str:
    return answer.findtext(f".//data:field[@var='{name}']/data:value", None, NS)


async def invite(client) -> str:
    """The token of a new invitation to become a contact."""
    answer = await client.result("set", command(INVITE), DOMAIN)
    uri = field(answer, "uri")
    assert uri.startswith(f"xmpp:{client.bare}?roster;preauth=")
    token = uri.partition("preauth=")[2].partition(";")[0]
    assert field(answer, "landing-url").endswith(f"/invite/{token}")
    return token


async def roster(client) -> dict[str, str]:
    answer = await client.result("get", f"<query xmlns='{NS['roster']}'/>")
    return {item.get("jid"): item.get("subscription") for item in answer.iterfind("roster:query/roster:item", NS)}


async def test_the_commands_are_found(server):
    [alice] = await server.people("alice")
    a = await server.login(alice)
    answer = await a.result("get", f"<query xmlns='{NS['items']}' node='{COMMANDS}'/>", DOMAIN)
    found = {item.get("node") for item in answer.iterfind("items:query/items:item", NS)}
    assert INVITE in found and CREATE not in found, "that one is for administrators"


async def test_an_invitation_makes_two_people_contacts_at_once(server):
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    await roster(a)
    token = await invite(a)
    await b.send(f"<presence xmlns='jabber:client' type='subscribe' to='{a.bare}'>"
                 f"<preauth xmlns='urn:xmpp:pars:0' token='{token}'/></presence>")
    push = await a.expect("iq[@type='set']/roster:query")
    assert push.find("roster:query/roster:item", NS).get("jid") == b.bare
    await a.expect(f"presence[@from='{b.jid}']")
    await b.expect(f"presence[@from='{a.jid}']")
    assert (await roster(a))[b.bare] == "both"
    assert (await roster(b))[a.bare] == "both"


async def test_a_used_or_foreign_invitation_is_an_ordinary_request(server):
    alice, bob, carol = await server.people("alice", "bob", "carol")
    a, b, c = [await server.login(person) for person in (alice, bob, carol)]
    token = await invite(a)
    for client, to in ((b, c), (b, a), (c, a)):
        await client.send(f"<presence xmlns='jabber:client' type='subscribe' to='{to.bare}'>"
                          f"<preauth xmlns='urn:xmpp:pars:0' token='{token}'/></presence>")
        await client.settle()
    # Bob's request to Carol showed Alice's invitation; Carol's to Alice one that Bob had used.
    await c.expect(f"presence[@type='subscribe'][@from='{b.bare}']")
    await a.expect(f"presence[@type='subscribe'][@from='{c.bare}']")
    assert (await roster(a)).get(b.bare) == "both"
    assert (await roster(c)).get(b.bare) in (None, "none")


async def test_only_administrators_invite_to_accounts_and_nobody_without_end(server):
    [alice] = await server.people("alice")
    a = await server.login(alice)
    assert error_of(await a.iq("set", command(CREATE), DOMAIN)) == "forbidden"
    for _ in range(5):
        await invite(a)
    assert error_of(await a.iq("set", command(INVITE), DOMAIN)) == "resource-constraint"


@pytest.mark.own_server
async def test_a_newcomer_by_a_friends_invitation_has_the_friend_as_contact(own_server):
    server = own_server({"access": {"registration": "invite"}})
    alice = server.add_user("alice", PASSWORD)
    a = await server.login(alice)
    await roster(a)
    token = await invite(a)
    door = await server.starttls()
    await door.open()
    await door.send(f"<iq xmlns='jabber:client' type='set' id='t'><preauth xmlns='urn:xmpp:pars:0' token='{token}'/></iq>")
    assert (await door.expect("iq[@id='t']")).get("type") == "result"
    await door.send(f"<iq xmlns='jabber:client' type='set' id='r'><query xmlns='{NS['register']}'>"
                    f"<username>newcomer</username><password>{PASSWORD}</password></query></iq>")
    assert (await door.expect("iq[@id='r']")).get("type") == "result"
    push = await a.expect("iq[@type='set']/roster:query")
    assert push.find("roster:query/roster:item", NS).get("subscription") == "both"
    n = await server.login(Account("newcomer", PASSWORD))
    await a.expect(f"presence[@from='{n.jid}']")
    await n.expect(f"presence[@from='{a.jid}']")


@pytest.mark.own_server
async def test_an_administrator_reserves_a_name(own_server):
    server = own_server({"access": {"registration": "open"}})
    server.add_user("boss", PASSWORD)
    server.cli("user", "remove", f"boss@{DOMAIN}")
    server.cli("user", "add", f"chief@{DOMAIN}", "--admin", "--password-stdin", stdin=f"{PASSWORD}\n")
    chief = await server.login(Account("chief", PASSWORD))
    form = await chief.result("set", command(CREATE), DOMAIN)
    assert form.find(f"{{{COMMANDS}}}command").get("status") == "executing"
    filled = ("<x xmlns='jabber:x:data' type='submit'><field var='username'><value>juliet</value></field></x>")
    answer = await chief.result("set", command(CREATE, filled), DOMAIN)
    assert field(answer, "uri").startswith(f"xmpp:juliet@{DOMAIN}?register;preauth=")

    async def register(name: str) -> str | None:
        door = await server.starttls()
        await door.open()
        await door.send(f"<iq xmlns='jabber:client' type='set' id='r'><query xmlns='{NS['register']}'>"
                        f"<username>{name}</username><password>{PASSWORD}</password></query></iq>")
        return error_of(await door.expect("iq[@id='r']"))

    # Kept for whoever has the link; and a name that was given up rests.
    assert await register("juliet") == "conflict"
    assert await register("boss") == "conflict"
    assert await register("somebody-else") is None


async def test_an_invitation_is_good_for_as_long_as_the_limit_says(own_server):
    server = own_server({"limits": {"invitation_lifetime": "90s"}})
    [alice] = await server.people("alice")
    answer = await (await server.login(alice)).result("set", command(INVITE), DOMAIN)
    left = datetime.fromisoformat(field(answer, "expire")) - datetime.now(timezone.utc)
    assert timedelta(seconds=60) < left <= timedelta(seconds=90)
