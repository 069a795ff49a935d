"""Attacks on negotiation and authentication. The ids are the attack catalogue's."""

import asyncio
import base64
import uuid

import pytest

import channel
import login
import wire
from login import SaslFailure
from scram import Scram
from skein import DOMAIN, OTHER_DOMAIN, Account
from wire import NS

MECHANISMS = ["PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"]
REFUSED = {"invalid-authzid", "not-authorized", "malformed-request", "incorrect-encoding"}
SASL = {1: login.sasl1, 2: login.sasl2}


@pytest.mark.parametrize("sasl", [1, 2])
@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize("authzid", ["{victim}@localhost", "{victim}", "{self}@other.localhost", "{victim}@localhost/x",
                                     "{wide}@localhost", "@localhost", "localhost", "garbage\x7f@@"])
async def test_N01_nobody_becomes_another_by_authzid(server, sasl, mechanism, authzid):
    mallory, victim = await server.people("mallory", "victim")
    # The same name in full-width letters: not the same after every way of preparing it.
    wide = "".join(chr(ord(letter) + 0xFEE0) if letter.isalpha() else letter for letter in victim.name)
    wanted = authzid.format(victim=victim.name, self=mallory.name, wide=wide)
    door = await server.starttls()
    await door.open()
    try:
        await SASL[sasl](door, mallory, mechanism, authzid=wanted)
    except SaslFailure as refusal:
        assert refusal.condition in REFUSED
        return
    # Let in: then as oneself and nobody else.
    if sasl == 1:
        await door.open()
    else:
        await door.expect("stream:features")
    assert (await login.bind(door)).startswith(mallory.jid + "/")


@pytest.mark.parametrize("sasl", [1, 2])
@pytest.mark.parametrize("mechanism", MECHANISMS)
async def test_N01_ones_own_authzid_is_accepted(server, sasl, mechanism):
    [alice] = await server.people("alice")
    door = await server.starttls()
    await door.open()
    await SASL[sasl](door, alice, mechanism, authzid=alice.jid)


async def test_N01_an_authzid_without_end_is_cut(server):
    [mallory] = await server.people("mallory")
    door = await server.starttls()
    await door.open()
    with pytest.raises((SaslFailure, AssertionError)):
        await login.sasl1(door, mallory, "PLAIN", authzid="x" * 1_048_576)
    await door.expect_end()


INJECTED = {
    "auth": lambda account: f"<auth xmlns='{NS['sasl']}' mechanism='PLAIN'>{login.b64(login.plain(account))}</auth>",
    "authenticate": lambda account: (
        f"<authenticate xmlns='{NS['sasl2']}' mechanism='PLAIN'><initial-response>{login.b64(login.plain(account))}"
        "</initial-response></authenticate>"),
    "stanza": lambda account: f"<message to='{account.jid}'><body>injected</body></message>",
    "header": lambda account: wire.stream_header("localhost"),
    "header and auth": lambda account: wire.stream_header("localhost") + INJECTED["auth"](account),
}


@pytest.mark.parametrize("name", INJECTED)
async def test_N02_what_came_with_starttls_is_not_taken_into_tls(server, name):
    [mallory] = await server.people("mallory")
    door = await server.tcp()
    await door.open()
    try:
        await door.starttls(before_handshake=INJECTED[name](mallory).encode())
    except (OSError, AssertionError):
        # The connection was closed: as right as throwing the bytes away.
        return
    await door.open()
    # A response to the injected request would stand before or right behind the features.
    await door.send("<iq xmlns='jabber:client' type='get' id='probe'><ping xmlns='urn:xmpp:ping'/></iq>")
    await door.expect_stream_error("not-authorized", "unsupported-stanza-type", "policy-violation")
    assert not door.peek("sasl:success") and not door.peek("sasl2:success"), door.describe()


@pytest.mark.parametrize("xml, answers", [
    ("<message to='bob@localhost'><body>x</body></message>", ()),
    ("<iq type='get' id='1'><query xmlns='jabber:iq:roster'/></iq>", ()),
    ("<presence/>", ()),
    (f"<iq type='set' id='1'><bind xmlns='{NS['bind']}'/></iq>", ()),
    (f"<enable xmlns='{NS['sm']}' resume='true'/>", ("sm:failed",)),
    (f"<resume xmlns='{NS['sm']}' previd='x' h='0'/>", ("sm:failed",)),
    (f"<r xmlns='{NS['sm']}'/>", ("sm:failed",)),
    (f"<active xmlns='{NS['csi']}'/>", ()),
])
async def test_N03_nothing_is_done_for_strangers(server, xml, answers):
    door = await server.tcp()
    await door.open()
    await door.send(xml)
    answer = await door.expect(wire.STREAM_ERROR, *answers)
    if answer.tag.startswith(f"{{{NS['stream']}}}"):
        assert wire.local(answer[0]) in ("not-authorized", "policy-violation", "unsupported-stanza-type")
        await door.expect_end()


