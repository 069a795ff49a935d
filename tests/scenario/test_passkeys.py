"""Passkeys: signing in without a password (`docs/clients.md`)."""

import asyncio
import uuid
from datetime import datetime, timezone

import pytest

import login
from authenticator import PASSKEYS, Passkey, add, adding, begin, beginning, challenge, decode, encode, listed, origin_of, post, show
from skein import DOMAIN
from wire import NS, error_of

MECHANISM = "HT-SHA-256-NONE"


async def enter(server, account, token: str, device: str):
    """`<success/>` of a device that comes in by what a passkey got; raises `SaslFailure`."""
    door = await server.starttls()
    await door.open()
    inline = (login.user_agent(device, "Prism") + f"<fast xmlns='{NS['fast']}'/><request-token xmlns='{NS['fast']}' mechanism='{MECHANISM}'/>"
              + f"<bind xmlns='{NS['bind2']}'><tag>t</tag></bind>")
    await login.send_authenticate(door, MECHANISM, login.ht_initial(account.name, token, b""), inline)
    return await login.sasl2_outcome(door), door


@pytest.mark.parametrize("algorithm", [-7, -8, -257])
async def test_who_has_a_passkey_signs_in_without_a_name_and_a_password(server, algorithm):
    alice, = await server.people("alice")
    client = await server.login(alice)
    passkey = await add(server, client, algorithm=algorithm)
    status, answer = await show(server, passkey)
    assert status == 200 and answer["address"] == alice.jid
    assert datetime.fromisoformat(answer["expiry"]) > datetime.now(timezone.utc)
    device = str(uuid.uuid4())
    success, door = await enter(server, alice, answer["token"], device)
    assert success.findtext("sasl2:authorization-identifier", "", NS).startswith(alice.jid + "/")
    # From then on it is a device like any other: a token of its own, the list of devices, signing out.
    own = success.find("fast:token", NS).get("token")
    await door.close()
    _, door = await enter(server, alice, own, device)
    clients = await client.result("get", "<list xmlns='urn:xmpp:cam:0'/>")
    assert device in {one.get("id") for one in clients.iter("{urn:xmpp:cam:0}client")}
    await client.result("set", f"<revoke xmlns='urn:xmpp:cam:0' id='{device}'/>")
    # The passkey is no device: it lets the next one in.
    assert (await show(server, passkey))[0] == 200


async def test_passkeys_are_listed_renamed_and_removed(server):
    alice, = await server.people("alice")
    client = await server.login(alice)
    assert await listed(client) == {}
    phone = await add(server, client, "Phone")
    key = await add(server, client, "  钥匙 &amp; key ")
    found = await listed(client)
    assert [one["name"] for one in found.values()] == ["Phone", "钥匙 & key"]
    assert {one["domain"] for one in found.values()} == {DOMAIN} and not any("used" in one for one in found.values())
    assert (await show(server, phone))[0] == 200
    assert datetime.fromisoformat((await listed(client))[phone.id]["used"]) >= datetime.fromisoformat(found[phone.id]["created"])
    await client.result("set", f"<rename xmlns='{PASSKEYS}' id='{encode(phone.id)}' name='Old phone'/>")
    assert (await listed(client))[phone.id]["name"] == "Old phone"
    await client.result("set", f"<remove xmlns='{PASSKEYS}' id='{encode(phone.id)}'/>")
    assert set(await listed(client)) == {key.id}
    assert (await show(server, phone)) == (403, {"error": "not-authorized"})
    assert (await show(server, key))[0] == 200
    for payload in [f"<remove xmlns='{PASSKEYS}' id='{encode(phone.id)}'/>", f"<rename xmlns='{PASSKEYS}' id='{encode(phone.id)}' name='x'/>"]:
        assert error_of(await client.iq("set", payload)) == "item-not-found"


async def test_the_other_devices_hear_that_one_was_added(server):
    alice, bob = await server.people("alice", "bob")
    desk, phone, other = await server.login(alice), await server.login(alice), await server.login(bob)
    passkey = await add(server, phone, "Kitchen")
    notice = f"message[@type='headline']/{{{PASSKEYS}}}added"
    told = await desk.expect(notice)
    added = told.find(f"{{{PASSKEYS}}}added/{{{PASSKEYS}}}passkey")
    assert told.get("from") == alice.jid and (decode(added.get("id")), added.get("name")) == (passkey.id, "Kitchen")
    for nobody in (phone, other):
        await nobody.quiet(notice, via=desk)


