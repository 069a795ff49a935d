"""Under systemd: sockets that it holds (socket activation), and what the server tells it (sd_notify)."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess

import pytest

import login
import skein
import wire

pytestmark = [pytest.mark.own_server, pytest.mark.once]

# The first descriptor that is handed over, by systemd's protocol.
FIRST = 3


class Systemd:
    """Holds the server's sockets and hears what it says, as systemd does."""

    def __init__(self, server) -> None:
        self.server = server
        ports = {"listen.c2s": server.c2s_port, "listen.c2s_tls": server.c2s_tls_port, "listen.http": server.http_port,
                 "listen.https": server.https_port}
        self.sockets = [socket.create_server(("127.0.0.1", port), backlog=64) for port in ports.values()]
        self.names = list(ports)
        self.notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.place = server.folder / "notify"
        self.notices.bind(str(self.place))
        self.notices.settimeout(wire.PATIENCE)

    def start(self) -> None:
        count = len(self.sockets)

        def hand_over() -> None:
            # High first, so that none is overwritten before it is copied.
            high = [os.dup2(one.fileno(), 200 + at) for at, one in enumerate(self.sockets)]
            for at, descriptor in enumerate(high):
                os.dup2(descriptor, FIRST + at)

        environment = self.server.environment() | {
            "NOTIFY_SOCKET": str(self.place), "LISTEN_FDS": str(count), "LISTEN_FDNAMES": ":".join(self.names)}
        with open(self.server.log_path, "ab") as log:
            # The process number is known to the shell alone, which becomes the server.
            self.server.process = subprocess.Popen(
                ["sh", "-c", 'LISTEN_PID=$$ exec "$@"', "sh", *self.server.command()], stdout=log, stderr=log, cwd=self.server.folder,
                env=environment, start_new_session=True, pass_fds=range(FIRST, FIRST + count), preexec_fn=hand_over)

    def notice(self) -> str:
        return self.notices.recv(4_096).decode()

    def close(self) -> None:
        for one in [*self.sockets, self.notices]:
            one.close()


async def test_systemd_holds_the_doors_and_hears_when_the_server_is_ready(own_server):
    server = own_server(start=False)
    systemd = Systemd(server)
    try:
        await asyncio.to_thread(systemd.start)
        assert "READY=1" in await asyncio.to_thread(systemd.notice)
        [alice] = await server.people("alice")
        a = await server.login(alice, sm=True)
        os.killpg(server.process.pid, signal.SIGTERM)
        assert "STOPPING=1" in await asyncio.to_thread(systemd.notice)
        assert await asyncio.to_thread(server.process.wait, skein.STOP_SECONDS) == 0
        # Nobody serves, and yet nobody is refused.
        waiting = await server.tcp()
        await waiting.send(wire.stream_header("localhost"))
        await asyncio.to_thread(systemd.start)
        await waiting.expect("stream:features")
        assert "READY=1" in await asyncio.to_thread(systemd.notice)
        _, outcome = await login.resume(await server.door("direct-tls"), a)
        assert wire.local(outcome) == "resumed"
        assert "in no list" not in server.log_tail()
    finally:
        systemd.close()


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd judges its own units")
def test_the_units_are_what_systemd_understands():
    root = skein.ROOT
    units = [str(root / "packaging" / name) for name in ("skein.service", "skein.socket")]
    said = subprocess.run(["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, timeout=60).stderr
    # The program is not installed where the unit expects it.
    complaints = [line for line in said.splitlines() if "skein" in line and "is not executable" not in line]
    assert not complaints, said