async def test_N03_between_login_and_binding_a_session_may_only_bind(server):
    alice, bob = await server.people("alice", "bob")
    b = await server.login(bob)
    other = await server.login(alice)
    door = await server.tcp()
    await door.open()
    await login.sasl1(door, alice)
    await door.open()
    await door.send(f"<message to='{b.jid}'><body>too early</body></message>")
    answer = await door.expect(wire.STREAM_ERROR, "message[@type='error']")
    assert "not-authorized" in wire.ET.tostring(answer, encoding="unicode")
    await b.quiet("message[body='too early']", via=other)


async def test_N05_a_login_at_one_domain_does_not_count_at_another(server):
    [alice] = await server.people("alice")
    await asyncio.to_thread(server.add_user, alice.name, "another password", OTHER_DOMAIN)
    door = await server.tcp()
    await door.open()
    await login.sasl1(door, alice)
    await door.send(wire.stream_header(OTHER_DOMAIN))
    try:
        jid = await asyncio.wait_for(_bound(door), wire.PATIENCE)
    except AssertionError:
        await door.expect_end()
        return
    assert jid.startswith(f"{alice.name}@{DOMAIN}/")


async def _bound(door) -> str:
    door._new_parser()
    await door.expect("stream:features")
    return await login.bind(door)


async def test_N05_the_same_name_at_two_domains_is_two_accounts(server):
    [alice] = await server.people("alice")
    await asyncio.to_thread(server.add_user, alice.name, "another password", OTHER_DOMAIN)
    door = await server.tcp()
    await door.open(OTHER_DOMAIN)
    with pytest.raises(SaslFailure, match="not-authorized"):
        await login.sasl1(door, alice)


class Tampered(Scram):
    """A SCRAM client whose last message is changed by `change`."""

    change = staticmethod(lambda text: text)

    def client_final(self, server_first: bytes, nonce: str | None = None) -> bytes:
        return self.change(super().client_final(server_first, nonce).decode()).encode()


CHANGES = {
    "proof of another": lambda text: text.rpartition("p=")[0] + "p=" + base64.b64encode(bytes(32)).decode(),
    "proof too short": lambda text: text.rpartition("p=")[0] + "p=AAAA",
    "no proof": lambda text: text.rpartition(",p=")[0],
    "nonce cut": lambda text: text.replace("r=", "r=x", 1),
    "extension that must be understood": lambda text: "m=x," + text,
    "other channel": lambda text: "c=eSws" + text[text.index(",r="):],
    "not base64": lambda text: text.rpartition("p=")[0] + "p=!!!!",
    "garbage": lambda text: "\x01\x02",
}


@pytest.mark.parametrize("name", CHANGES)
async def test_N06_a_scram_exchange_that_was_tampered_with_fails(server, name):
    [alice] = await server.people("alice")
    scram = Tampered("SCRAM-SHA-256", alice.name, alice.password)
    scram.change = CHANGES[name]
    await _scram_fails(await server.starttls(), scram, "SCRAM-SHA-256")


async def _scram_fails(door, scram: Scram, mechanism: str) -> None:
    await door.open()
    await login.send_auth(door, mechanism, scram.client_first())
    answer = await door.expect("sasl:challenge", "sasl:failure")
    if wire.local(answer) == "challenge":
        await login.send_response(door, scram.client_final(base64.b64decode(answer.text)))
        answer = await door.expect("sasl:success", "sasl:failure")
    assert wire.local(answer) == "failure" and SaslFailure(answer).condition in REFUSED, wire.ET.tostring(answer)


async def test_N06_a_client_that_says_the_server_lacks_plus_has_met_a_downgrade(server):
    """Flag `y`: "I could bind, but you did not offer it". We did."""
    [alice] = await server.people("alice")
    await _scram_fails(await server.starttls(), Scram("SCRAM-SHA-256", alice.name, alice.password, flag="y"), "SCRAM-SHA-256")


