"""Messages of strangers stand apart, and tell them nothing, until they are accepted (docs/privacy.md)."""

import asyncio

import pytest

import login
import rooms
from login import new_id
from wire import NS, error_of

PRIVACY = "urn:skein:privacy:0"
NAMES = NS | {"privacy": PRIVACY, "inbox": "urn:skein:inbox:0"}
PUSH = "iq[@type='set']/{urn:skein:privacy:0}requests/.."
REPORTS = [
    "<received xmlns='urn:xmpp:receipts' id='m1'/>", "<displayed xmlns='urn:xmpp:chat-markers:0' id='m1'/>",
    "<composing xmlns='http://jabber.org/protocol/chatstates'/>",
    "<active xmlns='http://jabber.org/protocol/chatstates'/><received xmlns='urn:xmpp:receipts' id='m1'/><no-store xmlns='urn:xmpp:hints'/>",
]


async def people(server, *names: str):
    return [await server.login(account) for account in await server.people(*names)]


async def requests(client) -> list[tuple[str, str, str | None]]:
    """Who, what for, and how many messages."""
    answer = await client.result("get", f"<requests xmlns='{PRIVACY}'/>")
    found = answer.findall("privacy:requests/privacy:request", NAMES)
    return [(one.get("jid"), one.get("kind"), one.get("messages")) for one in found]


async def decide(client, how: str, jid: str):
    return await client.result("set", f"<{how} xmlns='{PRIVACY}' jid='{jid}'/>")


async def inbox(client) -> dict[str, str | None]:
    answer = await client.result("get", "<inbox xmlns='urn:skein:inbox:0'/>")
    return {one.get("jid"): one.get("request") for one in answer.iterfind("inbox:inbox/inbox:conversation", NAMES)}


async def test_a_strangers_message_is_a_request_until_it_is_accepted(own_server):
    server = own_server()
    a, b, m = await people(server, "alice", "bob", "mallory")
    await login.befriend(a, b)
    assert await requests(a) == []
    await b.message(a.bare, "a friend")
    await m.message(a.bare, "hello stranger")
    assert (await a.expect_message("hello stranger")).get("from") == m.jid
    push = await a.expect(PUSH)
    [told] = push.findall("privacy:requests/privacy:request", NAMES)
    assert (told.get("jid"), told.get("kind"), told.get("messages")) == (m.bare, "message", "1") and told.get("since")
    await m.message(a.bare, "are you there?")
    await a.expect_message("are you there?")
    assert await requests(a) == [(m.bare, "message", "2")]
    assert await inbox(a) == {m.bare: "true", b.bare: None}
    server.restart()
    a = await server.login(a.account)
    assert await requests(a) == [(m.bare, "message", "2")]
    await decide(a, "accept", m.bare)
    push = await a.expect(PUSH)
    decided = push.find("privacy:requests/privacy:decided", NAMES)
    assert (decided.get("jid"), decided.get("as")) == (m.bare, "accepted")
    assert await requests(a) == [] and await inbox(a) == {m.bare: None, b.bare: None}


@pytest.mark.parametrize("report", REPORTS)
async def test_a_stranger_gets_no_receipt_before_it_is_accepted(server, report):
    """Whatever the owner's client sends by itself, and whatever the stranger's asks for."""
    a, m = await people(server, "alice", "mallory")
    await m.message(a.bare, "hello", id="m1", more="<request xmlns='urn:xmpp:receipts'/><markable xmlns='urn:xmpp:chat-markers:0'/>")
    await a.expect_message("hello")
    for to in (m.bare, m.jid):
        await a.send(f"<message to='{to}' type='chat' id='kept-back'>{report}</message>")
        await a.send(f"<message to='{to}' type='error' id='kept-back'><error type='cancel'><service-unavailable xmlns='{NS['stanzas']}'/></error></message>")
    await a.settle()
    await m.settle()
    assert not m.wire.peek("message"), m.wire.describe()
    await decide(a, "accept", m.bare)
    await a.send(f"<message to='{m.jid}' type='chat' id='let-through'>{report}</message>")
    await m.expect("message[@id='let-through']")


