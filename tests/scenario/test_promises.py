"""What docs/operation.md and docs/clients.md promise in so many words, held against the started program."""

import json
import re
import socket
import sqlite3
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import aiohttp
import pytest

from test_operation import backed_up, run

pytestmark = pytest.mark.own_server

DOCS = Path(__file__).resolve().parents[2] / "docs"


def section(document: str, heading: str) -> str:
    return (DOCS / document).read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]


def config(server, change) -> None:
    """Writes the file anew: `change` gets its lines and says what stands there."""
    server.config_path.write_text("\n".join(change(server.config_path.read_text().splitlines())) + "\n")


def without(*keys: str):
    return lambda lines: [line for line in lines if line.split(" =")[0] not in keys]


# --- the table of troubles -------------------------------------------------


def a_port_is_taken(server):
    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind(("127.0.0.1", server.http_port))
        squatter.listen()
        return server.cli("serve", check=False)


def a_key_is_misspelt(server):
    config(server, lambda lines: ['domian = "localhost"', *without("domains")(lines)])
    return server.cli("config", "check", check=False)


def the_private_key_is_everybodys(server):
    (server.folder / "server.key").chmod(0o644)
    return server.cli("serve", check=False)


def the_private_key_is_anothers(server):
    key = server.folder / "server.key"
    subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", str(key)],
                   check=True, capture_output=True)
    key.chmod(0o600)
    return server.cli("serve", check=False)


def passwords_would_be_seen(server):
    config(server, lambda lines: [line.replace("c2s = [\"127.0.0.1:", "c2s = [\"0.0.0.0:") for line in lines])
    return server.cli("serve", check=False)


def no_postgres_is_there(server):
    return run(server, "serve", "--config", str(server.config_path), SKEIN_STORAGE_URL="postgres://skein@127.0.0.1:1/skein")


def the_database_is_something_else(server):
    server.data_dir.mkdir()
    (server.data_dir / "skein.db").write_text("Two households, both alike in dignity. " * 99)
    return server.cli("serve", check=False)


def the_database_was_used_by_a_newer_release(server):
    server.start()
    server.stop()
    with sqlite3.connect(server.data_dir / "skein.db") as db:
        known = db.execute("SELECT feature, number, checksum, applied_at FROM skein_migrations WHERE feature = 'roster'").fetchone()
        db.execute("INSERT INTO skein_migrations VALUES (?, 99, ?, ?)", (known[0], known[2], known[3]))
    db.close()
    return server.cli("serve", check=False)


def the_folder_is_in_use(server):
    server.start()
    return server.cli("restore", str(server.folder / "nowhere"), check=False)


def the_domain_is_not_served(server):
    return server.cli("user", "add", "juliet@example.net", check=False)


def the_name_rests(server):
    server.start()
    server.cli("user", "add", "juliet@localhost")
    server.cli("user", "remove", "juliet@localhost")
    return server.cli("user", "add", "juliet@localhost", check=False)


# (what was done, what the table says, the status)
TROUBLES = [
    (a_port_is_taken, "opening a listener: cannot listen on 127.0.0.1:5280: Address already in use (os error 98) (setting", 1),
    (a_key_is_misspelt, "skein.toml:1: domian: there is no such key; domain", 2),
    (the_private_key_is_everybodys, "everyone on this machine may use key.pem; run: chmod o= key.pem", 2),
    (the_private_key_is_anothers, "loading the certificate (section tls): cert.pem: keys may not be consistent: KeyMismatch", 1),
    (passwords_would_be_seen, "c2s.allow_plaintext: would let passwords cross the network in the clear,", 2),
    (no_postgres_is_there, "opening the database (key storage.url): db.CONNECT: error connecting to server: Connection refused", 1),
    (the_database_is_something_else, "file is not a database", 1),
    (the_database_was_used_by_a_newer_release,
     "the database has migration roster 99, which this release does not know; run the newer release", 1),
    (the_folder_is_in_use, "another skein uses it;", 1),
    (the_domain_is_not_served, "juliet@example.net: not an address at a domain that this server serves", 1),
    (the_name_rests, "the name cannot be used: it was given up not long ago, or is reserved by an invitation", 1),
]


@pytest.mark.once
@pytest.mark.parametrize("what, words, status", TROUBLES, ids=[what.__name__ for what, _, _ in TROUBLES])
def test_a_trouble_is_told_in_the_words_of_the_document(own_server, what, words, status):
    assert words in section("operation.md", "Troubleshooting"), "the table has it"
    server = own_server(start=False)
    done = what(server)
    assert done.returncode == status, done
    said = done.stderr.replace(str(server.http_port), "5280")
    for own, example in ((server.folder / "server.key", "key.pem"), (server.folder / "server.pem", "cert.pem"),
                         (server.config_path, "skein.toml")):
        said = said.replace(str(own), example)
    assert words in said


