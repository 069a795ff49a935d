"""Pairs of people who talk without end while the server is killed, and keep a history of it.

Each is a client as good ones are: it numbers its stanzas, forgets what the server has
acknowledged, and after a break resumes, or binds anew and sends the rest again under the
same ids.
"""

import asyncio
import random
import uuid
import xml.etree.ElementTree as ET
from collections import deque

import login
import wire
from history import Acked, Bounced, History, Row, Send, Shown
from wire import NS

# Messages of one device that may be without an acknowledgement.
WINDOW = 4
MESSAGE, ERROR = f"{{{NS['']}}}message", "error"
STANZAS = {f"{{{NS['']}}}{name}" for name in ("message", "presence", "iq")}


class Stuck(Exception):
    """The run cannot go on: somebody does not come online any more."""


class Device:
    """One person's only device, who writes to `peer`. With `reads_archive` it catches up from there."""

    def __init__(self, server, account, peer: str, history: History, random: random.Random, reads_archive: bool) -> None:
        self._server, self.account, self._peer, self._history, self._random = server, account, peer, history, random
        self.reads_archive = reads_archive
        # Up to here the archive is known without a gap: the place to catch up from.
        self._known = ""
        # Whose archive it reads: its own, until somebody says otherwise.
        self._archive = ""
        self._query: tuple[str, asyncio.Future] | None = None
        self._resumed = False
        self.name = f"{account.jid}/1"
        self._id = str(uuid.UUID(int=random.getrandbits(128), version=4))
        self._door: wire.Wire | None = None
        # Stream management: of the session that may be resumed, None without one.
        self._sm_id: str | None = None
        self._handled = 0
        self._sent = 0
        # What the server has not acknowledged: its number in the session, message id, XML. Other stanzas have no id.
        self._owed: deque[tuple[int, str | None, str]] = deque()
        self._count = 0
        self._room = asyncio.Event()
        self._seen: set[str] = set()
        self.writing = True
        self.online = asyncio.Event()
        self.screen = history.screens.setdefault(self.name, [])

    async def live(self) -> None:
        """Connects again and again until it is cancelled."""
        while True:
            try:
                await self._connect()
                self.online.set()
                writer = asyncio.create_task(self._write())
                await self._door.ended.wait()
                writer.cancel()
            except (OSError, AssertionError, asyncio.IncompleteReadError):
                # The server is down, or died while we logged in.
                await asyncio.sleep(0.02)
            finally:
                self.online.clear()
                if self._door:
                    await self._door.close()

    def quiet(self) -> bool:
        """Everything that was sent has its outcome."""
        return self.online.is_set() and not any(id for _, id, _ in self._owed)

    def sort_screen(self, rows: list[Row]) -> None:
        """A client that reads the archive shows everything in its order."""
        order = {row.stanza_id: number for number, row in enumerate(rows)}
        self.screen.sort(key=lambda shown: order.get(shown.stanza_id, len(rows)))

    # --- the session ---------------------------------------------------

    async def _connect(self) -> None:
        self._door = None
        self._door = door = await self._server.tcp()
        await door.open()
        resume = ""
        if self._sm_id:
            resume = f"<resume xmlns='{NS['sm']}' previd='{self._sm_id}' h='{self._handled}'/>"
        bind = f"<bind xmlns='{NS['bind2']}'><tag>crowd</tag><enable xmlns='{NS['sm']}' resume='true'/></bind>"
        # Counting begins with what follows the success.
        door.on_element = self._login_went
        await login.sasl2(door, self.account, inline=login.user_agent(self._id) + resume + bind)
        if door.ended.is_set():
            raise ConnectionError
        for _, _, xml in list(self._owed):
            await door.send(xml)
        await door.send(f"<r xmlns='{NS['sm']}'/>")
        if self.reads_archive and not self._resumed:
            await self._catch_up()

    async def _catch_up(self) -> None:
        """What came since `_known`, page by page, while live messages come between."""
        complete = False
        while not complete:
            id = f"q{random.getrandbits(40)}"
            self._query = id, asyncio.get_running_loop().create_future()
            after = f"<after>{self._known}</after>" if self._known else ""
            self._sent += 1
            to = f" to='{self._archive}'" if self._archive else ""
            xml = (f"<iq xmlns='jabber:client' type='set' id='{id}'{to}><query xmlns='{NS['mam']}' queryid='{id}'>"
                   f"<set xmlns='{NS['rsm']}'><max>50</max>{after}</set></query></iq>")
            self._owed.append((self._sent, None, ""))
            await self._door.send(xml)
            ended = asyncio.create_task(self._door.ended.wait())
            await asyncio.wait([ended, self._query[1]], return_when=asyncio.FIRST_COMPLETED)
            ended.cancel()
            if not self._query[1].done():
                raise ConnectionError
            fin = self._query[1].result()
            assert fin is not None, "the archive refused to be read"
            complete = fin.get("complete") == "true"
            self._known = fin.findtext("rsm:set/rsm:last", self._known, NS)

    def _login_went(self, element: ET.Element) -> None:
        if element.tag != f"{{{NS['sasl2']}}}success":
            return
        resumed, failed = element.find("sm:resumed", NS), element.find("sm:failed", NS)
        self._resumed = resumed is not None
        if resumed is not None:
            self._acknowledged(int(resumed.get("h")))
        else:
            if failed is not None and failed.get("h") is not None:
                self._acknowledged(int(failed.get("h")))
            self._new_session(element)
        self._door.on_element = self._came_in

    def _new_session(self, success: ET.Element) -> None:
        enabled = success.find("bind2:bound/sm:enabled", NS)
        self._sm_id, self._handled = enabled.get("id"), 0
        left = [(id, xml) for _, id, xml in self._owed if id]
        presence = [(None, "<presence xmlns='jabber:client'/>")]
        self._owed = deque((number, id, xml) for number, (id, xml) in enumerate(presence + left, 1))
        self._sent = len(self._owed)

    def _acknowledged(self, h: int) -> None:
        while self._owed and self._owed[0][0] <= h:
            _, id, _ = self._owed.popleft()
            if id:
                self._history.events.append(Acked(self.name, id))
        self._room.set()

    # --- coming in -----------------------------------------------------

    def _came_in(self, element: ET.Element) -> None:
        if element.tag == f"{{{NS['sm']}}}a":
            self._acknowledged(int(element.get("h")))
        elif element.tag == f"{{{NS['sm']}}}r":
            self._say(f"<a xmlns='{NS['sm']}' h='{self._handled}'/>")
        elif element.tag in STANZAS:
            self._handled += 1
            if element.tag == MESSAGE:
                self._message(element)
            elif self._query and element.get("id") == self._query[0] and not self._query[1].done():
                self._query[1].set_result(element.find("mam:fin", NS))
        if self.online.is_set():
            # The inbox is for those who wait for something; here it would only grow.
            self._door.inbox.clear()

    def _message(self, message: ET.Element) -> None:
        if message.get("type") == ERROR:
            self._history.events.append(Bounced(self.name, message.get("id")))
            return
        result = message.find("mam:result", NS)
        if result is not None:
            stanza_id, message = result.get("id"), result.find("forward:forwarded/message", NS)
            if message.get("from").partition("/")[0] == self.account.jid:
                return
        else:
            stamp = message.find("sid:stanza-id", NS)
            stanza_id = stamp.get("id") if stamp is not None else f"none-{uuid.uuid4()}"
        if stanza_id in self._seen:
            return
        self._seen.add(stanza_id)
        sender = message.get("from").partition("/")[0]
        self.screen.append(Shown(stanza_id, sender, message.get("id"), wire.body_of(message) or ""))

    def _say(self, xml: str) -> None:
        task = asyncio.create_task(self._door.send(xml))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())

    # --- going out -----------------------------------------------------

    async def _write(self) -> None:
        while True:
            unanswered = sum(1 for _, id, _ in self._owed if id)
            if not self.writing or unanswered >= WINDOW:
                self._room.clear()
                await asyncio.wait([asyncio.create_task(self._room.wait())], timeout=0.2)
                continue
            self._count += 1
            self._sent += 1
            id = f"{self._id[:8]}-{self._count}"
            text = f"{self.account.name} says {self._count}"
            xml = self.message_xml(id, text)
            self._history.events.append(Send(self.name, self._peer, id, text))
            self._owed.append((self._sent, id, xml))
            await self._door.send(xml + f"<r xmlns='{NS['sm']}'/>")
            await asyncio.sleep(self._random.uniform(0, 0.04))

    def message_xml(self, id: str, text: str) -> str:
        return (f"<message xmlns='jabber:client' to='{self._peer}' type='chat' id='{id}'><body>{text}</body>"
                f"<origin-id xmlns='{NS['sid']}' id='{id}'/></message>")


