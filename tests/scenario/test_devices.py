"""The clients of an account, and signing one of them out (XEP-0494)."""

import uuid

import pytest

import login
import wire
from wire import NS

CAM = "urn:xmpp:cam:0"


async def sign_in(server, account, device: str, software: str) -> tuple[login.Client, str]:
    """A session of that device, and its token."""
    door = await server.starttls()
    await door.open()
    inline = (login.user_agent(device, software) + f"<request-token xmlns='{NS['fast']}' mechanism='HT-SHA-256-NONE'/>"
              + f"<bind xmlns='{NS['bind2']}'><tag>{software}</tag></bind>")
    success = await login.sasl2(door, account, inline=inline)
    client = login.Client(door, account)
    client.jid = success.findtext("sasl2:authorization-identifier", "", NS)
    return client, success.find("fast:token", NS).get("token")


async def clients(client: login.Client) -> dict[str, tuple[str, str]]:
    answer = await client.result("get", f"<list xmlns='{CAM}'/>")
    return {one.get("id"): (one.findtext(f"{{{CAM}}}user-agent/{{{CAM}}}software", ""), one.get("connected"))
            for one in answer.iterfind(f"{{{CAM}}}clients/{{{CAM}}}client")}


async def listed(client: login.Client, *wanted: str) -> dict[str, tuple[str, str]]:
    """The clients once those are among them: a login is noted while the session begins."""
    async with wire.asyncio.timeout(wire.PATIENCE):
        while not set(wanted) <= set(found := await clients(client)):
            await wire.asyncio.sleep(0.02)
    return found


async def test_a_client_that_is_signed_out_ends_and_its_token_is_void(server):
    [alice] = await server.people("alice")
    desk_id, phone_id = str(uuid.uuid4()), str(uuid.uuid4())
    desk, _ = await sign_in(server, alice, desk_id, "Desk")
    phone, token = await sign_in(server, alice, phone_id, "Phone")
    assert await listed(desk, desk_id, phone_id) == {desk_id: ("Desk", "true"), phone_id: ("Phone", "true")}
    await desk.result("set", f"<revoke xmlns='{CAM}' id='{phone_id}'/>")
    await wire.asyncio.wait_for(phone.wire.ended.wait(), wire.PATIENCE)
    assert await clients(desk) == {desk_id: ("Desk", "true")}
    door = await server.starttls()
    await door.open()
    inline = login.user_agent(phone_id) + f"<fast xmlns='{NS['fast']}'/><bind xmlns='{NS['bind2']}'/>"
    await login.send_authenticate(door, "HT-SHA-256-NONE", login.ht_initial(alice.name, token), inline)
    with pytest.raises(login.SaslFailure):
        await login.sasl2_outcome(door)


@pytest.mark.own_server
async def test_a_token_stands_in_the_list_though_the_server_is_killed_at_once(own_server):
    """Logins are noted a second later; a token that nobody sees could not be taken back."""
    server = own_server()
    [alice] = await server.people("alice")
    lost = str(uuid.uuid4())
    door = await server.starttls()
    await door.open()
    # Nothing is bound: nobody looks at the account before the end.
    inline = login.user_agent(lost, "Lost") + f"<request-token xmlns='{NS['fast']}' mechanism='HT-SHA-256-NONE'/>"
    token = (await login.sasl2(door, alice, inline=inline)).find("fast:token", NS).get("token")
    server.kill()
    server.start()
    desk, _ = await sign_in(server, alice, str(uuid.uuid4()), "Desk")
    assert (await clients(desk)).get(lost) == ("Lost", "false")
    await desk.result("set", f"<revoke xmlns='{CAM}' id='{lost}'/>")
    door = await server.starttls()
    await door.open()
    inline = login.user_agent(lost) + f"<fast xmlns='{NS['fast']}'/><bind xmlns='{NS['bind2']}'/>"
    await login.send_authenticate(door, "HT-SHA-256-NONE", login.ht_initial(alice.name, token), inline)
    with pytest.raises(login.SaslFailure):
        await login.sasl2_outcome(door)


async def test_nobody_sees_or_ends_the_clients_of_somebody_else(server):
    alice, bob = await server.people("alice", "bob")
    theirs = str(uuid.uuid4())
    desk, _ = await sign_in(server, alice, theirs, "Desk")
    stranger, _ = await sign_in(server, bob, str(uuid.uuid4()), "Other")
    for kind, payload in (("get", f"<list xmlns='{CAM}'/>"), ("set", f"<revoke xmlns='{CAM}' id='{theirs}'/>")):
        assert (await stranger.iq(kind, payload, to=alice.jid)).get("type") == "error"
    answer = await stranger.iq("set", f"<revoke xmlns='{CAM}' id='{theirs}'/>")
    assert answer.find("error/{urn:ietf:params:xml:ns:xmpp-stanzas}item-not-found") is not None or b"item-not-found" in wire.ET.tostring(answer)
    assert list(await listed(desk, theirs)) == [theirs]


@pytest.mark.parametrize("attributes", ["", " id=''"])
async def test_a_revocation_that_names_nobody_is_refused(server, attributes):
    [alice] = await server.people("alice")
    desk, _ = await sign_in(server, alice, str(uuid.uuid4()), "Desk")
    answer = await desk.iq("set", f"<revoke xmlns='{CAM}'{attributes}/>")
    assert b"bad-request" in wire.ET.tostring(answer)
