"""Attacks on the archive. The ids are the attack catalogue's."""

import asyncio
import math
import xml.etree.ElementTree as ET

import pytest

import wire
from test_archive import bodies, conversation, query
from wire import NS


async def test_M01_nobody_reads_anothers_archive(server):
    a, b = await conversation(server, 3)
    [mallory] = await server.people("mallory")
    m = await server.login(mallory)
    for to in (b.bare, "localhost"):
        results, error = await query(m, to=to)
        assert results == [] and error in ("forbidden", "service-unavailable", "not-allowed"), (to, error)
    foreign = (await query(b))[0][1].get("id")
    for page in (f"<after>{foreign}</after>", f"<before>{foreign}</before>"):
        results, error = await query(m, page=page)
        assert results == [] and error == "item-not-found"
    for fields in ({"ids": foreign}, {"after-id": foreign}, {"before-id": foreign}):
        results, outcome = await query(m, fields=fields)
        assert results == [] and outcome == "item-not-found"


NUMBERS = ["-1", "1" + "0" * 100, "1.5", "0x10", "", " ", "NaN", "١٢", "1e3", "+5"]
TEXTS = ["x' OR '1'='1' --", "'; DROP TABLE log; --", "%", "_", "\\", "1,2", "x" * 20_000, "&#x200b;", "../../etc/passwd"]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("field", ["max", "index"])
async def test_M02_bad_numbers_are_refused_or_ignored(server, field, number):
    _, b = await conversation(server, 2)
    results, outcome = await query(b, page=f"<{field}>{number}</{field}>")
    if isinstance(outcome, str):
        assert outcome in ("bad-request", "feature-not-implemented", "item-not-found", "not-acceptable")
    else:
        assert len(results) <= 250
    await b.settle()


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
@pytest.mark.parametrize("field", ["after", "before"])
async def test_M02_a_page_boundary_is_data(server, field, text):
    _, b = await conversation(server, 2)
    results, outcome = await query(b, page=f"<max>10</max><{field}>{text}</{field}>")
    assert results == [] and outcome in ("item-not-found", "bad-request")
    assert bodies((await query(b))[0]) == ["m0", "m1"]


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
@pytest.mark.parametrize("field", ["with", "start", "end", "ids", "after-id", "before-id", "{urn:xmpp:fulltext:0}fulltext", "unknown"])
async def test_M02_a_filter_is_data(server, field, text):
    _, b = await conversation(server, 2)
    results, outcome = await query(b, fields={field: text})
    if isinstance(outcome, str):
        assert outcome in ("bad-request", "item-not-found", "feature-not-implemented", "jid-malformed", "not-acceptable")
    elif field != "unknown":
        assert results == [], "a filter that matches nothing"
    assert bodies((await query(b))[0]) == ["m0", "m1"]


async def test_M02_a_page_is_bounded_whatever_is_asked(server):
    a, b = await conversation(server, 0)
    await a.wire.send("".join(f"<message xmlns='jabber:client' to='{b.jid}' type='chat'><body>m{n}</body></message>" for n in range(300)))
    await b.expect_message("m299")
    results, fin = await query(b, page="<max>1000000000</max>")
    assert len(results) <= 250 and fin.get("complete") != "true"


async def test_M04_ids_tell_nothing_of_volume_or_of_others(server):
    """Opaque: between two neighbouring messages of one archive the difference is no counter."""
    a, b = await conversation(server, 0)
    count = 200
    for n in range(count):
        await a.message(b.jid, str(n))
    await b.expect_message(str(count - 1))
    results, _ = await query(b, page="<max>200</max>")
    ids = [result.get("id") for result in results]
    assert len(set(ids)) == count
    mine = [result.get("id") for result in (await query(a, page="<max>200</max>"))[0]]
    assert not set(ids) & set(mine), "two archives, two ids"
    numbers = [int(id) for id in ids if id.isdigit()]
    assert len(numbers) < count, "plain numbers count"
    # What changes from id to id looks random: the last characters spread evenly.
    tails = "".join(id[-4:] for id in ids)
    entropy = -sum((p := tails.count(c) / len(tails)) * math.log2(p) for c in set(tails))
    assert entropy > 3.5, (entropy, ids[:5])


async def paged_while(talk, reader, names, size: int, last: str, backward: bool, to: str | None = None) -> list[str]:
    """What a reader gets by pages of `size` up to `last`, in the archive's order, while somebody talks on and on."""
    stop = asyncio.Event()

    async def chatter() -> None:
        n = 0
        while not stop.is_set():
            await talk(n)
            n += 1

    talking = asyncio.create_task(chatter())
    seen: list[str] = []
    page = "<before/>" if backward else ""
    try:
        for _ in range(400):
            results, fin = await query(reader, page=f"<max>{size}</max>{page}", to=to)
            got = names(results)
            seen = got + seen if backward else seen + got
            if fin.get("complete") == "true" or (not backward and last in seen):
                break
            edge = fin.findtext(f"rsm:set/rsm:{'first' if backward else 'last'}", "", NS)
            page = f"<before>{edge}</before>" if backward else f"<after>{edge}</after>"
    finally:
        stop.set()
        await talking
    return seen


@pytest.mark.slow
@pytest.mark.parametrize("backward", [False, True], ids=["forward", "backward"])
async def test_M06_pages_skip_and_repeat_nothing_while_messages_come(server, backward):
    a, b = await conversation(server, 0)
    old = [f"old {n}" for n in range(400)]
    await a.wire.send("".join(f"<message xmlns='jabber:client' to='{b.jid}' type='chat'><body>{body}</body></message>" for body in old))
    await b.expect_message(old[-1])

    async def talk(n: int) -> None:
        await a.message(b.bare, f"new {n}")
        await a.settle()

    reader = await server.login(b.account, presence=False)
    seen = await paged_while(talk, reader, bodies, 11, old[-1], backward)
    assert len(seen) == len(set(seen)), "repeated"
    assert [body for body in seen if body.startswith("old")] == old, "skipped or out of order"


async def test_M02_the_query_itself_may_be_nonsense(server):
    [mallory] = await server.people("mallory")
    m = await server.login(mallory)
    for xml in (f"<query xmlns='{NS['mam']}'><x xmlns='{NS['data']}' type='submit'/></query>",
                f"<query xmlns='{NS['mam']}'><x xmlns='{NS['data']}' type='cancel'/></query>",
                f"<query xmlns='{NS['mam']}'><x xmlns='{NS['data']}' type='submit'><field var='FORM_TYPE'><value>urn:x</value></field></x></query>",
                f"<query xmlns='{NS['mam']}'><set xmlns='{NS['rsm']}'><after>a</after><before>b</before><max>1</max><max>2</max></set></query>",
                f"<query xmlns='{NS['mam']}'>" + f"<x xmlns='{NS['data']}' type='submit'/>" * 50 + "</query>",
                f"<prefs xmlns='{NS['mam']}' default='sometimes'/>",
                f"<prefs xmlns='{NS['mam']}' default='always'><always>{'<jid>x@localhost</jid>' * 3_000}</always></prefs>"):
        answer = await m.iq("set", xml)
        assert answer.get("type") == "error" or answer.find("mam:fin", NS) is not None or "prefs" in xml, ET.tostring(answer)
    assert wire.error_of(await m.iq("set", f"<prefs xmlns='{NS['mam']}' default='sometimes'/>")) == "bad-request"
