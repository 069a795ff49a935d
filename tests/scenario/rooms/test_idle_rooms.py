"""Rooms in which nobody is cost no memory, and a start does not read them."""

import sqlite3
import time

import pytest

import rooms

ROOMS = 100_000
# What the allocator and the database's cache may vary by.
SLACK_KIB = 4_096


def started(server) -> tuple[int, float]:
    began = time.monotonic()
    server.start()
    return server.resident_kib(), time.monotonic() - began


async def test_a_hundred_thousand_idle_rooms_cost_no_memory_and_no_time_at_the_start(own_server, engine):
    if engine != "sqlite":
        pytest.skip("the rooms are put into the file of the database")
    server = own_server()
    [alice] = await server.people("alice")
    a = await server.login(alice)
    room = rooms.name("idle")
    await rooms.make(a, room, "alice")
    server.stop()
    empty, quick = started(server)
    server.stop()
    [path] = server.folder.rglob("skein.db")
    with sqlite3.connect(path) as database:
        kept = database.execute("SELECT * FROM rooms_room WHERE jid = ?", (room,)).fetchone()
        columns = [column[1] for column in database.execute("PRAGMA table_info(rooms_room)")]
        at = columns.index("jid"), columns.index("id")
        def row(number: int) -> list:
            made = list(kept)
            made[at[0]], made[at[1]] = f"idle-{number:06}@{rooms.HOST}", number + 1
            return made
        marks = ",".join("?" * len(columns))
        database.executemany(f"INSERT INTO rooms_room VALUES ({marks})", (row(number) for number in range(ROOMS)))
        database.executemany("INSERT INTO rooms_affiliation (room, jid, affiliation, nick, delivered, seen) VALUES (?, ?, 3, '', 0, 0)",
                             ((number + 1, f"owner-{number}@localhost") for number in range(ROOMS)))
    full, slow = started(server)
    print(f"resident without rooms {empty} KiB, with {ROOMS} {full} KiB; start {quick:.2f} s, {slow:.2f} s")
    assert full < empty + SLACK_KIB
    assert slow < quick + 2
    # They are there, and what was looked at is let go of.
    a = await server.login(alice)
    for number in range(0, ROOMS, 200):
        idle = f"idle-{number:06}@{rooms.HOST}"
        await a.result("get", "<query xmlns='http://jabber.org/protocol/disco#info'/>", idle)
    print(f"resident after looking at 500 of them: {server.resident_kib()} KiB")
    assert server.resident_kib() < full + 3 * SLACK_KIB
