"""Certificates from an authority that others wrote: Pebble, the small sister of Let's Encrypt's own. It checks signatures,
refuses one nonce in twenty, and looks for the proof as Let's Encrypt does.

It is Go and not among what the tests install: `SKEIN_TEST_PEBBLE` names the program, and `pebble-challtestsrv` lies
beside it (`go install github.com/letsencrypt/pebble/v2/cmd/...@latest`)."""

import asyncio
import json
import os
import ssl
import subprocess
from pathlib import Path

import pytest

import skein
import wire

PEBBLE = os.environ.get("SKEIN_TEST_PEBBLE", "")
NAME = "chat.skein.example"

pytestmark = [pytest.mark.once, pytest.mark.skipif(not PEBBLE, reason="SKEIN_TEST_PEBBLE names no Pebble")]


def start(server, folder: Path, doors: dict) -> tuple[str, list[subprocess.Popen]]:
    """The URL of the directory of an authority for which every name is on this machine."""
    port, management, dns, unused = skein.free_ports(4)
    config = {"pebble": {
        "listenAddress": f"127.0.0.1:{port}", "managementListenAddress": f"127.0.0.1:{management}",
        "certificate": str(folder / "server.pem"), "privateKey": str(folder / "server.key"),
        "httpPort": unused, "tlsPort": unused, **doors, "ocspResponderURL": "", "externalAccountBindingRequired": False,
        "retryAfter": {"authz": 1, "order": 1}, "keyAlgorithm": "ecdsa",
        "profiles": {"default": {"description": "as usual", "validityPeriod": 7_776_000}}}}
    (folder / "pebble.json").write_text(json.dumps(config))
    programs = [
        [str(Path(PEBBLE).parent / "pebble-challtestsrv"), "-dnsserver", f"127.0.0.1:{dns}", "-defaultIPv4", "127.0.0.1",
         "-defaultIPv6", "", "-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", "", "-management", f"127.0.0.1:{unused}"],
        [PEBBLE, "-config", str(folder / "pebble.json"), "-dnsserver", f"127.0.0.1:{dns}"],
    ]
    log = (folder / "pebble.log").open("w")
    running = [subprocess.Popen(program, stdout=log, stderr=log, env=os.environ | {"PEBBLE_VA_NOSLEEP": "1"})
               for program in programs]
    return f"https://localhost:{port}/dir", running


@pytest.mark.parametrize("how", ["http-01", "tls-alpn-01"])
async def test_a_foreign_authority_gives_a_certificate(own_server, how):
    server = own_server({"domains": [skein.DOMAIN, NAME]}, start=False)
    # The other way is shut: the server is to come to the one that is open.
    door = {"httpPort": server.http_port} if how == "http-01" else {"tlsPort": server.https_port}
    directory, running = start(server, server.folder, door)
    try:
        lines = server.config_path.read_text().splitlines()
        kept = "\n".join(line for line in lines if not line.startswith(("certificate =", "key =")))
        server.config_path.write_text(kept + f'\n[tls.acme]\ndirectory = "{directory}"\ndomains = ["{NAME}"]\n')
        trusting = server.environment() | {"SSL_CERT_FILE": str(server.ca)}
        server.environment = lambda: trusting
        server.start()
        async with asyncio.timeout(10 * wire.PATIENCE):
            while "certificate obtained" not in server.log_tail():
                await asyncio.sleep(0.1)
        for _ in range(2):
            # By its name: for others that the server has the self-signed one is shown.
            _, door = await asyncio.open_connection("127.0.0.1", server.c2s_tls_port, ssl=ssl._create_unverified_context(),
                                                    server_hostname=NAME)
            certificate = door.get_extra_info("ssl_object").getpeercert(binary_form=True)
            door.close()
            shown = subprocess.run(["openssl", "x509", "-inform", "DER", "-noout", "-issuer", "-ext", "subjectAltName"],
                                   input=certificate, capture_output=True, check=True).stdout.decode()
            assert "Pebble" in shown and f"DNS:{NAME}" in shown, shown
            server.restart()
    except BaseException:
        print((server.folder / "pebble.log").read_text()[-4000:], server.log_tail())
        raise
    finally:
        for program in running:
            program.terminate()
            program.wait()