def test_a_backup_without_the_programs_of_postgres_says_what_is_missing(own_server, engine):
    server = own_server()
    target = server.folder / "backup"
    done = run(server, "backup", str(target), "--config", str(server.config_path), PATH="/nonexistent")
    if engine == "sqlite":
        assert done.returncode == 0, "nothing else is needed"
    else:
        words = "backing up with pg_dump: the program was not found:"
        assert words in section("operation.md", "Troubleshooting")
        assert done.returncode == 1 and words in done.stderr


# --- backup and restore ----------------------------------------------------


def test_a_backup_goes_into_a_new_or_an_empty_folder_only(own_server, engine):
    server = own_server()
    full, empty = server.folder / "full", server.folder / "empty"
    for folder in (full, empty):
        folder.mkdir()
    (full / "letter").write_text("mine")
    refused = server.cli("backup", str(full), check=False)
    assert refused.returncode == 1 and "not empty" in refused.stderr
    assert [path.name for path in full.iterdir()] == ["letter"]
    server.cli("backup", str(empty))
    # Not over an older backup either.
    assert server.cli("backup", str(empty), check=False).returncode == 1


@pytest.mark.parametrize("how", ["cut", "of the other engine", "of nothing"])
async def test_a_backup_that_cannot_be_restored_changes_nothing(own_server, engine, how):
    server = own_server()
    _, bob, target = await backed_up(server, "what was there before")
    [copy] = [path for path in target.iterdir() if path.name in ("skein.db", "skein.dump")]
    if how == "cut":
        content = copy.read_bytes()
        copy.write_bytes(content[: len(content) // 2])
    elif how == "of nothing":
        copy.unlink()
    else:
        copy.rename(copy.with_name("skein.db" if copy.name == "skein.dump" else "skein.dump"))
    assert server.stop() == 0
    refused = server.cli("restore", str(target), check=False)
    assert refused.returncode == 1 and refused.stderr.startswith("skein: "), refused
    server.start()
    b = await server.login(bob)
    await b.expect_message("what was there before")


# --- configuration, log, metrics -------------------------------------------


@pytest.mark.once
def test_a_variable_wins_over_the_file_and_passwords_are_not_printed(own_server):
    server = own_server(start=False)
    password = "Zu7-marmalade-canary-92"
    done = run(server, "config", "print", "--config", str(server.config_path),
               SKEIN_LISTEN_C2S="127.0.0.1:5999, [::1]:5999", SKEIN_STORAGE_URL=f"postgres://skein:{password}@127.0.0.1/skein",
               SKEIN_OBJECTS_URL=f"s3://key:{password}@127.0.0.1/bucket?region=here")
    assert done.returncode == 0, done.stderr
    [line] = [line for line in done.stdout.splitlines() if line.startswith("c2s = ")]
    assert '["127.0.0.1:5999", "[::1]:5999"]' in line and "SKEIN_LISTEN_C2S" in line
    assert password not in done.stdout + done.stderr
    assert "postgres://" in done.stdout and "s3://" in done.stdout, "all but the password stands there"


@pytest.mark.once
async def test_a_log_in_json_is_an_object_a_line_and_names_nobody(own_server):
    server = own_server({"log": {"format": "json", "level": "debug"}})
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    await a.message(bob.jid, "words-that-nobody-logs")
    await b.expect_message("words-that-nobody-logs")
    assert server.stop() == 0
    lines = server.log_tail(limit=10_000_000).splitlines()
    assert len([json.loads(line) for line in lines]) > 5
    text = "\n".join(lines)
    assert not any(word in text for word in (alice.name, bob.name, alice.password, "words-that-nobody-logs"))


@pytest.mark.once
async def test_the_metrics_are_those_of_the_document(own_server):
    server = own_server()
    named = set(re.findall(r"`((?:skein|process)_\w+)`", section("operation.md", "Metrics and health")))
    async with aiohttp.ClientSession() as http:
        async with http.get(f"http://127.0.0.1:{server.http_port}/metrics") as answer:
            text = await answer.text()
    samples = set(re.findall(r"^(\w+)", text, re.M))
    served = {re.sub(r"^(skein_db_commit_seconds)_(bucket|sum|count)$", r"\1", name) for name in samples}
    assert served == named


# --- what clients are offered ----------------------------------------------


def shape(element: ET.Element) -> tuple:
    return element.tag, sorted(element.attrib.items()), (element.text or "").strip(), [shape(child) for child in element]


@pytest.mark.once
async def test_what_is_offered_before_login_is_what_the_document_shows(own_server):
    server = own_server()
    [shown] = re.findall(r"```xml\n(<stream:features>.*?</stream:features>)", section("clients.md", "Logging in"), re.S)
    shown = ET.fromstring(shown.replace("<stream:features>", "<stream:features xmlns:stream='http://etherx.jabber.org/streams'>"))
    door = await server.starttls()
    offered = await door.open()
    assert [child.tag for child in offered] == [child.tag for child in shown]
    # The document leaves out the mechanisms of RFC 6120.
    assert [shape(child) for child in offered][1:] == [shape(child) for child in shown][1:]
