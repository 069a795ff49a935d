"""Foreign clients as people in rooms: of each the same few things, whatever program it is."""

import asyncio
import os
from collections.abc import Awaitable
from contextlib import asynccontextmanager

from slixmpp import Message, register_stanza_plugin
from slixmpp.exceptions import PresenceError
from slixmpp.plugins.xep_0004 import Form
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath

import login
from foreign import Lines, profanity
from test_clients import slixmpp_client
from wire import NS

PLUGINS = ("xep_0004", "xep_0030", "xep_0045", "xep_0054", "xep_0060", "xep_0066", "xep_0084", "xep_0115", "xep_0153", "xep_0163",
           "xep_0203", "xep_0249", "xep_0313", "xep_0359", "xep_0363", "xep_0421", "xep_0444", "xep_0446", "xep_0447")
OWN = "urn:skein:rooms:0"

register_stanza_plugin(Message, Form)


class Slixmpp:
    """A bot, as its author writes it; `messages` are all that came."""

    def __init__(self, client, account) -> None:
        self.client, self.account, self.nick = client, account, account.name.split("-")[0]
        self.messages: list[Message] = []
        self._came = asyncio.Event()
        client.register_handler(Callback("everything", MatchXPath("{jabber:client}message"), self._keep))
        for plugin in PLUGINS:
            client.register_plugin(plugin)

    def _keep(self, message: Message) -> None:
        self.messages.append(message)
        self._came.set()

    def __getattr__(self, name: str):
        """`muc`, `mam`: the plugins by what they are about."""
        number = {"muc": "xep_0045", "mam": "xep_0313", "vcard": "xep_0054", "avatar": "xep_0084", "pubsub": "xep_0060",
                  "upload": "xep_0363", "files": "xep_0447", "reactions": "xep_0444", "photo": "xep_0153"}
        return self.client.plugin[number[name]]

    async def message(self, found, within: float = 30) -> Message:
        """The first of the messages that came or will come of which `found` is true."""
        try:
            async with asyncio.timeout(within):
                while True:
                    self._came.clear()
                    if matching := [message for message in self.messages if found(message)]:
                        return matching[0]
                    await self._came.wait()
        except TimeoutError:
            raise AssertionError("it never came; what came:\n" + "\n".join(map(str, self.messages[-20:]))) from None

    async def enter(self, room: str, password: str = "", history: int = 0):
        return await self.muc.join_muc_wait(room, self.nick, password=password or None, maxstanzas=history, timeout=30)

    async def kept_out(self, room: str, condition: str) -> None:
        try:
            await self.enter(room)
        except PresenceError as error:
            assert error.condition == condition, error
        else:
            raise AssertionError(f"let into {room}")

    async def put_out(self, room: str, deed: Awaitable) -> None:
        """Does it, until the client has heard that it is out: it would take that for the answer when it knocks again."""
        heard = asyncio.ensure_future(self.client.wait_until(f"muc::{room}::self-presence"))
        await deed
        assert (await heard)["type"] == "unavailable"

    async def say(self, room: str, text: str) -> None:
        self.client.send_message(mto=room, mbody=text, mtype="groupchat")

    async def sees(self, text: str) -> None:
        await self.message(lambda message: message["body"] == text)

    async def refused(self, condition: str) -> None:
        await self.message(lambda message: message["type"] == "error" and message["error"]["condition"] == condition)

    async def make(self, room: str, **config) -> None:
        """A room of one's own with that configuration; what begins with `own_` is a field of urn:skein:rooms:0."""
        await self.enter(room)
        await self.configure(room, **config)

    async def configure(self, room: str, **config) -> None:
        form = await self.muc.get_room_config(room)
        fields = form.get_fields()
        for name, value in config.items():
            fields[f"{{{OWN}}}{name[4:]}" if name.startswith("own_") else f"muc#roomconfig_{name}"]["value"] = value
        form["type"] = "submit"
        await self.muc.set_room_config(room, form)

    async def answer(self, room: str, form_type: str, **fields: str) -> None:
        """Fills in the form of that type that the room sent, and sends it back."""
        def type_of(message: Message) -> str:
            return message.xml.findtext("data:x/data:field[@var='FORM_TYPE']/data:value", "", NS)

        asked = await self.message(lambda message: message["from"] == room and type_of(message) == form_type)
        values = {field.get("var"): field.findtext("data:value", "", NS) for field in asked.xml.iterfind("data:x/data:field", NS)}
        reply = self.client.make_message(room)
        reply["form"]["type"] = "submit"
        for var, value in (values | fields).items():
            reply["form"].add_field(var=var, value=value, ftype="hidden" if var == "FORM_TYPE" else None)
        reply.send()

    async def close(self) -> None:
        self.client.abort()


