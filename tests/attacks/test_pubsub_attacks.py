"""Attacks on what people publish. The ids are the attack catalogue's."""

import pytest

from test_published import OWNER, PRIVATE, PUBSUB, ids, items, options, pair, publish, specific
from test_pubsub import SERVICE, create, subscribe
from wire import error_of

FORM = options({"access_model": "open"}, PUBSUB + "#node_config")
DEEDS = {
    "publish": f"<pubsub xmlns='{PUBSUB}'><publish node='{{}}'><item id='m'><x xmlns='urn:x'/></item></publish></pubsub>",
    "retract": f"<pubsub xmlns='{PUBSUB}'><retract node='{{}}'><item id='current'/></retract></pubsub>",
    "purge": f"<pubsub xmlns='{OWNER}'><purge node='{{}}'/></pubsub>",
    "delete": f"<pubsub xmlns='{OWNER}'><delete node='{{}}'/></pubsub>",
    "configure": f"<pubsub xmlns='{OWNER}'><configure node='{{}}'>{FORM}</configure></pubsub>",
    "affiliations": f"<pubsub xmlns='{OWNER}'><affiliations node='{{}}'><affiliation jid='m@x' affiliation='publisher'/></affiliations></pubsub>",
}


@pytest.mark.parametrize("deed", DEEDS)
async def test_P01_nobody_changes_anothers_node(server, deed):
    a, b = await pair(server)
    [mallory] = await server.people("mallory")
    m = await server.login(mallory)
    await publish(a, "urn:mine", "<x xmlns='urn:x'/>")
    node = f"mine-{a.account.name}"
    await create(a, node)
    await publish(a, node, "<x xmlns='urn:x'/>", to=SERVICE)
    deed = DEEDS[deed]
    assert error_of(await b.iq("set", deed.format("urn:mine"), a.bare)) == "forbidden"
    # A stranger learns not even that there is such an account.
    assert error_of(await m.iq("set", deed.format("urn:mine"), a.bare)) == "service-unavailable"
    assert error_of(await m.iq("set", deed.format("urn:mine"), "nobody@localhost")) == "service-unavailable"
    assert error_of(await m.iq("set", deed.format(node), SERVICE)) == "forbidden"
    assert ids(await items(a, "urn:mine")) == ids(await items(a, node, SERVICE)) == ["current"]


async def test_P01_nobody_subscribes_somebody_else(server):
    a, b = await pair(server)
    node = f"spam-{a.account.name}"
    await create(a, node)
    refused = await subscribe(a, node, jid=b.bare)
    assert (error_of(refused), specific(refused)) == ("bad-request", "invalid-jid")
    listed = f"<subscription jid='{b.bare}' subscription='subscribed'/>"
    forced = await a.iq("set", f"<pubsub xmlns='{OWNER}'><subscriptions node='{node}'>{listed}</subscriptions></pubsub>", SERVICE)
    assert error_of(forced) == "not-acceptable"


async def test_P03_preconditions_that_do_not_hold_publish_nothing(server):
    a, _ = await pair(server)
    await publish(a, "urn:notes", "<x xmlns='urn:x'/>", id="1", access_model="open")
    refused = await publish(a, "urn:notes", "<x xmlns='urn:x'/>", id="2", **PRIVATE)
    assert (error_of(refused), specific(refused)) == ("conflict", "precondition-not-met")
    assert ids(await items(a, "urn:notes")) == ["1"]


async def test_P05_keys_are_bounded(server):
    a, _ = await pair(server)
    bundle = f"<bundle xmlns='eu.siacs.conversations.axolotl'>{'A' * 140_000}</bundle>"
    node = "eu.siacs.conversations.axolotl.bundles:1"
    assert specific(await publish(a, node, bundle, access_model="open")) == "payload-too-big"
    assert error_of(await items(a, node)) == "item-not-found"
