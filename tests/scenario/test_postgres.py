"""PostgreSQL over the network: encrypted, by a server whose certificate is looked at; and one server at a time."""

import subprocess
from pathlib import Path

import pytest

import postgres
import skein
import tls

pytestmark = [pytest.mark.own_server, pytest.mark.once]


@pytest.fixture
def encrypted(tmp_path):
    """A cluster that answers with TLS only: gives the start of a URL and the folder of its certificates."""
    tls.make_certificates(tmp_path, ["localhost"])
    port = skein.free_ports(1)[0]
    cluster = postgres.Cluster(port, tmp_path)
    try:
        subprocess.run([str(postgres.bin_folder() / "createdb"), "-h", str(cluster.folder), "-p", str(port),
                        "-U", "skein", "skein"], check=True, capture_output=True, cwd="/")
        yield f"postgres://skein@localhost:{port}/skein", tmp_path, cluster, port
    finally:
        cluster.stop()


def ask(cluster, port: int, sql: str) -> str:
    done = subprocess.run([str(postgres.bin_folder() / "psql"), "-h", str(cluster.folder), "-p", str(port), "-U", "skein",
                           "-Atc", sql, "skein"], check=True, capture_output=True, text=True, cwd="/")
    return done.stdout.strip()


def refusal(server) -> str:
    """What the program says that will not start."""
    done = subprocess.run(server.command(), capture_output=True, text=True, timeout=60, cwd=server.folder,
                          env=server.environment())
    assert done.returncode == 1, done
    return done.stderr + done.stdout


async def test_a_database_behind_tls_is_used_and_its_certificate_looked_at(own_server, encrypted):
    url, certificates, cluster, port = encrypted
    trusted = f"{url}?sslmode=verify-full&sslrootcert={certificates}/ca.pem"
    server = own_server({"storage": {"url": trusted}})
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    await a.message(bob.jid, "over TLS")
    await b.expect_message("over TLS")
    assert ask(cluster, port, "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) "
                              "WHERE client_addr IS NOT NULL") == "t"
    done = subprocess.run([str(server.program), "backup", "--config", str(server.config_path), str(server.folder / "copy")],
                          capture_output=True, text=True, timeout=60, env=server.environment())
    assert done.returncode == 0, done.stderr
    server.stop()
    # Encrypted, and nobody asks by whom.
    unasked = own_server({"storage": {"url": f"{url}?sslmode=require"}})
    await unasked.login(alice)


async def test_a_database_whose_certificate_is_not_the_expected_one_is_refused(own_server, encrypted, tmp_path_factory):
    url, certificates, _, port = encrypted
    stranger = tmp_path_factory.mktemp("stranger")
    tls.make_certificates(stranger, ["localhost"])
    for wrong, why in [
        (f"{url}?sslmode=verify-full&sslrootcert={stranger}/ca.pem", "certificate"),
        # The name counts too.
        (f"postgres://skein@127.0.0.2:{port}/skein?sslmode=verify-full&sslrootcert={certificates}/ca.pem&hostaddr=127.0.0.1",
         "certificate"),
        (f"{url}?sslmode=verify-full&sslrootcert={certificates}/missing.pem", "sslrootcert"),
        (f"{url}?sslmode=disable", "no encryption"),
        (f"{url}?sslmode=verify-ca", "verify-full"),
    ]:
        said = refusal(own_server({"storage": {"url": wrong}}, start=False))
        assert why in said and "storage.url" in said, said


async def test_a_second_server_on_one_database_is_refused_and_told_what_to_do(own_server, encrypted):
    url, _, cluster, port = encrypted
    first = own_server({"storage": {"url": f"{url}?sslmode=require"}})
    second = own_server({"storage": {"url": f"{url}?sslmode=require"}}, start=False)
    said = refusal(second)
    assert "another server uses this database" in said and str(first.pid()) in said and "storage.url" in said, said
    # The first goes on.
    alice, bob = await first.people("alice", "bob")
    a = await first.login(alice)
    await a.message(bob.jid, "still here")
    await a.settle()
    # A crash on the same machine keeps nobody waiting.
    first.kill()
    second.start()
    b = await second.login(bob)
    await b.expect_message("still here")


async def test_a_server_whose_database_was_taken_over_ends(own_server, encrypted):
    """As a machine that was cut off for long sees it when it is back."""
    url, _, cluster, port = encrypted
    server = own_server({"storage": {"url": f"{url}?sslmode=require"}})
    ask(cluster, port, "UPDATE db_lease SET epoch = epoch + 1, host = 'elsewhere'")
    assert server.process.wait(timeout=30) == 1
    assert "taken over" in server.log_tail()
