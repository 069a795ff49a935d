"""Foreign programs that talk to a test line by line, and programs for a terminal."""

import asyncio
import json
import os
import shlex
import subprocess
import time
import uuid
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent


class Lines:
    """A program that prints one JSON value a line and reads its orders on standard input."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.seen: list[dict] = []

    @classmethod
    async def node(cls, script: str, **environment: str) -> "Lines":
        return cls(await asyncio.create_subprocess_exec(
            "node", str(TESTS / "js" / script), env={**os.environ, **environment}, limit=1 << 22,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        ))

    async def until(self, *events: str, within: float = 90) -> dict:
        """The next value whose `event` is one of `events`; everything before it is kept in `seen`."""
        try:
            async with asyncio.timeout(within):
                while line := await self._process.stdout.readline():
                    try:
                        value = json.loads(line)
                    except ValueError:
                        value = {"event": "text", "text": line.decode(errors="replace").rstrip()}
                    self.seen.append(value)
                    if value["event"] in events:
                        return value
        except TimeoutError:
            pass
        raise AssertionError(f"no {' or '.join(events)} within {within} s: {self.story()}")

    def story(self) -> str:
        return "\n".join(json.dumps(value) for value in self.seen[-40:])

    async def tell(self, line: str) -> None:
        self._process.stdin.write(line.encode() + b"\n")
        await self._process.stdin.drain()

    async def order(self, what: str, **more: str) -> dict:
        """An order as JSON, and its outcome."""
        await self.tell(json.dumps({"do": what, **more}))
        outcome = await self.until("done", "failed")
        assert outcome["event"] == "done", self.story()
        return outcome

    async def end(self) -> None:
        if self._process.returncode is None:
            self._process.stdin.close()
            try:
                await asyncio.wait_for(self._process.wait(), 20)
            except asyncio.TimeoutError:
                self._process.kill()
                await self._process.wait()


class Terminal:
    """A program in a terminal of its own (tmux on a private socket)."""

    def __init__(self, command: list[str], **environment: str) -> None:
        self._socket = f"skein-{uuid.uuid4().hex[:8]}"
        variables = [f"{name}={value}" for name, value in environment.items()]
        line = shlex.join(["env", "LANG=C.UTF-8", *variables, *command])
        self._tmux("-f", "/dev/null", "new-session", "-d", "-x", "160", "-y", "50", line)

    def _tmux(self, *arguments: str) -> str:
        done = subprocess.run(["tmux", "-L", self._socket, *arguments], capture_output=True, text=True)
        return done.stdout

    def type(self, line: str) -> None:
        self._tmux("send-keys", "-l", line)
        self._tmux("send-keys", "Enter")

    def screen(self) -> str:
        return self._tmux("capture-pane", "-p")

    def wait_for(self, text: str, within: float = 30) -> None:
        deadline = time.monotonic() + within
        while text not in self.screen():
            if time.monotonic() > deadline:
                raise AssertionError(f"no {text!r} within {within} s on:\n{self.screen()}")
            time.sleep(0.05)

    def end(self) -> None:
        self._tmux("kill-server")


async def profanity(server, account, folder: Path) -> Terminal:
    """Profanity, logged in over TLS."""
    terminal = Terminal(["profanity"], XDG_CONFIG_HOME=str(folder / "config"), XDG_DATA_HOME=str(folder / "data"),
                        SSL_CERT_FILE=str(server.ca), TERM="xterm-256color")
    try:
        await asyncio.to_thread(terminal.wait_for, "Type '/help'")
        terminal.type(f"/connect {account.jid} server 127.0.0.1 port {server.c2s_port} tls force")
        await asyncio.to_thread(terminal.wait_for, "Enter password")
        terminal.type(account.password)
        await asyncio.to_thread(terminal.wait_for, "logged in successfully")
    except BaseException:
        terminal.end()
        raise
    return terminal
