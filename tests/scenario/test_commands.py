"""The operator's commands, on a running server and on a stopped one."""

import asyncio
import re

import pytest

import login
import wire

pytestmark = pytest.mark.own_server


async def comes_in(server, account) -> bool:
    try:
        await server.login(account)
    except login.SaslFailure:
        return False
    return True


@pytest.mark.parametrize("state", ["running", "stopped"])
async def test_every_command_does_what_it_says(own_server, state):
    """What is done to a stopped server is seen when it starts."""
    server = own_server(start=state == "running")

    async def do(*arguments: str, stdin: str = "", status: int = 0) -> str:
        done = await asyncio.to_thread(server.cli, *arguments, stdin=stdin, check=False)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    add = lambda name, *more: do("user", "add", f"{name}@localhost", "--password-stdin", *more, stdin=f"pass of {name}\n")
    for name in ("keeps", "changes", "goes", "waits", "returns"):
        await add(name)
    await add("boss", "--admin")
    made = await do("user", "add", "made@localhost")
    listed = {line.split("\t")[0]: line for line in (await do("user", "list")).splitlines()}
    assert {f"{name}@localhost" for name in ("keeps", "changes", "goes", "waits", "returns", "boss", "made")} <= set(listed)
    assert "admin" in listed["boss@localhost"] and "admin" not in listed["keeps@localhost"]
    await do("user", "password", "changes@localhost", "--password-stdin", stdin="another pass\n")
    await do("user", "remove", "goes@localhost")
    await do("user", "suspend", "waits@localhost")
    await do("user", "suspend", "returns@localhost")
    await do("user", "resume", "returns@localhost")
    link = re.search(r"https?://\S+", await do("invite", "create")).group()
    revoked = re.search(r"https?://\S+", await do("invite", "create", "--expires", "12h")).group()
    token = lambda link: link.rstrip("/").rsplit("/", 1)[-1]
    await do("invite", "revoke", token(revoked))
    invitations = await do("invite", "list")
    assert token(link)[:8] in invitations and token(revoked)[:8] not in invitations
    # What cannot be done says so and changes nothing.
    for arguments in (("user", "password", "nobody@localhost", "--password-stdin"), ("user", "remove", "nobody@localhost"),
                      ("user", "suspend", "nobody@localhost"), ("user", "add", "x@elsewhere.example", "--password-stdin")):
        said = await do(*arguments, stdin="pass\n", status=1)
        assert arguments[2] in said or "elsewhere.example" in said, said
    assert "domain" in await do("config", "print")
    await do("config", "check")
    await do("doctor")
    folder = server.folder / "backup"
    await do("backup", str(folder))
    assert (folder / "skein.db").exists() or (folder / "skein.dump").exists()

    if state == "stopped":
        server.start()
    from skein import Account
    password = made.split()[-1] if made.split() else ""
    for account, expected in [
            (Account("keeps", "pass of keeps"), True), (Account("boss", "pass of boss"), True),
            (Account("changes", "pass of changes"), False), (Account("changes", "another pass"), True),
            (Account("goes", "pass of goes"), False), (Account("waits", "pass of waits"), False),
            (Account("returns", "pass of returns"), True), (Account("made", password), True)]:
        assert await comes_in(server, account) is expected, account


@pytest.mark.once
async def test_mistakes_in_every_part_are_told_at_once_and_nothing_starts(own_server):
    """Keys and values, in the file and in the environment: each with its place and a remedy, and status 2."""
    server = own_server(start=False)
    server.config_path.write_text('''domian = "localhost"
[listen]
c2s = "nonsense"
[limits]
stanza_bytes = "12 apples"
messages = "fast"
negotiation = -1
[archive]
retention_days = "ten"
[storage]
url = "mysql://x"
''')
    plain = server.environment()
    server.environment = lambda: plain | {"SKEIN_ACCESS_REGISTRATION": "sometimes", "SKEIN_LOG_LEVEL": "loud"}
    for arguments in (("serve",), ("config", "check"), ("user", "list"), ("doctor",)):
        done = await asyncio.to_thread(server.cli, *arguments, check=False)
        assert done.returncode == 2, (arguments, done)
        for part in ("domian", "domain", "listen.c2s", "limits.stanza_bytes", "limits.messages", "limits.negotiation",
                     "archive.retention_days", "storage.url", "SKEIN_ACCESS_REGISTRATION", "SKEIN_LOG_LEVEL"):
            assert part in done.stderr, (arguments, part, done.stderr)
        for line in (1, 3, 5, 6, 7, 9, 11):
            assert f":{line}:" in done.stderr, (line, done.stderr)
    assert not (server.data_dir / "skein.db").exists()


async def first_link(server) -> tuple[str, str]:
    """What a first start prints, when it has printed all of it, and the link in it."""
    async with asyncio.timeout(wire.PATIENCE):
        while "skein invite create" not in (log := server.log_tail()):
            await asyncio.sleep(0.05)
    return log, re.search(r"http://\S+/invite/\w+", log).group()


@pytest.mark.once
async def test_the_first_start_prints_a_link_that_makes_one_administrator(own_server):
    import aiohttp
    server = own_server({"access": {"registration": "invite"}})
    log, link = await first_link(server)
    assert "skein user add" in log and "skein invite create" in log
    async with aiohttp.ClientSession() as http, http.get(link) as page:
        assert page.status == 200 and "xmpp:" in await page.text()
    token = link.rsplit("/", 1)[-1]
    door = await server.starttls()
    await door.open()
    await door.send(f"<iq xmlns='jabber:client' type='set' id='token'><preauth xmlns='urn:xmpp:pars:0' token='{token}'/></iq>")
    assert (await door.expect("iq[@id='token']")).get("type") == "result"
    await door.send("<iq xmlns='jabber:client' type='set' id='reg'><query xmlns='jabber:iq:register'><username>first</username>"
                    "<password>a pass phrase of mine</password></query></iq>")
    assert (await door.expect("iq[@id='reg']")).get("type") == "result", door.describe()
    listed = (await asyncio.to_thread(server.cli, "user", "list")).stdout
    assert re.search(r"first@localhost\t.*admin", listed), listed
    # It was good for one account; the next start prints none.
    again = await server.starttls()
    await again.open()
    await again.send(f"<iq xmlns='jabber:client' type='set' id='token'><preauth xmlns='urn:xmpp:pars:0' token='{token}'/></iq>")
    assert wire.error_of(await again.expect("iq[@id='token']")) == "item-not-found"
    since = server.log_size()
    await asyncio.to_thread(server.restart)
    assert "/invite/" not in server.log_tail(since)


@pytest.mark.once
async def test_once_there_is_an_administrator_the_link_in_the_log_is_void(own_server):
    server = own_server({"access": {"registration": "invite"}})
    _, link = await first_link(server)
    token = link.rsplit("/", 1)[-1]
    assert token in server.cli("invite", "list").stdout
    server.cli("user", "add", "boss@localhost", "--admin")
    assert token not in server.cli("invite", "list").stdout
    door = await server.starttls()
    await door.open()
    await door.send(f"<iq xmlns='jabber:client' type='set' id='token'><preauth xmlns='urn:xmpp:pars:0' token='{token}'/></iq>")
    assert wire.error_of(await door.expect("iq[@id='token']")) == "item-not-found"
