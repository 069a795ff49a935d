"""Dino, a desktop client, on a screen that nobody sees; started by `test_dino.py`.

It wants the port 5222 and believes the certificates that the machine believes, so this runs in
name spaces of its own. Arguments: the storage engine and the file for what was seen.
"""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import login
import rooms
import skein
from test_omemo import connect

CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
SCREEN = ":97"
ACCOUNT = "INSERT INTO account (bare_jid, resourcepart, password, alias, enabled) VALUES (?, 'dino', ?, '', 1)"
RECEIPTS = "urn:xmpp:receipts"


class Dino:
    """The program with a home of its own. Accounts are put into its database, for its window for them asks the network."""

    def __init__(self, home: Path) -> None:
        run = home / "run"
        run.mkdir(mode=0o700)
        self.database = home / "data/dino/dino.db"
        self.log = open(home / "log", "wb")
        self.variables = {**os.environ, "HOME": str(home), "XDG_RUNTIME_DIR": str(run), "XDG_DATA_HOME": str(home / "data"),
                          "XDG_CONFIG_HOME": str(home / "config"), "DISPLAY": SCREEN, "GSK_RENDERER": "cairo", "GDK_BACKEND": "x11"}

    def start(self) -> None:
        self.process = subprocess.Popen(["dbus-run-session", "--", "dino-im"], env=self.variables, stdout=self.log, stderr=self.log,
                                        start_new_session=True)

    def stop(self) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(20)

    def look(self, sql: str, *values) -> list:
        with sqlite3.connect(self.database) as database:
            return database.execute(sql, values).fetchall()

    def mouse(self, *words: str) -> str:
        return subprocess.run(["xdotool", *words], env=self.variables, capture_output=True, text=True).stdout

    def window(self) -> str:
        return "".join(self.mouse("search", "--onlyvisible", "--name", "^Dino$").split()[-1:])


async def until(look, within: float = 30.0):
    """What `look` finds at last."""
    end = asyncio.get_running_loop().time() + within
    while True:
        try:
            if found := look():
                return found
        except sqlite3.Error:
            pass
        assert asyncio.get_running_loop().time() < end, look
        await asyncio.sleep(0.2)


async def first_start(dino: Dino, account) -> None:
    """It makes its database, into which the account goes."""
    dino.start()
    await until(lambda: dino.window() and dino.look("SELECT 1 FROM sqlite_master WHERE name = 'message'"))
    dino.stop()
    dino.look(ACCOUNT, account.jid, account.password)


async def say(dino: Dino, text: str, heard) -> None:
    """Opens the only conversation and writes, until it is heard: the window shows nothing of when it is ready."""
    window = await until(dino.window)
    for _ in range(8):
        dino.mouse("windowsize", "--sync", window, "1100", "700")
        dino.mouse("mousemove", "120", "80", "click", "1")
        dino.mouse("mousemove", "700", "675", "click", "1")
        dino.mouse("type", "--delay", "20", text)
        dino.mouse("key", "Return")
        if await heard():
            return
    raise AssertionError("nothing was heard of what was written")


async def talk(server: skein.Server, dino: Dino) -> dict:
    alice, bob = await server.people("alice", "bob")
    b, a = await server.login(bob), await server.login(alice)
    await login.befriend(a, b)
    await a.message(bob.jid, "from before")
    await b.expect_message("from before")
    await a.leave()
    await first_start(dino, alice)
    dino.start()
    await b.expect(f"presence[@from='{alice.jid}/dino']", within=30)
    seen = {"logged in": True}
    id = await b.message(alice.jid, "hello dino", more=f"<request xmlns='{RECEIPTS}'/>")
    receipt = await b.expect(f"message/{{{RECEIPTS}}}received/..", within=20)
    seen["receipt"] = receipt.find(f"{{{RECEIPTS}}}received").get("id") == id
    seen["shown"] = await until(lambda: [body for (body,) in dino.look("SELECT body FROM message WHERE direction = 0")])

    async def heard() -> bool:
        try:
            return bool(await b.expect("message[body='hello from dino']", within=4))
        except AssertionError:
            return False
    await say(dino, "hello from dino", heard)
    seen["said"] = True
    # What another device of Alice says it has by carbons.
    other = await server.login(alice)
    await other.message(bob.jid, "from the other device")
    seen["carbon"] = bool(await until(lambda: has(dino, "from the other device")))
    seen |= await in_a_room(dino, alice, b, other)
    seen |= await sealed(server, dino, alice)
    dino.stop()
    return seen


