"""The publish-subscribe service (XEP-0060) at `pubsub.localhost`, and what accounts allow others."""

import asyncio

import login
from test_published import (ERRORS, EVENT, OWNER, PUBSUB, TUNE, ids, items, options, pair, publish, specific, wants)
from wire import NS, error_of

SERVICE = "pubsub.localhost"
CONFIG = PUBSUB + "#node_config"
OLD_EVENT = "message/pubsub:event/pubsub:items[@node='{}']"


async def create(client, node: str | None = None, to: str | None = SERVICE, **config):
    name = f" node='{node}'" if node else ""
    form = f"<configure>{options(config, CONFIG)}</configure>" if config else ""
    return await client.iq("set", f"<pubsub xmlns='{PUBSUB}'><create{name}/>{form}</pubsub>", to)


async def subscribe(client, node: str, jid: str | None = None, to: str | None = SERVICE, more: str = ""):
    return await client.iq("set", f"<pubsub xmlns='{PUBSUB}'><subscribe node='{node}' jid='{jid or client.bare}'/>{more}</pubsub>", to)


async def unsubscribe(client, node: str, jid: str | None = None, to: str | None = SERVICE):
    return await client.iq("set", f"<pubsub xmlns='{PUBSUB}'><unsubscribe node='{node}' jid='{jid or client.bare}'/></pubsub>", to)


async def own(client, request: str, to: str | None = SERVICE, type: str = "set"):
    return await client.iq(type, f"<pubsub xmlns='{OWNER}'>{request}</pubsub>", to)


def state(answer) -> str:
    return answer.find(f"{{{PUBSUB}}}pubsub/{{{PUBSUB}}}subscription").get("subscription")


async def people(server, *names):
    return [await server.login(account) for account in await server.people(*names)]


async def test_a_node_is_made_found_published_to_and_heard(server):
    a, b = await people(server, "alice", "bob")
    node = f"news-{a.account.name}"
    assert (await create(a, node, title="News", max_items="3")).get("type") == "result"
    assert error_of(await create(b, node)) == "conflict"
    info = (await b.result("get", f"<query xmlns='{NS['disco']}'/>", SERVICE)).find("disco:query", NS)
    assert [identity.get("type") for identity in info.iterfind("disco:identity", NS)] == ["service"]
    listed = (await b.result("get", f"<query xmlns='{NS['items']}'/>", SERVICE)).find("items:query", NS)
    assert node in [item.get("node") for item in listed]
    info = (await b.result("get", f"<query xmlns='{NS['disco']}' node='{node}'/>", SERVICE)).find("disco:query", NS)
    assert info.find("disco:identity", NS).get("type") == "leaf"
    values = {field.get("var"): [value.text for value in field] for field in info.iter(f"{{{NS['data']}}}field")}
    assert values["pubsub#owner"] == [a.bare] and values["pubsub#title"] == ["News"]
    assert state(await subscribe(b, node)) == "subscribed"
    for id in ("1", "2", "3", "4"):
        await publish(a, node, f"<entry xmlns='urn:e'>{id}</entry>", id=id, to=SERVICE)
        event = await b.expect(OLD_EVENT.format(node))
        item = event.find("pubsub:event/pubsub:items/pubsub:item", NS)
        assert (event.get("from"), item.get("id"), item.get("publisher")) == (SERVICE, id, a.bare)
    assert ids(await items(b, node, SERVICE)) == ["2", "3", "4"]
    await unsubscribe(b, node)
    await publish(a, node, "<entry xmlns='urn:e'/>", id="5", to=SERVICE)
    await b.quiet(OLD_EVENT.format(node), via=a)
    assert error_of(await unsubscribe(b, node)) == "unexpected-request"


async def test_items_come_in_pages(server):
    [a] = await people(server, "alice")
    node = f"pages-{a.account.name}"
    await create(a, node)
    for number in range(10):
        await publish(a, node, "<entry xmlns='urn:e'/>", id=f"i{number}", to=SERVICE)

    async def page(inner: str):
        answer = await a.result("get", f"<pubsub xmlns='{PUBSUB}'><items node='{node}'/><set xmlns='{NS['rsm']}'>{inner}</set></pubsub>", SERVICE)
        found = answer.find(f"{{{PUBSUB}}}pubsub/rsm:set", NS)
        return ids(answer), found.findtext("rsm:count", None, NS), found.findtext("rsm:last", None, NS)

    assert await page("<max>4</max>") == (["i0", "i1", "i2", "i3"], "10", "i3")
    assert await page("<max>4</max><after>i3</after>") == (["i4", "i5", "i6", "i7"], "10", "i7")
    assert await page("<max>3</max><before/>") == (["i7", "i8", "i9"], "10", "i9")
    assert await page("<max>0</max>") == ([], "10", None)
    assert error_of(await a.iq("get", f"<pubsub xmlns='{PUBSUB}'><items node='{node}'/><set xmlns='{NS['rsm']}'><after>none</after></set></pubsub>", SERVICE)) == "item-not-found"