async def test_a_stranger_does_not_learn_that_somebody_is_there(server):
    """Alice is online and her address guessed; Bob is offline: the same answers to everything."""
    a, m = await people(server, "alice", "mallory")
    [bob] = await server.people("bob")
    resource = a.jid.partition("/")[2]
    seen = {}
    for bare in (a.bare, bob.jid):
        answers = []
        await m.message(bare, "hello", more="<request xmlns='urn:xmpp:receipts'/>")
        for payload in ("<ping xmlns='urn:xmpp:ping'/>", "<query xmlns='jabber:iq:version'/>", "<query xmlns='jabber:iq:last'/>",
                        f"<query xmlns='{NS['disco']}'/>", "<time xmlns='urn:xmpp:time'/>"):
            answers += [error_of(await m.iq("get", payload, to)) for to in (bare, f"{bare}/{resource}")]
        answers.append(error_of(await m.iq("set", "<jingle xmlns='urn:xmpp:jingle:1' action='session-initiate' sid='s'/>", f"{bare}/{resource}")))
        for kind in ("normal", "groupchat", "headline", "chat"):
            await m.message(f"{bare}/{resource}", "to a device", type=kind, id="device")
        for kind in ("subscribe", "probe"):
            await m.presence(to=bare, type=kind)
        await m.presence(to=f"{bare}/{resource}")
        await m.send(f"<message to='{bare}' type='chat' id='call'><propose xmlns='urn:xmpp:jingle-message:0' id='c'/><store xmlns='urn:xmpp:hints'/></message>")
        await m.settle()
        stanzas = m.wire.peek("message") + m.wire.peek("presence")
        answers += sorted((stanza.get("type") or "", error_of(stanza) or "") for stanza in stanzas if stanza.get("from") != m.jid)
        m.wire.inbox.clear()
        seen[bare] = answers
    assert seen[a.bare] == seen[bob.jid]
    assert not a.wire.peek("iq"), "a request of a stranger reached the device"


async def test_who_directed_presence_to_a_stranger_is_reached(server):
    a, m = await people(server, "alice", "mallory")
    await a.presence(to=m.jid)
    await m.expect(f"presence[@from='{a.jid}']")
    id = new_id()
    await m.send(f"<iq type='get' id='{id}' to='{a.jid}'><ping xmlns='urn:xmpp:ping'/></iq>")
    await a.expect(f"iq[@id='{id}']")


async def test_an_answer_accepts_and_other_devices_hear_of_it(server):
    a, m = await people(server, "alice", "mallory")
    desk = await server.login(a.account)
    await m.message(a.bare, "hello")
    await desk.expect_message("hello")
    assert await requests(desk) == [(m.bare, "message", "1")]
    await a.message(m.bare, "who are you?")
    await m.expect_message("who are you?")
    decided = (await desk.expect(PUSH)).find("privacy:requests/privacy:decided", NAMES)
    assert decided.get("as") == "accepted"
    assert await requests(desk) == [] and await inbox(a) == {m.bare: None}
    await m.message(a.bare, "a friend")
    await a.send(f"<message to='{m.jid}' type='chat' id='r'>{REPORTS[0]}</message>")
    await m.expect("message[@id='r']")


async def test_one_who_was_written_to_is_no_stranger(own_server):
    server = own_server()
    a, b = await people(server, "alice", "bob")
    await a.message(b.bare, "is it you?")
    await b.expect_message("is it you?")
    server.restart()
    a, b = await server.login(a.account), await server.login(b.account)
    await b.message(a.bare, "it is")
    await a.expect_message("it is")
    assert await requests(a) == [] and await inbox(a) == {b.bare: None}
    assert await inbox(b) == {a.bare: None}, "and whoever answers accepts"


async def test_who_becomes_a_contact_waits_no_more(server):
    a, m = await people(server, "alice", "mallory")
    await m.message(a.bare, "hello")
    await a.expect_message("hello")
    await login.befriend(a, m)
    assert await requests(a) == [] and await inbox(a) == {m.bare: None}


