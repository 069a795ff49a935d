"""Copies to one's other devices (XEP-0280)."""

import pytest

import login
from wire import NS

RECEIVED = "message/carbons:received/forward:forwarded/message[body='{}']"
SENT = "message/carbons:sent/forward:forwarded/message[body='{}']"


async def devices(server):
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    phone = await server.login(bob, carbons=True)
    desk = await server.login(bob, carbons=True)
    plain = await server.login(bob)
    return a, phone, desk, plain


async def test_what_one_device_receives_the_others_see(server):
    a, phone, desk, plain = await devices(server)
    await a.message(phone.jid, "to the phone")
    original = await phone.expect_message("to the phone")
    copy = await desk.expect(RECEIVED.format("to the phone"))
    assert copy.get("from") == phone.bare and copy.get("to") == desk.jid and copy.get("type") == "chat"
    forwarded = copy.find("carbons:received/forward:forwarded/message", NS)
    assert forwarded.get("from") == a.jid and forwarded.get("to") == phone.jid
    # The same stanza id everywhere, so that a client knows it for the same message.
    assert forwarded.find("sid:stanza-id", NS).get("id") == original.find("sid:stanza-id", NS).get("id")
    await plain.quiet(RECEIVED.format("to the phone"), via=a)
    await phone.quiet(RECEIVED.format("to the phone"), via=a)


async def test_what_one_device_sends_the_others_see(server):
    a, phone, desk, plain = await devices(server)
    await phone.message(a.jid, "from the phone")
    copy = await desk.expect(SENT.format("from the phone"))
    assert copy.get("from") == phone.bare
    assert copy.find("carbons:sent/forward:forwarded/message", NS).get("from") == phone.jid
    await plain.quiet("message/carbons:sent", via=a)
    await phone.quiet("message/carbons:sent", via=a)


@pytest.mark.parametrize("more", [
    "<private xmlns='urn:xmpp:carbons:2'/><no-copy xmlns='urn:xmpp:hints'/>"])
async def test_private_messages_are_not_copied(server, more):
    a, phone, desk, _ = await devices(server)
    await a.message(phone.jid, "secret", more=more)
    message = await phone.expect_message("secret")
    assert message.find("carbons:private", NS) is None, "the recipient's server removes it"
    await desk.quiet("message/carbons:received", via=a)


@pytest.mark.parametrize("type", ["headline", "groupchat"])
async def test_headlines_and_room_messages_are_not_copied(server, type):
    a, phone, desk, _ = await devices(server)
    # No stranger reaches a device.
    await login.befriend(a, phone)
    await a.message(phone.jid, "not copied", type=type)
    await phone.expect_message("not copied")
    await desk.quiet("message/carbons:received", via=a)


async def test_receipts_and_markers_are_copied(server):
    a, phone, desk, _ = await devices(server)
    await phone.send(f"<message xmlns='jabber:client' to='{a.jid}' type='chat'>"
                     f"<received xmlns='{NS['receipts']}' id='x'/></message>")
    await desk.expect("message/carbons:sent/forward:forwarded/message/receipts:received")


async def test_disabling_stops_them(server):
    a, phone, desk, _ = await devices(server)
    await desk.result("set", f"<disable xmlns='{NS['carbons']}'/>")
    await a.message(phone.jid, "not for the desk")
    await phone.expect_message("not for the desk")
    await desk.quiet("message/carbons:received", via=a)
