"""Where other servers tripped and real clients broke: each test names the client or the server of whose issue it is."""

import pytest

import login
import wire
from test_archive import query
from test_published import PUBSUB, items, publish
from wire import NS


@pytest.mark.parametrize("header", [{}, {"from": "{self}"}, {"from": "somebody-else@localhost"}])
async def test_sasl2_does_not_need_a_from_in_the_header(server, header):
    """fluux-messenger 348. Nor does it believe one."""
    [alice] = await server.people("alice")
    door = await server.starttls()
    await door.open(**{name: value.format(self=alice.jid) for name, value in header.items()})
    success = await login.sasl2(door, alice, inline=f"<bind xmlns='{NS['bind2']}'/>")
    assert success.findtext("sasl2:authorization-identifier", "", NS).startswith(alice.jid + "/")


async def test_archive_and_publishing_are_found_on_the_account_and_on_the_domain(server):
    """fluux-messenger 561, profanity 2202."""
    [alice] = await server.people("alice")
    a = await server.login(alice)
    for to in (None, alice.jid, "localhost"):
        info = await a.result("get", f"<query xmlns='{NS['disco']}'/>", to=to)
        features = {feature.get("var") for feature in info.iterfind("disco:query/disco:feature", NS)}
        assert {"urn:xmpp:mam:2", "urn:xmpp:mam:2#extended"} <= features, to
        assert any(feature.startswith(PUBSUB) for feature in features), to


@pytest.mark.parametrize("door", ["starttls", "direct-tls"])
async def test_tls_unique_is_never_promised(server, door):
    """ProcessOne xmpp 78: it does not exist on TLS 1.3."""
    features = await (await server.door(door)).open()
    assert "tls-unique" not in wire.ET.tostring(features, encoding="unicode")


@pytest.mark.parametrize("flag", ["n", "y"])
async def test_behind_a_proxy_that_ends_tls_nothing_is_bound_and_a_client_that_could_comes_in(server, flag):
    """ejabberd 4322: what the proxy's TLS has, the server does not see."""
    [alice] = await server.people("alice")
    door = await server.websocket({"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"})
    features = await door.open()
    offered = login.mechanisms(features) + login.mechanisms2(features)
    assert offered and not [mechanism for mechanism in offered if "PLUS" in mechanism or "ENDP" in mechanism or "EXPR" in mechanism]
    await login.sasl1(door, alice, flag=flag)


async def test_a_page_of_nothing_tells_the_count_and_whether_there_is_more(server):
    """ejabberd 3644: nbxmpp wants `<set/>` with a count and to know whether the archive is complete."""
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    _, fin = await query(a, page="<max>0</max>")
    assert fin.get("complete") == "true" and fin.findtext("rsm:set/rsm:count", None, NS) == "0"
    for number in range(3):
        await a.message(bob.jid, f"m{number}")
    await a.settle()
    results, fin = await query(a, page="<max>0</max>")
    assert results == [] and fin.findtext("rsm:set/rsm:count", None, NS) == "3"
    assert fin.get("complete") in (None, "false")
    # Without any size the server chooses one; without bounds the page begins at the beginning.
    results, fin = await query(a, page="")
    assert len(results) == 3 and fin.get("complete") == "true"
    assert fin.find("rsm:set/rsm:first", NS).get("index") == "0"


async def test_as_many_items_as_may_be_is_understood_and_announced(server):
    """profanity 1496: `max` only where `config-node-max` is announced."""
    [alice] = await server.people("alice")
    a = await server.login(alice)
    info = await a.result("get", f"<query xmlns='{NS['disco']}'/>", to=alice.jid)
    assert info.find(f"disco:query/disco:feature[@var='{PUBSUB}#config-node-max']", NS) is not None
    node = "urn:test:max"
    for number in range(3):
        answer = await publish(a, node, f"<x xmlns='urn:test'>{number}</x>", id=str(number), persist_items="true", max_items="max")
        assert answer.get("type") == "result"
    kept = [item.get("id") for item in (await items(a, node)).iter(f"{{{PUBSUB}}}item")]
    assert sorted(kept) == ["0", "1", "2"]


async def test_a_precondition_that_does_not_hold_is_never_passed_over(server):
    """ejabberd 4533."""
    [alice] = await server.people("alice")
    a = await server.login(alice)
    node = "urn:test:precondition"
    await publish(a, node, "<x xmlns='urn:test'/>", access_model="presence")
    answer = await publish(a, node, "<x xmlns='urn:test'>secret</x>", access_model="whitelist")
    assert wire.error_of(answer) == "conflict"
    assert "precondition-not-met" in wire.ET.tostring(answer, encoding="unicode")
    kept = await items(a, node)
    assert "secret" not in wire.ET.tostring(kept, encoding="unicode")


async def test_one_message_has_one_id_live_in_the_copy_in_the_archive_and_when_it_waited(server):
    """ejabberd 4544."""
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    copies = await server.login(bob, carbons=True)
    await a.message(b.jid, "one id")
    live = (await b.expect_message("one id")).find("sid:stanza-id", NS).get("id")
    copy = (await copies.expect("message/carbons:received")).find("carbons:received/forward:forwarded/message/sid:stanza-id", NS)
    assert copy is None or copy.get("id") == live
    results, _ = await query(b)
    assert [result.get("id") for result in results] == [live]
    for session in (b, copies):
        await session.leave()
    await a.message(bob.jid, "waits")
    await a.settle()
    b = await server.login(bob)
    waited = (await b.expect_message("waits")).find("sid:stanza-id", NS).get("id")
    results, _ = await query(b)
    assert [result.get("id") for result in results] == [live, waited]
