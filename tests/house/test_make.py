"""What a newcomer types starts a server."""

import os
import signal
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

import skein

ROOT = Path(__file__).resolve().parents[2]
# Runs what starts the server and passes over what builds it: in place of the shell of a recipe.
SHELL = """#!/bin/sh
case "$2" in *" serve"*) eval "$2" ;; esac
"""
PATIENCE = 30

pytestmark = pytest.mark.once


@pytest.mark.parametrize(("goal", "profile"), [("run", "release"), ("dev", "debug")])
def test_make_starts_a_server_with_nothing_to_edit(tmp_path, goal, profile):
    (tmp_path / profile).mkdir()
    (tmp_path / profile / "skein").symlink_to(skein.binary())
    shell = tmp_path / "shell"
    shell.write_text(SHELL)
    shell.chmod(0o755)
    doors = dict(zip(("C2S", "C2S_TLS", "HTTP", "HTTPS"), skein.free_ports(4)))
    environment = os.environ | {f"SKEIN_LISTEN_{door}": f"127.0.0.1:{port}" for door, port in doors.items()}
    environment |= {"SKEIN_DATA_DIR": str(tmp_path / "data")}
    command = ["make", "-C", str(ROOT), goal, f"SHELL={shell}", f"CARGO_TARGET_DIR={tmp_path}"]
    with open(tmp_path / "said", "wb") as said:
        running = subprocess.Popen(command, env=environment, stdout=said, stderr=said, start_new_session=True)
    try:
        until = time.monotonic() + PATIENCE
        while not answers(f"http://127.0.0.1:{doors['HTTP']}/"):
            assert running.poll() is None and time.monotonic() < until, (tmp_path / "said").read_text()
            time.sleep(0.05)
    finally:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGTERM)
            running.wait(PATIENCE)


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False
