"""Attacks below XMPP, on TLS and on connections that go nowhere. The ids are the attack catalogue's."""

import asyncio
import shutil
import socket
import ssl
import struct
import subprocess

import pytest
from OpenSSL import SSL

import login
import wire
from login import SaslFailure
from skein import DOMAIN
from wire import NS

pytestmark = pytest.mark.once


def client_hello(server) -> bytes:
    """The first bytes that a client sends: one record."""
    context = server.tls_context()
    context.set_alpn_protocols(["xmpp-client"])
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing, server_hostname=DOMAIN).do_handshake()
    return outgoing.read()


async def answer_to(server, data: bytes) -> bytes:
    """What the server says until it closes or has said something."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.c2s_tls_port)
    writer.write(data)
    answer = await asyncio.wait_for(reader.read(65_536), wire.PATIENCE)
    writer.transport.abort()
    return answer


HANDSHAKE, ALERT = 0x16, 0x15


async def test_X17_a_hello_in_records_of_one_byte_is_read_or_refused(server):
    hello = client_hello(server)
    header, message = hello[:3], hello[5:]
    answer = await answer_to(server, b"".join(header + b"\x00\x01" + bytes([byte]) for byte in message))
    assert answer == b"" or answer[0] in (HANDSHAKE, ALERT)
    [alice] = await server.people("alice")
    await (await server.login(alice, "direct-tls")).settle()


@pytest.mark.parametrize("behind", [
    bytes([ALERT, 3, 3, 0, 2, 1, 0]),                       # close_notify at once
    bytes([ALERT, 3, 3, 0, 2, 2, 0]),                       # a fatal alert
    bytes([0x17, 3, 3, 0x40, 0]) + b"x" * 0x4000,           # application data before the handshake is done
    bytes([HANDSHAKE, 3, 3, 0, 4, 0, 0, 0, 0]) * 1_000,     # renegotiation requests without end
    bytes([0x14, 3, 3, 0, 1, 1]) * 10_000,                  # change_cipher_spec without end
    b"GET / HTTP/1.1\r\n\r\n"])
async def test_X17_nonsense_behind_the_hello_closes_the_connection(server, behind):
    before = server.resident_kib()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.c2s_tls_port)
    writer.write(client_hello(server) + behind)
    try:
        while await asyncio.wait_for(reader.read(65_536), wire.PATIENCE):
            pass
    except ConnectionError:
        pass
    writer.transport.abort()
    assert server.resident_kib() - before < 4_096
    [alice] = await server.people("alice")
    await (await server.login(alice, "direct-tls")).settle()


def test_X17_nobody_renegotiates(server):
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_max_proto_version(SSL.TLS1_2_VERSION)
    tcp = socket.create_connection(("127.0.0.1", server.c2s_tls_port))
    # pyOpenSSL wants a socket without Python's own timeout; this one is the kernel's.
    seconds = struct.pack("ll", int(wire.PATIENCE), 0)
    tcp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, seconds)
    link = SSL.Connection(context, tcp)
    link.set_tlsext_host_name(DOMAIN.encode())
    link.set_connect_state()
    link.do_handshake()
    assert link.get_protocol_version_name() == "TLSv1.2"
    link.renegotiate()
    with pytest.raises(SSL.Error):
        link.do_handshake()
        link.sendall(wire.stream_header(DOMAIN).encode())
        # If the handshake were done again, the stream would begin now.
        assert not link.recv(4_096), "renegotiated"
    tcp.close()


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl shows what a session ticket permits")
def test_X17_no_ticket_permits_early_data(server):
    said = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{server.c2s_tls_port}", "-servername", DOMAIN, "-tls1_3",
                           "-CAfile", str(server.ca), "-alpn", "xmpp-client", "-ign_eof"],
                          input=wire.stream_header(DOMAIN) + "</stream:stream>", capture_output=True, text=True, timeout=60).stdout
    assert "Verify return code: 0" in said
    for line in said.splitlines():
        if "Max Early Data" in line:
            assert line.split(":")[1].strip() == "0"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
async def test_X17_old_versions_are_not_spoken(server, version):
    context = ssl._create_unverified_context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await wire.TcpWire.connect("127.0.0.1", server.c2s_tls_port, context, tls_at_once=True)


async def silent(server):
    return await server.tcp()


async def after_tls(server):
    door = await server.direct_tls()
    return door


async def half_a_hello(server):
    door = await wire.TcpWire.connect("127.0.0.1", server.c2s_tls_port, server.tls_context())
    await door.send(client_hello(server)[:40])
    return door


async def refused_and_pinging(server):
    door = await server.tcp()
    await door.open()
    with pytest.raises(SaslFailure):
        await login.sasl1(door, server.nobody)
    return door


KINDS = [silent, after_tls, half_a_hello, refused_and_pinging]


async def test_X18_whoever_does_not_log_in_is_gone_after_the_time_and_leaves_nothing(own_server):
    """Silent, with TLS and nothing more, with half a greeting, with a failed login and pings."""
    from skein import Account
    server = own_server({"limits": {"negotiation": "3s"}})
    server.nobody = Account("nobody", "wrong")
    [alice] = await server.people("alice")
    honest = await server.login(alice)
    before = server.open_files()
    doors = [await kind(server) for kind in KINDS for _ in range(30)]
    assert server.open_files() >= before + len(doors) - 30, "they are connected"
    pinging = [door for door in doors if door.raw]
    for door in pinging:
        await door.send("<iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>")
    for door in doors:
        await asyncio.wait_for(door.ended.wait(), 30)
    await honest.settle()
    await falls_to(server, before)


async def test_X18_opening_and_closing_without_end_leaves_nothing(own_server):
    server = own_server()
    before, memory = server.open_files(), server.resident_kib()
    for _ in range(20):
        doors = await asyncio.gather(*(kind(server) for kind in (silent, after_tls, half_a_hello) for _ in range(15)))
        for door in doors:
            await door.close()
    await falls_to(server, before)
    assert server.resident_kib() - memory < 16_384


async def falls_to(server, files: int) -> None:
    deadline = asyncio.get_running_loop().time() + wire.PATIENCE
    while server.open_files() > files + 2:
        assert asyncio.get_running_loop().time() < deadline, f"{server.open_files()} files open, {files} before"
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("sasl", ["auth", "authenticate"])
async def test_N13_a_certificate_of_a_client_says_nothing(server, sasl, tmp_path):
    """EXTERNAL is not offered, so no certificate logs anybody in, whatever names it bears."""
    import tls
    [victim] = await server.people("victim")
    tls.make_certificates(tmp_path, [victim.jid, "admin", f"CN={victim.name},"])
    context = server.tls_context()
    context.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    door = await server.direct_tls(context)
    features = await door.open()
    assert "EXTERNAL" not in login.mechanisms(features) + login.mechanisms2(features)
    initial = login.b64(victim.jid.encode())
    await door.send({"auth": f"<auth xmlns='{NS['sasl']}' mechanism='EXTERNAL'>{initial}</auth>",
                     "authenticate": f"<authenticate xmlns='{NS['sasl2']}' mechanism='EXTERNAL'><initial-response>{initial}"
                                     "</initial-response></authenticate>"}[sasl])
    assert SaslFailure(await door.expect("sasl:failure", "sasl2:failure")).condition == "invalid-mechanism"
