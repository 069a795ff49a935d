"""What people say of themselves by slixmpp: moods, activity, tune, place, nickname, avatar, as slixmpp hears them."""

import asyncio

import pytest

import login
from test_clients import slixmpp_client
from uploads import png

PLUGINS = {
    "user_mood": ("xep_0107", lambda plugin: plugin.publish_mood("happy", "it works"), "{http://jabber.org/protocol/mood}happy"),
    "user_activity": ("xep_0108", lambda plugin: plugin.publish_activity("working", "coding", "all night"),
                      "{http://jabber.org/protocol/activity}coding"),
    "user_tune": ("xep_0118", lambda plugin: plugin.publish_tune(artist="Finzi", title="Introduction"),
                  "{http://jabber.org/protocol/tune}artist"),
    "user_location": ("xep_0080", lambda plugin: plugin.publish_location(lat=52.517, lon=13.389), "{http://jabber.org/protocol/geoloc}lat"),
    "user_nick": ("xep_0172", lambda plugin: plugin.publish_nick("Wonder"), "{http://jabber.org/protocol/nick}nick"),
}


async def person(server, account, *plugins: str):
    client = await slixmpp_client(server, account)
    for plugin in ("xep_0030", "xep_0115", "xep_0163", *plugins):
        client.register_plugin(plugin)
    return client


async def friends(server):
    accounts = await server.people("alice", "bob")
    raw = [await server.login(account) for account in accounts]
    await login.befriend(*raw)
    for client in raw:
        await client.leave()
    return accounts


@pytest.mark.slow
@pytest.mark.parametrize("event", PLUGINS)
async def test_a_friend_hears_of_it_at_once_and_when_they_come_later(server, event):
    plugin, publish, element = PLUGINS[event]
    alice, bob = await friends(server)
    clients = []

    async def hears():
        client = await person(server, bob, plugin)
        heard = asyncio.Queue()
        client.add_event_handler(f"{event}_publish", heard.put_nowait)
        await client["xep_0115"].update_caps()
        client.send_presence()
        clients.append(client)
        return heard

    try:
        early = await hears()
        a = await person(server, alice, plugin)
        clients.append(a)
        await publish(a[plugin])
        for heard in (early, await hears()):
            got = await asyncio.wait_for(heard.get(), 30)
            assert got["from"].bare == alice.jid
            assert element in [found.tag for found in got.xml.iter()], got
    finally:
        for client in clients:
            client.abort()


@pytest.mark.slow
async def test_an_avatar_of_slixmpp_is_seen_in_both_dialects(server):
    alice, bob = await friends(server)
    a, b = await person(server, alice, "xep_0084"), await person(server, bob, "xep_0054", "xep_0084")
    try:
        image = png()
        id = a["xep_0084"].generate_id(image)
        await a["xep_0084"].publish_avatar(image)
        await a["xep_0084"].publish_avatar_metadata([{"id": id, "type": "image/png", "bytes": len(image)}])
        got = await b["xep_0084"].retrieve_avatar(alice.jid, id)
        assert got["pubsub"]["items"]["item"]["avatar_data"]["value"] == image
        card = await b["xep_0054"].get_vcard(alice.jid, cached=False)
        assert card["vcard_temp"]["PHOTO"]["BINVAL"] == image
    finally:
        a.abort()
        b.abort()
