"""Dino 0.4 of Debian, with its window on a screen that nobody sees."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
@pytest.mark.own_server
def test_dino_logs_in_reads_and_writes_to_a_person_in_a_room_and_sealed(engine, tmp_path):
    outcome = tmp_path / "outcome.json"
    # Name spaces of one's own need root, or a user name space in which one is root.
    unshare = ["unshare", "-n", "-m"] if os.geteuid() == 0 else ["unshare", "-r", "-n", "-m"]
    inside = [*unshare, "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    command = [sys.executable, str(Path(__file__).with_name("dino_inside.py")), engine, str(outcome)]
    done = subprocess.run([*inside, *command], capture_output=True, text=True, timeout=110)
    assert outcome.exists(), done.stdout[-8_000:] + done.stderr[-4_000:]
    seen = json.loads(outcome.read_text())
    assert "hello dino" in seen.pop("shown")
    assert seen == {"logged in": True, "receipt": True, "said": True, "carbon": True,
                    "entered": True, "missed": True, "live": True, "spoke": True, "read sealed": True, "sealed": True}
