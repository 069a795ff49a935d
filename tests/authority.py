"""A certificate authority that speaks ACME (RFC 8555), as little of it as one client needs.

It does not check the client's signatures; it does look for the proofs, where `door` says the names are.
"""

import asyncio
import base64
import hashlib
import json
import ssl
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from aiohttp import web
from cryptography import x509

import tls

# RFC 8737, section 3.
PROOF = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.31")
TOKEN = "a-token-of-enough-letters"


@dataclass(frozen=True)
class Door:
    """What stands for ports 80 and 443 of the certified name."""

    http_port: int
    https_port: int


class Authority:
    """Offers proof in the one way `how`. `issued` is the last certificate, in DER."""

    def __init__(self, how: str, door: Door, folder: Path):
        self._how, self._door, self._folder = how, door, folder
        self._thumbprint = ""
        self._name = ""
        self._proved = False
        self._chain = ""
        self.issued: bytes | None = None

    async def start(self) -> str:
        """The URL of the directory; its certificate is the one in the folder."""
        app = web.Application()
        app.router.add_route("*", "/{what}", self._answer)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self._folder / "server.pem", self._folder / "server.key")
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        self._base = f"https://localhost:{self._runner.addresses[0][1]}"
        return self._base + "/directory"

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        what, payload = request.match_info["what"], {}
        if request.method == "POST":
            signed = await request.json()
            payload = json.loads(_decoded(signed["payload"]) or b"{}")
            self._know(json.loads(_decoded(signed["protected"])))
        headers = {"Replay-Nonce": "bm9uY2U", "Location": f"{self._base}/{'order' if what == 'new' else 'account'}"}
        if what == "certificate":
            return web.Response(text=self._chain, content_type="application/pem-certificate-chain", headers=headers)
        if what == "new":
            self._name, self._proved, self._chain = payload["identifiers"][0]["value"], False, ""
        elif what == "finalize":
            self._issue(_decoded(payload["csr"]))
        elif what == "challenge":
            await self._look()
        status = 201 if what in ("new", "account") else 200
        return web.json_response(self._state(what), status=status, headers=headers)

    def _know(self, protected: dict) -> None:
        if key := protected.get("jwk"):
            # RFC 7638: these members in this order, and no space.
            members = {member: key[member] for member in ("crv", "kty", "x", "y")}
            self._thumbprint = _encoded(hashlib.sha256(json.dumps(members, separators=(",", ":")).encode()).digest())

    def _state(self, what: str) -> dict:
        url = {name: f"{self._base}/{name}" for name in ("nonce", "account", "new", "finalize", "certificate")}
        status = "valid" if self._proved else "pending"
        challenge = {"type": self._how, "url": f"{self._base}/challenge", "status": status, "token": TOKEN}
        if what == "directory":
            return {"newNonce": url["nonce"], "newAccount": url["account"], "newOrder": url["new"]}
        if what == "challenge":
            return challenge
        if what == "authorization":
            return {"identifier": {"type": "dns", "value": self._name}, "status": status, "challenges": [challenge]}
        if what in ("new", "order", "finalize"):
            order = {"status": "ready" if self._proved else "pending", "finalize": url["finalize"],
                     "authorizations": [f"{self._base}/authorization"]}
            return order | ({"status": "valid", "certificate": url["certificate"]} if self._chain else {})
        return {"status": "valid"}

    async def _look(self) -> None:
        proof = f"{TOKEN}.{self._thumbprint}"
        if self._how == "http-01":
            url = f"http://127.0.0.1:{self._door.http_port}/.well-known/acme-challenge/{TOKEN}"
            async with aiohttp.ClientSession() as client, client.get(url, headers={"Host": self._name}) as answer:
                self._proved = answer.status == 200 and await answer.text() == proof
            return
        context = ssl._create_unverified_context()
        context.set_alpn_protocols(["acme-tls/1"])
        _, writer = await asyncio.open_connection(
            "127.0.0.1", self._door.https_port, ssl=context, server_hostname=self._name)
        shown = x509.load_der_x509_certificate(writer.get_extra_info("ssl_object").getpeercert(binary_form=True))
        writer.close()
        digest = shown.extensions.get_extension_for_oid(PROOF).value.value
        self._proved = digest == b"\x04\x20" + hashlib.sha256(proof.encode()).digest()

    def _issue(self, request: bytes) -> None:
        if self._proved:
            certificate = tls.certify(x509.load_der_x509_csr(request))
            self.issued = certificate.public_bytes(tls.serialization.Encoding.DER)
            self._chain = certificate.public_bytes(tls.serialization.Encoding.PEM).decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