async def test_who_asks_to_subscribe_waits_for_the_owner(server):
    a, b, c = await people(server, "alice", "bob", "carol")
    node = f"club-{a.account.name}"
    await create(a, node, access_model="authorize")
    await publish(a, node, "<entry xmlns='urn:e'/>", id="1", to=SERVICE)
    assert specific(await items(b, node, SERVICE)) == "not-subscribed"
    assert state(await subscribe(b, node)) == "pending"
    assert specific(await subscribe(b, node)) == "pending-subscription"
    question = await a.expect("message/data:x[@type='form']")
    assert question.get("from") == SERVICE
    form = options({"node": node, "subscriber_jid": b.bare, "allow": "true"}, PUBSUB + "#subscribe_authorization")
    # Nobody but the owner answers.
    await c.send(f"<message to='{SERVICE}' id='x'>{form}</message>")
    await c.settle()
    assert specific(await items(b, node, SERVICE)) == "pending-subscription"
    await a.send(f"<message to='{SERVICE}' id='{question.get('id')}'>{form}</message>")
    news = await b.expect("message/pubsub:event/pubsub:subscription")
    assert news.find("pubsub:event/pubsub:subscription", NS).get("subscription") == "subscribed"
    assert ids(await items(b, node, SERVICE)) == ["1"]
    # The owner may also do it by a list, and send people away.
    assert state(await subscribe(c, node)) == "pending"
    await own(a, f"<subscriptions node='{node}'><subscription jid='{c.bare}' subscription='subscribed'/><subscription jid='{b.bare}' subscription='none'/></subscriptions>")
    assert ids(await items(c, node, SERVICE)) == ["1"]
    assert specific(await items(b, node, SERVICE)) == "not-subscribed"
    listed = await own(a, f"<subscriptions node='{node}'/>", type="get")
    assert [one.get("jid") for one in listed.iter(f"{{{OWNER}}}subscription")] == [c.bare]


async def test_affiliations_decide_who_reads_and_writes(server):
    a, b, c = await people(server, "alice", "bob", "carol")
    node = f"desk-{a.account.name}"
    await create(a, node, access_model="whitelist")
    entry = "<entry xmlns='urn:e'/>"
    assert error_of(await publish(b, node, entry, to=SERVICE)) == "forbidden"
    assert specific(await items(b, node, SERVICE)) == "closed-node"
    changed = f"<affiliation jid='{b.bare}' affiliation='publisher'/><affiliation jid='{c.bare}' affiliation='member'/>"
    assert (await own(a, f"<affiliations node='{node}'>{changed}</affiliations>")).get("type") == "result"
    assert (await publish(b, node, entry, id="b", to=SERVICE)).get("type") == "result"
    assert ids(await items(c, node, SERVICE)) == ["b"]
    assert error_of(await publish(c, node, entry, to=SERVICE)) == "forbidden"
    # A publisher takes back what is its own, an owner anything.
    await publish(a, node, entry, id="a", to=SERVICE)
    retract = f"<pubsub xmlns='{PUBSUB}'><retract node='{node}'><item id='{{}}'/></retract></pubsub>"
    assert error_of(await b.iq("set", retract.format("a"), SERVICE)) == "forbidden"
    assert (await b.iq("set", retract.format("b"), SERVICE)).get("type") == "result"
    mine = await b.result("get", f"<pubsub xmlns='{PUBSUB}'><affiliations/></pubsub>", SERVICE)
    assert [(one.get("node"), one.get("affiliation")) for one in mine.iter(f"{{{PUBSUB}}}affiliation")] == [(node, "publisher")]
    # A node keeps an owner, and a refused list changes nothing.
    refused = await own(a, f"<affiliations node='{node}'><affiliation jid='{c.bare}' affiliation='none'/><affiliation jid='{a.bare}' affiliation='none'/></affiliations>")
    assert error_of(refused) == "not-acceptable"
    assert ids(await items(c, node, SERVICE)) == ["a"]
    await subscribe(c, node)
    await c.expect(OLD_EVENT.format(node))
    await own(a, f"<affiliations node='{node}'><affiliation jid='{c.bare}' affiliation='outcast'/></affiliations>")
    assert error_of(await items(c, node, SERVICE)) == "forbidden"
    await publish(a, node, entry, id="z", to=SERVICE)
    await c.quiet(OLD_EVENT.format(node), via=a)


