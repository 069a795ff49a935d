"""Measures whether the time of a refusal tells who exists (N10): run alone, on a machine that does nothing else.

    SKEIN_TEST_BIN=target/release/skein target/cache/venv/bin/python tests/attacks/existence.py

For each mechanism it takes samples of a known and of an unknown name, and of a known and an unknown passkey whose signature
is wrong; which of the two comes first is drawn anew for each pair, since what came before leaves its mark on what comes next. It
prints both medians, their difference and the probability (Kolmogorov and Smirnov) that two equal distributions differ as much,
and the same of two unknown ones: what differs no more than those tells nothing. Words behind it choose among the kinds:
`existence.py passkey`.
"""

import asyncio
import math
import random
import statistics
import sys
import time
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import aiohttp

import authenticator
import login
import wire
from scram import Scram
from skein import Account

SAMPLES = 1000
MECHANISMS = ("SCRAM-SHA-256", "SCRAM-SHA-512", "PLAIN")


async def by_turns(refusals: list, count: int) -> list[list[float]]:
    """Of each of these, the seconds that it took each time."""
    taken: list[list[float]] = [[] for _ in refusals]
    for _ in range(count):
        for at in random.sample(range(len(refusals)), len(refusals)):
            taken[at].append(await refusals[at]())
    return taken


def logins(server, names: list[str], mechanism: str) -> list:
    async def refused(name: str) -> float:
        """Seconds from the first message of a login to its answer."""
        door = await server.starttls()
        await door.open()
        first = login.plain(Account(name, "wrong")) if mechanism == "PLAIN" else Scram(mechanism, name, "wrong").client_first()
        begun = time.perf_counter()
        await login.send_auth(door, mechanism, first)
        await door.expect("sasl:challenge", "sasl:failure")
        taken = time.perf_counter() - begun
        await door.close()
        return taken
    return [partial(refused, name) for name in names]


def passkeys(server, http: aiohttp.ClientSession, shown: list[authenticator.Passkey]) -> list:
    """None of them signs right."""
    async def refused(passkey: authenticator.Passkey) -> float:
        body = passkey.shown(await authenticator.challenge(server))
        begun = time.perf_counter()
        async with http.post(f"http://127.0.0.1:{server.http_port}/passkey/sign-in", json=body) as answer:
            assert answer.status == 403
            await answer.read()
        return time.perf_counter() - begun
    return [partial(refused, passkey) for passkey in shown]


async def compare(what: str, refusals: list) -> None:
    """The first is known, the others are not."""
    await by_turns(refusals, 20)
    known, unknown, other = await by_turns(refusals, SAMPLES)
    report(f"{what}, known and unknown", known, unknown)
    report(f"{what}, two unknown", other, unknown)


def report(what: str, one: list[float], other: list[float]) -> None:
    medians = [statistics.median(times) * 1e6 for times in (one, other)]
    difference = abs(medians[0] - medians[1]) / medians[1]
    print(f"{what}: {medians[0]:.0f} and {medians[1]:.0f} us, {difference:.1%} apart, p {probability(one, other):.3f}", flush=True)


def probability(one: list[float], other: list[float]) -> float:
    """That samples of one distribution differ as much as these (two-sided, asymptotic)."""
    all_values = sorted(one + other)
    below = lambda values, limit: sum(value <= limit for value in values) / len(values)
    distance = max(abs(below(one, value) - below(other, value)) for value in all_values)
    scale = math.sqrt(len(one) * len(other) / (len(one) + len(other)))
    x = (scale + 0.12 + 0.11 / scale) * distance
    return min(1.0, max(0.0, 2 * sum((-1) ** (n - 1) * math.exp(-2 * n * n * x * x) for n in range(1, 101))))


async def measure(server, kinds: list[str]) -> None:
    alice = server.add_user("alice")
    for mechanism in MECHANISMS:
        if mechanism in kinds:
            await compare(mechanism, logins(server, [alice.name, "nobody", "no-one"], mechanism))
    if "passkey" in kinds:
        own = await authenticator.add(server, await server.login(alice))
        forged = authenticator.Passkey(own.origin, id=own.id, handle=own.handle)
        strangers = [authenticator.Passkey(own.origin, handle=own.handle) for _ in range(2)]
        async with aiohttp.ClientSession() as http:
            await compare("passkey", passkeys(server, http, [forged, *strangers]))


if __name__ == "__main__":
    import skein
    running = skein.make("sqlite").start()
    try:
        asyncio.run(measure(running, sys.argv[1:] or [*MECHANISMS, "passkey"]))
    finally:
        running.discard()
