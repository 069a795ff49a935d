"""N17 and its kin: what nobody may get by a passkey (reference: trust)."""

import asyncio
import json
import uuid
from datetime import datetime, timezone

import pytest

import login
from authenticator import (HAS_CREDENTIAL, PASSKEYS, PRESENT, VERIFIED, Passkey, add, adding, begin, beginning, challenge, decode, encode, listed,
                           origin_of, password, post, show)
from wire import NS, error_of

REFUSED = (403, {"error": "not-authorized"})


async def owner(server):
    alice, = await server.people("alice")
    client = await server.login(alice)
    return alice, client, await add(server, client)


async def test_n17_an_answer_and_a_challenge_are_good_once(server):
    _, _, passkey = await owner(server)
    first = await challenge(server)
    shown = passkey.shown(first)
    assert (await post(server, "sign-in", shown))[0] == 200
    assert await post(server, "sign-in", shown) == REFUSED
    # Signed anew, with a counter that goes on.
    assert await post(server, "sign-in", passkey.shown(first)) == REFUSED
    assert (await show(server, passkey))[0] == 200


async def test_n17_of_many_with_one_challenge_one_comes_in(server):
    _, _, passkey = await owner(server)
    for _ in range(5):
        shown = passkey.shown(await challenge(server))
        answers = await asyncio.gather(*(post(server, "sign-in", shown) for _ in range(6)))
        assert sorted(status for status, _ in answers) == [200] + [403] * 5
        # Whoever came in has a login under way; five at a time are open.
        token = next(answer["token"] for status, answer in answers if status == 200)
        assert token


async def test_n17_a_challenge_must_be_ours_and_for_this(server):
    alice, client, passkey = await owner(server)
    ours = decode(await challenge(server))
    changed = [bytes(56), b"", ours[:-1], ours + b"x", ours[:16] + b"\x7f" * 8 + ours[24:], ours[:-1] + bytes([ours[-1] ^ 1])]
    for other in [*map(encode, changed), (await begin(client)).get("challenge")]:
        assert await post(server, "sign-in", passkey.shown(other)) == REFUSED
    new = Passkey(origin_of(server))
    bob, = await server.people("bob")
    for other in [encode(ours), (await begin(await server.login(bob))).get("challenge"), ""]:
        assert error_of(await client.iq("set", adding(new.made(other)))) == "not-acceptable"
    assert new.id not in await listed(client)


async def test_n17_a_challenge_is_over_after_its_time(own_server):
    server = own_server({"limits": {"passkey_challenge": "2s"}})
    _, _, passkey = await owner(server)
    _, answer = await post(server, "challenge")
    end = datetime.fromisoformat(answer["expiry"])
    while datetime.now(timezone.utc) <= end:
        await asyncio.sleep(0.05)
    assert await post(server, "sign-in", passkey.shown(answer["challenge"])) == REFUSED
    assert (await show(server, passkey))[0] == 200


@pytest.mark.parametrize("change", [
    {"origin": "https://localhost"}, {"origin": "http://localhost"}, {"origin": "http://localhost.evil.example"}, {"origin": "null"},
    {"origin": "http://other.localhost.evil.example"}, {"crossOrigin": True}, {"topOrigin": "https://evil.example"},
    {"type": "webauthn.create"}, {"type": "payment.get"}, {"type": ""},
    {"flags": PRESENT}, {"flags": VERIFIED}, {"flags": 0},
], ids=str)
async def test_n17_what_does_not_say_what_it_must_is_refused(server, change):
    _, _, passkey = await owner(server)
    assert await show(server, passkey, **change) == REFUSED
    assert (await show(server, passkey))[0] == 200