async def test_subscriptions_have_options_and_lists(server):
    a, b = await people(server, "alice", "bob")
    node = f"options-{a.account.name}"
    await create(a, node)
    await publish(a, node, "<entry xmlns='urn:e'/>", id="old", to=SERVICE)
    # Whoever subscribes is given the last item.
    await subscribe(b, node, jid=b.jid)
    assert (await b.expect(OLD_EVENT.format(node))).get("to") == b.jid
    listed = await b.result("get", f"<pubsub xmlns='{PUBSUB}'><subscriptions/></pubsub>", SERVICE)
    assert [(one.get("node"), one.get("jid")) for one in listed.iter(f"{{{PUBSUB}}}subscription")] == [(node, b.jid)]
    ask = f"<pubsub xmlns='{PUBSUB}'><options node='{node}' jid='{b.jid}'>{{}}</options></pubsub>"
    assert (await b.result("get", ask.format(""), SERVICE)).findtext(".//data:value", None, NS) is not None
    form = options({"deliver": "0"}, PUBSUB + "#subscribe_options")
    await b.result("set", ask.format(form), SERVICE)
    await publish(a, node, "<entry xmlns='urn:e'/>", id="unheard", to=SERVICE)
    await b.quiet(OLD_EVENT.format(node), via=a)
    refused = await b.iq("set", ask.format(options({"deliver": "maybe"}, PUBSUB + "#subscribe_options")), SERVICE)
    assert specific(refused) == "invalid-options"


async def test_messages_of_type_normal_wait_for_who_is_away(server):
    a, b = await people(server, "alice", "bob")
    node = f"letters-{a.account.name}"
    await create(a, node, notification_type="normal")
    await subscribe(b, node)
    await b.leave()
    await publish(a, node, "<entry xmlns='urn:e'/>", id="letter", to=SERVICE)
    again = await server.login(b.account)
    event = await again.expect(OLD_EVENT.format(node))
    assert event.find("pubsub:event/pubsub:items/pubsub:item", NS).get("id") == "letter"


async def test_nodes_are_emptied_configured_and_removed(server):
    a, b = await people(server, "alice", "bob")
    answer = await create(a)
    node = answer.find(f"{{{PUBSUB}}}pubsub/{{{PUBSUB}}}create").get("node")
    await own(a, f"<configure node='{node}'>{options({'notify_config': '1', 'title': 'T', 'publish_model': 'open'}, CONFIG)}</configure>")
    await subscribe(b, node)
    assert (await publish(b, node, "<entry xmlns='urn:e'/>", id="1", to=SERVICE)).get("type") == "result"
    await own(a, f"<configure node='{node}'>{options({'title': 'New'}, CONFIG)}</configure>")
    await b.expect("message/pubsub:event/pubsub:configuration")
    form = await own(a, f"<configure node='{node}'/>", type="get")
    values = {field.get("var"): field.findtext("data:value", None, NS) for field in form.iter(f"{{{NS['data']}}}field")}
    assert (values["pubsub#title"], values["pubsub#publish_model"], values["pubsub#max_items"]) == ("New", "open", "max")
    await own(a, f"<purge node='{node}'/>")
    await b.expect(f"message/pubsub:event/pubsub:purge[@node='{node}']")
    assert ids(await items(b, node, SERVICE)) == []
    await own(a, f"<delete node='{node}'><redirect uri='xmpp:elsewhere'/></delete>")
    gone = await b.expect("message/pubsub:event/pubsub:delete")
    assert gone.find("pubsub:event/pubsub:delete/pubsub:redirect", NS).get("uri") == "xmpp:elsewhere"
    assert error_of(await items(b, node, SERVICE)) == "item-not-found"


