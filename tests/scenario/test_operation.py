"""Running it: configuration and its errors, certificates, backup, shutdown, health."""

import asyncio
import os
import socket
import ssl
import subprocess

import pytest

import skein
from authority import Authority, Door
from wire import TcpWire

pytestmark = pytest.mark.own_server


def run(server, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run([str(server.program), *arguments], capture_output=True, text=True, timeout=60,
                          cwd=server.folder, env={**server.environment(), **environment})


@pytest.mark.once
def test_a_wrong_configuration_is_told_whole_with_lines_and_remedies(own_server):
    server = own_server(start=False)
    server.config_path.write_text('domain = "localhost"\nunknown_key = 1\n[access]\nregistration = "maybe"\n')
    for command in (["config", "check", "--config", str(server.config_path)], ["serve", "--config", str(server.config_path)]):
        done = run(server, *command)
        assert done.returncode == 2, done
        assert "unknown_key" in done.stderr and "registration" in done.stderr, "both errors at once"
        assert "2" in done.stderr and "4" in done.stderr, "with their lines"
        assert all(mode in done.stderr for mode in ("open", "invite", "approval", "closed"))


@pytest.mark.once
def test_the_printed_configuration_is_a_valid_one(own_server, tmp_path):
    server = own_server(start=False)
    printed = run(server, "config", "print", "--config", str(server.config_path))
    assert printed.returncode == 0, printed.stderr
    (tmp_path / "printed.toml").write_text(printed.stdout)
    assert run(server, "config", "check", "--config", str(tmp_path / "printed.toml")).returncode == 0


@pytest.mark.once
def test_a_port_in_use_is_named_with_its_key(own_server):
    server = own_server(start=False)
    with socket.socket() as squatter:
        # As the servers of earlier tests did: their closed connections still have the port.
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind(("127.0.0.1", server.c2s_port))
        squatter.listen()
        done = run(server, "serve", "--config", str(server.config_path))
        assert done.returncode not in (0, 101)
        assert str(server.c2s_port) in done.stderr + done.stdout and "c2s" in done.stderr + done.stdout


@pytest.mark.once
async def test_without_a_file_every_default_serves_and_a_certificate_is_made(own_server):
    """Everything from the environment; the certificate of the first run is kept for the next."""
    server = own_server(start=False)
    server.config_path.unlink()
    listen = {"SKEIN_LISTEN_C2S": server.c2s_port, "SKEIN_LISTEN_C2S_TLS": server.c2s_tls_port,
              "SKEIN_LISTEN_HTTP": server.http_port, "SKEIN_LISTEN_HTTPS": server.https_port}
    server.command = lambda: [str(server.program), "serve"]
    plain = server.environment()
    server.environment = lambda: plain | {key: f"127.0.0.1:{port}" for key, port in listen.items()}
    seen = []
    for _ in range(2):
        server.start()
        context = ssl._create_unverified_context()
        door = await TcpWire.connect("127.0.0.1", server.c2s_tls_port, context, tls_at_once=True)
        await door.open()
        seen.append(door.tls().getpeercert(binary_form=True))
        await door.close()
        assert server.stop() == 0
    assert seen[0] == seen[1]
    assert (server.folder / "data").is_dir()
    assert "http" in server.log_tail() and "invite" in server.log_tail(), "a link for the first administrator"


async def backed_up(server, words: str):
    """Alice has written to Bob, who is away, and a backup was made: her client, his account, the backup."""
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice, sm=True)
    await a.message(bob.jid, words)
    assert await a.acknowledged() == a.sent
    target = server.folder / "backup"
    server.cli("backup", str(target))
    return a, bob, target


async def test_a_backup_of_a_running_server_restores(own_server, engine):
    server = own_server()
    a, bob, target = await backed_up(server, "in the backup")
    await a.message(bob.jid, "after the backup")
    await a.settle()
    other = own_server(start=False)
    other.cli("restore", str(target))
    other.start()
    b = await other.login(bob)
    await b.expect_message("in the backup")
    assert not b.wire.peek("message[body='after the backup']")


