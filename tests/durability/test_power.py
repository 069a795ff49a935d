"""Power cuts: every kill also loses what had not been flushed to the disk.

A process that is killed leaves its writes in the page cache, so killing alone never
shows a missing flush. Two controls must be caught: a server that acknowledges before it
commits, and a disk whose every second flush is a lie.
"""

import pytest

import crowd
import gathering
import skein
from history import Acked, check
from power import Unplugged
from test_crash import PAIRS, ROUNDS, SEED
from test_gathering import PEOPLE

pytestmark = [pytest.mark.own_server, pytest.mark.slow, pytest.mark.once]


# Each of these cuts loses something almost surely.
CONTROL_ROUNDS = 6


@pytest.fixture
def unplugged():
    """Makes servers on SQLite that lose what they have not flushed."""
    servers = []

    def make(**options) -> Unplugged:
        server = Unplugged("sqlite", **options)
        servers.append(server)
        return server.start()

    yield make
    for server in servers:
        server.discard()


async def test_nothing_that_was_acknowledged_is_lost_by_a_power_cut(unplugged):
    history = await crowd.run(unplugged(), PAIRS, ROUNDS, SEED)
    violations = check(history)
    assert not violations, f"seed {SEED}: {len(violations)} violations\n" + "\n".join(violations[:40])
    assert sum(isinstance(event, Acked) for event in history.events) > 20 * ROUNDS


async def test_nothing_that_a_room_acknowledged_is_lost_by_a_power_cut(unplugged):
    violations = gathering.check(await gathering.run(unplugged(), PEOPLE, CONTROL_ROUNDS, SEED))
    assert not violations, f"seed {SEED}: {len(violations)} violations\n" + "\n".join(violations[:40])


async def test_a_disk_that_lies_is_caught(unplugged):
    try:
        await caught(unplugged(lies=2))
    except (crowd.Stuck, RuntimeError):
        # So much was lost that the server or its people could not go on.
        pass


async def test_a_server_that_acknowledges_before_it_commits_is_caught(unplugged):
    await caught(unplugged(**too_early()))


async def test_a_room_that_acknowledges_before_it_commits_is_caught(unplugged):
    violations = gathering.check(await gathering.run(unplugged(**too_early()), PEOPLE, CONTROL_ROUNDS, SEED))
    assert any(violation.startswith("R1") for violation in violations), f"seed {SEED}: passed: {violations[:5]}"


def too_early() -> dict:
    control = skein.binary().with_name("skein-unsafe-control")
    assert control.exists(), "build it: cargo build -p skein --features skein-db/unsafe-control"
    return {"program": control, "variables": {"SKEIN_UNSAFE_ACKNOWLEDGE_BEFORE_COMMIT": "1"}}


async def caught(server) -> None:
    violations = check(await crowd.run(server, PAIRS, CONTROL_ROUNDS, SEED))
    assert any(violation.startswith("L1") for violation in violations), f"seed {SEED}: passed: {violations[:5]}"