async def test_stories_are_gone_when_their_time_has_come(server):
    a, b = await pair(server)
    stories = "urn:xmpp:pubsub-social-feed:stories:0"
    await wants(b, stories)
    await publish(a, stories, "<entry xmlns='http://www.w3.org/2005/Atom'/>", id="s1", type=stories, item_expire="2", max_items="max")
    await b.expect(EVENT.format(stories))
    assert ids(await items(b, stories, a.bare)) == ["s1"]
    async with asyncio.timeout(20):
        while ids(await items(b, stories, a.bare)):
            await asyncio.sleep(0.2)
    # A form that names another time makes another time.
    await publish(a, stories, "<entry xmlns='http://www.w3.org/2005/Atom'/>", id="s2")
    await own(a, f"<configure node='{stories}'>{options({'item_expire': '86400'}, CONFIG)}</configure>", to=None)
    assert ids(await items(b, stories, a.bare)) == ["s2"]


async def test_keys_for_omemo_are_read_by_strangers_and_changed_by_their_owner_alone(server):
    a, b = await people(server, "alice", "bob")
    devices, bundle = "eu.siacs.conversations.axolotl.devicelist", "eu.siacs.conversations.axolotl.bundles:31415"
    keys = "<bundle xmlns='eu.siacs.conversations.axolotl'><signedPreKeyPublic signedPreKeyId='1'>AAAA</signedPreKeyPublic></bundle>"
    listed = "<list xmlns='eu.siacs.conversations.axolotl'><device id='31415'/></list>"
    for node, payload in ((devices, listed), (bundle, keys)):
        assert (await publish(a, node, payload, access_model="open", persist_items="true")).get("type") == "result"
    # Once more, as each start of a client does.
    assert (await publish(a, devices, listed, access_model="open", persist_items="true")).get("type") == "result"
    assert ids(await items(b, devices, a.bare)) == ["current"]
    assert ids(await items(b, bundle, a.bare, more=" max_items='1'")) == ["current"]
    assert (await publish(b, devices, listed, to=a.bare)).get("type") == "error"
    # omemo:2: all bundles are items of one node.
    two = "urn:xmpp:omemo:2:bundles"
    for id in ("1", "2", "3"):
        await publish(a, two, "<bundle xmlns='urn:xmpp:omemo:2'/>", id=id, access_model="open", max_items="max")
    assert ids(await items(b, two, a.bare)) == ["1", "2", "3"]


async def test_a_node_for_one_group_of_the_roster(server):
    a, b = await pair(server)
    node = "urn:close"
    await wants(b, node)
    fields = {"access_model": "roster", "roster_groups_allowed": "Friends"}
    await publish(a, node, "<x xmlns='urn:x'/>", id="1", **fields)
    await b.quiet(EVENT.format(node), via=a)
    assert specific(await items(b, node, a.bare)) == "not-in-roster-group"
    await a.result("set", f"<query xmlns='{NS['roster']}'><item jid='{b.bare}'><group>Friends</group></item></query>")
    await publish(a, node, "<x xmlns='urn:x'/>", id="2")
    await b.expect(EVENT.format(node))
    assert ids(await items(b, node, a.bare)) == ["2"]


async def test_who_subscribes_to_an_open_node_of_a_stranger_hears_of_it(server):
    a, b = await people(server, "alice", "bob")
    await publish(a, "urn:blog", "<x xmlns='urn:x'/>", id="1", access_model="open")
    assert state(await subscribe(b, "urn:blog", to=a.bare)) == "subscribed"
    assert (await b.expect(EVENT.format("urn:blog"))).get("from") == a.bare
    await publish(a, "urn:blog", "<x xmlns='urn:x'/>", id="2")
    event = await b.expect(EVENT.format("urn:blog"))
    assert event.find("pubsub:event/pubsub:items/pubsub:item", NS).get("id") == "2"


async def test_replies_go_to_whom_the_node_says(server):
    a, b = await people(server, "alice", "bob")
    node = f"forum-{a.account.name}"
    await create(a, node, publish_model="open", itemreply="publisher")
    await subscribe(a, node)
    await publish(b, node, "<entry xmlns='urn:e'/>", id="1", to=SERVICE)
    event = await a.expect(OLD_EVENT.format(node))
    address = event.find("{http://jabber.org/protocol/address}addresses/{http://jabber.org/protocol/address}address")
    assert (address.get("type"), address.get("jid")) == ("replyto", b.bare)


