"""The history of a run, and the rules that it must keep.

A history is a list of events in the order of time, as the clients saw them, and what
the archives and the devices' screens show at the end:

    Send(device, to, id, text)        the client wrote it to its connection for the first time
    Acked(device, id)                 the server's count covered it
    Bounced(device, id)               an error came back
    archives[account] = [Row]         in the archive's order
    screens[device] = [Shown]         what the device shows, in its order, after its own removal
                                      of doubles by stanza id

A send with no outcome because its sender gave up is unknown: it may be in or out, but if
it is in, every rule about what is in applies.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Send:
    device: str
    to: str
    id: str
    text: str


@dataclass(frozen=True)
class Acked:
    device: str
    id: str


@dataclass(frozen=True)
class Bounced:
    device: str
    id: str


@dataclass(frozen=True)
class Row:
    """One archived message: the archive's id, the sender's account, the sender's id, the text."""

    stanza_id: str
    sender: str
    id: str
    text: str


@dataclass(frozen=True)
class Shown:
    stanza_id: str
    sender: str
    id: str
    text: str


@dataclass
class History:
    events: list = field(default_factory=list)
    archives: dict[str, list[Row]] = field(default_factory=dict)
    screens: dict[str, list[Shown]] = field(default_factory=dict)
    # Devices that gave up without knowing the outcome of their last sends.
    dead: set[str] = field(default_factory=set)


def account_of(device: str) -> str:
    return device.partition("/")[0]


def check(history: History) -> list[str]:
    """The violations, each beginning with its rule; empty for a good history."""
    sends = {(account_of(event.device), event.id): event for event in history.events if isinstance(event, Send)}
    found = []
    found += _outcomes(history, sends)
    found += _acked_is_archived(history, sends)
    found += _archived_once_and_unaltered(history, sends)
    found += _sender_order(history)
    found += _screens(history, sends)
    return found


def _outcomes(history: History, sends: dict) -> list[str]:
    """L7: exactly one outcome; what bounced is nowhere."""
    outcomes = defaultdict(set)
    for event in history.events:
        if isinstance(event, (Acked, Bounced)):
            outcomes[account_of(event.device), event.id].add(type(event))
    found = []
    for key, send in sends.items():
        if len(outcomes[key]) == 2:
            found.append(f"L7 acknowledged and bounced: {send}")
        if not outcomes[key] and send.device not in history.dead:
            found.append(f"L7 neither acknowledged nor bounced: {send}")
        if outcomes[key] == {Bounced} and any(
                (shown.sender, shown.id) == key for device, screen in history.screens.items()
                if account_of(device) == send.to for shown in screen):
            found.append(f"L7 bounced and delivered: {send}")
    return found


def _acked_is_archived(history: History, sends: dict) -> list[str]:
    """L1: what was acknowledged is in the sender's archive and in the recipient's."""
    kept = {account: {(row.sender, row.id) for row in rows} for account, rows in history.archives.items()}
    found = []
    for event in history.events:
        if isinstance(event, Acked):
            key = account_of(event.device), event.id
            for account in {key[0], sends[key].to}:
                if key not in kept[account]:
                    found.append(f"L1 acknowledged, not in the archive of {account}: {sends[key]}")
    return found


def _archived_once_and_unaltered(history: History, sends: dict) -> list[str]:
    """L4: one row for a send, ids unique. L8: nothing invented, nothing changed."""
    found = []
    for account, rows in history.archives.items():
        for key, count in Counter((row.sender, row.id) for row in rows).items():
            if count > 1:
                found.append(f"L4 archived {count} times by {account}: {key}")
        for id, count in Counter(row.stanza_id for row in rows).items():
            if count > 1:
                found.append(f"L4 stanza id {id} used {count} times by {account}")
        for row in rows:
            send = sends.get((row.sender, row.id))
            if send is None or send.text != row.text or account not in (send.to, row.sender):
                found.append(f"L8 in the archive of {account}, but nobody sent it: {row}")
    return found


def _sender_order(history: History) -> list[str]:
    """L6: in every archive the messages of one device to one person stand in the order it sent them."""
    place = {}
    for number, event in enumerate(history.events):
        if isinstance(event, Send):
            place.setdefault((account_of(event.device), event.id), (event.device, event.to, number))
    found = []
    for account, rows in history.archives.items():
        last: dict = {}
        for row in rows:
            if (row.sender, row.id) not in place:
                continue
            device, to, number = place[row.sender, row.id]
            if number < last.get((device, to), -1):
                found.append(f"L6 out of the sender's order in the archive of {account}: {row}")
            last[device, to] = number
    return found


def _screens(history: History, sends: dict) -> list[str]:
    """L2: all that is owed is shown. L3: once. L5: in the archive's order. L9: nothing that the archive lacks."""
    found = []
    for device, screen in history.screens.items():
        account = account_of(device)
        rows = history.archives[account]
        order = {row.stanza_id: number for number, row in enumerate(rows)}
        for key, count in Counter((shown.sender, shown.id) for shown in screen).items():
            if count > 1:
                found.append(f"L3 shown {count} times on {device}: {key}")
        seen = {(shown.sender, shown.id) for shown in screen}
        for row in rows:
            if row.sender != account and (row.sender, row.id) not in seen:
                found.append(f"L2 archived, not shown on {device}: {row}")
        last = -1
        for shown in screen:
            send = sends.get((shown.sender, shown.id))
            if send is None or send.text != shown.text:
                found.append(f"L8 shown on {device}, but nobody sent it: {shown}")
            if shown.stanza_id not in order:
                found.append(f"L9 shown on {device}, not in the archive: {shown}")
                continue
            if order[shown.stanza_id] < last:
                found.append(f"L5 not in the archive's order on {device}: {shown}")
            last = order[shown.stanza_id]
    return found
