"""SCRAM (RFC 5802, RFC 7677) of the client's side, each message open to tampering."""

import base64
import functools
import hashlib
import hmac
import os

HASHES = {"SCRAM-SHA-1": "sha1", "SCRAM-SHA-256": "sha256", "SCRAM-SHA-512": "sha512"}


class Scram:
    """One exchange. `binding` is (channel binding type, data) for a -PLUS mechanism;
    `flag` replaces the gs2 flag that follows from it."""

    def __init__(self, mechanism: str, user: str, password: str, authzid: str = "",
                 binding: tuple[str, bytes] | None = None, flag: str | None = None) -> None:
        self._hash = HASHES[mechanism.removesuffix("-PLUS")]
        self._password = password
        self._binding = binding[1] if binding else b""
        self.nonce = base64.b64encode(os.urandom(18)).decode()
        flag = flag or (f"p={binding[0]}" if binding else "n")
        self.gs2 = f"{flag},{'a=' + escape(authzid) if authzid else ''},"
        self.first_bare = f"n={escape(user)},r={self.nonce}"
        self._server_signature = b""

    def client_first(self) -> bytes:
        return (self.gs2 + self.first_bare).encode()

    def client_final(self, server_first: bytes, nonce: str | None = None) -> bytes:
        """`nonce` replaces the server's."""
        fields = dict(part.split("=", 1) for part in server_first.decode().split(","))
        assert fields["r"].startswith(self.nonce) and len(fields["r"]) > len(self.nonce), server_first
        salted = salted_password(self._hash, self._password, fields["s"], int(fields["i"]))
        client_key = self._hmac(salted, b"Client Key")
        stored_key = hashlib.new(self._hash, client_key).digest()
        channel = base64.b64encode(self.gs2.encode() + self._binding).decode()
        without_proof = f"c={channel},r={nonce or fields['r']}"
        signed = f"{self.first_bare},{server_first.decode()},{without_proof}".encode()
        signature = self._hmac(stored_key, signed)
        proof = bytes(a ^ b for a, b in zip(client_key, signature))
        self._server_signature = self._hmac(self._hmac(salted, b"Server Key"), signed)
        return f"{without_proof},p={base64.b64encode(proof).decode()}".encode()

    def check_server_final(self, server_final: bytes) -> None:
        assert server_final == b"v=" + base64.b64encode(self._server_signature), server_final

    def _hmac(self, key: bytes, text: bytes) -> bytes:
        return hmac.new(key, text, self._hash).digest()


@functools.lru_cache(maxsize=4096)
def salted_password(name: str, password: str, salt: str, iterations: int) -> bytes:
    """Cached, because the tests log the same account in many times."""
    return hashlib.pbkdf2_hmac(name, password.encode(), base64.b64decode(salt), iterations)


def escape(name: str) -> str:
    return name.replace("=", "=3D").replace(",", "=2C")
