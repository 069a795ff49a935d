"""Runs slixmpp's integration tests against a server; started by `test_slixmpp.py`.

They insist on the ports 5222 and 5223, so this runs in a network name space of
its own. Arguments: the storage engine, the unpacked source package, the file
for the outcomes, and the tests to run as `module.Class.test`.
"""

import asyncio
import json
import os
import sys
import unittest
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


async def befriend(server, accounts) -> None:
    """The tests take for granted that the two see each other; strangers would not."""
    one, other = [await server.login(account) for account in accounts]
    await login.befriend(one, other)
    for client in (one, other):
        await client.leave()


def main() -> None:
    engine, source, outcomes = sys.argv[1:4]
    server = skein.make(engine, ports={"c2s": 5222, "c2s_tls": 5223}).start()
    try:
        accounts = [server.add_user(f"slix{number}") for number in (1, 2)]
        for number, account in enumerate(accounts, 1):
            os.environ[f"CI_ACCOUNT{number}"] = account.jid
            os.environ[f"CI_ACCOUNT{number}_PASSWORD"] = account.password
        asyncio.run(befriend(server, accounts))
        os.environ["SSL_CERT_FILE"] = str(server.ca)
        os.chdir(source)
        sys.path.insert(0, source)
        names = [f"itests.{name}" for name in sys.argv[4:]]
        suite = unittest.TestLoader().loadTestsFromNames(names)
        unittest.TextTestRunner(verbosity=2, resultclass=Outcomes).run(suite)
        Path(outcomes).write_text(json.dumps(Outcomes.ended))
    finally:
        print(server.log_tail())
        server.discard()


main()