async def test_n17_one_made_for_another_domain_is_refused(server):
    alice, client, passkey = await owner(server)
    for domain in ["evil.example", "other.localhost", ""]:
        passkey.domain = domain
        assert await show(server, passkey) == REFUSED
    # Signed for our other domain, on a page of it: nobody added it there.
    passkey.domain, passkey.origin = "other.localhost", origin_of(server).replace("localhost", "other.localhost")
    assert await show(server, passkey) == REFUSED
    new = Passkey(origin_of(server), domain="evil.example")
    assert error_of(await client.iq("set", adding(new.made((await begin(client)).get("challenge"))))) == "not-acceptable"


async def test_n17_a_counter_does_not_go_back(server):
    _, _, passkey = await owner(server)
    assert (await show(server, passkey))[0] == 200
    for back in [passkey.counter - 1, 0, -1]:
        last, passkey.counter = passkey.counter, back
        assert await show(server, passkey) == REFUSED
        passkey.counter = last
    assert (await show(server, passkey))[0] == 200


async def test_n17_the_key_of_another_account_opens_none(server):
    _, _, passkey = await owner(server)
    _, _, other = await owner(server)
    shown = passkey.shown(await challenge(server))
    assert await post(server, "sign-in", shown | {"id": encode(other.id)}) == REFUSED
    mixed = Passkey(origin_of(server), id=other.id, key=passkey.key, handle=other.handle, counter=9)
    assert await show(server, mixed) == REFUSED
    # Its own key, in another's name.
    named = Passkey(origin_of(server), id=passkey.id, key=passkey.key, handle=other.handle, counter=99)
    assert await show(server, named) == REFUSED
    named.handle = b""
    assert await show(server, named) == REFUSED
    assert (await show(server, passkey))[1]["address"] != (await show(server, other))[1]["address"]


async def test_n10_an_unknown_passkey_and_a_bad_signature_look_the_same(server):
    _, _, passkey = await owner(server)
    unknown = Passkey(origin_of(server), handle=passkey.handle)
    forged = passkey.shown(await challenge(server))
    forged["signature"] = unknown.shown(await challenge(server))["signature"]
    assert await show(server, unknown) == await post(server, "sign-in", forged) == REFUSED


async def test_adding_one_takes_who_knows_the_password_or_has_a_passkey(server):
    alice, client, passkey = await owner(server)
    token = (await client.result("set", "<link xmlns='urn:skein:link:0'/>")).find("{urn:skein:link:0}link").get("token")
    bob, bobs, _ = await owner(server)
    _, answer = await show(server, await add(server, bobs))
    for proof, error in [("", "bad-request"), ("<password/>", "not-authorized"), ("<password>wrong</password>", "not-authorized"),
                         (f"<password>{bob.password}</password>", "not-authorized"), ("<token>guessed</token>", "not-authorized"),
                         (f"<token>{answer['token']}</token>", "not-authorized"), ("<token/>", "not-authorized"),
                         # What an open session can make by itself proves nothing.
                         (f"<token>{token}</token>", "not-authorized"), (password(alice) + f"<token>{token}</token>", "bad-request")]:
        refused = await client.iq("set", beginning(proof))
        assert error_of(refused) == error, proof
        assert refused.find(f"{{{PASSKEYS}}}begin") is None, "a password is not shown again"
    assert set(await listed(client)) == {passkey.id}


async def test_guesses_at_the_password_are_slowed_by_account(own_server):
    server = own_server({"limits": {"rate": True, "login_failures_per_account": "5/15m burst 5"}})
    alice, = await server.people("alice")
    client = await server.login(alice)
    errors = [error_of(await client.iq("set", beginning("<password>wrong</password>"))) for _ in range(7)]
    assert errors == ["not-authorized"] * 5 + ["resource-constraint"] * 2
    assert error_of(await client.iq("set", beginning(password(alice)))) == "resource-constraint"


