"""The server is killed at random moments under load: what it acknowledged is there, once, in order.

The control runs stand in test_power.py: what an acknowledgement before the commit loses is in
the page cache microseconds later, so killing alone would show it by luck only.

SKEIN_TEST_CRASH_ROUNDS, SKEIN_TEST_CRASH_PAIRS and SKEIN_TEST_CRASH_SEED make the run longer or repeat one.
"""

import os
import random

import pytest

import crowd
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

