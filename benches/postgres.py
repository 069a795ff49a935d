"""A PostgreSQL of its own for a server under test."""

import pwd
import shutil
import signal
import subprocess
from pathlib import Path

from servers import Skein, listens, package_version, wait_for


class Postgres:
    """A cluster of its own with packaged defaults, run as the packaged user, since it refuses root."""

    def __init__(self, folder, port):
        self.dir, self.port, self.process = folder, port, None

    @staticmethod
    def binaries():
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        return found[-1] if found else None

    def _as_user(self, command):
        return ["runuser", "-u", "postgres", "--", *map(str, command)]

    def create(self, database, schema=None):
        self.dir.mkdir()
        user = pwd.getpwnam("postgres")
        shutil.chown(self.dir, user.pw_uid, user.pw_gid)
        data = self.dir / "data"
        subprocess.run(
            self._as_user([self.binaries() / "initdb", "-D", data, "-A", "trust"]),
            check=True, capture_output=True, cwd="/")
        with open(data / "postgresql.conf", "a") as conf:
            conf.write(
                f"port = {self.port}\nlisten_addresses = '127.0.0.1'\nmax_connections = 60\n"
                f"shared_buffers = 512MB\nunix_socket_directories = '{self.dir}'\n")
        self.start()
        psql = [self.binaries() / "psql", "-q", "-h", "127.0.0.1", "-p", self.port]
        subprocess.run(
            self._as_user([*psql, "-c", f"CREATE DATABASE {database}"]), check=True, cwd="/")
        if schema:
            subprocess.run(
                self._as_user([*psql, "-d", database]), stdin=open(schema), check=True, cwd="/",
                stdout=subprocess.DEVNULL)

    def start(self):
        if self.process is None:
            user = pwd.getpwnam("postgres")
            log = open(self.dir / "output.log", "ab")
            self.process = subprocess.Popen(
                [str(self.binaries() / "postgres"), "-D", str(self.dir / "data")], cwd="/",
                user=user.pw_uid, group=user.pw_gid, extra_groups=[], stdout=log, stderr=log,
                start_new_session=True)
            wait_for("PostgreSQL", lambda: listens(self.port), self.process)

    def stop(self):
        if self.process and self.process.poll() is None:
            # "Fast" shutdown: the default waits for clients to leave.
            self.process.send_signal(signal.SIGINT)
            self.process.wait(60)
        self.process = None


class OnPostgres:
    """For a server that keeps its data in `self.postgres`, which stands on the same two cores and is counted with it."""

    def launch(self):
        self.postgres.start()
        super().launch()

    def stop(self):
        super().stop()
        if self.port is not None:
            self.postgres.stop()

    def pids(self):
        return [self.process.pid, self.postgres.process.pid]


class SkeinPostgres(OnPostgres, Skein):
    """Skein on PostgreSQL."""

    name = "skein-postgresql"

    @classmethod
    def available(cls):
        return Skein.available() and Postgres.binaries() is not None

    @classmethod
    def version(cls):
        return f"{Skein.version()}, {package_version('postgresql-15')}"

    def prepare(self):
        self.postgres = Postgres(self.dir / "postgres", self.port + 3)
        self.postgres.create("skein")
        self.storage = f'[storage]\nurl = "postgres://postgres@127.0.0.1:{self.port + 3}/skein"\n'
        super().prepare()