async def test_wrong_ones_count_for_the_network_as_failed_logins(own_server):
    server = own_server({"limits": {"rate": True, "login_failures_per_address": "5/15m burst 5"}})
    _, _, passkey = await owner(server)
    unknown = Passkey(origin_of(server))
    statuses = [(await show(server, unknown))[0] for _ in range(4)]
    statuses.append((await post(server, "sign-in", b"{"))[0])
    assert statuses == [403] * 4 + [400]
    assert await show(server, passkey) == (429, {"error": "temporary-auth-failure"})


async def test_a_page_of_strangers_spends_none_of_its_visitors_tries(own_server):
    server = own_server({"limits": {"rate": True, "login_failures_per_address": "2/15m burst 2"}})
    _, _, passkey = await owner(server)
    good = passkey.shown(await challenge(server))
    for origin in ["https://evil.example", "null", f"{origin_of(server)}.evil.example", f"{origin_of(server)}, {origin_of(server)}", ""]:
        for body in [b"{", Passkey(origin_of(server)).shown(await challenge(server)), good]:
            assert await post(server, "sign-in", body, Origin=origin) == REFUSED, origin
    assert (await post(server, "sign-in", good, Origin=origin_of(server)))[0] == 200


async def test_the_passkey_of_another_is_not_added_seen_or_changed(server):
    alice, client, passkey = await owner(server)
    bob, bobs, _ = await owner(server)
    again = Passkey(origin_of(server), id=passkey.id)
    assert error_of(await bobs.iq("set", adding(again.made((await begin(bobs)).get("challenge"))))) == "conflict"
    for payload in [f"<remove xmlns='{PASSKEYS}' id='{encode(passkey.id)}'/>", f"<rename xmlns='{PASSKEYS}' id='{encode(passkey.id)}' name='x'/>"]:
        assert error_of(await bobs.iq("set", payload)) == "item-not-found"
        assert error_of(await bobs.iq("set", payload, alice.jid)) == "service-unavailable"
    assert error_of(await bobs.iq("get", f"<passkeys xmlns='{PASSKEYS}'/>", alice.jid)) == "service-unavailable"
    assert passkey.id not in await listed(bobs)
    assert (await show(server, passkey))[1]["address"] == alice.jid


async def test_an_addition_is_good_once_and_needs_the_person(server):
    alice, client, passkey = await owner(server)
    new = Passkey(origin_of(server))
    first = (await begin(client)).get("challenge")
    for flags in [PRESENT | HAS_CREDENTIAL, VERIFIED | HAS_CREDENTIAL, PRESENT | VERIFIED]:
        assert error_of(await client.iq("set", adding(new.made(first, flags)))) == "not-acceptable"
    for wrong in [{"origin": "https://evil.example"}, {"type": "webauthn.get"}, {"crossOrigin": True}]:
        assert error_of(await client.iq("set", adding(new.made(first, **wrong)))) == "not-acceptable"
    made = adding(new.made(first))
    await client.result("set", made)
    await client.result("set", f"<remove xmlns='{PASSKEYS}' id='{encode(new.id)}'/>")
    assert error_of(await client.iq("set", made)) == "not-acceptable"
    assert set(await listed(client)) == {passkey.id}


async def test_a_flood_of_challenges_fills_nothing(server):
    _, _, passkey = await owner(server)
    before = server.resident_kib()
    for _ in range(20):
        await asyncio.gather(*(challenge(server) for _ in range(100)))
    assert server.resident_kib() - before < 16 * 1024
    assert (await show(server, passkey))[0] == 200


