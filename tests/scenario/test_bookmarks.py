"""Bookmarks in three dialects (XEP-0402, 0048, 0049, 0411), and private XML."""

import pytest
from test_published import EVENT, PRIVATE, PUBSUB, ids, items, publish, specific, wants
from wire import error_of

NEW, OLD, XML = "urn:xmpp:bookmarks:1", "storage:bookmarks", "jabber:iq:private"
ROOM, OTHER = "theplay@rooms.example", "orchard@rooms.example"


def bookmark(name: str, more: str = "") -> str:
    return f"<conference xmlns='{NEW}' name='{name}' autojoin='true'><nick>JC</nick>{more}</conference>"


async def private(client):
    answer = await client.result("get", f"<query xmlns='{XML}'><storage xmlns='{OLD}'/></query>")
    return {one.get("jid"): one for one in answer.iter(f"{{{OLD}}}conference")}


async def set_private(client, rooms: str):
    return await client.iq("set", f"<query xmlns='{XML}'><storage xmlns='{OLD}'>{rooms}</storage></query>")


async def test_a_new_bookmark_is_in_the_old_lists(server):
    [alice] = await server.people("alice")
    a, other = await server.login(alice), await server.login(alice)
    await wants(other, OLD, NEW)
    await publish(a, NEW, bookmark("The Play"), id=ROOM, **PRIVATE)
    for node in (NEW, OLD):
        await other.expect(EVENT.format(node))
    await publish(a, NEW, bookmark("The Orchard"), id=OTHER, **PRIVATE)
    rooms = await private(a)
    assert {jid: one.get("name") for jid, one in rooms.items()} == {ROOM: "The Play", OTHER: "The Orchard"}
    assert rooms[ROOM].findtext(f"{{{OLD}}}nick") == "JC" and rooms[ROOM].get("autojoin") == "true"
    await a.result("set", f"<pubsub xmlns='{PUBSUB}'><retract node='{NEW}' notify='true'><item id='{ROOM}'/></retract></pubsub>")
    assert list(await private(a)) == [OTHER]


@pytest.mark.parametrize("dialect", ["private XML", "one list"])
async def test_an_old_list_makes_new_bookmarks(server, dialect):
    [alice] = await server.people("alice")
    a, other = await server.login(alice), await server.login(alice)
    extensions = "<extensions><state xmlns='http://myclient.example/bookmark/state' minimized='true'/></extensions>"
    await publish(a, NEW, bookmark("The Play", extensions), id=ROOM, **PRIVATE)
    await publish(a, NEW, bookmark("The Orchard"), id=OTHER, **PRIVATE)
    await wants(other, NEW)
    await other.settle()
    rooms = f"<url name='x' url='http://x/'/><conference jid='{ROOM}' name='Changed' autojoin='1'><nick>JC</nick></conference><conference jid='third@rooms.example'/>"
    if dialect == "private XML":
        assert (await set_private(a, rooms)).get("type") == "result"
    else:
        assert (await publish(a, OLD, f"<storage xmlns='{OLD}'>{rooms}</storage>", **PRIVATE)).get("type") in ("result", "error")
        if ids(await items(a, NEW)) == [ROOM, OTHER]:
            await publish(a, OLD, f"<storage xmlns='{OLD}'>{rooms}</storage>")
    answer = await items(a, NEW)
    found = {item.get("id"): item for item in answer.iter(f"{{{PUBSUB}}}item")}
    assert set(found) == {ROOM, "third@rooms.example"}
    assert found[ROOM].find(f"{{{NEW}}}conference").get("name") == "Changed"
    assert found[ROOM].find(f".//{{http://myclient.example/bookmark/state}}state") is not None, "extensions are kept"
    told = []
    while len(told) < 3:
        event = await other.expect(EVENT.format(NEW))
        told += [one.get("id") for one in event.iter() if one.get("id") and one.tag.endswith(("}item", "}retract"))]
    assert sorted(told) == sorted([ROOM, OTHER, "third@rooms.example"])


async def test_bookmarks_are_never_opened(server):
    [alice] = await server.people("alice")
    a = await server.login(alice)
    refused = await publish(a, NEW, bookmark("The Play"), id=ROOM, access_model="open")
    assert (error_of(refused), specific(refused)) == ("conflict", "precondition-not-met")
    assert error_of(await items(a, NEW)) == "item-not-found"
    # Without any options it is private all the same.
    await publish(a, NEW, bookmark("The Play"), id=ROOM)
    assert (await publish(a, NEW, bookmark("The Play"), id=ROOM, **PRIVATE)).get("type") == "result"


async def test_private_xml_is_kept_for_its_owner(server):
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    ask = f"<query xmlns='{XML}'><exodus xmlns='exodus:prefs'/></query>"
    assert len((await a.result("get", ask))[0][0]) == 0
    await a.result("set", f"<query xmlns='{XML}'><exodus xmlns='exodus:prefs'><defaultnick>Hamlet</defaultnick></exodus></query>")
    assert (await a.result("get", ask)).findtext(".//{exodus:prefs}defaultnick") == "Hamlet"
    assert len((await b.result("get", ask))[0][0]) == 0
    assert error_of(await b.iq("get", ask, a.bare)) == "service-unavailable"
    await a.result("set", f"<query xmlns='{XML}'><exodus xmlns='exodus:prefs'/></query>")
    assert len((await a.result("get", ask))[0][0]) == 0
    assert error_of(await a.iq("set", f"<query xmlns='{XML}'><query xmlns='jabber:iq:roster'/></query>")) == "not-acceptable"
    assert error_of(await a.iq("get", f"<query xmlns='{XML}'/>")) == "bad-request"


async def test_private_xml_is_bounded(own_server):
    server = own_server({"limits": {"private_xml_bytes": "2 KiB"}})
    [alice] = await server.people("alice")
    a = await server.login(alice)

    async def put(name: str, length: int):
        return await a.iq("set", f"<query xmlns='{XML}'><{name} xmlns='urn:x'>{'y' * length}</{name}></query>")

    assert (await put("one", 1_000)).get("type") == "result"
    assert error_of(await put("two", 1_100)) == "resource-constraint"
    assert (await put("one", 1_500)).get("type") == "result", "it takes the place of the old"
