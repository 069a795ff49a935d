"""Clients that others wrote, together in groups of several policies (docs/rooms.md): open, announcements, slow mode, by link.
The other policies stand in the files beside this."""

import xml.etree.ElementTree as ET

import pytest

import rooms
from company import chat, company
from wire import NS


@pytest.mark.slow
async def test_foreign_clients_chat_in_groups_of_several_policies(server, tmp_path):
    async with company(server, tmp_path) as (olga, sam, paul, carla):
        open_room, link_room = rooms.name("open"), rooms.name("link")
        await olga.make(open_room, roomname="Open")
        for guest in (sam, paul, carla):
            await guest.enter(open_room)
        # Open to all: everybody hears everybody.
        await chat(open_room, olga, sam, paul, carla)

        # Announcements: the others read, and are told so when they write.
        await olga.configure(open_room, own_post="admins")
        await olga.say(open_room, "announced")
        for guest in (sam, paul, carla):
            await guest.sees("announced")
        await paul.say(open_room, "forbidden-from-profanity")
        await paul.sees("does not let you do that")
        await carla.say(open_room, "forbidden-from-converse")
        await sam.say(open_room, "forbidden-from-slixmpp")
        await sam.refused("forbidden")
        await olga.say(open_room, "after")
        await sam.sees("after")
        assert not [message for message in olga.messages if message["body"].startswith("forbidden")]

        # Slow mode: the second message is refused with the reason.
        await olga.configure(open_room, own_post="everyone", slow_mode_duration="600")
        await paul.say(open_room, "first-in-slow-mode")
        await sam.sees("first-in-slow-mode")
        await paul.say(open_room, "second-in-slow-mode")
        await paul.sees("600 seconds")

        # By a link, whose token is the password that the xmpp: address names.
        await olga.make(link_room, membersonly=True, publicroom=False, roomname="By link")
        ask = olga.client.make_iq_set(ito=link_room)
        ask.xml.append(ET.fromstring(f"<link xmlns='{rooms.OWN}' uses='3'/>"))
        token = (await ask.send()).xml.find("rooms:link", NS).get("token")
        await sam.kept_out(link_room, "registration-required")
        for guest in (sam, paul, carla):
            await guest.enter(link_room, token)
        await chat(link_room, olga, sam, paul, carla)
