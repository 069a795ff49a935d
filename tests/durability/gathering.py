"""Occupants of a room who all talk while the server is killed, and the rules that the room must keep.

They are `crowd.Device`s that enter the room in every new session. Some live on what the room sends them on
entering (delayed history), the others enter without history and read its archive.
"""

import asyncio
import random
import xml.etree.ElementTree as ET
from collections import Counter, deque
from dataclasses import dataclass, field

import crowd
import login
import rooms
import wire
from history import Acked, Bounced, History, Send
from wire import NS


@dataclass(frozen=True)
class Said:
    """A message as the room shows it: its id in the archive, who said it, the sender's id and text."""

    stanza_id: str
    nick: str
    id: str
    text: str


@dataclass
class Gathering:
    events: list = field(default_factory=list)
    archive: list[Said] = field(default_factory=list)
    # What each shows, in its order; and what came to it as it was said, session by session.
    screens: dict[str, list[Said]] = field(default_factory=dict)
    live: dict[str, list[list[Said]]] = field(default_factory=dict)


def check(run: Gathering) -> list[str]:
    """The violations, each beginning with its rule; empty for a good run."""
    sends = {(event.device, event.id): event for event in run.events if isinstance(event, Send)}
    acked = {(event.device, event.id) for event in run.events if isinstance(event, Acked)}
    bounced = {(event.device, event.id) for event in run.events if isinstance(event, Bounced)}
    kept = Counter((row.nick, row.id) for row in run.archive)
    found = [f"R1 acknowledged, not in the archive: {sends[key]}" for key in acked if not kept[key]]
    found += [f"R2 archived {count} times: {key}" for key, count in kept.items() if count > 1]
    found += [f"R2 id used {count} times: {id}" for id, count in Counter(row.stanza_id for row in run.archive).items() if count > 1]
    found += [f"R3 archived, but nobody said it: {row}" for row in run.archive
              if (row.nick, row.id) not in sends or sends[row.nick, row.id].text != row.text]
    found += [f"R4 without an outcome: {sends[key]}" for key in sends if key not in acked | bounced]
    found += [f"R4 acknowledged and bounced: {sends[key]}" for key in acked & bounced]
    found += _order_of_senders(run, sends)
    for name, screen in run.screens.items():
        found += _screen(run, name, screen)
    return found


def _order_of_senders(run: Gathering, sends: dict) -> list[str]:
    place = {key: number for number, key in enumerate(sends)}
    last: dict[str, int] = {}
    found = []
    for row in run.archive:
        number = place.get((row.nick, row.id), -1)
        if number < last.get(row.nick, -1):
            found.append(f"R5 out of the sender's order: {row}")
        last[row.nick] = number
    return found


def _screen(run: Gathering, name: str, screen: list[Said]) -> list[str]:
    order = {row: number for number, row in enumerate(run.archive)}
    found = [f"R6 seen by {name}, not in the archive: {said}" for said in screen if said not in order]
    missing = set(run.archive) - set(screen)
    found += [f"R7 never shown to {name}: {row}" for row in run.archive if row in missing]
    found += [f"R8 shown {count} times to {name}: {said}" for said, count in Counter((s.nick, s.id) for s in screen).items() if count > 1]
    for session in [screen, *run.live.get(name, [])]:
        places = [order[said] for said in session if said in order]
        found += [f"R9 out of the archive's order for {name}: {run.archive[after]}"
                  for before, after in zip(places, places[1:]) if after < before]
    return found