async def run(server, pairs: int, rounds: int, seed: int) -> History:
    """Kills the server `rounds` times while `pairs` pairs talk; the whole history."""
    chance = random.Random(seed)
    history = History()
    people = await server.people(*(f"crowd{number}" for number in range(2 * pairs)))
    devices = []
    for one, other in zip(people[::2], people[1::2]):
        # One of each pair lives on what the server owes it, the other reads the archive.
        devices += [Device(server, one, other.jid, history, chance, reads_archive=False),
                    Device(server, other, one.jid, history, chance, reads_archive=True)]
    lives = [asyncio.create_task(device.live()) for device in devices]
    try:
        for _ in range(rounds):
            await _all_online(devices, lives)
            # The moment is what is random here; nothing waits for this time to be enough.
            await asyncio.sleep(chance.uniform(0.05, 0.7))
            await asyncio.to_thread(server.kill)
            await asyncio.to_thread(server.start)
        await _all_online(devices, lives)
        await _drain(devices, lives)
        for account in people:
            history.archives[account.jid] = await archive(server, account)
        await _all_shown(devices, history)
        for device in devices:
            if device.reads_archive:
                device.sort_screen(history.archives[device.account.jid])
    finally:
        for life in lives:
            life.cancel()
        await asyncio.gather(*lives, return_exceptions=True)
    return history


