"""Stories (XEP-0501): for those who may see them, for a while."""

import asyncio
import time

import rooms
import uploads
import vanish
from login import befriend, new_id
from test_published import EVENT, OWNER, PUBSUB, items, options, publish, wants
from vanish import rows, until_gone
from wire import NS, error_of

STORIES = "urn:xmpp:pubsub-social-feed:stories:0"


def story(word: str, url: str = "https://capulet.lit/upload/romeo-story.jpg") -> str:
    return (f"<entry xmlns='http://www.w3.org/2005/Atom'><title>{word}</title><id>tag:{word}</id>"
            f"<published>2026-11-27T20:00:00Z</published><link rel='enclosure' href='{url}' type='image/jpeg' title='{word}'/></entry>")


async def configure(client, **values) -> None:
    form = options(values, PUBSUB + "#node_config")
    answer = await client.iq("set", f"<pubsub xmlns='{OWNER}'><configure node='{STORIES}'>{form}</configure></pubsub>")
    assert answer.get("type") == "result", vanish.text_of(answer)


async def test_a_node_of_stories_is_for_contacts_and_for_a_day_without_being_told(server):
    alice, bob, eve = await server.people("alice", "bob", "eve")
    a, b, e = [await server.login(account) for account in (alice, bob, eve)]
    await befriend(a, b)
    await wants(b, STORIES)
    word = new_id() + "story"
    assert (await publish(a, STORIES, story(word), id="s1")).get("type") == "result"
    told = await b.expect(EVENT.format(STORIES) + "/../..")
    assert word in vanish.text_of(told)
    form = await a.result("get", f"<pubsub xmlns='{OWNER}'><configure node='{STORIES}'/></pubsub>")
    values = {field.get("var"): field.findtext("data:value", None, NS) for field in form.iter(f"{{{NS['data']}}}field")}
    assert (values["pubsub#item_expire"], values["pubsub#access_model"], values["pubsub#type"]) == ("86400", "presence", STORIES)
    await publish(a, STORIES, story(new_id()), id="s2")
    assert len(list((await items(b, STORIES, a.bare)).iter(f"{{{PUBSUB}}}item"))) == 2
    # To a stranger it is as if there were no such account.
    nobody = await items(e, STORIES, "nobody@localhost")
    assert error_of(await items(e, STORIES, a.bare)) == error_of(nobody)


async def test_only_the_audience_that_was_chosen_sees_them(server):
    alice, bob, carol = await server.people("alice", "bob", "carol")
    a, b, c = [await server.login(account) for account in (alice, bob, carol)]
    await befriend(a, b)
    await befriend(a, c)
    for client in (b, c):
        await wants(client, STORIES)
    await a.result("set", f"<query xmlns='{NS['roster']}'><item jid='{b.bare}'><group>close</group></item></query>")
    await publish(a, STORIES, story("first"), id="first")
    await c.expect(EVENT.format(STORIES) + "/../..")
    form = (f"<x xmlns='jabber:x:data' type='submit'>{rooms.field('FORM_TYPE', PUBSUB + '#node_config')}"
            f"{rooms.field('pubsub#access_model', 'roster')}{rooms.field('pubsub#roster_groups_allowed', 'close')}</x>")
    await a.result("set", f"<pubsub xmlns='{OWNER}'><configure node='{STORIES}'>{form}</configure></pubsub>")
    word = new_id() + "story"
    await publish(a, STORIES, story(word), id="second")
    while word not in vanish.text_of(await b.expect(EVENT.format(STORIES) + "/../..")):
        pass
    await c.quiet(f"{EVENT.format(STORIES)}/pubsub:item[@id='second']".replace("pubsub:item[", "{http://jabber.org/protocol/pubsub#event}item["), via=a)
    assert (await items(c, STORIES, a.bare)).get("type") == "error"
    assert word in vanish.text_of(await items(b, STORIES, a.bare))


async def test_a_story_and_its_file_are_gone_when_its_time_is_over(own_server):
    server = own_server()
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    await befriend(a, b)
    async with uploads.Web(server) as web:
        await publish(a, STORIES, story("make"), id="make")
        await configure(a, item_expire=2)
        url = await uploads.share(a, web, b"story" * 100)
        word = new_id() + "story"
        await publish(a, STORIES, story(word, url), id="s")
        end = time.time() + 2
        assert rows(server, word) == 1 and (await web.get(url))[0] == 200

        async def left():
            return [place for place, there in (("row", rows(server, word)), ("file", (await web.get(url))[0] == 200)) if there]
        await until_gone(left, end)
        assert word not in vanish.text_of(await items(b, STORIES, a.bare))

        async def blobs():
            return uploads.stored(server)
        await until_gone(blobs, end)


async def test_a_story_that_is_over_while_the_server_is_down_is_gone_when_it_is_back(own_server):
    server = own_server()
    [alice] = await server.people("alice")
    a = await server.login(alice)
    await publish(a, STORIES, story("make"), id="make")
    await configure(a, item_expire=2)
    word = new_id() + "story"
    await publish(a, STORIES, story(word), id="s")
    end = time.time() + 2
    server.kill()
    while time.time() < end:
        await asyncio.sleep(0.05)
    server.start()
    assert rows(server, word) == 0


async def test_a_file_that_is_for_a_time_is_gone_at_that_time(own_server):
    from datetime import datetime, timedelta, timezone
    server = own_server()
    [alice] = await server.people("alice")
    a = await server.login(alice)
    end = datetime.now(timezone.utc) + timedelta(seconds=2)
    purpose = f"<ephemeral xmlns='{uploads.PURPOSE}' expire-before='{end.isoformat().replace('+00:00', 'Z')}'/>"
    async with uploads.Web(server) as web:
        url = await uploads.share(a, web, b"for a while" * 50, purpose=purpose)
        assert (await web.get(url))[0] == 200

        async def left():
            return uploads.stored(server) or (await web.get(url))[0] == 200
        await until_gone(left, end.timestamp())


async def test_that_a_story_was_looked_at_reaches_its_author_and_nobody_else(server):
    """On all devices, and also if the author is away."""
    alice, bob, carol = await server.people("alice", "bob", "carol")
    a, b, c = [await server.login(account, carbons=True) for account in (alice, bob, carol)]
    await befriend(a, b)
    await befriend(a, c)
    assert (await publish(a, STORIES, story(new_id()), id="s1")).get("type") == "result"
    desk, phone = await server.login(alice), await server.login(bob, carbons=True)
    seen = "<seen xmlns='urn:skein:stories:0' id='s1'/><store xmlns='urn:xmpp:hints'/>"
    await b.send(f"<message to='{a.bare}' type='chat' id='{new_id()}'>{seen}</message>")
    for client in (a, desk):
        told = await client.expect("message/{urn:skein:stories:0}seen/..")
        assert told.get("from") == b.jid and told.find("{urn:skein:stories:0}seen").get("id") == "s1"
    await a.leave()
    await desk.leave()
    await c.send(f"<message to='{a.bare}' type='chat' id='{new_id()}'>{seen}</message>")
    await c.settle()
    for other in (c, b, phone):
        await other.settle()
        assert not other.wire.peek("message/{urn:skein:stories:0}seen"), "nobody but the author hears who looked"
    again = await server.login(alice)
    kept = [result.find(".//{jabber:client}message") for result in await vanish.archived(again)]
    lookers = [one.get("from").partition("/")[0] for one in kept if one.find("{urn:skein:stories:0}seen") is not None]
    assert lookers == [b.bare, c.bare], "it waits for an author who is away"
