"""A signed-in device lets a new one in by a token that it shows (`docs/clients.md`)."""

import asyncio
import uuid
from datetime import datetime, timezone

import pytest

import login
from skein import DOMAIN
from wire import NS, error_of

LINK = "urn:skein:link:0"
MECHANISM = "HT-SHA-256-NONE"


def agent(device: str, name: str = "Tablet") -> str:
    return f"<user-agent id='{device}'><software>Prism</software><device>{name}</device></user-agent>"


async def link(client) -> str:
    answer = await client.result("set", f"<link xmlns='{LINK}'/>")
    found = answer.find(f"{{{LINK}}}link")
    assert datetime.fromisoformat(found.get("expiry"))
    return found.get("token")


async def enter(server, account, token: str, device: str, mechanism: str = MECHANISM, want: bool = True, door=None):
    """`<success/>` of a new device that comes in by a token; raises `SaslFailure`."""
    if door is None:
        door = await server.starttls()
        await door.open()
    wanted = f"<request-token xmlns='{NS['fast']}' mechanism='{MECHANISM}'/>" if want else ""
    inline = agent(device) + f"<fast xmlns='{NS['fast']}'/>" + wanted + f"<bind xmlns='{NS['bind2']}'><tag>t</tag></bind>"
    await login.send_authenticate(door, mechanism, login.ht_initial(account.name, token, b""), inline)
    return await login.sasl2_outcome(door), door


async def refused(server, account, token: str, condition: str = "not-authorized", device: str | None = None) -> None:
    with pytest.raises(login.SaslFailure, match=condition):
        await enter(server, account, token, device or str(uuid.uuid4()))


async def test_a_new_device_comes_in_with_a_token_of_its_own_and_the_first_is_told(server):
    alice, = await server.people("alice")
    client = await server.login(alice)
    token, device = await link(client), str(uuid.uuid4())
    success, door = await enter(server, alice, token, device)
    assert success.findtext("sasl2:authorization-identifier", "", NS).startswith(alice.jid + "/")
    own = success.find("fast:token", NS).get("token")
    told = await client.expect(f"message[@type='headline']/{{{LINK}}}linked")
    linked = told.find(f"{{{LINK}}}linked")
    assert told.get("from") == alice.jid
    assert (linked.get("id"), linked.get("software"), linked.get("device")) == (device, "Prism", "Tablet")
    await door.close()
    # From then on it is a device like any other: its own token, the list of devices, signing out.
    await enter(server, alice, own, device, want=False)
    clients = await client.result("get", "<list xmlns='urn:xmpp:cam:0'/>")
    assert device in {one.get("id") for one in clients.iter("{urn:xmpp:cam:0}client")}
    await client.result("set", f"<revoke xmlns='urn:xmpp:cam:0' id='{device}'/>")
    await refused(server, alice, own, device=device)


async def test_the_service_is_found(server):
    alice, = await server.people("alice")
    client = await server.login(alice)
    for place in [alice.jid, DOMAIN]:
        info = await client.result("get", f"<query xmlns='{NS['disco']}'/>", place)
        assert LINK in {feature.get("var") for feature in info.iter(f"{{{NS['disco']}}}feature")}


async def test_a_token_is_good_once(server):
    alice, = await server.people("alice")
    client = await server.login(alice)
    token = await link(client)
    await enter(server, alice, token, str(uuid.uuid4()))
    await refused(server, alice, token)
    assert error_of(await client.iq("set", f"<unlink xmlns='{LINK}'/>")) in (None, "item-not-found")


async def test_a_token_that_is_over_lets_nobody_in_and_says_so(own_server):
    server = own_server({"limits": {"link_lifetime": "1s"}})
    alice, = await server.people("alice")
    client = await server.login(alice)
    answer = await client.result("set", f"<link xmlns='{LINK}'/>")
    found = answer.find(f"{{{LINK}}}link")
    end = datetime.fromisoformat(found.get("expiry"))
    while datetime.now(timezone.utc) <= end:
        await client.settle()
        await asyncio.sleep(0.05)
    await refused(server, alice, found.get("token"), "credentials-expired")
    await refused(server, alice, found.get("token")[:-2] + "AA", "not-authorized")


async def test_of_two_at_the_same_time_one_comes_in(server):
    alice, = await server.people("alice")
    client = await server.login(alice)
    for _ in range(5):
        token = await link(client)
        doors = [await server.starttls() for _ in range(4)]
        for door in doors:
            await door.open()
        outcomes = await asyncio.gather(*(enter(server, alice, token, str(uuid.uuid4()), door=door) for door in doors),
                                        return_exceptions=True)
        came_in = [outcome for outcome in outcomes if not isinstance(outcome, Exception)]
        assert len(came_in) == 1 and all(isinstance(outcome, login.SaslFailure) for outcome in outcomes if outcome not in came_in)
        for door in doors:
            await door.close()