async def test_who_is_declined_writes_into_the_void(own_server):
    server = own_server()
    a, m = await people(server, "alice", "mallory")
    await m.message(a.bare, "hello")
    await a.expect_message("hello")
    await decide(a, "decline", m.bare)
    assert await requests(a) == [] and await inbox(a) == {}
    server.restart()
    a, m = await server.login(a.account), await server.login(m.account)
    for _ in range(2):
        await m.message(a.bare, "why?")
        await m.presence(to=a.bare, type="subscribe")
        await m.settle()
    assert not m.wire.peek("message"), "it looks as if nobody had read it"
    await a.settle()
    assert not a.wire.peek("message") and not a.wire.peek("presence[@type='subscribe']")
    assert await requests(a) == [] and await inbox(a) == {}
    await decide(a, "accept", m.bare)
    await m.message(a.bare, "thank you")
    await a.expect_message("thank you")
    assert await inbox(a) == {m.bare: None}


async def test_a_subscription_that_is_asked_for_stands_among_the_requests(server):
    a, m = await people(server, "alice", "mallory")
    # Only who has asked for the roster hears of subscriptions (RFC 6121 section 2.2).
    await m.result("get", f"<query xmlns='{NS['roster']}'/>")
    await m.presence(to=a.bare, type="subscribe")
    await a.expect(f"presence[@type='subscribe'][@from='{m.bare}']")
    assert await requests(a) == [(m.bare, "subscription", None)]
    await decide(a, "decline", m.bare)
    await m.expect(f"presence[@type='unsubscribed'][@from='{a.bare}']")
    assert await requests(a) == []


async def test_an_invitation_of_a_stranger_is_a_request_and_of_a_friend_is_not(server):
    a, b, m = await people(server, "alice", "bob", "mallory")
    await login.befriend(a, b)
    assert await requests(a) == []
    places = []
    for inviter in (b, m):
        room = rooms.name()
        await rooms.make(inviter, room, "me", whois="anyone")
        await inviter.send(f"<message to='{room}'><x xmlns='{NS['user']}'><invite to='{a.bare}'/></x></message>")
        await a.expect(f"message[@from='{room}']")
        places.append(room)
    answer = await a.result("get", f"<requests xmlns='{PRIVACY}'/>")
    [told] = answer.findall("privacy:requests/privacy:request", NAMES)
    assert (told.get("jid"), told.get("kind"), told.get("by").split("/")[0]) == (places[1], "invitation", m.bare)
    await rooms.enter(a, places[1], "alice")
    assert await requests(a) == []


async def test_whoever_is_blocked_is_no_request(server):
    a, m = await people(server, "alice", "mallory")
    await m.message(a.bare, "buy!")
    await a.expect_message("buy!")
    await a.result("set", f"<block xmlns='urn:xmpp:blocking'><item jid='{m.bare}'><report xmlns='urn:xmpp:reporting:1' reason='urn:xmpp:reporting:spam'/></item></block>")
    assert await requests(a) == []


async def test_there_is_nothing_to_decide_on_whom_one_never_met(server):
    a, b = await people(server, "alice", "bob")
    for how in ("accept", "decline"):
        assert error_of(await a.iq("set", f"<{how} xmlns='{PRIVACY}' jid='{b.bare}'/>")) == "item-not-found"
        assert error_of(await a.iq("set", f"<{how} xmlns='{PRIVACY}' jid='@'/>")) == "jid-malformed"
        assert error_of(await a.iq("set", f"<{how} xmlns='{PRIVACY}'/>")) == "bad-request"


# --- floods (trust B16, D2) --------------------------------------------


async def crowd(server, count: int):
    return await server.people(*(f"p{n}" for n in range(count)))


def strict(**limits) -> dict:
    return {"limits": {"rate": True, "messages": "1000/s burst 10000", "connections": "1000/s burst 10000", **limits}}


