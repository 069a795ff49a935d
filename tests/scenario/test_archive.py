"""The archive (XEP-0313, `urn:xmpp:mam:2#extended`): paging, filters, and what is kept."""

import xml.etree.ElementTree as ET

import pytest

import login
import wire
from login import new_id
from wire import NS, body_of


async def query(client, *, fields: dict | None = None, page: str = "", flip: bool = False, to: str | None = None):
    """One page: the results in the order they came, and `<fin/>`; or the error's condition."""
    id = new_id()
    form = ""
    if fields:
        inner = "".join(
            f"<field var='{var}'>" + "".join(f"<value>{value}</value>" for value in ([values] if isinstance(values, str) else values))
            + "</field>" for var, values in fields.items())
        form = (f"<x xmlns='{NS['data']}' type='submit'><field var='FORM_TYPE' type='hidden'>"
                f"<value>{NS['mam']}</value></field>{inner}</x>")
    rsm = f"<set xmlns='{NS['rsm']}'>{page}</set>" if page else ""
    flipped = "<flip-page/>" if flip else ""
    answer = await client.iq("set", f"<query xmlns='{NS['mam']}' queryid='{id}'>{form}{rsm}{flipped}</query>", to=to)
    results = []
    while (message := client.wire.take(f"message/mam:result[@queryid='{id}']")) is not None:
        results.append(message.find("mam:result", NS))
    if answer.get("type") == "error":
        return results, wire.error_of(answer)
    return results, answer.find("mam:fin", NS)


def bodies(results) -> list[str]:
    return [body_of(result.find("forward:forwarded/message", NS)) for result in results]


async def conversation(server, count: int):
    """Two sessions, and `count` messages from the first to the second, named m0, m1 …"""
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    for number in range(count):
        await a.message(b.bare, f"m{number}")
    for number in range(count):
        await b.expect_message(f"m{number}")
    return a, b


async def test_both_have_the_same_history_under_the_ids_they_saw_live(server):
    a, b = await conversation(server, 0)
    live = []
    for number in range(5):
        await a.message(b.bare, f"to b {number}")
        message = await b.expect_message(f"to b {number}")
        live.append(message.find("sid:stanza-id", NS).get("id"))
        await b.message(a.bare, f"to a {number}")
        await a.expect_message(f"to a {number}")
    of_a, fin = await query(a)
    of_b, _ = await query(b)
    assert bodies(of_a) == bodies(of_b) == [f"to {who} {number}" for number in range(5) for who in "ba"]
    assert [result.get("id") for result in of_b][::2] == live
    assert fin.get("complete") == "true"
    for result in of_a:
        assert result.find("forward:forwarded/delay:delay", NS).get("stamp").endswith("Z")


@pytest.mark.parametrize("size", [1, 7, 50])
async def test_pages_forward_and_backward_join_to_the_whole(server, size):
    a, b = await conversation(server, 30)
    whole = [f"m{number}" for number in range(30)]
    forward, after, complete = [], "", False
    while not complete:
        results, fin = await query(b, page=f"<max>{size}</max>{after}")
        forward += bodies(results)
        complete = fin.get("complete") == "true"
        after = f"<after>{fin.findtext('rsm:set/rsm:last', '', NS)}</after>"
        assert len(results) <= size
    assert forward == whole
    backward, before, complete = [], "<before/>", False
    while not complete:
        results, fin = await query(b, page=f"<max>{size}</max>{before}")
        backward = bodies(results) + backward
        complete = fin.get("complete") == "true"
        before = f"<before>{fin.findtext('rsm:set/rsm:first', '', NS)}</before>"
    assert backward == whole


async def test_a_flipped_page_has_the_same_messages_in_reverse(server):
    _, b = await conversation(server, 10)
    page = "<max>4</max><before/>"
    straight, fin = await query(b, page=page)
    flipped, flipped_fin = await query(b, page=page, flip=True)
    assert bodies(flipped) == bodies(straight)[::-1] == ["m9", "m8", "m7", "m6"]
    assert ET.tostring(fin.find("rsm:set", NS)) == ET.tostring(flipped_fin.find("rsm:set", NS))


async def test_zero_messages_may_be_asked_for_to_learn_the_count(server):
    _, b = await conversation(server, 3)
    results, fin = await query(b, page="<max>0</max>")
    assert results == [] and fin.findtext("rsm:set/rsm:count", None, NS) == "3"


async def test_filters_by_person_time_and_ids(server):
    a, b = await conversation(server, 6)
    [carol] = await server.people("carol")
    c = await server.login(carol)
    await c.message(b.bare, "from carol")
    await b.expect_message("from carol")
    results, _ = await query(b, fields={"with": c.bare})
    assert bodies(results) == ["from carol"]
    results, _ = await query(b, fields={"with": a.bare})
    ids = [result.get("id") for result in results]
    stamps = [result.find("forward:forwarded/delay:delay", NS).get("stamp") for result in results]
    assert bodies(results) == [f"m{number}" for number in range(6)]
    for fields, expected in [
        ({"after-id": ids[1], "before-id": ids[4]}, ["m2", "m3"]),
        ({"ids": [ids[5], ids[0]]}, ["m0", "m5"]),
        ({"start": stamps[0], "end": stamps[5], "with": a.bare}, [f"m{number}" for number in range(6)]),
        ({"end": "2001-01-01T00:00:00Z"}, []),
        ({"with": a.jid}, [f"m{number}" for number in range(6)]),
    ]:
        results, _ = await query(b, fields=fields)
        assert sorted(bodies(results)) == expected, fields