async def test_they_outlive_a_restart_and_challenges_do_not(own_server):
    server = own_server()
    alice, = await server.people("alice")
    passkey = await add(server, await server.login(alice))
    before = await challenge(server)
    server.restart()
    assert (await post(server, "sign-in", passkey.shown(before)))[0] == 403
    assert (await show(server, passkey))[0] == 200


async def test_the_service_is_found(server):
    alice, = await server.people("alice")
    client = await server.login(alice)
    for place in [alice.jid, DOMAIN]:
        info = await client.result("get", f"<query xmlns='{NS['disco']}'/>", place)
        assert PASSKEYS in {feature.get("var") for feature in info.iter(f"{{{NS['disco']}}}feature")}
    begun = await begin(client)
    assert begun.get("algorithms").split() == ["-7", "-8", "-257"] and len(decode(begun.get("handle"))) == 32


async def test_a_passkey_that_was_just_used_stands_for_the_password(server):
    alice, = await server.people("alice")
    client = await server.login(alice)
    first = await add(server, client)
    _, answer = await show(server, first)
    proof = f"<token>{answer['token']}</token>"
    second = await add(server, client, "Second", proof=proof)
    assert set(await listed(client)) == {first.id, second.id}
    # Once: neither another passkey nor a device comes in by it.
    assert error_of(await client.iq("set", beginning(proof))) == "not-authorized"
    with pytest.raises(login.SaslFailure, match="not-authorized"):
        await enter(server, alice, answer["token"], str(uuid.uuid4()))


async def test_one_that_does_not_count_signs_in_again_and_again(server):
    alice, = await server.people("alice")
    passkey = await add(server, await server.login(alice), counter=0)
    for _ in range(3):
        passkey.counter = -1
        status, answer = await show(server, passkey)
        assert status == 200
        await enter(server, alice, answer["token"], str(uuid.uuid4()))


async def test_its_owners_new_password_keeps_them_and_an_administrators_does_not(server):
    alice, = await server.people("alice")
    client = await server.login(alice)
    passkey = await add(server, client)
    _, answer = await show(server, passkey)
    await client.result("set", f"<query xmlns='jabber:iq:register'><username>{alice.name}</username><password>another long one</password></query>",
                        DOMAIN)
    with pytest.raises(login.SaslFailure, match="not-authorized"):
        await enter(server, alice, answer["token"], str(uuid.uuid4()))
    assert (await show(server, passkey))[0] == 200
    alice = await asyncio.to_thread(server.set_password, alice, "set by the operator")
    assert (await show(server, passkey))[0] == 403
    assert await listed(await server.login(alice)) == {}


@pytest.mark.parametrize("done", ["suspend", "remove"])
async def test_who_is_locked_out_or_gone_gets_in_by_none(server, done):
    alice, = await server.people("alice")
    passkey = await add(server, await server.login(alice))
    _, answer = await show(server, passkey)
    await asyncio.to_thread(server.cli, "user", done, alice.jid)
    assert (await show(server, passkey)) == (403, {"error": "not-authorized"})
    with pytest.raises(login.SaslFailure, match="not-authorized"):
        await enter(server, alice, answer["token"], str(uuid.uuid4()))
    if done == "suspend":
        await asyncio.to_thread(server.cli, "user", "resume", alice.jid)
        assert (await show(server, passkey))[0] == 200


async def test_an_account_has_a_bounded_number(own_server):
    server = own_server({"limits": {"passkeys": 2}})
    alice, = await server.people("alice")
    client = await server.login(alice)
    first = await add(server, client)
    await add(server, client)
    third = Passkey(origin_of(server))
    assert error_of(await client.iq("set", adding(third.made((await begin(client)).get("challenge"))))) == "policy-violation"
    assert len(await listed(client)) == 2 and third.id not in await listed(client)
    await client.result("set", f"<remove xmlns='{PASSKEYS}' id='{encode(first.id)}'/>")
    await add(server, client)


async def test_they_work_on_the_pages_that_the_operator_names(own_server):
    server = own_server({"passkeys": {"origins": ["https://chat.example.org", "https://chat.example.org:8443"]}})
    alice, = await server.people("alice")
    client = await server.login(alice)
    begun = await begin(client)
    passkey = Passkey("https://chat.example.org", domain="chat.example.org", handle=decode(begun.get("handle")))
    await client.result("set", adding(passkey.made(begun.get("challenge"))))
    assert (await show(server, passkey))[0] == 200
    passkey.origin += ":8443"
    assert (await show(server, passkey))[0] == 200
    passkey.origin, passkey.domain = origin_of(server), DOMAIN
    assert (await show(server, passkey))[0] == 403