@pytest.mark.parametrize("binding", [("tls-unique", b"x" * 12), ("tls-server-end-point", b"x" * 32), ("tls-exporter", b"x" * 32),
                                     ("made-up", b"x")])
async def test_N06_plus_with_other_data_or_another_binding_fails(server, binding):
    [alice] = await server.people("alice")
    scram = Scram("SCRAM-SHA-256-PLUS", alice.name, alice.password, binding=binding)
    await _scram_fails(await server.direct_tls(), scram, "SCRAM-SHA-256-PLUS")


@pytest.mark.once
def test_N06_a_relay_with_a_valid_certificate_fails(server):
    """Right password, but bound to the TLS session of somebody in the middle."""
    alice = server.add_user(f"alice-{uuid.uuid4().hex[:8]}")
    assert "failure" in channel.exporter_login(server, alice, context_of_another_session=True)


async def test_N06_plus_without_binding_fails(server):
    [alice] = await server.people("alice")
    await _scram_fails(await server.starttls(), Scram("SCRAM-SHA-256-PLUS", alice.name, alice.password), "SCRAM-SHA-256-PLUS")


async def test_N06_an_old_exchange_cannot_be_replayed(server):
    [alice] = await server.people("alice")
    door = await server.tcp()
    await door.open()
    scram = Scram("SCRAM-SHA-256", alice.name, alice.password)
    await login.send_auth(door, "SCRAM-SHA-256", scram.client_first())
    final = scram.client_final(base64.b64decode((await door.expect("sasl:challenge")).text))
    await login.send_response(door, final)
    await door.expect("sasl:success")
    again = await server.tcp()
    await again.open()
    await login.send_auth(again, "SCRAM-SHA-256", scram.client_first())
    await again.expect("sasl:challenge")
    await login.send_response(again, final)
    await again.expect("sasl:failure")


@pytest.mark.parametrize("mechanism", MECHANISMS)
async def test_N06_an_empty_password_is_wrong(server, mechanism):
    [alice] = await server.people("alice")
    door = await server.starttls()
    await door.open()
    with pytest.raises(SaslFailure):
        await login.sasl1(door, Account(alice.name, ""), mechanism)


async def test_N08_tokens_die_and_are_bound_to_mechanism_and_device(server):
    from test_fast import UNBOUND, get_token, token_login
    [alice] = await server.people("alice")
    device, other = str(uuid.uuid4()), str(uuid.uuid4())
    token = await get_token(server, alice, device)
    await token_login(server, alice, token, device)
    for mechanism, name, value in [("HT-SHA-256-ENDP", device, token), (UNBOUND, other, token), (UNBOUND, device, token + "x"),
                                   (UNBOUND, device, "")]:
        door = await server.starttls()
        await door.open()
        binding = channel.server_end_point(door)[1] if mechanism.endswith("ENDP") else b""
        with pytest.raises(SaslFailure):
            await token_login(server, alice, value, name, mechanism, binding=binding, door=door)
    # The true one lives on: guessing must not throw its owner out.
    await token_login(server, alice, token, device)
    changed = await asyncio.to_thread(server.set_password, alice, "quite another password")
    with pytest.raises(SaslFailure):
        await token_login(server, changed, token, device)


async def test_N08_a_count_is_not_used_twice(server):
    from test_fast import get_token, token_login
    [alice] = await server.people("alice")
    device = str(uuid.uuid4())
    token = await get_token(server, alice, device)
    await token_login(server, alice, token, device, fast=" count='5'")
    await token_login(server, alice, token, device, fast=" count='6'")
    for count in (6, 5, 0):
        with pytest.raises(SaslFailure):
            await token_login(server, alice, token, device, fast=f" count='{count}'")


async def test_N10_unknown_users_look_like_known_ones_in_scram(server):
    [alice] = await server.people("alice")

    async def first(name: str, mechanism: str) -> dict:
        door = await server.tcp()
        await door.open()
        await login.send_auth(door, mechanism, Scram(mechanism, name, "x").client_first())
        challenge = base64.b64decode((await door.expect("sasl:challenge")).text).decode()
        return dict(part.split("=", 1) for part in challenge.split(","))

    for mechanism in ("SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"):
        known, unknown, same = [await first(name, mechanism) for name in (alice.name, "nobody-at-all", "nobody-at-all")]
        assert known.keys() == unknown.keys() and known["i"] == unknown["i"]
        assert unknown["s"] == same["s"], "a salt that changes gives the unknown away"
        assert len(known["s"]) == len(unknown["s"]) and len(known["r"]) == len(unknown["r"])
        assert (await first("somebody-else", mechanism))["s"] != unknown["s"]


