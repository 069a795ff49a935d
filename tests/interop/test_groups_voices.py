"""Foreign clients in moderated rooms, and in rooms that show or hide who is who (XEP-0045)."""

import pytest

import rooms
from company import chat, company
from wire import NS

# Nothing here is about storage.
pytestmark = [pytest.mark.once, pytest.mark.slow]
REQUEST = "http://jabber.org/protocol/muc#request"


async def test_in_a_moderated_room_voice_is_asked_for_and_given_and_taken(server, tmp_path):
    async with company(server, tmp_path) as (olga, sam, paul, carla):
        room = rooms.name("moderated")
        await olga.make(room, moderatedroom=True)
        for guest in (sam, paul, carla):
            await guest.enter(room)
        await carla.order("told", text="You're not allowed to send messages in this room")
        await paul.say(room, "unheard from paul")
        await paul.sees("forbidden")
        await sam.say(room, "unheard from sam")
        await sam.refused("forbidden")
        # Sam asks for it, and Olga answers the form; the others are given it.
        sam.muc.request_voice(room, "participant")
        await olga.answer(room, REQUEST, **{"muc#request_allow": "true"})
        for guest in (paul, carla):
            await olga.muc.set_role(room, guest.nick, "participant")
        await paul.sees("Your role has been changed to: participant")
        await chat(room, olga, sam, paul, carla)
        # Taken away again, the field of converse is gone.
        await olga.muc.set_role(room, carla.nick, "visitor")
        await carla.order("told", text="You're not allowed to send messages in this room", shot="muted")
        assert not [message for message in olga.messages if message["body"].startswith("unheard")]


async def test_who_is_who_is_seen_in_a_room_that_shows_it_and_by_its_owner_alone_in_one_that_does_not(server, tmp_path):
    async with company(server, tmp_path) as (olga, sam, paul, carla):
        known, unknown = rooms.name("known"), rooms.name("unknown")
        await olga.make(known, whois="anyone")
        await olga.make(unknown, whois="moderators")
        for room in (known, unknown):
            entered = await sam.enter(room)
            codes = {status.get("code") for status in entered[0].xml.iterfind("user:x/user:status", NS)}
            assert ("100" in codes) == (room == known)
            for guest in (paul, carla):
                await guest.enter(room)
            await chat(room, olga, sam, paul, carla)
            shown = {reader: str(reader.muc.get_jid_property(room, "paul", "jid")).partition("/")[0] for reader in (olga, sam)}
            assert shown[olga] == paul.account.jid
            assert (shown[sam] == paul.account.jid) == (room == known), shown
            # What the two with screens know of Sam.
            paul.terminal.type("/info sam")
            await paul.sees("Role: participant")
            assert (f"Jid: {sam.account.jid}" in paul.terminal.screen()) == (room == known), paul.terminal.screen()
            told = await carla.order("occupant", room=room, nick="sam")
            assert told["jid"] == (sam.account.jid if room == known else None)
            assert told["occupant_id"]