async def test_nodes_survive_a_restart(own_server):
    server = own_server()
    a, b = await people(server, "alice", "bob")
    await create(a, "lasting")
    await subscribe(b, "lasting")
    await publish(a, "lasting", "<entry xmlns='urn:e'/>", id="1", to=SERVICE)
    for client in (a, b):
        await client.cut()
    server.restart()
    a, b = await server.login(a.account), await server.login(b.account)
    assert ids(await items(b, "lasting", SERVICE)) == ["1"]
    await publish(a, "lasting", "<entry xmlns='urn:e'/>", id="2", to=SERVICE)
    await b.expect(OLD_EVENT.format("lasting"))


async def test_bounds_are_those_of_the_configuration(own_server):
    server = own_server({"limits": {"pubsub_nodes": 16, "pubsub_items": 3, "pubsub_item_bytes": "1 KiB", "pubsub_bytes": "64 KiB"}})
    [a] = await people(server, "alice")
    for number in range(16):
        assert (await publish(a, f"n{number}", "<x xmlns='urn:x'/>")).get("type") == "result"
    assert specific(await publish(a, "n16", "<x xmlns='urn:x'/>")) == "max-nodes-exceeded"
    assert specific(await publish(a, "n1", f"<x xmlns='urn:x'>{'y' * 1024}</x>")) == "payload-too-big"
    await own(a, f"<configure node='n1'>{options({'max_items': 'max'}, CONFIG)}</configure>", to=None)
    for id in "abcde":
        await publish(a, "n1", "<x xmlns='urn:x'/>", id=id)
    assert ids(await items(a, "n1")) == ["c", "d", "e"]


async def test_what_an_account_publishes_is_found_by_those_who_may_read_it(server):
    a, b = await pair(server)
    [mallory] = await server.people("mallory")
    m = await server.login(mallory)
    await publish(a, TUNE, f"<tune xmlns='{TUNE}'/>", title="Songs")
    await publish(a, "urn:secret", "<x xmlns='urn:x'/>", access_model="whitelist")

    async def listed(client, more: str = ""):
        answer = await client.iq("get", f"<query xmlns='{NS['items']}'{more}/>", a.bare)
        return [(one.get("node"), one.get("name")) for one in answer.iter(f"{{{NS['items']}}}item")], answer

    assert (await listed(b))[0] == [(TUNE, "Songs")]
    assert {node for node, _ in (await listed(a))[0]} >= {TUNE, "urn:secret"}
    assert (await listed(b, f" node='{TUNE}'"))[0] == [(None, "current")]
    info = (await b.result("get", f"<query xmlns='{NS['disco']}' node='{TUNE}'/>", a.bare)).find("disco:query", NS)
    assert info.find("disco:identity", NS).get("type") == "leaf"
    for node in ("", " node='urn:secret'", f" node='{TUNE}'", " node='urn:missing'"):
        assert error_of((await listed(m, node))[1]) == "service-unavailable"
    hosts = await b.result("get", f"<query xmlns='{NS['items']}'/>", "localhost")
    assert SERVICE in [one.get("jid") for one in hosts.iter(f"{{{NS['items']}}}item")]


async def test_a_social_feed_is_written_read_in_pages_and_answered(server):
    """XEP-0472 and XEP-0277: Atom in a node of the account, a node for each entry's comments at the service."""
    a, b = await pair(server)
    await wants(b, "urn:xmpp:microblog:0")
    feed = {"access_model": "presence", "max_items": "max", "type": "urn:xmpp:microblog:0", "persist_items": "true"}
    for number in range(5):
        entry = (f"<entry xmlns='http://www.w3.org/2005/Atom'><title>Entry {number}</title><id>tag:{number}</id>"
                 "<published>2026-11-27T10:00:00Z</published></entry>")
        await publish(a, "urn:xmpp:microblog:0", entry, id=f"e{number}", **feed)
        await b.expect(EVENT.format("urn:xmpp:microblog:0"))
    page = await b.result("get", f"<pubsub xmlns='{PUBSUB}'><items node='urn:xmpp:microblog:0'/>"
                          "<set xmlns='http://jabber.org/protocol/rsm'><max>2</max><before/></set></pubsub>", a.bare)
    assert ids(page) == ["e3", "e4"] and page.find(".//rsm:set/rsm:count", NS).text == "5"
    info = await b.result("get", f"<query xmlns='{NS['disco']}' node='urn:xmpp:microblog:0'/>", a.bare)
    fields = {field.get("var"): [value.text for value in field] for field in info.iter("{jabber:x:data}field")}
    assert fields["pubsub#type"] == ["urn:xmpp:microblog:0"] and fields["pubsub#num_items"] == ["5"]
