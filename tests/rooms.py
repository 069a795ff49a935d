"""People in rooms (XEP-0045): entering, speaking, configuring."""

import itertools
import os
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

import wire
from login import Client, new_id
from wire import NS

NS.update({
    "muc": "http://jabber.org/protocol/muc",
    "user": "http://jabber.org/protocol/muc#user",
    "admin": "http://jabber.org/protocol/muc#admin",
    "owner": "http://jabber.org/protocol/muc#owner",
    "oid": "urn:xmpp:occupant-id:0",
    "retract": "urn:xmpp:message-retract:1",
    "moderate": "urn:xmpp:message-moderate:1",
    "conference": "jabber:x:conference",
    "vcard": "vcard-temp",
})
HOST = "rooms.localhost"
_numbers = itertools.count(1)


def name(word: str = "room") -> str:
    """The address of a room that no other test has."""
    return f"{word}{os.getpid()}x{next(_numbers)}@{HOST}"


async def enter(client: Client, room: str, nick: str, more: str = "<history maxstanzas='0'/>",
                outer: str = "") -> ET.Element:
    """Enters and waits for the subject; the answer is the presence that says so."""
    await client.presence(f"<x xmlns='{NS['muc']}'>{more}</x>{outer}", to=f"{room}/{nick}")
    own = await client.expect(f"presence[@from='{room}/{nick}']/user:x/user:status[@code='110']/../..",
                              f"presence[@from='{room}/{nick}'][@type='error']")
    if own.get("type") != "error":
        await client.expect(f"message[@type='groupchat']/subject/..")
    return own


async def refused(client: Client, room: str, nick: str, more: str = "") -> str:
    """The condition by which the room keeps somebody out."""
    own = await enter(client, room, nick, more)
    assert own.get("type") == "error", ET.tostring(own, encoding="unicode")
    return wire.error_of(own)


async def make(client: Client, room: str, nick: str, **config: str | list[str]) -> ET.Element:
    """A new room with that configuration, which its owner has entered."""
    own = await enter(client, room, nick)
    assert "201" in codes(own), ET.tostring(own, encoding="unicode")
    await configure(client, room, **config)
    return own


async def configure(client: Client, room: str, **config: str | list[str]) -> ET.Element:
    answer = await try_configure(client, room, **config)
    assert answer.get("type") == "result", ET.tostring(answer, encoding="unicode")
    return answer


async def try_configure(client: Client, room: str, **config: str | list[str]) -> ET.Element:
    fields = field("FORM_TYPE", "http://jabber.org/protocol/muc#roomconfig")
    fields += "".join(field(f"muc#roomconfig_{var}", value) for var, value in config.items())
    form = f"<x xmlns='{NS['data']}' type='submit'>{fields}</x>"
    return await client.iq("set", f"<query xmlns='{NS['owner']}'>{form}</query>", room)


def field(var: str, value: str | list[str]) -> str:
    values = [value] if isinstance(value, str) else value
    return f"<field var={quoteattr(var)}>" + "".join(f"<value>{escape(v)}</value>" for v in values) + "</field>"


async def say(client: Client, room: str, body: str, more: str = "") -> str:
    return await client.message(room, body, type="groupchat", more=more)


async def affiliate(client: Client, room: str, jid: str, affiliation: str, more: str = "") -> ET.Element:
    item = f"<item jid={quoteattr(jid)} affiliation='{affiliation}'>{more}</item>"
    return await client.iq("set", f"<query xmlns='{NS['admin']}'>{item}</query>", room)


async def give_role(client: Client, room: str, nick: str, role: str, more: str = "") -> ET.Element:
    item = f"<item nick={quoteattr(nick)} role='{role}'>{more}</item>"
    return await client.iq("set", f"<query xmlns='{NS['admin']}'>{item}</query>", room)


def codes(stanza: ET.Element) -> set[str]:
    return {status.get("code") for status in stanza.iterfind("user:x/user:status", NS)}


def item(presence: ET.Element) -> dict[str, str]:
    return dict(presence.find("user:x/user:item", NS).attrib)


def stanza_id(message: ET.Element, room: str) -> str:
    ids = [child.get("id") for child in message.iterfind("sid:stanza-id", NS) if child.get("by") == room]
    assert len(ids) == 1, ET.tostring(message, encoding="unicode")
    return ids[0]


def occupant_id(stanza: ET.Element) -> str:
    [only] = stanza.iterfind("oid:occupant-id", NS)
    return only.get("id")


async def archive(client: Client, room: str, inner: str = "") -> list[ET.Element]:
    """The messages of the room's archive, each within its result."""
    query = new_id()
    answer = await client.iq("set", f"<query xmlns='{NS['mam']}' queryid='{query}'>{inner}</query>", room)
    assert answer.get("type") == "result", ET.tostring(answer, encoding="unicode")
    found = []
    while result := client.wire.take(f"message/mam:result[@queryid='{query}']/.."):
        found.append(result)
    return found


def bodies(results: list[ET.Element]) -> list[str]:
    texts = [result.findtext(".//{jabber:client}message/{jabber:client}body") for result in results]
    return [text for text in texts if text is not None]
