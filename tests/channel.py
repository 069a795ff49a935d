"""Channel binding data (RFC 5929, RFC 9266)."""

import base64
import hashlib
import re
import socket

from OpenSSL import SSL

from scram import Scram
from wire import TcpWire, stream_header


def server_end_point(door: TcpWire) -> tuple[str, bytes]:
    """The certificate's hash; the tests' certificates are signed with SHA-256."""
    return "tls-server-end-point", hashlib.sha256(door.tls().getpeercert(binary_form=True)).digest()


def exporter_login(server, account, context_of_another_session: bool = False) -> str:
    """Logs in with SCRAM-SHA-256-PLUS bound by `tls-exporter`; what the server said last.

    Python's own TLS cannot export keying material, so this is pyOpenSSL, blocking.
    `context_of_another_session` binds to a second connection, as a relay would.
    """
    link = _connect(server)
    bound_to = _connect(server) if context_of_another_session else link
    key = bound_to.export_keying_material(b"EXPORTER-Channel-Binding", 32, b"")
    scram = Scram("SCRAM-SHA-256-PLUS", account.name, account.password, binding=("tls-exporter", key))
    sasl = "urn:ietf:params:xml:ns:xmpp-sasl"
    link.sendall(stream_header("localhost").encode())
    _read_until(link, r"</stream:features>")
    first = base64.b64encode(scram.client_first()).decode()
    link.sendall(f"<auth xmlns='{sasl}' mechanism='SCRAM-SHA-256-PLUS'>{first}</auth>".encode())
    challenge = _read_until(link, r"<challenge[^>]*>([^<]*)</challenge>|<failure")
    if not challenge.group(1):
        return "failure"
    final = base64.b64encode(scram.client_final(base64.b64decode(challenge.group(1)))).decode()
    link.sendall(f"<response xmlns='{sasl}'>{final}</response>".encode())
    return _read_until(link, r"<success|<failure").group(0)


def _connect(server) -> SSL.Connection:
    context = SSL.Context(SSL.TLS_METHOD)
    context.set_min_proto_version(SSL.TLS1_3_VERSION)
    context.load_verify_locations(str(server.ca))
    context.set_verify(SSL.VERIFY_PEER, lambda *arguments: bool(arguments[-1]))
    link = SSL.Connection(context, socket.create_connection(("127.0.0.1", server.c2s_tls_port), timeout=15))
    link.set_alpn_protos([b"xmpp-client"])
    link.set_connect_state()
    # A socket with a timeout does not block for OpenSSL.
    link.setblocking(True)
    link.do_handshake()
    return link


def _read_until(link: SSL.Connection, pattern: str) -> re.Match:
    text = ""
    while not (found := re.search(pattern, text)):
        text += link.recv(65_536).decode()
    return found