async def _all_online(devices: list[Device], lives: list[asyncio.Task]) -> None:
    await _until(lambda: all(device.online.is_set() for device in devices), lives, "everybody online")


async def _drain(devices: list[Device], lives: list[asyncio.Task]) -> None:
    for device in devices:
        device.writing = False
    await _until(lambda: all(device.quiet() for device in devices), lives, "everything acknowledged", fails=False)


async def _all_shown(devices: list[Device], history: History) -> None:
    """Until every device shows what its archive has, or it is clear that it never will."""
    def complete() -> bool:
        return all(len(device.screen) >= sum(row.sender != device.account.jid for row in history.archives[device.account.jid])
                   for device in devices)
    await _until(complete, [], "everything shown", fails=False)


async def _until(condition, lives: list[asyncio.Task], what: str, seconds: float = 40, fails: bool = True) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while not condition():
        for life in lives:
            if life.done():
                life.result()
        if asyncio.get_running_loop().time() > deadline:
            if fails:
                raise Stuck(f"not {what} after {seconds} s")
            return
        await asyncio.sleep(0.02)


async def archive(server, account) -> list[Row]:
    """The whole archive of an account, page by page."""
    session = await server.login(account, presence=False)
    rows: list[Row] = []
    after = ""
    while True:
        answer = await session.result("set", f"<query xmlns='{NS['mam']}'><set xmlns='{NS['rsm']}'><max>200</max>{after}</set></query>")
        for message in session.wire.peek("message/mam:result"):
            result = message.find("mam:result", NS)
            inner = result.find("forward:forwarded/message", NS)
            rows.append(Row(result.get("id"), inner.get("from").partition("/")[0], inner.get("id"), wire.body_of(inner) or ""))
        session.wire.inbox.clear()
        fin = answer.find("mam:fin", NS)
        if fin.get("complete") == "true":
            await session.wire.close()
            return rows
        last = fin.findtext("rsm:set/rsm:last", "", NS)
        assert last and f">{last}<" not in after, f"the page neither ends the archive nor leads on: {ET.tostring(fin)}"
        after = f"<after>{last}</after>"
