"""Measures whether the time of a refusal tells who exists (N10): run alone, on a machine that does nothing else.

    SKEIN_TEST_BIN=target/release/skein target/cache/venv/bin/python tests/attacks/existence.py

For each mechanism it takes samples of a known and of an unknown name by turns, and of a known and an unknown passkey whose
signature is wrong; it prints both medians, their difference
and the probability (Kolmogorov and Smirnov) that two equal distributions differ as much.
"""

import asyncio
import math
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import aiohttp

import authenticator
import login
import wire
from scram import Scram
from skein import Account

SAMPLES = 500


async def samples(server, names: list[str], mechanism: str, count: int) -> list[list[float]]:
    """Seconds from the first message of a login to its answer, of each name, by turns."""
    taken: list[list[float]] = [[] for _ in names]
    for _ in range(count):
        for name, times in zip(names, taken):
            door = await server.starttls()
            await door.open()
            first = login.plain(Account(name, "wrong")) if mechanism == "PLAIN" else Scram(mechanism, name, "wrong").client_first()
            begun = time.perf_counter()
            await login.send_auth(door, mechanism, first)
            await door.expect("sasl:challenge", "sasl:failure")
            times.append(time.perf_counter() - begun)
            await door.close()
    return taken


async def shown(server, passkeys: list, count: int) -> list[list[float]]:
    """Seconds that a refusal of each passkey takes, by turns; none of them signs right."""
    taken: list[list[float]] = [[] for _ in passkeys]
    async with aiohttp.ClientSession() as http:
        for _ in range(count):
            for passkey, times in zip(passkeys, taken):
                body = passkey.shown(await authenticator.challenge(server))
                begun = time.perf_counter()
                async with http.post(f"http://127.0.0.1:{server.http_port}/passkey/sign-in", json=body) as answer:
                    assert answer.status == 403
                    await answer.read()
                times.append(time.perf_counter() - begun)
    return taken


def report(what: str, known: list[float], unknown: list[float]) -> None:
    medians = [statistics.median(times) * 1e6 for times in (known, unknown)]
    difference = abs(medians[0] - medians[1]) / medians[1]
    print(f"{what}: known {medians[0]:.0f} us, unknown {medians[1]:.0f} us, {difference:.1%} apart, p {probability(known, unknown):.3f}")


def probability(one: list[float], other: list[float]) -> float:
    """That samples of one distribution differ as much as these (two-sided, asymptotic)."""
    all_values = sorted(one + other)
    below = lambda values, limit: sum(value <= limit for value in values) / len(values)
    distance = max(abs(below(one, value) - below(other, value)) for value in all_values)
    scale = math.sqrt(len(one) * len(other) / (len(one) + len(other)))
    x = (scale + 0.12 + 0.11 / scale) * distance
    return min(1.0, max(0.0, 2 * sum((-1) ** (n - 1) * math.exp(-2 * n * n * x * x) for n in range(1, 101))))


async def measure(server) -> None:
    alice = server.add_user("alice")
    for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512", "PLAIN"):
        await samples(server, [alice.name, "nobody"], mechanism, 20)
        known, unknown = await samples(server, [alice.name, "nobody"], mechanism, SAMPLES)
        report(mechanism, known, unknown)
    own = await authenticator.add(server, await server.login(alice))
    forged = authenticator.Passkey(own.origin, id=own.id, handle=own.handle)
    stranger = authenticator.Passkey(own.origin, handle=own.handle)
    await shown(server, [forged, stranger], 20)
    report("passkey", *await shown(server, [forged, stranger], SAMPLES))


if __name__ == "__main__":
    import skein
    running = skein.make("sqlite").start()
    try:
        asyncio.run(measure(running))
    finally:
        running.discard()