async def test_an_unknown_id_is_not_found_and_not_guessed(server):
    _, b = await conversation(server, 2)
    for page in ("<after>no-such-id</after>", "<before>no-such-id</before>"):
        assert (await query(b, page=page))[1] == "item-not-found"


async def test_the_form_names_its_fields(server):
    [alice] = await server.people("alice")
    a = await server.login(alice)
    answer = await a.result("get", f"<query xmlns='{NS['mam']}'/>")
    names = {field.get("var") for field in answer.iter(f"{{{NS['data']}}}field")}
    assert names >= {"with", "start", "end", "before-id", "after-id", "ids"}


async def test_metadata_names_the_first_and_the_last(server):
    _, b = await conversation(server, 3)
    results, _ = await query(b)
    answer = await b.result("get", f"<metadata xmlns='{NS['mam']}'/>")
    metadata = answer.find("mam:metadata", NS)
    assert metadata.find("mam:start", NS).get("id") == results[0].get("id")
    assert metadata.find("mam:end", NS).get("id") == results[-1].get("id")


async def test_what_is_not_kept(server):
    a, b = await conversation(server, 0)
    await a.send(f"<message xmlns='jabber:client' to='{b.jid}' type='chat'><composing xmlns='{NS['chatstates']}'/></message>")
    await a.message(b.jid, "no-store", more="<no-store xmlns='urn:xmpp:hints'/>")
    await a.message(b.jid, "a headline", type="headline")
    await a.message(b.jid, "kept")
    await b.expect_message("kept")
    for client in (a, b):
        results, _ = await query(client)
        assert bodies(results) == ["kept"]


async def test_receipts_markers_corrections_and_reactions_are_kept(server):
    a, b = await conversation(server, 1)
    # Strangers would get no receipt.
    await login.befriend(a, b)
    for payload in ("<received xmlns='urn:xmpp:receipts' id='x'/>", "<displayed xmlns='urn:xmpp:chat-markers:0' id='x'/>",
                    "<replace xmlns='urn:xmpp:message-correct:0' id='x'/><body>corrected</body>",
                    "<reactions xmlns='urn:xmpp:reactions:0' id='x'><reaction>👍</reaction></reactions>"
                    "<store xmlns='urn:xmpp:hints'/>"):
        await b.send(f"<message xmlns='jabber:client' to='{a.bare}' type='chat' id='{new_id()}'>{payload}</message>")
    await b.settle()
    results, _ = await query(a)
    assert len(results) == 5


async def test_a_retracted_message_is_a_tombstone_in_both_archives(server):
    a, b = await conversation(server, 0)
    id = await a.message(b.bare, "regretted")
    await b.expect_message("regretted")
    await a.send(f"<message xmlns='jabber:client' to='{b.bare}' type='chat' id='{new_id()}'>"
                 f"<retract xmlns='urn:xmpp:message-retract:1' id='{id}'/>"
                 "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:message-retract:1'/>"
                 "<body>retracted a message</body><store xmlns='urn:xmpp:hints'/></message>")
    await b.expect_message("retracted a message")
    for client in (a, b):
        results, _ = await query(client)
        text = "".join(ET.tostring(result, encoding="unicode") for result in results)
        assert "regretted" not in text
        tombstones = [result for result in results
                      if result.find("forward:forwarded/message/{urn:xmpp:message-retract:1}retracted", NS) is not None]
        assert len(tombstones) == 1


@pytest.mark.parametrize("text, words", [
    ("The quick brown fox", "brown"), ("明天下午三点开会", "开会"), ("明天下午三点开会", "下午"), ("Привет, мир", "мир")])
async def test_full_text_search_finds_words_of_any_script(server, text, words):
    a, b = await conversation(server, 2)
    await a.message(b.bare, text)
    await b.expect_message(text)
    results, _ = await query(b, fields={"{urn:xmpp:fulltext:0}fulltext": words})
    assert bodies(results) == [text]
    results, _ = await query(b, fields={"{urn:xmpp:fulltext:0}fulltext": "absent"})
    assert bodies(results) == []


async def test_preferences_switch_the_archive_off_for_a_person(server):
    a, b = await conversation(server, 0)
    await b.result("set", f"<prefs xmlns='{NS['mam']}' default='always'><always/><never><jid>{a.bare}</jid></never></prefs>")
    await a.message(b.jid, "not for the archive of b")
    await b.expect_message("not for the archive of b")
    assert bodies((await query(b))[0]) == []
    assert bodies((await query(a))[0]) == ["not for the archive of b"]


async def test_disco_names_the_archive_on_the_account_and_the_domain(server):
    [alice] = await server.people("alice")
    a = await server.login(alice)
    for target in (a.bare, "localhost"):
        answer = await a.result("get", f"<query xmlns='{NS['disco']}'/>", to=target)
        features = {feature.get("var") for feature in answer.iterfind("disco:query/disco:feature", NS)}
        assert features >= {NS["mam"], NS["mam"] + "#extended", NS["sid"]}, (target, features)


async def test_the_archive_survives_a_crash_with_every_id_that_anybody_saw(own_server):
    server = own_server()
    a, b = await conversation(server, 20)
    results, _ = await query(b)
    server.kill()
    server.start()
    b = await server.login(b.account)
    again, _ = await query(b)
    assert [result.get("id") for result in again] == [result.get("id") for result in results]