@pytest.mark.parametrize("mechanism", MECHANISMS)
async def test_N10_the_refusal_of_an_unknown_user_is_that_of_a_wrong_password(server, mechanism):
    [alice] = await server.people("alice")
    answers = []
    for name in (alice.name, "nobody-at-all"):
        door = await server.starttls()
        await door.open()
        with pytest.raises(SaslFailure) as refusal:
            await login.sasl1(door, Account(name, "wrong"), mechanism)
        answers.append(wire.ET.tostring(refusal.value.element))
    assert answers[0] == answers[1]


@pytest.mark.once
async def test_N10_an_unknown_name_takes_as_long_as_a_wrong_password(server):
    """Hashing must not be spared for names that do not exist. The finer measurement is existence.py."""
    from existence import by_turns, logins
    [alice] = await server.people("alice")
    known, unknown = await by_turns(logins(server, [alice.name, "nobody-at-all"], "PLAIN"), 60)
    # The least of many is what it takes when nothing else runs.
    ratio = sorted(known)[5] / sorted(unknown)[5]
    assert 0.7 < ratio < 1.43, f"{ratio:.2f}"


@pytest.mark.parametrize("xml, conditions", [
    (f"<response xmlns='{NS['sasl']}'>AAAA</response>", {"malformed-request", "not-authorized"}),
    (f"<auth xmlns='{NS['sasl']}' mechanism='PLAIN'>!!!</auth>", {"incorrect-encoding", "malformed-request"}),
    (f"<auth xmlns='{NS['sasl']}' mechanism='PLAIN'>AAAA====</auth>", {"incorrect-encoding", "malformed-request"}),
    (f"<auth xmlns='{NS['sasl']}' mechanism='PLAIN'>{base64.b64encode(b'no separators').decode()}</auth>", {"malformed-request", "not-authorized"}),
    (f"<auth xmlns='{NS['sasl']}' mechanism='PLAIN'>{base64.b64encode(b'a' + bytes(1) + b'b' + bytes(1) + b'c' + bytes(1) + b'd').decode()}</auth>",
     {"malformed-request", "not-authorized", "invalid-authzid"}),
    (f"<auth xmlns='{NS['sasl']}' mechanism='PLAIN'>{base64.b64encode(bytes(1) + bytes([255]) + bytes(1) + b'x').decode()}</auth>",
     {"malformed-request", "not-authorized", "incorrect-encoding"}),
    (f"<auth xmlns='{NS['sasl']}' mechanism='MADE-UP'/>", {"invalid-mechanism"}),
    (f"<auth xmlns='{NS['sasl']}'/>", {"invalid-mechanism", "malformed-request"}),
    (f"<abort xmlns='{NS['sasl']}'/>", {"aborted", "malformed-request"}),
    (f"<authenticate xmlns='{NS['sasl2']}' mechanism='MADE-UP'/>", {"invalid-mechanism"}),
])
async def test_N11_malformed_sasl_is_answered_with_its_error(server, xml, conditions):
    door = await server.starttls()
    await door.open()
    await door.send(xml)
    answer = await door.expect("sasl:failure", "sasl2:failure", wire.STREAM_ERROR)
    if wire.local(answer) == "failure":
        assert SaslFailure(answer).condition in conditions
    else:
        assert wire.local(answer[0]) in ("not-authorized", "policy-violation", "unsupported-stanza-type", "bad-format")


async def test_N11_an_exchange_can_be_aborted_and_begun_again(server):
    [alice] = await server.people("alice")
    door = await server.tcp()
    await door.open()
    await login.send_auth(door, "SCRAM-SHA-256", Scram("SCRAM-SHA-256", alice.name, "x").client_first())
    await door.expect("sasl:challenge")
    await door.send(f"<abort xmlns='{NS['sasl']}'/>")
    assert SaslFailure(await door.expect("sasl:failure")).condition == "aborted"
    await login.sasl1(door, alice)


