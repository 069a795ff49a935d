"""What every server under test has in common, Skein, and the bare relay."""

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

PASSWORD = "secret"
DOMAIN = "localhost"


def free_ports(count):
    """A first port that is free with the ones after it."""
    ports = range(25_200, 32_000, count)
    # A server listens long after its ports were looked for; another run begins elsewhere.
    start = os.getpid() * 16 % len(ports)
    for first in [*ports[start:], *ports[:start]]:
        try:
            for port in range(first, first + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
            return first
        except OSError:
            continue
    raise SystemExit("benches: no free ports between 25200 and 32000")


def wait_for(what, ready, process, seconds=120):
    """Waits until `ready` says so; stops the run when `process` has ended before."""
    deadline = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None:
            raise SystemExit(f"benches: {what} ended with {process.returncode}")
        if time.monotonic() > deadline:
            raise SystemExit(f"benches: {what} is not up after {seconds} s")
        time.sleep(0.1)


def listens(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def certificate(directory):
    """One certificate for every server, so that all do the same work in a handshake."""
    directory.mkdir(parents=True, exist_ok=True)
    crt, key = directory / "localhost.crt", directory / "localhost.key"
    if not crt.exists():
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "30", "-subj", f"/CN={DOMAIN}", "-addext",
             f"subjectAltName=DNS:{DOMAIN}", "-keyout", key, "-out", crt],
            check=True, capture_output=True)
        key.chmod(0o640)  # Skein refuses a key that everyone may read
        (directory / "localhost.pem").write_text(crt.read_text() + key.read_text())
    return crt, key


class Server:
    """A server on loopback in its own folder. `archives` says whether it keeps messages."""

    name = ""
    archives = False
    sasl = "plain"
    # Options of single scenarios that this server needs.
    extra = {}
    # Options of the generator for each binding.
    bindings = {
        "tcp": [],
        "websocket": ["--binding", "websocket", "--path", "/ws"],
        "compact": ["--binding", "compact"],
    }

    def __init__(self, run, accounts):
        self.dir = Path(run) / self.name
        self.cert = Path(run) / "cert"
        self.accounts = accounts
        self.port = None
        self.process = None

    def start(self):
        if self.port is None:
            self.port = free_ports(4)
            self.dir.mkdir(parents=True, exist_ok=True)
            self.prepare()
        self.launch()

    def restart(self):
        """A fresh process on the same data, for figures of memory."""
        self.stop()
        self.start()

    def spawn(self, command, **options):
        log = open(self.dir / "output.log", "ab")
        self.process = subprocess.Popen(
            [str(part) for part in command], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            start_new_session=True, **options)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def pids(self):
        return [self.process.pid]

    def address(self, tls, binding="tcp"):
        offset = 2 if binding == "websocket" else 1 if tls == "direct" else 0
        return f"127.0.0.1:{self.port + offset}"


class Skein(Server):
    """The release build with its embedded storage. Its accounts are made before the first start."""

    name = "skein"
    archives = True
    # Passwords are never stored, so SCRAM is what a client of Skein does.
    sasl = "scram-sha-256"
    # What the configuration says of storage: nothing, for the embedded one.
    storage = ""
    binary: Path = None

    @classmethod
    def available(cls):
        return cls.binary is not None and Path(cls.binary).exists()

    @classmethod
    def version(cls):
        done = subprocess.run([cls.binary, "--version"], capture_output=True, text=True)
        return done.stdout.strip()

    def prepare(self):
        crt, key = certificate(self.cert)
        self.config = self.dir / "skein.toml"
        self.config.write_text(f"""\
domain = "{DOMAIN}"
data_dir = "{self.dir}/data"

[listen]
c2s = ["127.0.0.1:{self.port}"]
c2s_tls = ["127.0.0.1:{self.port + 1}"]
http = ["127.0.0.1:{self.port + 2}"]
https = []

[tls]
certificate = "{crt}"
key = "{key}"

[c2s]
allow_plaintext = true

[access]
registration = "closed"

[limits]
rate = false
# All clients stand at one address here.
unauthenticated = 20000
unauthenticated_per_address = 20000

{self.storage}""")
        lines = "".join(f"u{n}@{DOMAIN} {PASSWORD}\n" for n in range(self.accounts))
        subprocess.run(
            [self.binary, "user", "add", "--stdin", "--config", self.config],
            input=lines, text=True, check=True, stdout=subprocess.DEVNULL)

    def launch(self):
        self.spawn([self.binary, "serve", "--config", self.config])
        wait_for(self.name, lambda: listens(self.port), self.process)


class Relay(Server):
    """The limit: bytes of one of a pair go to the other, and nothing else is done."""

    name = "relay"
    generator = None

    @classmethod
    def available(cls):
        return True

    @classmethod
    def version(cls):
        return "of skein-load"

    def prepare(self):
        pass

    def launch(self):
        self.spawn([self.generator, "relay", "--listen", f"127.0.0.1:{self.port}"])
        wait_for("the relay", lambda: listens(self.port), self.process)


def installed(program):
    return shutil.which(program) is not None


def package_version(package):
    done = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True)
    return f"{package} {done.stdout}" if done.returncode == 0 else package


def raise_open_files():
    import resource
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def cores():
    return len(os.sched_getaffinity(0))
