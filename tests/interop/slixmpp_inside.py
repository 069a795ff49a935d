"""Runs slixmpp's integration tests against a server; started by `test_slixmpp.py`.

They insist on the ports 5222 and 5223, so this runs in a network name space of
its own. Arguments: the storage engine, the unpacked source package, the file
for the outcomes, and the tests to run as `module.Class.test`.
"""

import asyncio
import json
import os
import sys
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import login
import skein


class Outcomes(unittest.TextTestResult):
    """Remembers how each test ended, by the name that the caller used."""

    ended: dict[str, str] = {}

    def _note(self, test, text: str) -> None:
        self.ended.setdefault(test.id().removeprefix("itests."), text)

    def addSuccess(self, test):
        super().addSuccess(test)
        self._note(test, "")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._note(test, self._exc_info_to_string(err, test))

    addError = addFailure

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._note(test, f"skipped: {reason}")


class Well(BaseHTTPRequestHandler):
    """Where clients look when the server is away: all is well (XEP-0455)."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


def all_is_well() -> str:
    page = ThreadingHTTPServer(("127.0.0.1", 0), Well)
    threading.Thread(target=page.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{page.server_port}/status.json"


async def befriend(server, accounts) -> None:
    """The tests take for granted that the two see each other; strangers would not."""
    one, other = [await server.login(account) for account in accounts]
    await login.befriend(one, other)
    for client in (one, other):
        await client.leave()


def main() -> None:
    engine, source, outcomes = sys.argv[1:4]
    config = {
        "listen": {"components": ["127.0.0.1:5347"]},
        "components": {"secrets": ["slixmpp.prosody=secret-of-slixmpp"]},
        "upload": {"url": "http://localhost:5280"},
        "contact": {"outage": [all_is_well()]},
    }
    server = skein.make(engine, config, ports={"c2s": 5222, "c2s_tls": 5223, "http": 5280}).start()
    try:
        accounts = [server.add_user(f"slix{number}") for number in (1, 2)]
        for number, account in enumerate(accounts, 1):
            os.environ[f"CI_ACCOUNT{number}"] = account.jid
            os.environ[f"CI_ACCOUNT{number}_PASSWORD"] = account.password
        asyncio.run(befriend(server, accounts))
        os.environ["SSL_CERT_FILE"] = str(server.ca)
        os.environ["CI_MUC_SERVER"] = "rooms.localhost"
        # Else they leave out their component, which is to find us under another name.
        os.environ["CI"] = "woodpecker"
        os.chdir(source)
        sys.path.insert(0, source)
        from itests import test_component
        test_component.CI_SERVER, test_component.CI_SECRET = "localhost", "secret-of-slixmpp"
        names = [f"itests.{name}" for name in sys.argv[4:]]
        suite = unittest.TestLoader().loadTestsFromNames(names)
        unittest.TextTestRunner(verbosity=2, resultclass=Outcomes).run(suite)
        Path(outcomes).write_text(json.dumps(Outcomes.ended))
    finally:
        print(server.log_tail())
        server.discard()


main()
