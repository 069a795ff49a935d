"""A PostgreSQL cluster of the test run's own: a private socket in a temporary folder."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path


class Cluster:
    """Starts on construction; `stop` ends it and removes every trace."""

    def __init__(self, tls_port: int | None = None, certificates: Path | None = None) -> None:
        """With `tls_port` it answers there too, on loopback, and to nobody without TLS."""
        # /tmp and not the cache: a socket's path may have 107 bytes at most.
        self.folder = Path(tempfile.mkdtemp(prefix="skein-pg-"))
        self._data = self.folder / "data"
        # PostgreSQL refuses to run as root.
        self._as = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self._as:
            shutil.chown(self.folder, "postgres")
        self.folder.chmod(0o755)
        self._run("initdb", "-D", self._data, "-U", "skein", "-A", "trust", "-E", "UTF8",
                  "--locale=C.UTF-8", "--no-sync")
        settings = [
            "listen_addresses=''",
            f"unix_socket_directories='{self.folder}'",
            "unix_socket_permissions=0777",
            "max_connections=200",
            "shared_buffers=64MB",
            # As in production: what is committed has been flushed.
            "fsync=on",
            "synchronous_commit=on",
        ]
        if tls_port and certificates:
            settings += self._encrypt(tls_port, certificates)
        with open(self._data / "postgresql.conf", "a") as conf:
            conf.write("\n".join(settings) + "\n")
        self._run("pg_ctl", "-D", self._data, "-l", self.folder / "log", "-w", "-t", "60", "start")

    def _encrypt(self, port: int, certificates: Path) -> list[str]:
        for name in ["server.pem", "server.key"]:
            shutil.copy(certificates / name, self.folder / name)
            (self.folder / name).chmod(0o600)
            if self._as:
                shutil.chown(self.folder / name, "postgres", "postgres")
        (self._data / "pg_hba.conf").write_text(
            "local all all trust\nhostssl all all 127.0.0.1/32 trust\nhostnossl all all all reject\n")
        return ["ssl=on", "listen_addresses='127.0.0.1'", f"port={port}",
                f"ssl_cert_file='{self.folder}/server.pem'", f"ssl_key_file='{self.folder}/server.key'"]

    def _run(self, program: str, *arguments: object) -> None:
        command = [*self._as, str(bin_folder() / program), *map(str, arguments)]
        # pg_ctl's child keeps its standard output: a pipe would never see its end.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, cwd="/")
            if done.returncode:
                output.seek(0)
                raise RuntimeError(f"{program}: {output.read().decode()}")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)


def create_database(socket_folder: str, name: str) -> str:
    """Makes an empty database and returns its URL."""
    subprocess.run(
        [str(bin_folder() / "createdb"), "-h", socket_folder, "-U", "skein", name],
        check=True, capture_output=True, cwd="/",
    )
    host = socket_folder.replace("/", "%2F")
    return f"postgres://skein@{host}/{name}"


def bin_folder() -> Path:
    """Debian keeps the server's programs out of PATH."""
    candidates = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if candidates:
        return candidates[0]
    found = shutil.which("initdb")
    if not found:
        raise RuntimeError("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    return Path(found).parent
