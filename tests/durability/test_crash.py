"""The server is killed at random moments under load: what it acknowledged is there, once, in order.

SKEIN_TEST_CRASH_ROUNDS, SKEIN_TEST_CRASH_PAIRS and SKEIN_TEST_CRASH_SEED make the run longer or repeat one.
"""

import os
import random

import pytest

import crowd
import skein
from history import Acked, check

pytestmark = [pytest.mark.own_server, pytest.mark.slow]

ROUNDS = int(os.environ.get("SKEIN_TEST_CRASH_ROUNDS", "15"))
PAIRS = int(os.environ.get("SKEIN_TEST_CRASH_PAIRS", "20"))
SEED = int(os.environ.get("SKEIN_TEST_CRASH_SEED", "0")) or random.SystemRandom().randrange(1, 2**31)


async def test_nothing_that_was_acknowledged_is_lost_doubled_or_out_of_order(own_server):
    history = await crowd.run(own_server(), PAIRS, ROUNDS, SEED)
    acked = sum(isinstance(event, Acked) for event in history.events)
    print(f"{acked} acknowledged messages over {ROUNDS} kills, seed {SEED}")
    violations = check(history)
    assert not violations, f"seed {SEED}: {len(violations)} violations\n" + "\n".join(violations[:40])
    # A run in which hardly anything was said proves nothing.
    assert acked > 20 * ROUNDS


async def test_the_checker_catches_a_server_that_acknowledges_before_it_commits(own_server):
    control = skein.binary().with_name("skein-unsafe-control")
    assert control.exists(), "build it: cargo build -p skein --features skein-db/unsafe-control"
    server = own_server(program=control, variables={"SKEIN_UNSAFE_ACKNOWLEDGE_BEFORE_COMMIT": "1"})
    history = await crowd.run(server, PAIRS, ROUNDS, SEED)
    violations = check(history)
    assert any(violation.startswith("L1") for violation in violations), f"seed {SEED}: the control run passed: {violations[:5]}"
