"""A room that keeps no messages (enablelogging is 0) remembers the newest while somebody is
inside; what is taken back or over is gone from there too."""

import asyncio

import rooms
import vanish
import whispers
from login import new_id
from wire import NS, PATIENCE, error_of


async def room_of_two(server):
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    room = rooms.name()
    await rooms.make(a, room, "alice", enablelogging="0")
    await rooms.enter(b, room, "bob")
    return a, b, room


async def history(server, room: str) -> list:
    """What somebody gets who has not been there before."""
    [guest] = await server.people("guest")
    client = await server.login(guest)
    nick = new_id()
    await client.presence(f"<x xmlns='{NS['muc']}'/>", to=f"{room}/{nick}")
    got = []
    while (message := await client.expect("message[@type='groupchat']")).find("{jabber:client}subject") is None:
        got.append(message)
    await client.leave()
    return got


def texts(messages: list) -> list[str]:
    return [text for text in (message.findtext("{jabber:client}body") for message in messages) if text is not None]


async def test_a_newcomer_gets_the_same_ids_as_those_inside(server):
    a, b, room = await room_of_two(server)
    await rooms.say(a, room, "hello")
    live = rooms.stanza_id(await b.expect_message("hello"), room)
    [entry] = await history(server, room)
    assert rooms.stanza_id(entry, room) == live
    assert await rooms.archive(b, room) == []


async def test_what_its_author_took_back_a_newcomer_does_not_get(server):
    a, b, room = await room_of_two(server)
    by_client = await rooms.say(a, room, "secret one")
    await b.expect_message("secret one")
    await rooms.say(a, room, "secret two")
    by_room = rooms.stanza_id(await b.expect_message("secret two"), room)
    retract = f"<retract xmlns='{NS['retract']}' id='%s'/>"
    for id in (by_client, by_room):
        await rooms.say(b, room, "not yours", retract % id)
        await a.expect_message("not yours")
    assert texts(await history(server, room)) == ["secret one", "secret two", "not yours", "not yours"]
    for id in (by_client, by_room):
        await rooms.say(a, room, "taken back", retract % id)
        await b.expect_message("taken back")
    after = await history(server, room)
    assert texts(after) == ["not yours", "not yours", "taken back", "taken back"]
    stones = [message for message in after if message.find("retract:retracted", NS) is not None]
    assert rooms.stanza_id(stones[1], room) == by_room and stones[0].get("from") == f"{room}/alice"


async def test_what_a_moderator_took_back_a_newcomer_does_not_get(server):
    a, b, room = await room_of_two(server)
    await rooms.say(b, room, "insult")
    id = rooms.stanza_id(await a.expect_message("insult"), room)
    moderate = f"<moderate xmlns='{NS['moderate']}' id='%s'><retract xmlns='{NS['retract']}'/><reason>rude</reason></moderate>"
    assert error_of(await b.iq("set", moderate % id, room)) == "forbidden"
    assert error_of(await a.iq("set", moderate % ("0" * 32), room)) == "item-not-found"
    assert texts(await history(server, room)) == ["insult"]
    assert (await a.iq("set", moderate % id, room)).get("type") == "result"
    told = await b.expect(f"message[@from='{room}']/retract:retract/..")
    assert told.find("retract:retract", NS).get("id") == id
    after = await history(server, room)
    assert texts(after) == [] and after[0].find("retract:retracted/moderate:moderated", NS) is not None
    # The notice of the room itself is not taken back.
    assert error_of(await a.iq("set", moderate % rooms.stanza_id(told, room), room)) == "item-not-found"


async def test_neither_a_whisper_nor_what_is_over_is_for_newcomers(server):
    a, b, room = await room_of_two(server)
    await whispers.whisper(a, room, "between us", ("nick", "bob"))
    await b.expect_message("between us")
    await rooms.say(a, room, "for a moment", f"<ephemeral xmlns='{vanish.NS['eph']}' timer='1'/>")
    await b.expect("message[@type='groupchat']/body/..")
    await rooms.say(a, room, "for long")
    await b.expect_message("for long")
    end = asyncio.get_running_loop().time() + PATIENCE
    while "for a moment" in str(got := texts(await history(server, room))):
        assert asyncio.get_running_loop().time() < end
    assert got == ["for long"]


async def test_what_was_said_before_messages_were_kept_does_not_come_back_later(server):
    a, b, room = await room_of_two(server)
    await rooms.say(a, room, "unkept")
    await b.expect_message("unkept")
    await rooms.configure(a, room, enablelogging="1")
    await rooms.say(a, room, "kept")
    await b.expect_message("kept")
    await rooms.configure(a, room, enablelogging="0")
    assert texts(await history(server, room)) == []