async def sealed(server: skein.Server, dino: Dino, alice) -> dict:
    """OMEMO with profanity (XEP-0384), both ways; a device of Alice that has no keys gets none of the words."""
    [petra] = await server.people("petra")
    p, watcher = await server.login(petra), await server.login(alice)
    await login.befriend(p, watcher)
    await p.leave()
    terminal = await connect(server, petra, server.folder / "profanity")
    try:
        terminal.type(f"/omemo start {alice.jid}")
        await asyncio.to_thread(terminal.wait_for, "[OMEMO]")
        await until_kept(terminal, dino, "sealed for dino")
        # Its lock is set where it keeps it, for it is a small picture in its window.
        dino.stop()
        dino.look("UPDATE conversation SET encryption = 2 WHERE jid_id = (SELECT id FROM jid WHERE bare_jid = ?)", petra.jid)
        dino.start()

        async def heard() -> bool:
            try:
                await asyncio.to_thread(terminal.wait_for, "sealed by dino", 4)
                return True
            except AssertionError:
                return False
        await say(dino, "sealed by dino", heard)
        await watcher.settle()
        assert b"axolotl" in bytes(watcher.wire.raw) and b"sealed" not in bytes(watcher.wire.raw)
    finally:
        terminal.end()
    return {"read sealed": True, "sealed": True}


async def until_kept(terminal, dino: Dino, text: str) -> None:
    """Profanity does not say when it has the other's keys, and encrypts for nobody before."""
    for _ in range(5):
        terminal.type(text)
        try:
            return await until(lambda: dino.look("SELECT 1 FROM message WHERE body = ? AND encryption = 2", text), 5)
        except AssertionError:
            continue
    raise AssertionError(f"never read:\n{terminal.screen()}")


def has(dino: Dino, body: str) -> list:
    return dino.look("SELECT 1 FROM message WHERE body = ?", body)


async def in_a_room(dino: Dino, alice, b: login.Client, other: login.Client) -> dict:
    """A room for members that another device of Alice puts among the bookmarks; she was a member before."""
    room = rooms.name("dino")
    await rooms.make(b, room, "bob", membersonly="1", publicroom="0", roomname="Dinos")
    await rooms.affiliate(b, room, alice.jid, "member")
    await rooms.say(b, room, "said while nobody was there")
    bookmark = "<conference xmlns='urn:xmpp:bookmarks:1' autojoin='true' name='Dinos'><nick>rex</nick></conference>"
    await other.result("set", "<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='urn:xmpp:bookmarks:1'>"
                              f"<item id='{room}'>{bookmark}</item></publish></pubsub>")
    await b.expect(f"presence[@from='{room}/rex']", within=30)
    seen = {"entered": True, "missed": bool(await until(lambda: has(dino, "said while nobody was there")))}
    await rooms.say(b, room, "hello room")
    seen["live"] = bool(await until(lambda: has(dino, "hello room")))

    async def heard() -> bool:
        try:
            return bool(await b.expect(f"message[@from='{room}/rex'][body='hello room from dino']", within=4))
        except AssertionError:
            return False
    # What was written in last stands first.
    await say(dino, "hello room from dino", heard)
    return seen | {"spoke": True}


def main(engine: str, outcome: str) -> None:
    server = skein.Server(engine, {}, ports={"c2s": 5222, "c2s_tls": 5223})
    subprocess.run(["mount", "--bind", str(server.ca), CERTIFICATES], check=True)
    screen = subprocess.Popen(["Xvfb", SCREEN, "-screen", "0", "1200x800x24", "-nolisten", "tcp"], stderr=subprocess.DEVNULL)
    try:
        server.start()
        with tempfile.TemporaryDirectory() as home:
            dino = Dino(Path(home))
            try:
                Path(outcome).write_text(json.dumps(asyncio.run(talk(server, dino))))
            finally:
                if dino.process.poll() is None:
                    dino.stop()
                print(Path(home, "log").read_text(errors="replace")[-3_000:])
    finally:
        screen.terminate()
        print(server.log_tail()[-5_000:])
        server.discard()


if __name__ == "__main__":
    main(*sys.argv[1:])