async def test_it_lets_into_no_other_account_and_a_guess_lets_nobody_in(server):
    alice, bob = await server.people("alice", "bob")
    token = await link(await server.login(alice))
    await refused(server, bob, token)
    await refused(server, alice, token[:-1] + ("A" if token[-1] != "A" else "B"))
    await refused(server, alice, "")
    await enter(server, alice, token, str(uuid.uuid4()))


async def test_the_device_that_shows_it_does_not_come_in_by_it(server):
    alice, = await server.people("alice")
    device = str(uuid.uuid4())
    door = await server.starttls()
    await door.open()
    await login.sasl2(door, alice, inline=agent(device) + f"<bind xmlns='{NS['bind2']}'><tag>t</tag></bind>")
    await door.send(f"<iq type='set' id='l'><link xmlns='{LINK}'/></iq>")
    token = (await door.expect("iq[@id='l']")).find(f"{{{LINK}}}link").get("token")
    await refused(server, alice, token, device=device)
    await enter(server, alice, token, str(uuid.uuid4()))


async def test_a_newer_one_an_unlink_and_the_end_of_the_session_void_it(server):
    alice, = await server.people("alice")
    client, other = await server.login(alice), await server.login(alice)
    first = await link(client)
    second = await link(client)
    await refused(server, alice, first)
    kept = await link(other)
    await client.result("set", f"<unlink xmlns='{LINK}'/>")
    assert error_of(await client.iq("set", f"<unlink xmlns='{LINK}'/>")) == "item-not-found"
    await refused(server, alice, second)
    third = await link(client)
    await client.leave()
    # Its contacts see it go.
    await other.expect(f"presence[@type='unavailable'][@from='{client.jid}']")
    await refused(server, alice, third)
    await enter(server, alice, kept, str(uuid.uuid4()))


async def test_signing_the_device_out_and_a_new_password_void_it(server):
    alice, = await server.people("alice")
    client = await server.login(alice)
    device = str(uuid.uuid4())
    door = await server.starttls()
    await door.open()
    await login.sasl2(door, alice, inline=agent(device) + f"<bind xmlns='{NS['bind2']}'><tag>t</tag></bind>")
    await door.send(f"<iq type='set' id='l'><link xmlns='{LINK}'/></iq>")
    token = (await door.expect("iq[@id='l']")).find(f"{{{LINK}}}link").get("token")
    await client.result("set", f"<revoke xmlns='urn:xmpp:cam:0' id='{device}'/>")
    await refused(server, alice, token)
    token = await link(client)
    name = alice.jid.split("@")[0]
    await client.result("set", f"<query xmlns='jabber:iq:register'><username>{name}</username><password>another long one</password></query>",
                        DOMAIN)
    await refused(server, alice, token)


async def test_an_account_has_a_bounded_number_and_a_restart_voids_them(own_server):
    server = own_server()
    alice, = await server.people("alice")
    clients = [await server.login(alice) for _ in range(6)]
    tokens = [await link(client) for client in clients[:5]]
    answer = await clients[5].iq("set", f"<link xmlns='{LINK}'/>")
    assert error_of(answer) == "resource-constraint"
    # Asking again replaces one's own.
    assert await link(clients[0]) not in tokens
    server.restart()
    await refused(server, alice, tokens[1])


async def test_wrong_ones_count_as_failed_logins(own_server):
    server = own_server({"limits": {"rate": True, "login_failures_per_account": "5/15m burst 5"}})
    alice, = await server.people("alice")
    token = await link(await server.login(alice))
    seen = []
    for _ in range(12):
        with pytest.raises(login.SaslFailure) as failure:
            await enter(server, alice, "guessed", str(uuid.uuid4()))
        seen.append(str(failure.value))
    assert "temporary-auth-failure" in seen[-1], seen
    # Not even the right one, from there, until the time has passed.
    await refused(server, alice, token, "temporary-auth-failure")


@pytest.mark.parametrize("payload", [f"<link xmlns='{LINK}'/><link xmlns='{LINK}'/>", f"<unlink xmlns='{LINK}'/><x xmlns='y'/>"])
async def test_bad_requests_change_nothing(server, payload):
    alice, bob = await server.people("alice", "bob")
    client = await server.login(alice)
    token = await link(client)
    assert error_of(await client.iq("set", payload)) == "bad-request"
    assert error_of(await client.iq("get", f"<link xmlns='{LINK}'/>")) == "service-unavailable"
    assert error_of(await client.iq("set", f"<link xmlns='{LINK}'/>", bob.jid)) == "service-unavailable"
    await enter(server, alice, token, str(uuid.uuid4()))
