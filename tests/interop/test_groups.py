"""Clients that others wrote, together in groups of several policies (docs/rooms.md)."""

import asyncio
import os

import pytest

import login
import rooms
from foreign import Lines, profanity
from test_clients import expect_body, slixmpp_client
from wire import NS


class Room:
    """A slixmpp client in rooms."""

    def __init__(self, client):
        self.client = client
        for plugin in ("xep_0030", "xep_0045", "xep_0249", "xep_0313"):
            client.register_plugin(plugin)

    async def join(self, room: str, nick: str, password: str | None = None):
        return await self.client.plugin["xep_0045"].join_muc_wait(room, nick, password=password, maxstanzas=0, timeout=30)

    def say(self, room: str, body: str) -> None:
        self.client.send_message(mto=room, mbody=body, mtype="groupchat")


async def converse(server, account, peer, folder) -> Lines:
    node = await Lines.node(
        "converse.mjs", ORIGIN=f"http://localhost:{server.http_port}", WS_URL=f"ws://localhost:{server.http_port}{server.ws_path}",
        JID=account.jid, PASSWORD=account.password, PEER=peer, SHOTS=str(folder), CHROMIUM=os.environ.get("CHROMIUM", "/usr/bin/chromium"))
    await node.order("load")
    return node


@pytest.mark.slow
async def test_three_foreign_clients_chat_in_groups_of_several_policies(server, tmp_path):
    owner, paul, carla, sam = await server.people("owner", "paul", "carla", "sam")
    o = await server.login(owner)
    await login.befriend(await server.login(carla), await server.login(sam))
    open_room, link_room = rooms.name("open"), rooms.name("link")
    await rooms.make(o, open_room, "owner", roomname="Open")
    await rooms.make(o, link_room, "owner", membersonly="1", publicroom="0", roomname="By link")
    link = (await rooms.own(o, link_room, "set", "<link uses='3'/>")).find("rooms:link", NS).get("token")
    s = Room(await slixmpp_client(server, sam))
    terminal = await profanity(server, paul, tmp_path)
    browser = await converse(server, carla, sam.jid, tmp_path)

    async def on_screen(text: str) -> None:
        await asyncio.to_thread(terminal.wait_for, text)

    try:
        # Open to all: everybody hears everybody.
        await s.join(open_room, "sam")
        terminal.type(f"/join {open_room} nick paul")
        await on_screen("-> You have joined the room")
        await browser.order("join", room=open_room, nick="carla")
        await browser.order("inside", room=open_room)
        s.say(open_room, "open-from-slixmpp")
        await on_screen("open-from-slixmpp")
        await browser.order("see", text="open-from-slixmpp", shot="open")
        terminal.type("open-from-profanity")
        await expect_body(s.client, "open-from-profanity")
        await browser.order("see", text="open-from-profanity")
        await browser.order("speak", text="open-from-converse")
        await on_screen("open-from-converse")
        await expect_body(s.client, "open-from-converse")

        # Announcements: the others read, and are told so when they write.
        await rooms.configure(o, open_room, own_post="admins")
        await rooms.say(o, open_room, "announced")
        await on_screen("announced")
        await browser.order("see", text="announced")
        terminal.type("forbidden-from-profanity")
        await on_screen("does not let you do that")
        await browser.order("speak", text="forbidden-from-converse")
        await expect_body(s.client, "announced")
        await rooms.say(o, open_room, "after")
        await expect_body(s.client, "after")

        # Slow mode: the second message is refused with the reason.
        await rooms.configure(o, open_room, own_post="everyone", slow_mode_duration="600")
        terminal.type("first-in-slow-mode")
        await expect_body(s.client, "first-in-slow-mode")
        terminal.type("second-in-slow-mode")
        await on_screen("600 seconds")
        terminal.type("/leave")

        # By a link, whose token is the password that the xmpp: address names.
        await s.join(link_room, "sam", password=link)
        terminal.type(f"/join {link_room} nick paul password {link}")
        await browser.order("join", room=link_room, nick="carla", password=link)
        await browser.order("inside", room=link_room)
        s.say(link_room, "linked-from-slixmpp")
        await on_screen("linked-from-slixmpp")
        await browser.order("see", text="linked-from-slixmpp", shot="link")
        await browser.tell('{"do": "quit"}')
    finally:
        terminal.end()
        await browser.end()
        s.client.abort()