class Profanity:
    """A client for the terminal, by what its user types and reads."""

    def __init__(self, terminal, account) -> None:
        self.terminal, self.account, self.nick = terminal, account, account.name.split("-")[0]

    async def enter(self, room: str, password: str = "") -> None:
        self._join(room, password)
        await self.sees("-> You have joined the room")

    async def kept_out(self, room: str, words: str) -> None:
        self._join(room, "")
        await self.sees(f"Error joining room {room}, reason: {words}")

    def _join(self, room: str, password: str) -> None:
        # The window of now would be taken for that of the room.
        self.terminal.type("/win 1")
        self.terminal.type("/clear")
        self.terminal.type(f"/join {room} nick {self.nick}" + (f" password {password}" if password else ""))

    async def say(self, room: str, text: str) -> None:
        self.terminal.type(text)

    async def sees(self, text: str) -> None:
        await asyncio.to_thread(self.terminal.wait_for, text)

    async def close(self) -> None:
        self.terminal.end()


class Converse:
    """A client in Chromium; the room that was entered last is in front."""

    def __init__(self, node: Lines, account) -> None:
        self.node, self.account, self.nick = node, account, account.name.split("-")[0]

    async def enter(self, room: str, password: str = "") -> None:
        await self.knock(room, password)
        await self.order("inside", room=room)

    async def knock(self, room: str, password: str = "") -> None:
        await self.order("join", room=room, nick=self.nick, **({"password": password} if password else {}))

    async def kept_out(self, room: str, words: str) -> None:
        await self.knock(room)
        await self.order("told", text=words, shot="kept-out")
        await self.order("close", room=room)

    async def say(self, room: str, text: str) -> None:
        await self.order("speak", text=text)

    async def sees(self, text: str) -> None:
        await self.order("see", text=text)

    async def order(self, what: str, **more) -> dict:
        return await self.node.order(what, **more)

    async def close(self) -> None:
        await self.node.tell('{"do": "quit"}')
        await self.node.end()


async def bot(server, account) -> Slixmpp:
    return Slixmpp(await slixmpp_client(server, account), account)


async def browser(server, account, peer: str, folder) -> Converse:
    node = await Lines.node(
        "converse.mjs", ORIGIN=f"http://localhost:{server.http_port}", WS_URL=f"ws://localhost:{server.http_port}{server.ws_path}",
        JID=account.jid, PASSWORD=account.password, PEER=peer, SHOTS=str(folder), CHROMIUM=os.environ.get("CHROMIUM", "/usr/bin/chromium"))
    guest = Converse(node, account)
    try:
        await guest.order("load")
    except BaseException:
        await node.end()
        raise
    return guest


@asynccontextmanager
async def company(server, folder, with_browser: bool = True):
    """Olga and Sam run slixmpp, Paul profanity, Carla converse.js; Olga is to own the rooms."""
    olga, sam, paul, carla = await server.people("olga", "sam", "paul", "carla")
    guests = []
    try:
        # Where blocking (XEP-0191) is not offered, converse.js opens chats with contacts only.
        raw = [await server.login(account) for account in (carla, sam)]
        await login.befriend(*raw)
        for client in raw:
            await client.leave()
        coming = [bot(server, olga), bot(server, sam), _terminal(server, paul, folder)]
        if with_browser:
            coming.append(browser(server, carla, sam.jid, folder))
        came = await asyncio.gather(*coming, return_exceptions=True)
        guests = [guest for guest in came if not isinstance(guest, BaseException)]
        for failure in came:
            if isinstance(failure, BaseException):
                raise failure
        yield guests
    finally:
        for guest in guests:
            await guest.close()


async def _terminal(server, account, folder) -> Profanity:
    return Profanity(await profanity(server, account, folder), account)


async def chat(room: str, *guests) -> None:
    """Each says something, and all see it."""
    for speaker in guests:
        text = f"{speaker.nick} in {room.partition('@')[0]}"
        await speaker.say(room, text)
        for listener in guests:
            await listener.sees(text)
