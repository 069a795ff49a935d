"""Streams and logging in: RFC 6120, SASL2 (XEP-0388), Bind 2 (XEP-0386), limits (XEP-0478)."""

import ssl
import uuid

import pytest

import channel
import login
import wire
from skein import DOMAIN, DOORS
from wire import NS

MECHANISMS = ["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512", "PLAIN"]


@pytest.mark.parametrize("door", DOORS)
async def test_two_people_log_in_and_chat(server, door):
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice, door)
    b = await server.login(bob, door, resource="phone")
    assert a.jid.startswith(alice.jid + "/")
    assert b.jid == bob.jid + "/phone"
    await a.message(b.jid, "hello")
    message = await b.expect_message("hello")
    assert message.get("from") == a.jid
    await b.message(a.jid, "hello back")
    await a.expect_message("hello back")


@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize("sasl", [1, 2])
async def test_every_mechanism_logs_in_inside_tls(server, mechanism, sasl):
    [alice] = await server.people("alice")
    session = await server.login(alice, "starttls", mechanism=mechanism, sasl=sasl)
    assert session.jid.startswith(alice.jid + "/")


@pytest.mark.parametrize("door", ["starttls", "direct-tls"])
async def test_inside_tls_every_mechanism_is_offered_with_plus_and_the_bindings_named(server, door):
    features = await (await server.door(door)).open()
    offered = set(login.mechanisms(features))
    assert offered >= {*MECHANISMS, "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-512-PLUS"}
    assert set(login.mechanisms2(features)) == offered
    bindings = {element.get("type") for element in features.iterfind("cb:sasl-channel-binding/cb:channel-binding", NS)}
    assert bindings == {"tls-exporter", "tls-server-end-point"}


async def test_white_space_behind_starttls_is_no_injection(server):
    """go-xmpp ends each line, this one too."""
    [alice] = await server.people("alice")
    door = await server.tcp()
    await door.open()
    await door.starttls(before_handshake=b"\n")
    await door.open()
    await login.sasl1(door, alice)


async def test_tls_1_2_logs_in_and_is_not_promised_the_exporter_of_1_3(server):
    [alice] = await server.people("alice")
    context = server.tls_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    door = await server.direct_tls(context)
    assert door.tls().version() == "TLSv1.2"
    features = await door.open()
    bindings = {element.get("type") for element in features.iterfind("cb:sasl-channel-binding/cb:channel-binding", NS)}
    assert "tls-unique" not in bindings and "tls-server-end-point" in bindings
    await login.sasl1(door, alice)


@pytest.mark.parametrize("sasl", [1, 2])
async def test_plus_binds_to_the_certificate(server, sasl):
    [alice] = await server.people("alice")
    door = await server.direct_tls()
    await door.open()
    by_sasl = {1: login.sasl1, 2: login.sasl2}[sasl]
    await by_sasl(door, alice, "SCRAM-SHA-256-PLUS", binding=channel.server_end_point(door))


@pytest.mark.once
def test_plus_binds_to_the_tls_session_by_its_exporter(server):
    alice = server.add_user(f"alice-{uuid.uuid4().hex[:8]}")
    assert "success" in channel.exporter_login(server, alice)


async def test_direct_tls_negotiates_xmpp_by_alpn(server):
    door = await server.direct_tls()
    assert door.tls().selected_alpn_protocol() == "xmpp-client"


async def test_without_tls_nothing_is_offered_but_tls_unless_the_operator_permits(own_server):
    server = own_server({"c2s": {"allow_plaintext": False}})
    [alice] = await server.people("alice")
    door = await server.tcp()
    features = await door.open()
    assert features.find("tls:starttls/tls:required", NS) is not None
    assert login.mechanisms(features) == [] and login.mechanisms2(features) == []
    with pytest.raises(login.SaslFailure) as refusal:
        await login.sasl1(door, alice, "PLAIN")
    assert refusal.value.condition == "encryption-required"


async def test_the_stream_header_is_complete(server):
    door = await server.tcp()
    await door.open()
    header = door.header
    assert header.tag == f"{{{NS['stream']}}}stream"
    assert header.get("from") == DOMAIN and header.get("version") == "1.0"
    assert len(header.get("id")) >= 16
    assert header.get("{http://www.w3.org/XML/1998/namespace}lang")


