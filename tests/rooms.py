"""People in rooms (XEP-0045): entering, speaking, configuring."""

import itertools
import os
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

import skein
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
    "rooms": "urn:skein:rooms:0",
    "circles": "urn:skein:circles:0",
    "search": "urn:xmpp:channel-search:0:search",
    "commands": "http://jabber.org/protocol/commands",
    "rai": "urn:xmpp:rai:0",
    "mav": "urn:xmpp:muc:affiliations:0",
    "hats": "urn:xmpp:hats:0",
})
OWN = "urn:skein:rooms:0"
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
    return await client.iq("set", f"<query xmlns='{NS['owner']}'>{config_form(**config)}</query>", room)


def config_form(**config: str | list[str]) -> str:
    """The submitted form; what begins with `own_` is a field of urn:skein:rooms:0."""
    def var(name: str) -> str:
        return f"{{{OWN}}}{name[4:]}" if name.startswith("own_") else f"muc#roomconfig_{name}"
    fields = field("FORM_TYPE", "http://jabber.org/protocol/muc#roomconfig")
    fields += "".join(field(var(name), value) for name, value in config.items())
    return f"<x xmlns='{NS['data']}' type='submit'>{fields}</x>"


async def create(client: Client, *members: str, **config: str | list[str]) -> str:
    """The address of a group made in one request."""
    people = "".join(f"<member jid={quoteattr(jid)}/>" for jid in members)
    answer = await client.result("set", f"<create xmlns='{OWN}'>{config_form(**config)}{people}</create>", HOST)
    return answer.find("rooms:created", NS).get("jid")


async def administrator(server) -> Client:
    """Somebody who administrates the server."""
    [name] = [f"boss{os.getpid()}x{next(_numbers)}"]
    account = skein.Account(name, "boss-password-1")
    server.cli("user", "add", account.jid, "--admin", "--password-stdin", stdin=account.password + "\n")
    return await server.login(account)


async def circle(boss: Client, *people: str, kind: str = "family") -> str:
    """The id of a new circle."""
    answer = await boss.result("set", f"<create xmlns='{NS['circles']}' name='Circle' kind='{kind}'/>", "localhost")
    id = answer.find("circles:circle", NS).get("id")
    for jid in people:
        await boss.result("set", f"<add xmlns='{NS['circles']}' id='{id}' jid={quoteattr(jid)}/>", "localhost")
    return id


async def own(client: Client, room: str, kind: str, payload: str) -> ET.Element:
    """A request of urn:skein:rooms:0; `payload` is the element without its namespace."""
    name, _, rest = payload.partition(" ")
    name, end = (name[:-2], "/>") if name.endswith("/>") else (name, f" {rest}")
    return await client.iq(kind, f"{name} xmlns='{OWN}'{end}", room)


def specific(stanza: ET.Element) -> set[str]:
    """The application-specific conditions of an error."""
    return {child.tag.partition("}")[2] for child in stanza.find("{jabber:client}error") if child.tag.startswith(f"{{{OWN}}}")}


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
