"""Cards and pictures of occupants, asked of the room (XEP-0054, XEP-0153, docs/rooms.md)."""

import base64
import xml.etree.ElementTree as ET

import rooms
from uploads import png
from wire import NS, error_of

CARD = "<vCard xmlns='vcard-temp'/>"


async def wear(client, image: bytes) -> None:
    """A name and a picture for everybody."""
    photo = f"<PHOTO><TYPE>image/png</TYPE><BINVAL>{base64.b64encode(image).decode()}</BINVAL></PHOTO>"
    await client.result("set", f"<vCard xmlns='vcard-temp'><FN>Bob</FN>{photo}</vCard>")


async def test_the_room_gives_the_card_of_an_occupant_without_the_address_and_without_the_client(server):
    alice, bob, carol = await server.people("alice", "bob", "carol")
    a, b, c = [await server.login(person) for person in (alice, bob, carol)]
    room = rooms.name()
    await rooms.make(a, room, "alice", whois="moderators")
    await wear(b, png())
    await rooms.enter(b, room, "bob")
    await rooms.enter(c, room, "carol")
    card = await c.result("get", CARD, f"{room}/bob")
    assert (card.get("from"), card.get("to")) == (f"{room}/bob", c.jid)
    assert base64.b64decode(card.findtext("vcard:vCard/vcard:PHOTO/vcard:BINVAL", "", NS)) == png()
    assert b.bare not in ET.tostring(card, encoding="unicode")
    # One's own, and of somebody who has none: as it would be outside.
    assert (await b.result("get", CARD, f"{room}/bob")).findtext("vcard:vCard/vcard:FN", "", NS) == "Bob"
    none = await c.iq("get", CARD, f"{room}/alice")
    assert (error_of(none), none.get("from")) == (error_of(await c.iq("get", CARD, a.bare)), f"{room}/alice")
    assert a.bare not in ET.tostring(none, encoding="unicode")
    assert error_of(await c.iq("get", CARD, f"{room}/nobody")) == "item-not-found"
    assert not b.wire.peek("iq[@type='get']")
    # Other requests reach the client, and nobody changes another's card.
    await c.send(f"<iq xmlns='jabber:client' type='get' id='v' to='{room}/bob'><query xmlns='jabber:iq:version'/></iq>")
    assert (await b.expect("iq[@type='get']")).get("from") == f"{room}/carol"


async def test_who_is_not_inside_gets_no_card_and_what_is_kept_from_somebody_is_kept_in_a_room_too(server):
    alice, bob, mallory = await server.people("alice", "bob", "mallory")
    a, b, m = [await server.login(person) for person in (alice, bob, mallory)]
    room = rooms.name()
    await rooms.make(a, room, "alice")
    await wear(b, png())
    await rooms.enter(b, room, "bob")
    assert error_of(await m.iq("get", CARD, f"{room}/bob")) == "not-acceptable"
    await rooms.enter(m, room, "mallory")
    assert (await m.result("get", CARD, f"{room}/bob")).find("vcard:vCard/vcard:PHOTO", NS) is not None
    # Whom he blocks sees as much of him in a room as outside.
    await b.result("set", f"<block xmlns='urn:xmpp:blocking'><item jid='{m.bare}'/></block>")
    outside, inside = await m.iq("get", CARD, b.bare), await m.iq("get", CARD, f"{room}/bob")
    assert error_of(outside) == error_of(inside) == "service-unavailable"
    assert b.bare not in ET.tostring(inside, encoding="unicode")
