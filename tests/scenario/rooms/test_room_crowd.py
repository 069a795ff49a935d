"""A room with so many inside that what is said is written by several threads (XEP-0045 section 7.4)."""

import asyncio

import rooms
from wire import body_of

CROWD = 80
SAID = 40


async def test_a_crowd_and_one_who_reads_late_get_everything_in_order(server):
    people = await server.people(*(f"p{n}" for n in range(CROWD)))
    clients = [await server.login(person, sm=n % 3 == 1) for n, person in enumerate(people)]
    room = rooms.name()
    await rooms.make(clients[0], room, "n0")
    await asyncio.gather(*(rooms.enter(client, room, f"n{n}") for n, client in enumerate(clients) if n))
    late = clients[2]
    await late.wire.stop_reading()
    speakers = clients[:2]
    for number in range(SAID):
        await asyncio.gather(*(rooms.say(s, room, f"{s.jid} {number} " + "x" * 12_000) for s in speakers))
    late.wire.resume_reading()

    async def heard(client):
        texts = [body_of(await client.expect("message[@type='groupchat']/{jabber:client}body/..", within=60))
                 for _ in range(SAID * len(speakers))]
        return [text.split(" x")[0] for text in texts]

    first, *others = await asyncio.gather(*(heard(client) for client in clients))
    for speaker in speakers:
        assert [text for text in first if text.startswith(speaker.jid)] == [f"{speaker.jid} {n}" for n in range(SAID)]
    assert all(other == first for other in others)
