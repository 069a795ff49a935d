"""Communities (XEP-0503, docs/rooms.md): spaces of the service for pub-sub, whose rooms follow them."""

import rooms
from wire import NS, error_of

SERVICE = "pubsub.localhost"
PUBSUB = "http://jabber.org/protocol/pubsub"
SPACES = "urn:xmpp:spaces:0"


def address(node: str) -> str:
    return f"xmpp:{SERVICE}?;node={node}"


async def make_space(owner, access: str = "open", kind: str = SPACES) -> str:
    node = rooms.name("space").partition("@")[0]
    config = "".join(rooms.field(name, value) for name, value in {
        "FORM_TYPE": f"{PUBSUB}#node_config", "pubsub#type": kind, "pubsub#access_model": access,
        "pubsub#max_items": "max", "pubsub#persist_items": "1"}.items())
    form = f"<configure><x xmlns='{NS['data']}' type='submit'>{config}</x></configure>"
    await owner.result("set", f"<pubsub xmlns='{PUBSUB}'><create node='{node}'/>{form}</pubsub>", SERVICE)
    return node


async def put(owner, node: str, room: str, autojoin: str = "true") -> None:
    item = f"<item id='{room}'><conference xmlns='urn:xmpp:bookmarks:1' autojoin='{autojoin}'/></item>"
    await owner.result("set", f"<pubsub xmlns='{PUBSUB}'><publish node='{node}'>{item}</publish></pubsub>", SERVICE)


async def join(client, node: str) -> None:
    await client.result("set", f"<pubsub xmlns='{PUBSUB}'><subscribe node='{node}' jid='{client.bare}'/></pubsub>", SERVICE)


async def leave(client, node: str) -> None:
    await client.result("set", f"<pubsub xmlns='{PUBSUB}'><unsubscribe node='{node}' jid='{client.bare}'/></pubsub>", SERVICE)


async def closed_room(owner, **more) -> str:
    return await rooms.create(owner, membersonly="1", publicroom="0", **more)


async def entered(client, *where: str) -> list[bool]:
    answers = [await rooms.enter(client, room, "guest") for room in where]
    return [answer.get("type") != "error" for answer in answers]


async def test_who_joins_a_community_is_in_its_rooms_and_who_leaves_it_in_none(server):
    alice, bob, mallory = await server.people("alice", "bob", "mallory")
    a, b, m = [await server.login(person) for person in (alice, bob, mallory)]
    node = await make_space(a)
    space = address(node)
    first, second, optional = [await closed_room(a, pubsub=space) for _ in range(3)]
    # Neither side alone makes a room one of the community.
    unwilling, intruder = await closed_room(m), await closed_room(m, pubsub=space)
    for room, autojoin in [(first, "true"), (second, "true"), (optional, "false"), (unwilling, "true")]:
        await put(a, node, room, autojoin)
    everywhere = (first, second, optional, unwilling, intruder)

    assert await entered(b, *everywhere) == [False] * 5
    await join(b, node)
    assert await entered(b, *everywhere) == [True, True, False, False, False]
    await rooms.affiliate(a, optional, b.bare, "member")
    info = await b.result("get", f"<query xmlns='{NS['disco']}'/>", first)
    features = {feature.get("var") for feature in info.iter(f"{{{NS['disco']}}}feature")}
    fields = {field.get("var"): field.findtext("data:value", None, NS) for field in info.iter(f"{{{NS['data']}}}field")}
    assert SPACES in features and fields["parent"] == fields["muc#roomconfig_pubsub"] == space
    await leave(b, node)
    for room in (first, second):
        assert "321" in rooms.codes(await b.expect(f"presence[@from='{room}/guest'][@type='unavailable']"))
    assert await entered(b, *everywhere) == [False] * 5


async def test_a_room_that_comes_to_a_community_takes_in_whoever_is_there(server):
    alice, bob, carol, mallory = await server.people("alice", "bob", "carol", "mallory")
    a, b, c, m = [await server.login(person) for person in (alice, bob, carol, mallory)]
    node = await make_space(a, "authorize")
    await join(b, node)
    await a.expect(f"message[@from='{SERVICE}']/data:x")
    await join(c, node)
    described = await c.result("get", f"<query xmlns='{NS['disco']}' node='{node}'/>", SERVICE)
    assert described.findtext(".//data:field[@var='pubsub#num_subscribers']/data:value", None, NS) == "0"
    grant = f"<subscriptions node='{node}'><subscription jid='{b.bare}' subscription='subscribed'/></subscriptions>"
    await a.result("set", f"<pubsub xmlns='{PUBSUB}#owner'>{grant}</pubsub>", SERVICE)

    later, optional, unwilling = await closed_room(a, pubsub=address(node)), await closed_room(a, pubsub=address(node)), await closed_room(m)
    await rooms.affiliate(a, later, b.bare, "none")
    await put(a, node, later)
    # Who hears of the room finds it open.
    await b.expect(f"message[@from='{SERVICE}']/pubsub:event/pubsub:items/pubsub:item[@id='{later}']")
    assert await entered(b, later) == [True]
    await put(a, node, optional, "false")
    await put(a, node, unwilling)
    assert await entered(b, later, optional, unwilling) == [True, False, False]
    # Who only asked to come in is not in it.
    assert await entered(c, later, optional, unwilling) == [False, False, False]


async def test_a_banned_person_does_not_come_back_with_the_community(server):
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    node = await make_space(a)
    await join(b, node)
    room = await closed_room(a, pubsub=address(node))
    await rooms.affiliate(a, room, b.bare, "outcast")
    await put(a, node, room)
    refused = await rooms.enter(b, room, "guest")
    assert error_of(refused) == "item-not-found"  # hidden, and so as if it were not there


async def test_nodes_are_listed_by_their_types(server):
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    space, feed, plain = await make_space(a), await make_space(a, kind="urn:example:feed"), await make_space(a, kind="")
    info = await b.result("get", f"<query xmlns='{NS['disco']}'/>", SERVICE)
    assert "urn:xmpp:pubsub-filter:0" in {one.get("var") for one in info.iter(f"{{{NS['disco']}}}feature")}

    def query(**fields: list[str]) -> str:
        form = rooms.field("FORM_TYPE", "urn:xmpp:pubsub-filter:0") + "".join(rooms.field(f"{name}-types", types) for name, types in fields.items())
        return ("<query xmlns='http://jabber.org/protocol/disco#items'><filter xmlns='urn:xmpp:pubsub-filter:0'>"
                f"<x xmlns='{NS['data']}' type='submit'>{form}</x></filter></query>")

    async def listed(**fields: list[str]) -> set[str]:
        answer = await b.result("get", query(**fields), SERVICE)
        return {item.get("node") for item in answer.iter("{http://jabber.org/protocol/disco#items}item")} & {space, feed, plain}

    assert await listed() == {space, feed, plain}
    assert await listed(included=[SPACES]) == {space}
    assert await listed(included=[SPACES, ""]) == {space, plain}
    assert await listed(excluded=["urn:example:feed"]) == {space, plain}
    assert error_of(await b.iq("get", query(included=[SPACES], excluded=[""]), SERVICE)) == "bad-request"