class Occupant(crowd.Device):
    """One member's only device, who talks in the room."""

    def __init__(self, server, account, room: str, run: Gathering, chance: random.Random, reads_archive: bool) -> None:
        super().__init__(server, account, room, History(events=run.events), chance, reads_archive)
        self.name, self.nick, self._archive = account.name, account.name, room
        self.screen = run.screens.setdefault(self.nick, [])
        self._live = run.live.setdefault(self.nick, [])

    def _new_session(self, success: ET.Element) -> None:
        """Whoever enters anew says afterwards what was not acknowledged."""
        self._live.append([])
        enabled = success.find("bind2:bound/sm:enabled", NS)
        self._sm_id, self._handled = enabled.get("id"), 0
        bound = "<history maxstanzas='0'/>" if self.reads_archive else ""
        enter = f"<presence xmlns='jabber:client' to='{self._peer}/{self.nick}'><x xmlns='{NS['muc']}'>{bound}</x></presence>"
        again = [(None, enter), *[(id, xml) for _, id, xml in self._owed if id]]
        self._owed = deque((number, id, xml) for number, (id, xml) in enumerate(again, 1))
        self._sent = len(self._owed)

    def message_xml(self, id: str, text: str) -> str:
        return (f"<message xmlns='jabber:client' to='{self._peer}' type='groupchat' id='{id}'><body>{text}</body>"
                f"<origin-id xmlns='{NS['sid']}' id='{id}'/></message>")

    def _message(self, message: ET.Element) -> None:
        if message.get("type") == "error":
            self._history.events.append(Bounced(self.name, message.get("id")))
            return
        result = message.find("mam:result", NS)
        is_live = result is None and message.find("delay:delay", NS) is None
        said = read(message)
        if said is None:
            return
        if is_live:
            self._live[-1].append(said)
        if said.stanza_id not in self._seen:
            self._seen.add(said.stanza_id)
            self.screen.append(said)

    async def cut(self) -> None:
        """The network goes; the server stays."""
        if self._door:
            await self._door.close()
            self._door.ended.set()


def read(message: ET.Element) -> Said | None:
    """What a message from a room or out of its archive says; None for a subject and the like."""
    result = message.find("mam:result", NS)
    inner = message if result is None else result.find("forward:forwarded/message", NS)
    text = wire.body_of(inner)
    if text is None:
        return None
    id = result.get("id") if result is not None else inner.find("sid:stanza-id", NS).get("id")
    return Said(id, inner.get("from").partition("/")[2], inner.get("id"), text)


async def run(server, people: int, kills: int, seed: int) -> Gathering:
    """Kills the server while everybody talks, and cuts lines between; the whole run."""
    chance, told = random.Random(seed), Gathering()
    accounts = await server.people(*(f"guest{number}" for number in range(people)))
    owner = await server.login(accounts[0])
    room = await rooms.create(owner, *(account.jid for account in accounts[1:]), membersonly="1", publicroom="0")
    await owner.leave()
    guests = [Occupant(server, account, room, told, chance, number % 2 == 1) for number, account in enumerate(accounts)]
    lives = [asyncio.create_task(guest.live()) for guest in guests]
    try:
        for _ in range(kills):
            await crowd._all_online(guests, lives)
            # The moments are what is random here; nothing waits for these times to be enough.
            for guest in chance.sample(guests, people // 4):
                await asyncio.sleep(chance.uniform(0, 0.1))
                await guest.cut()
            await asyncio.sleep(chance.uniform(0.05, 0.5))
            await asyncio.to_thread(server.kill)
            await asyncio.to_thread(server.start)
        await crowd._all_online(guests, lives)
        await crowd._drain(guests, lives)
        told.archive = await archive(server, accounts[0], room)
        await crowd._until(lambda: all(len(guest.screen) >= len(told.archive) for guest in guests), lives, "everything shown", fails=False)
        order = {said: number for number, said in enumerate(told.archive)}
        for guest in guests:
            if guest.reads_archive:
                # As clients do that read archives: what came live meanwhile stands where the archive has it.
                guest.screen.sort(key=lambda said: order.get(said, len(order)))
    finally:
        for life in lives:
            life.cancel()
        await asyncio.gather(*lives, return_exceptions=True)
    return told


async def archive(server, account, room: str) -> list[Said]:
    """The whole archive of the room, page by page, as a member reads it without being inside."""
    session = await server.login(account, presence=False)
    rows: list[Said] = []
    after = ""
    while True:
        query = f"<query xmlns='{NS['mam']}'><set xmlns='{NS['rsm']}'><max>200</max>{after}</set></query>"
        answer = await session.result("set", query, room)
        rows += [said for message in session.wire.peek("message/mam:result") if (said := read(message))]
        session.wire.inbox.clear()
        fin = answer.find("mam:fin", NS)
        if fin.get("complete") == "true":
            await session.wire.close()
            return rows
        after = f"<after>{fin.findtext('rsm:set/rsm:last', '', NS)}</after>"
