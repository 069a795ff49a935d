"""A real gateway: Slidge with the network that its authors try it with (XEP-0114, XEP-0356, XEP-0077, XEP-0050)."""

import asyncio
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

import skein
from wire import NS, error_of

VERSION = "0.4.2"
CACHE = Path(os.environ.get("SKEIN_TEST_CACHE", Path(__file__).resolve().parents[2] / "target/cache"))
DOMAIN = "superduper.localhost"
SECRET = "between the gateway and us"
DATA = "jabber:x:data"
COMMANDS = "http://jabber.org/protocol/commands"


def source() -> Path:
    """The unpacked source package, which alone holds that network, downloaded once."""
    folder = CACHE / "sdist"
    unpacked = folder / f"slidge-{VERSION}"
    if not (unpacked / "superduper").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
                        "--no-binary", ":all:", "--dest", folder, f"slidge=={VERSION}"], check=True)
        with tarfile.open(folder / f"slidge-{VERSION}.tar.gz") as archive:
            archive.extractall(folder, filter="data")
    return unpacked


@pytest.mark.slow
@pytest.mark.own_server
async def test_people_register_with_slidge_and_talk_with_its_network(own_server, tmp_path):
    [port] = skein.free_ports(1)
    server = own_server({"listen": {"components": [f"127.0.0.1:{port}"]},
                         "components": {"secrets": [f"{DOMAIN}={SECRET}"], "privileged": [DOMAIN]}})
    [alice] = await server.people("alice")
    a = await server.login(alice)
    await a.result("get", f"<query xmlns='{NS['roster']}'/>")
    log = open(tmp_path / "slidge.log", "wb")
    slidge = subprocess.Popen(
        [sys.executable, "-m", "slidge", "--legacy-module=superduper", f"--jid={DOMAIN}", f"--secret={SECRET}",
         "--server=127.0.0.1", f"--port={port}", f"--home-dir={tmp_path / 'home'}", "--user-jid-validator=.*@localhost",
         f"--no-upload-path={tmp_path / 'files'}", "--no-upload-url-prefix=http://127.0.0.1/files", "--debug"],
        env={**os.environ, "PYTHONPATH": str(source())}, stdout=log, stderr=log)
    try:
        await gateway_is_there(a, slidge)
        await register(a)
        # It comes into the roster by privilege, and its people are there.
        await a.expect(f"iq[@type='set']/roster:query/roster:item[@jid='{DOMAIN}'][@subscription='both']/../..", within=60)
        for contact in ("111", "222"):
            await a.expect(f"presence[@from='{contact}@{DOMAIN}/slidge']", within=60)
        greeting = await a.expect("message[body='Hey!']", within=60)
        assert greeting.get("from").startswith(f"111@{DOMAIN}")
        await a.message(f"111@{DOMAIN}", "hello there", more="<request xmlns='urn:xmpp:receipts'/>")
        reply = await a.expect("message[body='A reply']", within=60)
        assert reply.get("from").startswith(f"111@{DOMAIN}")
        # Its groups come into the bookmarks, by an IQ in the account's name.
        items = "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:bookmarks:1'/></pubsub>"
        async with asyncio.timeout(60):
            while f"bbb@{DOMAIN}" not in [item.get("id") for item in (await a.iq("get", items)).iter("{http://jabber.org/protocol/pubsub}item")]:
                await asyncio.sleep(0.2)
    except BaseException:
        print((tmp_path / "slidge.log").read_text()[-6_000:])
        raise
    finally:
        slidge.terminate()
        slidge.wait(20)
        log.close()


async def gateway_is_there(a, slidge) -> None:
    """Until it has connected the server answers for it."""
    async with asyncio.timeout(60):
        while error_of(info := await a.iq("get", f"<query xmlns='{NS['disco']}'/>", DOMAIN)) is not None:
            assert slidge.poll() is None, "slidge ended"
            await asyncio.sleep(0.2)
    assert "gateway" in [identity.get("category") for identity in info.iterfind("disco:query/disco:identity", NS)]


async def register(a) -> None:
    """By its ad-hoc command, form after form, as a client shows them: name, password, the code that it sends, wishes."""
    known = {"username": "slidger", "password": "any", "code": "666"}
    answer = await a.result("set", f"<command xmlns='{COMMANDS}' node='jabber:iq:register' action='execute'/>", DOMAIN)
    for _ in range(6):
        command = answer.find(f"{{{COMMANDS}}}command")
        if command.get("status") == "completed":
            return
        form = command.find(f"{{{DATA}}}x")
        fields = {}
        for field in form.iterfind(f"{{{DATA}}}field"):
            values = [value.text or "" for value in field.iterfind(f"{{{DATA}}}value")]
            fields[field.get("var")] = known.get(field.get("var"), values[0] if values else "")
        actions = command.find(f"{{{COMMANDS}}}actions")
        action = "complete" if actions is None or actions.find(f"{{{COMMANDS}}}next") is None else "next"
        answer = await a.result("set", f"<command xmlns='{COMMANDS}' node='jabber:iq:register' sessionid='{command.get('sessionid')}' "
                                f"action='{action}'>{submit(**fields)}</command>", DOMAIN)
    raise AssertionError("it asks and asks")


def submit(**fields: str) -> str:
    return f"<x xmlns='{DATA}' type='submit'>" + "".join(
        f"<field var='{var}'><value>{value}</value></field>" for var, value in fields.items()) + "</x>"
