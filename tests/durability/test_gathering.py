"""A room under SIGKILL: what was acknowledged is in its archive, once, in the order in which every occupant saw it.

SKEIN_TEST_CRASH_ROUNDS, SKEIN_TEST_CRASH_PAIRS and SKEIN_TEST_CRASH_SEED make the run longer or repeat one.
"""

import copy
import dataclasses
import os
import random

import pytest

import gathering
from gathering import Gathering, Said, check
from history import Acked, Bounced, Send

ROUNDS = int(os.environ.get("SKEIN_TEST_CRASH_ROUNDS", "8"))
PEOPLE = int(os.environ.get("SKEIN_TEST_CRASH_PAIRS", "6")) * 2
SEED = int(os.environ.get("SKEIN_TEST_CRASH_SEED", "0")) or random.SystemRandom().randrange(1, 2**31)


@pytest.mark.own_server
@pytest.mark.slow
async def test_a_room_loses_doubles_and_reorders_nothing_that_it_acknowledged(own_server):
    told = await gathering.run(own_server(), PEOPLE, ROUNDS, SEED)
    acked = sum(isinstance(event, Acked) for event in told.events)
    print(f"{acked} acknowledged messages of {PEOPLE} people over {ROUNDS} kills, seed {SEED}")
    violations = check(told)
    assert not violations, f"seed {SEED}: {len(violations)} violations\n" + "\n".join(violations[:40])
    # A run in which hardly anything was said proves nothing.
    assert acked > 20 * ROUNDS
    assert all(sum(map(len, sessions)) > ROUNDS for sessions in told.live.values())


def good() -> Gathering:
    """Two talk by turns, and both see all of it."""
    said = [Said(f"s{n}", "ab"[n % 2], f"m{n}", f"text {n}") for n in range(6)]
    events = [kind(one.nick, *more(one)) for one in said for kind, more in
              ((Send, lambda one: ("room", one.id, one.text)), (Acked, lambda one: (one.id,)))]
    return Gathering(events, said, {nick: list(said) for nick in "ab"}, {nick: [said[:2], said[2:]] for nick in "ab"})


def swap(rows: list) -> None:
    rows[2], rows[4] = rows[4], rows[2]


PLANTED = {
    "R1": lambda run: (run.archive.pop(), [screen.pop() for screen in run.screens.values()]),
    "R2": lambda run: run.archive.append(dataclasses.replace(run.archive[0], stanza_id="s9")),
    "R3": lambda run: run.archive.append(Said("s9", "a", "m9", "never said")),
    "R4": lambda run: run.events.append(Bounced("a", "m0")),
    "R5": lambda run: (swap(run.archive), [swap(screen) for screen in run.screens.values()]),
    "R6": lambda run: run.screens["b"].append(Said("s9", "a", "m9", "only b saw it")),
    "R7": lambda run: run.screens["b"].pop(3),
    "R8": lambda run: run.screens["b"].append(dataclasses.replace(run.screens["b"][0], stanza_id="s9")),
    "R9": lambda run: run.live["b"].append([run.archive[3], run.archive[1]]),
}


@pytest.mark.once
def test_the_rules_accept_a_good_run():
    assert check(good()) == []


@pytest.mark.once
@pytest.mark.parametrize("rule", PLANTED)
def test_each_planted_fault_is_found_by_its_rule(rule):
    run = copy.deepcopy(good())
    PLANTED[rule](run)
    assert any(violation.startswith(rule) for violation in check(run)), check(run)