async def test_Z01_an_account_turns_to_so_many_strangers_an_hour(own_server):
    """By message, subscription, invitation: together. Whom it has turned to does not count again, nor who answers."""
    server = own_server(strict(strangers_hourly=4))
    strangers = await crowd(server, 6)
    [mallory, friend] = await server.people("mallory", "friend")
    m, f = await server.login(mallory), await server.login(friend)
    room = rooms.name()
    await rooms.make(m, room, "me")
    await m.message(strangers[0].jid, "buy!")
    await m.presence(to=strangers[1].jid, type="subscribe")
    await m.send(f"<message to='{room}'><x xmlns='{NS['user']}'><invite to='{strangers[2].jid}'/></x></message>")
    await m.send(f"<message to='{strangers[3].jid}' type='chat' id='call'><propose xmlns='urn:xmpp:jingle-message:0' id='c'/></message>")
    await m.settle()
    assert not m.wire.peek("*[@type='error']"), m.wire.describe()
    await m.message(strangers[4].jid, "buy!", id="one-too-many")
    error = await m.expect("message[@id='one-too-many'][@type='error']")
    assert error_of(error) == "policy-violation" and error.find("error", NS).get("type") == "wait"
    await m.send(f"<presence to='{strangers[4].jid}' type='subscribe' id='s'/>")
    assert error_of(await m.expect("presence[@id='s'][@type='error']")) == "policy-violation"
    await m.send(f"<message to='{room}' id='i'><x xmlns='{NS['user']}'><invite to='{strangers[5].jid}'/></x></message>")
    assert error_of(await m.expect("message[@id='i'][@type='error']")) == "policy-violation"
    for known in strangers[:4]:
        await m.message(known.jid, "buy, I said!")
    await f.message(m.bare, "who are you?")
    await m.expect_message("who are you?")
    await m.message(f.bare, "nobody")
    await f.expect_message("nobody")
    await m.settle()
    assert not m.wire.peek("*[@type='error']"), m.wire.describe()


async def test_Z01_a_new_account_that_nobody_vouched_for_has_a_tenth(own_server):
    server = own_server({"access": {"registration": "open"}} | strict(strangers_hourly=20))
    strangers = await crowd(server, 3)
    [mallory] = await server.people("mallory")
    m = await server.login(mallory)
    for stranger in strangers:
        await m.message(stranger.jid, "buy!", id=stranger.name)
    assert error_of(await m.expect("message[@type='error']")) == "policy-violation"
    await m.settle()
    assert not m.wire.peek("message[@type='error']")


async def test_Z05_a_stranger_fills_a_share_of_what_an_account_keeps_and_no_more(own_server):
    server = own_server(strict())
    [alice, mallory, other] = await server.people("alice", "mallory", "other")
    m, o = await server.login(mallory), await server.login(other)
    for n in range(501):
        await m.message(alice.jid, f"flood {n}", id=f"f{n}")
    error = await m.expect("message[@type='error']")
    assert error.get("id") == "f500" and error_of(error) == "resource-constraint"
    await o.message(alice.jid, "somebody else")
    await o.settle()
    assert not o.wire.peek("message[@type='error']")
    a = await server.login(alice)
    await a.expect_message("somebody else")
    await decide(a, "accept", m.bare)
    await m.message(a.bare, "at last")
    await a.expect_message("at last")


async def test_Z05_an_account_that_is_flooded_with_requests_answers_its_friends(own_server):
    """A hundred strangers at once, each with its message: friends' messages arrive meanwhile."""
    server = own_server(strict())
    strangers = await crowd(server, 100)
    [alice, bob] = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    await login.befriend(a, b)
    clients = [await server.login(stranger, presence=False) for stranger in strangers]

    async def flood(client):
        for n in range(5):
            await client.message(a.bare, f"buy {n}")
        await client.settle()

    floods = [asyncio.create_task(flood(client)) for client in clients]
    for n in range(10):
        await b.message(a.bare, f"friend {n}")
        await a.expect_message(f"friend {n}")
    await asyncio.gather(*floods)
    assert len(await requests(a)) == 100