@pytest.mark.parametrize("second", ["auth", "authenticate"])
async def test_N11_two_exchanges_do_not_mix(server, second):
    """A second request inside an exchange; SASL2 inside SASL1."""
    alice, mallory = await server.people("alice", "mallory")
    door = await server.starttls()
    await door.open()
    scram = Scram("SCRAM-SHA-256", mallory.name, mallory.password)
    await login.send_auth(door, "SCRAM-SHA-256", scram.client_first())
    challenge = await door.expect("sasl:challenge")
    await door.send(INJECTED[second](Account(alice.name, "wrong")))
    await login.send_response(door, scram.client_final(base64.b64decode(challenge.text)))
    outcome = await door.expect("sasl:failure", "sasl2:failure", wire.STREAM_ERROR, "sasl:success", "sasl2:success")
    if wire.local(outcome) == "success":
        await door.open()
        assert (await login.bind(door)).startswith(mallory.jid + "/")


async def test_N11_who_is_logged_in_does_not_log_in_again(server):
    alice, mallory = await server.people("alice", "mallory")
    m = await server.login(mallory)
    await m.wire.send(INJECTED["auth"](alice))
    answer = await m.expect("sasl:failure", wire.STREAM_ERROR)
    if wire.local(answer) == "failure":
        await m.message(m.jid, "still mallory")
        assert (await m.expect_message("still mallory")).get("from") == m.jid


async def test_N11_resume_wins_over_bind_and_no_second_resource_appears(server):
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice, "starttls", sasl=2, sm=True)
    b = await server.login(bob)
    await login.befriend(a, b)
    b.wire.inbox.clear()
    await a.cut()
    door = await server.starttls()
    await door.open()
    success = await login.sasl2(door, alice, inline=(
        f"<resume xmlns='{NS['sm']}' previd='{a.sm_id}' h='{a.handled}'/><bind xmlns='{NS['bind2']}'><tag>new</tag></bind>"))
    assert success.find("sm:resumed", NS) is not None and success.find("bind2:bound", NS) is None
    assert success.findtext("sasl2:authorization-identifier", "", NS) == a.jid
    carol = await server.login((await server.people("carol"))[0])
    await b.quiet("presence", via=carol)


async def test_N15_a_ban_ends_everything_at_once(server):
    from test_fast import get_token, token_login
    [alice] = await server.people("alice")
    device = str(uuid.uuid4())
    token = await get_token(server, alice, device)
    live = [await server.login(alice, door) for door in ("tcp", "starttls", "websocket")]
    hibernating = await server.login(alice, sm=True)
    await hibernating.cut()
    await asyncio.to_thread(server.cli, "user", "suspend", alice.jid)
    for session in live:
        await session.wire.expect_end(within=5)
    for attempt in (server.login(alice), token_login(server, alice, token, device),
                    login.resume(await server.tcp(), hibernating)):
        with pytest.raises(SaslFailure):
            await attempt


async def test_N15_a_changed_password_ends_other_sessions_and_resumption(server):
    [alice] = await server.people("alice")
    live = await server.login(alice)
    hibernating = await server.login(alice, sm=True)
    await hibernating.cut()
    changed = await asyncio.to_thread(server.set_password, alice, "quite another password")
    await live.wire.expect_end(within=5)
    hibernating.account = changed
    _, outcome = await login.resume(await server.tcp(), hibernating)
    assert wire.local(outcome) == "failed"


@pytest.mark.once
async def test_X18_strangers_are_closed_after_an_absolute_time(own_server):
    """Bytes do not extend it; the time is configured short for the test."""
    server = own_server({"limits": {"negotiation": "2s"}})
    silent, talking = await server.tcp(), await server.tcp()
    await talking.open()
    for _ in range(40):
        await talking.send(" ")
        try:
            await asyncio.wait_for(talking.ended.wait(), 0.1)
            break
        except asyncio.TimeoutError:
            pass
    await talking.expect_end(within=10)
    await silent.expect_end(within=10)


@pytest.mark.once
async def test_X17_who_leaves_in_the_tls_handshake_costs_nothing(own_server):
    """Health checks and port scanners connect and go; as many as there are threads once held them all."""
    server = own_server()
    [alice] = await server.people("alice")
    before = server.open_files()
    half = bytes.fromhex("160301020001000200")
    for said in [b"", half] * 4:
        _, writer = await asyncio.open_connection("127.0.0.1", server.c2s_tls_port)
        writer.write(said)
        await writer.drain()
        writer.close()
        await writer.wait_closed()
    async with asyncio.timeout(wire.PATIENCE):
        while server.open_files() > before:
            await asyncio.sleep(0.05)
    await (await server.login(alice)).settle()
