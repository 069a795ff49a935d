"""The server under test: the built binary on free ports, with data of its own.

`Server` is a plain value with `start`, `stop` (SIGTERM), `kill` (SIGKILL) and
`restart`; every wait is for something observable and has a deadline.
"""

import asyncio
import itertools
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

import compact
import login
import postgres
import tls
import wire

ROOT = Path(__file__).resolve().parent.parent
DOMAIN = "localhost"
# A second domain of the same server, for attacks across domains.
OTHER_DOMAIN = "other.localhost"
START_SECONDS = 60
STOP_SECONDS = 30

_numbers = itertools.count(1)


def binary() -> Path:
    """The program under test: `SKEIN_TEST_BIN`, or what `cargo build` made."""
    if given := os.environ.get("SKEIN_TEST_BIN"):
        return Path(given)
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return target / "debug" / "skein"


@dataclass(frozen=True)
class Account:
    name: str
    password: str
    domain: str = DOMAIN

    @property
    def jid(self) -> str:
        return f"{self.name}@{self.domain}"


class Server:
    """One server and its data. `config` is a dict of TOML sections that override the defaults below."""

    ws_path = "/ws"
    bosh_path = "/bosh"

    def __init__(self, engine: str = "sqlite", config: dict | None = None, program: Path | None = None,
                 prefix: list[str] = [], ports: dict[str, int] | None = None, variables: dict[str, str] | None = None):
        self.engine = engine
        self.program = program or binary()
        # What the program is started under: strace, a name space, a shim.
        self.prefix = prefix
        self._variables = variables or {}
        self.folder = Path(tempfile.mkdtemp(prefix="skein-test-"))
        self.data_dir = self.folder / "data"
        self.log_path = self.folder / "log"
        self.process: subprocess.Popen | None = None
        chosen = dict(zip(["c2s", "c2s_tls", "http", "https"], free_ports(4))) | (ports or {})
        self.c2s_port, self.c2s_tls_port = chosen["c2s"], chosen["c2s_tls"]
        self.http_port, self.https_port = chosen["http"], chosen["https"]
        tls.make_certificates(self.folder, [DOMAIN, OTHER_DOMAIN])
        self.ca = self.folder / "ca.pem"
        self._overrides = config or {}
        self._settle_config()

    # --- configuration -------------------------------------------------

    def _settle_config(self) -> None:
        self.config_path = self.folder / "skein.toml"
        self.config_path.write_text(to_toml(merge(self._defaults(), self._overrides)))

    def _defaults(self) -> dict:
        config = {
            "domains": [DOMAIN, OTHER_DOMAIN],
            "data_dir": str(self.data_dir),
            "listen": {
                "c2s": [f"127.0.0.1:{self.c2s_port}"],
                "c2s_tls": [f"127.0.0.1:{self.c2s_tls_port}"],
                "http": [f"127.0.0.1:{self.http_port}"],
                "https": [f"127.0.0.1:{self.https_port}"],
                "s2s": [],
            },
            "tls": {
                "certificate": str(self.folder / "server.pem"),
                "key": str(self.folder / "server.key"),
            },
            "c2s": {"allow_plaintext": True},
            "access": {"registration": "closed"},
            # One address logs in hundreds of times in a run, and crowds at once.
            "limits": {"rate": False, "unauthenticated_per_address": 1_000},
        }
        if self.engine == "postgres":
            name = f"skein_{uuid.uuid4().hex}"
            config["storage"] = {"url": postgres.create_database(os.environ["SKEIN_TEST_PG"], name)}
        return config

    # --- life ----------------------------------------------------------

    def start(self) -> "Server":
        self.launch()
        self._await_ready()
        return self

    def launch(self) -> None:
        """Starts the process and waits for nothing."""
        log = open(self.log_path, "ab")
        self.process = subprocess.Popen(
            [*self.prefix, *self.command()],
            stdout=log, stderr=log, cwd=self.folder, env=self.environment(),
            # A group of its own, so that a kill reaches what `prefix` started.
            start_new_session=True,
        )
        log.close()

    def command(self) -> list[str]:
        return [str(self.program), "serve", "--config", str(self.config_path)]

    def environment(self) -> dict:
        """The test's own, without what would configure the server."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SKEIN_")}
        return {**kept, "RUST_BACKTRACE": "1", **self._variables}

    def _await_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with {self.process.returncode}:\n{self.log_tail()}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"not ready after {START_SECONDS} s:\n{self.log_tail()}")
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.http_port), timeout=5) as http:
                http.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                healthy = http.recv(64).startswith(b"HTTP/1.1 200")
            with socket.create_connection(("127.0.0.1", self.c2s_port), timeout=5):
                return healthy
        except OSError:
            return False

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        self._signal(signal.SIGTERM)
        return self._reap(STOP_SECONDS)

    def kill(self) -> None:
        """SIGKILL: nothing is flushed, nobody is told."""
        self._signal(signal.SIGKILL)
        self._reap(STOP_SECONDS)

    def restart(self) -> None:
        self.stop()
        self.start()

    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def _signal(self, number: int) -> None:
        if self.running():
            os.killpg(self.process.pid, number)

    def _reap(self, seconds: float) -> int | None:
        if self.process is None:
            return None
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            raise RuntimeError(f"did not end within {seconds} s of the signal:\n{self.log_tail()}") from None

    def discard(self) -> None:
        """Ends it and removes its folder, which SKEIN_TEST_KEEP keeps."""
        self.kill()
        if "SKEIN_TEST_KEEP" not in os.environ:
            shutil.rmtree(self.folder, ignore_errors=True)

    def log_size(self) -> int:
        return self.log_path.stat().st_size if self.log_path.exists() else 0

    def log_tail(self, since: int = 0, limit: int = 20_000) -> str:
        if not self.log_path.exists():
            return ""
        with open(self.log_path, "rb") as log:
            log.seek(max(since, self.log_size() - limit))
            return log.read().decode(errors="replace")

    def resident_kib(self) -> int:
        """Resident memory of the server's own process (not of what `prefix` put around it)."""
        for line in Path(f"/proc/{self.pid()}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise RuntimeError("no VmRSS")

    def open_files(self) -> int:
        return len(os.listdir(f"/proc/{self.pid()}/fd"))

    def pid(self) -> int:
        """The server's own process, found below `prefix`."""
        pid = self.process.pid
        for _ in self.prefix:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            if not children:
                break
            pid = int(children[0])
        return pid

    # --- people --------------------------------------------------------

    def cli(self, *arguments: str, stdin: str = "", check: bool = True) -> subprocess.CompletedProcess:
        """Runs the operator's command line against this server's data."""
        done = subprocess.run(
            [str(self.program), *arguments, "--config", str(self.config_path)],
            input=stdin, capture_output=True, text=True, cwd=self.folder, timeout=60, env=self.environment(),
        )
        if check and done.returncode:
            raise RuntimeError(f"{arguments}: exit {done.returncode}: {done.stderr}{done.stdout}")
        return done

    def add_user(self, name: str, password: str | None = None, domain: str = DOMAIN) -> Account:
        account = Account(name, password or f"pass-{uuid.uuid4().hex[:12]}", domain)
        self._create(account)
        return account

    def _create(self, account: Account) -> None:
        self.cli("user", "add", account.jid, "--password-stdin", stdin=account.password + "\n")

    def set_password(self, account: Account, password: str) -> Account:
        self.cli("user", "password", account.jid, "--password-stdin", stdin=password + "\n")
        return Account(account.name, password, account.domain)

    async def people(self, *names: str, domain: str = DOMAIN) -> list[Account]:
        """New accounts whose names begin as given and are used by nobody else."""
        unique = [f"{name}-{os.getpid()}-{next(_numbers)}" for name in names]
        return await asyncio.gather(
            *(asyncio.to_thread(self.add_user, name, domain=domain) for name in unique)
        )

    # --- doors ---------------------------------------------------------

    def tls_context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.ca))

    async def tcp(self) -> "wire.TcpWire":
        """A connection without TLS and without a stream header yet."""
        return await wire.TcpWire.connect("127.0.0.1", self.c2s_port, self.tls_context())

    async def direct_tls(self, context: ssl.SSLContext | None = None) -> "wire.TcpWire":
        context = context or self.tls_context()
        context.set_alpn_protocols(["xmpp-client"])
        return await wire.TcpWire.connect(
            "127.0.0.1", self.c2s_tls_port, context, tls_at_once=True)

    async def starttls(self) -> "wire.TcpWire":
        """A connection over which STARTTLS has been done; no header inside TLS yet."""
        door = await self.tcp()
        await door.open()
        await door.starttls()
        return door

    async def websocket(self, headers: dict | None = None) -> "wire.WebSocketWire":
        return await wire.WebSocketWire.connect("127.0.0.1", self.http_port, self.ws_path, headers)

    async def compact(self) -> "compact.CompactSocket":
        """The compact binding on a WebSocket."""
        return await compact.CompactSocket.connect("127.0.0.1", self.http_port, self.ws_path)

    async def compact_tls(self) -> "compact.CompactTls":
        """The compact binding on direct TLS."""
        return await compact.CompactTls.connect("127.0.0.1", self.c2s_tls_port, self.tls_context())

    async def door(self, name: str) -> "wire.Wire":
        """A door by name, for tests that go through all of them: see `DOORS`."""
        return await {"tcp": self.tcp, "starttls": self.starttls, "direct-tls": self.direct_tls,
                      "websocket": self.websocket, "compact": self.compact, "compact-tls": self.compact_tls}[name]()

    async def login(self, account: Account, door: str = "tcp", **options) -> "login.Client":
        """A session that is bound, and available unless `presence=False`; see `login.login`."""
        return await login.login(await self.door(door), account, **options)


