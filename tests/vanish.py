"""Messages with a timer, for one look, for some people: what they look like, and where traces could be."""

import asyncio
import base64
import hashlib
import json
import sqlite3
import subprocess
import time
import xml.etree.ElementTree as ET
from datetime import datetime

import postgres
import rooms
from login import Client, new_id
from wire import NS

NS.update({
    "eph": "urn:xmpp:ephemeral:0",
    "expires": "urn:skein:expires:0",
    "once": "urn:skein:view-once:0",
    "whisper": "urn:skein:whisper:0",
    "fallback": "urn:xmpp:fallback:0",
    "inbox": "urn:skein:inbox:0",
    "rsm": "http://jabber.org/protocol/rsm",
})
# Seconds that the server has to do what is due.
LATE = 2.0


def timer(seconds) -> str:
    return f"<ephemeral xmlns='{NS['eph']}' timer='{seconds}'/>"


def end_of(message: ET.Element) -> float:
    """When the server says that a message is gone, in seconds since 1970."""
    [said] = message.iter(f"{{{NS['expires']}}}expires")
    return datetime.fromisoformat(said.get("at").replace("Z", "+00:00")).timestamp()


def form(fields: dict) -> str:
    """A form of XEP-0313."""
    inner = "".join(rooms.field(var, value) for var, value in fields.items())
    return f"<x xmlns='{NS['data']}' type='submit'>{rooms.field('FORM_TYPE', NS['mam'])}{inner}</x>"


async def archived(client: Client, fields: dict | None = None, to: str | None = None, size: int = 100,
                   after: str = "") -> list[ET.Element]:
    """Everything in an archive behind `after`, each within its result, in pages of `size`."""
    found = []
    while True:
        query = new_id()
        place = f"<after>{after}</after>" if after else ""
        page = f"<set xmlns='{NS['rsm']}'><max>{size}</max>{place}</set>"
        inner = form(fields) if fields else ""
        answer = await client.result("set", f"<query xmlns='{NS['mam']}' queryid='{query}'>{inner}{page}</query>", to)
        while result := client.wire.take(f"message/mam:result[@queryid='{query}']/.."):
            found.append(result)
        fin = answer.find("mam:fin", NS)
        if fin.get("complete") == "true":
            return found
        after = fin.findtext("rsm:set/rsm:last", None, NS)


def id_of(result: ET.Element) -> str:
    return result.find("mam:result", NS).get("id")


async def found(client: Client, word: str, to: str | None = None) -> list[ET.Element]:
    """What a search finds."""
    return await archived(client, {"{urn:xmpp:fulltext:0}fulltext": word}, to)


async def inbox(client: Client) -> ET.Element:
    answer = await client.result("get", f"<inbox xmlns='{NS['inbox']}'/>")
    return answer.find("inbox:inbox", NS)


def text_of(element: ET.Element) -> str:
    return ET.tostring(element, encoding="unicode")


async def traces(client: Client, word: str, room: str | None = None) -> list[str]:
    """Where an account, and a room's archive, still show a word."""
    places = []
    for name, at in (("own", None), ("room's", room)):
        if name == "room's" and not room:
            continue
        if any(word in text_of(result) for result in await archived(client, to=at)):
            places.append(f"{name} archive")
        if await found(client, word, at):
            places.append(f"{name} search")
    if word in text_of(await inbox(client)):
        places.append("inbox")
    return places


async def until_gone(look, at: float):
    """Looks again and again until nothing is left: by `at`, and what the server may be late."""
    while left := await look():
        assert time.time() < at + LATE, left
        await asyncio.sleep(0.05)


def rows(server, word: str) -> int:
    """How many rows of the store hold a word."""
    like = f"%{word}%"
    return sum(number for (number,) in asked(server, *(sql.format(like) for sql in [
        "SELECT COUNT(*) FROM archive_message WHERE stanza LIKE '{}'",
        "SELECT COUNT(*) FROM pubsub_item WHERE payload LIKE '{}'",
        "SELECT COUNT(*) FROM session_resumption WHERE owed LIKE '{}'"])))


def asked(server, *statements: str) -> list[tuple[int, ...]]:
    """The rows of numbers that the store answers to SQL, past the server."""
    if server.engine == "sqlite":
        with sqlite3.connect(server.data_dir / "skein.db") as db:
            return [row for sql in statements for row in db.execute(sql).fetchall()]
    url = next(line.split("=", 1)[1].strip() for line in server.config_path.read_text().splitlines() if line.startswith("url"))
    told = subprocess.run([str(postgres.bin_folder() / "psql"), "-qAtX", "-F", " ", json.loads(url), *(word for sql in statements for word in ("-c", sql))],
                          capture_output=True, text=True, check=True)
    return [tuple(int(number) for number in line.split()) for line in told.stdout.splitlines()]


async def able(client: Client, *features: str) -> None:
    """Comes online as a client that knows these features, and waits until the server has learnt it."""
    names = sorted(features)
    text = "client/bot//<" + "".join(f"{name}<" for name in names)
    ver = base64.b64encode(hashlib.sha1(text.encode()).digest()).decode()
    await client.presence(f"<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='urn:tests' ver='{ver}'/>")
    await client.settle()
    # Another client of the same kind may have answered before.
    asked = client.wire.take(f"iq[@type='get']/disco:query[@node='urn:tests#{ver}']")
    if asked is not None:
        told = "".join(f"<feature var='{name}'/>" for name in names)
        await client.send(f"<iq type='result' id='{asked.get('id')}' to='{asked.get('from')}'>"
                          f"<query xmlns='{NS['disco']}' node='urn:tests#{ver}'><identity category='client' type='bot'/>{told}</query></iq>")
        await client.settle()
