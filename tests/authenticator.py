"""An authenticator in software, and the browser before it: makes passkeys and signs with them (WebAuthn)."""

import base64
import hashlib
import json
import os
from dataclasses import dataclass, field

import aiohttp
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

PASSKEYS = "urn:skein:passkeys:0"
PRESENT, VERIFIED, HAS_CREDENTIAL = 0x01, 0x04, 0x40


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def origin_of(server) -> str:
    return f"http://localhost:{server.http_port}"


def key_for(algorithm: int):
    if algorithm == -7:
        return ec.generate_private_key(ec.SECP256R1())
    return ed25519.Ed25519PrivateKey.generate() if algorithm == -8 else rsa.generate_private_key(65537, 2048)


@dataclass
class Passkey:
    origin: str
    algorithm: int = -7
    domain: str = "localhost"
    counter: int = 1
    handle: bytes = b""
    id: bytes = field(default_factory=lambda: os.urandom(32))
    key: object = None

    def __post_init__(self):
        self.key = self.key or key_for(self.algorithm)

    def client(self, kind: str, challenge: str, **other) -> bytes:
        return json.dumps({"type": f"webauthn.{kind}", "challenge": challenge, "origin": self.origin, "crossOrigin": False} | other).encode()

    def data(self, flags: int, rest: bytes = b"") -> bytes:
        return hashlib.sha256(self.domain.encode()).digest() + bytes([flags]) + self.counter.to_bytes(4, "big") + rest

    def sign(self, message: bytes) -> bytes:
        if self.algorithm == -7:
            return self.key.sign(message, ec.ECDSA(hashes.SHA256()))
        return self.key.sign(message) if self.algorithm == -8 else self.key.sign(message, padding.PKCS1v15(), hashes.SHA256())

    def made(self, challenge: str, flags: int = PRESENT | VERIFIED | HAS_CREDENTIAL, **other) -> str:
        """`<made/>` of a new one; the key in CBOR is nobody's business."""
        rest = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + b"\xa0"
        info = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        parts = {"key": info, "client": self.client("create", challenge, **other), "data": self.data(flags, rest)}
        return f"<made algorithm='{self.algorithm}'>" + "".join(f"<{name}>{encode(part)}</{name}>" for name, part in parts.items()) + "</made>"

    def shown(self, challenge: str, flags: int = PRESENT | VERIFIED, **other) -> dict:
        """What signs in with it."""
        self.counter += 1
        client, data = self.client("get", challenge, **other), self.data(flags)
        signature = self.sign(data + hashlib.sha256(client).digest())
        return {"id": encode(self.id), "handle": encode(self.handle), "client": encode(client), "data": encode(data), "signature": encode(signature)}


async def post(server, path: str, body=b"", **headers: str) -> tuple[int, dict]:
    async with aiohttp.ClientSession() as http:
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        async with http.post(f"http://127.0.0.1:{server.http_port}/passkey/{path}", data=body, headers=headers) as answer:
            is_json = answer.content_type == "application/json"
            return answer.status, await answer.json() if is_json else {}


async def challenge(server) -> str:
    status, answer = await post(server, "challenge")
    assert status == 200, answer
    return answer["challenge"]


async def show(server, passkey: Passkey, **other) -> tuple[int, dict]:
    return await post(server, "sign-in", passkey.shown(await challenge(server), **other))


def beginning(proof: str) -> str:
    return f"<begin xmlns='{PASSKEYS}'>{proof}</begin>"


def password(account) -> str:
    return f"<password>{account.password}</password>"


async def begin(client, proof: str | None = None):
    answer = await client.result("set", beginning(proof or password(client.account)))
    return answer.find(f"{{{PASSKEYS}}}begun")


def adding(made: str, name: str = "Phone") -> str:
    return f"<add xmlns='{PASSKEYS}' name='{name}'>{made}</add>"


async def add(server, client, name: str = "Phone", proof: str | None = None, **options) -> Passkey:
    """A new passkey of the client's account."""
    passkey = Passkey(origin_of(server), **options)
    begun = await begin(client, proof)
    passkey.handle = decode(begun.get("handle"))
    await client.result("set", adding(passkey.made(begun.get("challenge")), name))
    return passkey


async def listed(client) -> dict[bytes, dict]:
    answer = await client.result("get", f"<passkeys xmlns='{PASSKEYS}'/>")
    return {decode(one.get("id")): dict(one.attrib) for one in answer.iter(f"{{{PASSKEYS}}}passkey")}