async def test_stream_ids_do_not_repeat(server):
    ids = set()
    for _ in range(5):
        door = await server.tcp()
        await door.open()
        ids.add(door.header.get("id"))
    assert len(ids) == 5


async def test_an_unknown_domain_is_refused(server):
    door = await server.tcp()
    await door.send(wire.stream_header("elsewhere.example"))
    await door.expect_stream_error("host-unknown")


async def test_a_wrong_password_may_be_corrected_and_the_third_ends_the_stream(server):
    [alice] = await server.people("alice")
    wrong = type(alice)(alice.name, "wrong")
    door = await server.tcp()
    await door.open()
    with pytest.raises(login.SaslFailure, match="not-authorized"):
        await login.sasl1(door, wrong)
    await login.sasl1(door, alice)

    door = await server.tcp()
    await door.open()
    for _ in range(2):
        with pytest.raises(login.SaslFailure, match="not-authorized"):
            await login.sasl1(door, wrong)
    # The last one is answered too, or the stream ends at once.
    try:
        await login.sasl1(door, wrong)
    except (login.SaslFailure, AssertionError):
        pass
    await door.expect_stream_error("policy-violation")


async def test_limits_are_advertised_and_those_after_login_are_wider(server):
    [alice] = await server.people("alice")
    door = await server.tcp()
    features = await door.open()
    before = int(features.findtext("limits:limits/limits:max-bytes", "0", NS))
    await login.sasl1(door, alice)
    features = await door.open()
    after = int(features.findtext("limits:limits/limits:max-bytes", "0", NS))
    assert 10_000 <= before < after


async def test_sasl2_with_bind2_is_one_round_trip_after_the_challenge(server):
    [alice] = await server.people("alice")
    door = await server.starttls()
    features = await door.open()
    assert features.find("sasl2:authentication/sasl2:inline/bind2:bind", NS) is not None
    inline = (f"<bind xmlns='{NS['bind2']}'><tag>Laptop</tag><enable xmlns='{NS['sm']}' resume='true'/>"
              f"<enable xmlns='{NS['carbons']}'/><inactive xmlns='{NS['csi']}'/></bind>")
    success = await login.sasl2(door, alice, inline=inline)
    jid = success.findtext("sasl2:authorization-identifier", "", NS)
    assert jid.startswith(alice.jid + "/Laptop")
    bound = success.find("bind2:bound", NS)
    assert bound is not None and bound.find("sm:enabled", NS).get("id")
    # No restart: the features of the session come by themselves, without what there is already:
    # xmpp.js would enable it a second time.
    features = await door.expect("stream:features")
    assert features.find("bind:bind", NS) is None and features.find("sm:sm", NS) is None
    session = login.Client(door, alice)
    await session.settle()


async def test_sasl2_without_bind_may_bind_as_ever(server):
    [alice] = await server.people("alice")
    door = await server.starttls()
    await door.open()
    success = await login.sasl2(door, alice)
    assert success.findtext("sasl2:authorization-identifier", "", NS) == alice.jid
    features = await door.expect("stream:features")
    assert features.find("bind:bind", NS) is not None
    assert await login.bind(door, "desk") == alice.jid + "/desk"


async def test_the_same_device_binds_the_same_resource_again_by_bind2(server):
    [alice] = await server.people("alice")
    device = login.user_agent(str(uuid.uuid4()))
    inline = device + f"<bind xmlns='{NS['bind2']}'><tag>Laptop</tag></bind>"
    jids = []
    for _ in range(2):
        door = await server.starttls()
        await door.open()
        success = await login.sasl2(door, alice, inline=inline)
        jids.append(success.findtext("sasl2:authorization-identifier", "", NS))
        await door.close()
    assert jids[0] == jids[1]


async def test_a_resource_taken_by_another_session_is_taken_over_or_another_is_given(server):
    [alice] = await server.people("alice")
    first = await server.login(alice, resource="desk")
    second = await server.login(alice, resource="desk")
    if second.jid == first.jid:
        await first.wire.expect_stream_error("conflict")
    else:
        await first.settle()
    await second.settle()


async def test_the_legacy_session_request_is_answered(server):
    [alice] = await server.people("alice")
    session = await server.login(alice)
    await session.result("set", "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/>")