async def test_one_data_folder_is_for_one_server(own_server, engine):
    """Neither a second server nor a restore gets at the data of a running one; the first goes on undisturbed."""
    server = own_server()
    target = server.folder / "backup"
    server.cli("backup", str(target))
    modes = [path.stat().st_mode & 0o077 for path in (target, *target.rglob("*"))]
    assert not any(modes), "the backup is its owner's alone"
    listen = {"SKEIN_LISTEN_" + key: f"127.0.0.1:{port}"
              for key, port in zip(["C2S", "C2S_TLS", "HTTP", "HTTPS"], skein.free_ports(4))}
    second = run(server, "serve", "--config", str(server.config_path), **listen)
    assert second.returncode == 1
    assert str(server.data_dir) in second.stderr and "data_dir" in second.stderr
    for _ in range(2):
        restored = server.cli("restore", str(target), check=False)
        assert restored.returncode == 1
        assert str(server.data_dir) in restored.stderr and "data_dir" in restored.stderr
    [alice] = await server.people("alice")
    await (await server.login(alice)).settle()
    assert server.stop() == 0
    for _ in range(2):
        server.cli("restore", str(target))
    assert server.data_dir.stat().st_mode & 0o777 == 0o700
    if engine == "sqlite":
        kept = [path.name for path in server.data_dir.glob("skein.db.before-restore-*Z")]
        assert len(kept) == 2, "what was there before each"
    server.start()


@pytest.mark.once
async def test_until_the_authority_gives_a_certificate_the_self_signed_one_is_served(own_server):
    server = own_server({"tls": {"acme": {"directory": "https://127.0.0.1:1/directory"}}}, start=False)
    lines = server.config_path.read_text().splitlines()
    own_files = ("certificate =", "key =")
    server.config_path.write_text("\n".join(line for line in lines if not line.startswith(own_files)))
    doctor = server.cli("doctor", check=False)
    assert doctor.returncode == 0, doctor.stdout + doctor.stderr
    assert "https://127.0.0.1:1/directory" in doctor.stdout and "self-signed" in doctor.stdout
    server.start()
    door = await TcpWire.connect("127.0.0.1", server.c2s_tls_port, ssl._create_unverified_context(), tls_at_once=True)
    assert door.tls().getpeercert(binary_form=True)
    await door.close()
    for _ in range(200):
        if "no certificate from the authority" in server.log_tail():
            break
        await asyncio.sleep(0.02)
    log = server.log_tail()
    assert "refused" in log, "with the reason"
    assert "no certificate from the authority" in log and "self-signed" in log
    assert server.stop() == 0


@pytest.mark.once
@pytest.mark.parametrize("how", ["http-01", "tls-alpn-01"])
async def test_a_certificate_comes_from_the_authority_and_is_kept(own_server, how):
    server = own_server(start=False)
    ca = Authority(how, Door(server.http_port, server.https_port), server.folder)
    acme = f'\n[tls.acme]\ndirectory = "{await ca.start()}"\ndomains = ["{skein.DOMAIN}"]\n'
    lines = server.config_path.read_text().splitlines()
    own_files = ("certificate =", "key =")
    kept = "\n".join(line for line in lines if not line.startswith(own_files))
    server.config_path.write_text(kept + acme)
    trusting = server.environment() | {"SSL_CERT_FILE": str(server.ca)}
    server.environment = lambda: trusting
    server.start()
    for _ in range(200):
        if "certificate obtained" in server.log_tail():
            break
        await asyncio.sleep(0.02)
    assert ca.issued, server.log_tail()
    await ca.stop()
    for _ in range(2):
        door = await TcpWire.connect("127.0.0.1", server.c2s_tls_port, ssl._create_unverified_context(), tls_at_once=True)
        assert door.tls().getpeercert(binary_form=True) == ca.issued
        await door.close()
        server.restart()
    assert "from the authority loads" in server.cli("doctor").stdout


async def test_new_certificates_are_taken_up_without_dropping_anyone(own_server):
    import signal
    import tls
    server = own_server()
    [alice] = await server.people("alice")
    session = await server.login(alice, "starttls")
    before = session.wire.tls().getpeercert(binary_form=True)
    tls.make_certificates(server.folder, [skein.DOMAIN, skein.OTHER_DOMAIN])
    os.kill(server.pid(), signal.SIGHUP)
    after = before
    for _ in range(200):
        door = await TcpWire.connect("127.0.0.1", server.c2s_tls_port, ssl._create_unverified_context(), tls_at_once=True)
        after = door.tls().getpeercert(binary_form=True)
        await door.close()
        if after != before:
            break
    assert after != before
    await session.settle()


async def test_doctor_finds_nothing_wrong_with_a_healthy_server(own_server):
    server = own_server()
    done = server.cli("doctor", check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.once
def test_the_version_is_told(own_server):
    server = own_server(start=False)
    done = run(server, "--version")
    assert done.returncode == 0 and done.stdout.startswith("skein ")