def make(engine: str, config: dict | None = None, **options) -> Server:
    """A server under test, not started; Prosody if `SKEIN_TEST_SERVER` says so."""
    if os.environ.get("SKEIN_TEST_SERVER") == "prosody":
        import peer
        return peer.Prosody("sqlite", config, **options)
    return Server(engine, config, **options)


DOORS = ["tcp", "starttls", "direct-tls", "websocket"]
# Doors that Skein has and other servers have not.
if os.environ.get("SKEIN_TEST_SERVER") != "prosody":
    DOORS += ["compact", "compact-tls"]


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago, below the range that connections take theirs from."""
    # Each worker of a parallel run has a range of its own, so that they do not race.
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    start = 12_000 + worker * 2_000
    found: list[int] = []
    while len(found) < count:
        port = start + next(_numbers) % 2_000
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
    return found


def merge(base: dict, over: dict) -> dict:
    """`base` with the values of `over`, section by section."""
    merged = dict(base)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = merge(merged[key], value) if both else value
    return merged


def to_toml(config: dict, section: str = "") -> str:
    plain = [f"{key} = {_toml_value(value)}" for key, value in config.items() if not isinstance(value, dict)]
    text = "\n".join(plain) + "\n"
    for key, value in config.items():
        if isinstance(value, dict):
            name = f"{section}.{key}" if section else key
            text += f"\n[{name}]\n{to_toml(value, name)}"
    return text


def _toml_value(value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml_value, value)) + "]"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return str(value)