async def test_logins_on_their_way_are_bounded_and_do_not_touch_those_of_devices(server):
    alice, client, passkey = await owner(server)
    link = (await client.result("set", "<link xmlns='urn:skein:link:0'/>")).find("{urn:skein:link:0}link").get("token")
    tokens = [(await show(server, passkey))[1]["token"] for _ in range(5)]
    assert await show(server, passkey) == REFUSED
    assert len(set(tokens)) == 5
    for token in [tokens[0], link]:
        door = await server.starttls()
        await door.open()
        inline = login.user_agent(str(uuid.uuid4())) + f"<fast xmlns='{NS['fast']}'/><bind xmlns='{NS['bind2']}'><tag>t</tag></bind>"
        await login.send_authenticate(door, "HT-SHA-256-NONE", login.ht_initial(alice.name, token, b""), inline)
        await login.sasl2_outcome(door)
    assert (await show(server, passkey))[0] == 200
    # Removing the passkey voids what it has got.
    await client.result("set", f"<remove xmlns='{PASSKEYS}' id='{encode(passkey.id)}'/>")
    door = await server.starttls()
    await door.open()
    inline = login.user_agent(str(uuid.uuid4())) + f"<fast xmlns='{NS['fast']}'/><bind xmlns='{NS['bind2']}'><tag>t</tag></bind>"
    await login.send_authenticate(door, "HT-SHA-256-NONE", login.ht_initial(alice.name, tokens[1], b""), inline)
    with pytest.raises(login.SaslFailure, match="not-authorized"):
        await login.sasl2_outcome(door)


async def test_malformed_answers_are_refused_and_change_nothing(server):
    _, _, passkey = await owner(server)
    good = passkey.shown(await challenge(server))
    bad = [b"", b"{", b"null", b"[]", b"\xff", b"{}", json.dumps(good | {"id": 1}).encode(), json.dumps(good | {"more": ""}).encode(),
           json.dumps(good | {"id": "a b"}).encode(), json.dumps(good | {"data": "é"}).encode(), b"[" * 10_000,
           json.dumps(good | {"client": "A" * 20_000}).encode()]
    for body in bad:
        assert await post(server, "sign-in", body) == (400, {"error": "bad-request"}), body[:80]
    assert (await post(server, "sign-in", b"x" * (2 << 20)))[0] == 413
    for part in good:
        for text in ["", "AAAA"]:
            assert await post(server, "sign-in", good | {part: text}) == REFUSED, (part, text)
    assert await post(server, "sign-in", good | {"client": encode(b"\xff\xfe")}) == REFUSED
    assert await post(server, "sign-in", good | {"id": encode(bytes(2_000))}) == REFUSED
    for path in ["challenge/x", "sign-in/x", "sign-inx", ""]:
        assert (await post(server, path))[0] == 404
    assert (await post(server, "sign-in", good))[0] == 200


@pytest.mark.parametrize("payload", ["<begin xmlns='{ns}'/><begin xmlns='{ns}'/>", "<begin xmlns='{ns}'/>", "<rename xmlns='{ns}' id='AAAA'/>", "<rename xmlns='{ns}' name='x'/>",
                                     "<rename xmlns='{ns}' id='a b' name='x'/>", "<remove xmlns='{ns}'/>", "<remove xmlns='{ns}' id=''/>",
                                     "<add xmlns='{ns}'/>", "<add xmlns='{ns}' name='x'/>",
                                     "<add xmlns='{ns}' name=' '><made algorithm='-7'><key>AA</key><client>AA</client><data>AA</data></made></add>",
                                     "<add xmlns='{ns}' name='x'><made algorithm='z'><key>AA</key><client>AA</client><data>AA</data></made></add>",
                                     "<add xmlns='{ns}' name='x'><made algorithm='-7'><key>é</key><client>AA</client><data>AA</data></made></add>"])
async def test_malformed_requests_change_nothing(server, payload):
    alice, client, passkey = await owner(server)
    assert error_of(await client.iq("set", payload.format(ns=PASSKEYS))) == "bad-request"
    assert error_of(await client.iq("get", f"<begin xmlns='{PASSKEYS}'/>")) == "service-unavailable"
    wrong = adding("<made algorithm='-7'><key>AAAA</key><client>AAAA</client><data>AAAA</data></made>")
    assert error_of(await client.iq("set", wrong)) == "not-acceptable"
    assert set(await listed(client)) == {passkey.id}
