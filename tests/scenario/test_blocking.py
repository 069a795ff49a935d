"""Blocking (XEP-0191), reports (XEP-0377), privacy lists (XEP-0016)."""

import xml.etree.ElementTree as ET
from datetime import datetime

import login
import skein
import vanish
from wire import NS, error_of

BLOCKING = "urn:xmpp:blocking"
PRIVACY = "jabber:iq:privacy"
NAMES = NS | {"blocking": BLOCKING, "privacy": PRIVACY, "reporting": "urn:xmpp:reporting:1",
              "last": "jabber:iq:last", "errors": "urn:xmpp:blocking:errors"}


async def block(client, *jids: str, inner: str = ""):
    items = "".join(f"<item jid='{jid}'>{inner}</item>" for jid in jids)
    return await client.result("set", f"<block xmlns='{BLOCKING}'>{items}</block>")


async def unblock(client, *jids: str):
    items = "".join(f"<item jid='{jid}'/>" for jid in jids)
    return await client.result("set", f"<unblock xmlns='{BLOCKING}'>{items}</unblock>")


async def blocklist(client) -> set[str]:
    answer = await client.result("get", f"<blocklist xmlns='{BLOCKING}'/>")
    return {item.get("jid") for item in answer.iterfind("blocking:blocklist/blocking:item", NAMES)}


async def friends(server, *names: str):
    accounts = await server.people(*names)
    clients = [await server.login(account) for account in accounts]
    for other in clients[1:]:
        await login.befriend(clients[0], other)
    return clients


async def archived(client, peer: str) -> list[str]:
    await client.result("set", "<query xmlns='urn:xmpp:mam:2'><x xmlns='jabber:x:data' type='submit'>"
                        "<field var='FORM_TYPE' type='hidden'><value>urn:xmpp:mam:2</value></field>"
                        f"<field var='with'><value>{peer}</value></field></x></query>")
    found = []
    while message := client.wire.take("message/mam:result"):
        found.append(message.find(".//{jabber:client}body", NS).text)
    return found


def shape(stanza, own: str, peer: str) -> str:
    """A stanza without what must differ between two peers."""
    return ET.tostring(stanza, encoding="unicode").replace(peer, "PEER").replace(stanza.get("id") or "-", "ID")


async def test_the_list_is_kept_and_every_device_that_asked_hears_of_changes(own_server):
    server = own_server()
    [alice] = await server.people("alice")
    one, two, other = [await server.login(alice) for _ in range(3)]
    assert await blocklist(one) == set() and await blocklist(two) == set()
    await block(one, "romeo@localhost", "evil.example")
    for device in (one, two):
        push = await device.expect("iq[@type='set']")
        assert [item.get("jid") for item in push.iterfind("blocking:block/blocking:item", NAMES)] == [
            "evil.example", "romeo@localhost"]
    await unblock(two, "evil.example")
    push = await one.expect("iq[@type='set']")
    assert push.find("blocking:unblock/blocking:item", NAMES).get("jid") == "evil.example"
    await other.settle()
    assert not other.wire.peek("iq[@type='set']")
    server.restart()
    again = await server.login(alice)
    assert await blocklist(again) == {"romeo@localhost"}
    await unblock(again)
    push = await again.expect("iq[@type='set']")
    assert push.find("blocking:unblock", NAMES) is not None and not push.findall(".//blocking:item", NAMES)
    assert await blocklist(again) == set()


async def test_bad_requests_change_nothing(server):
    [alice] = await server.people("alice")
    a = await server.login(alice)
    for payload, condition in [
        ("<block xmlns='urn:xmpp:blocking'/>", "bad-request"),
        ("<block xmlns='urn:xmpp:blocking'><item/></block>", "bad-request"),
        ("<block xmlns='urn:xmpp:blocking'><item jid='x@localhost'/><item jid='@'/></block>", "jid-malformed"),
        (f"<block xmlns='urn:xmpp:blocking'><item jid='x@localhost'/><item jid='{a.bare}'/></block>", "not-allowed"),
    ]:
        assert error_of(await a.iq("set", payload)) == condition
    assert await blocklist(a) == set()


async def test_who_is_blocked_cannot_tell_it_from_an_account_that_does_not_exist(server):
    alice, mallory = await server.people("alice", "mallory")
    a, m = await server.login(alice), await server.login(mallory)
    await block(a, m.bare)
    nobody = "nobody-here@localhost"
    pairs = []
    for peer in (a.bare, nobody):
        answers = []
        for payload in ["<query xmlns='http://jabber.org/protocol/disco#info'/>",
                        "<query xmlns='http://jabber.org/protocol/disco#items'/>",
                        "<query xmlns='jabber:iq:last'/>", "<query xmlns='jabber:iq:version'/>",
                        "<ping xmlns='urn:xmpp:ping'/>", "<vCard xmlns='vcard-temp'/>",
                        "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:avatar:metadata'/></pubsub>"]:
            for to in (peer, f"{peer}/{a.jid.split('/')[1]}"):
                answers.append(shape(await m.iq("get", payload, to=to), m.jid, peer))
        for kind in ("chat", "normal", "groupchat"):
            await m.message(peer, "are you there", type=kind, id="same")
            answers.append(shape(await m.expect("message[@type='error']"), m.jid, peer))
        await m.presence(to=peer, type="probe")
        answers.append(shape(await m.expect("presence[@type='unsubscribed']"), m.jid, peer))
        await m.message(peer, "silence", type="headline", id="same")
        await m.presence(to=peer)
        await m.settle()
        assert not m.wire.peek("message")
        assert all(seen.get("from") == m.jid for seen in m.wire.peek("presence"))
        pairs.append(answers)
    assert pairs[0] == pairs[1]
    assert "service-unavailable" in pairs[0][0]
    await a.settle()
    assert not a.wire.peek("message") and not a.wire.peek("presence[@from='%s']" % m.jid)


async def test_blocked_sender_gets_no_receipt(server):
    """Nor does anything of what was said reach any device or archive of either side."""
    a, m = await friends(server, "alice", "mallory")
    await a.result("set", "<enable xmlns='urn:xmpp:carbons:2'/>")
    await m.result("set", "<enable xmlns='urn:xmpp:carbons:2'/>")
    await block(a, m.bare)
    await m.expect(f"presence[@from='{a.jid}'][@type='unavailable']")
    await m.send(f"<message to='{a.bare}' type='chat' id='m1'><body>hello</body><request xmlns='urn:xmpp:receipts'/></message>")
    assert error_of(await m.expect("message[@type='error']")) == "service-unavailable"
    # Her hand-made client tries to give one all the same.
    await a.send(f"<message to='{m.jid}' type='chat' id='r1'><received xmlns='urn:xmpp:receipts' id='m1'/></message>")
    error = await a.expect("message[@type='error']")
    assert error_of(error) == "not-acceptable" and error.find("error/errors:blocked", NAMES) is not None
    assert error.find("error", NS).get("type") == "cancel"
    await a.settle()
    await m.settle()
    assert not a.wire.peek("message") and not m.wire.peek("message")
    assert await archived(a, m.bare) == [] and await archived(m, a.bare) == []


async def test_a_block_ends_and_an_unblock_brings_back_presence_on_both_sides(server):
    a, b = await friends(server, "alice", "bob")
    await block(a, b.bare)
    await b.expect(f"presence[@from='{a.jid}'][@type='unavailable']")
    await a.expect(f"presence[@from='{b.jid}'][@type='unavailable']")
    await a.presence("<show>away</show>")
    await b.presence("<show>dnd</show>")
    third = await server.login(a.account)
    await third.settle()
    await b.settle()
    await a.settle()
    assert all(seen.get("from") == b.jid for seen in b.wire.peek("presence"))
    assert not third.wire.peek(f"presence[@from='{b.jid}']") and not a.wire.peek(f"presence[@from='{b.jid}']")
    await unblock(a, b.bare)
    for device in (a, third):
        await b.expect(f"presence[@from='{device.jid}']")
    for device in (a, third):
        assert (await device.expect(f"presence[@from='{b.jid}']")).findtext("show", None, NS) == "dnd"
    await b.message(a.jid, "back")
    await a.expect_message("back")


async def test_a_new_session_of_who_is_blocked_sees_nothing(server):
    a, b = await friends(server, "alice", "bob")
    await block(a, b.bare)
    again = await server.login(b.account)
    await again.presence(to=a.bare, type="probe")
    assert (await again.expect(f"presence[@from='{a.bare}']")).get("type") == "unsubscribed"
    answer = await again.iq("get", "<query xmlns='jabber:iq:last'/>", to=a.bare)
    assert error_of(answer) == "service-unavailable"
    await again.settle()
    assert not again.wire.peek(f"presence[@from='{a.jid}']")


async def test_what_is_published_does_not_pass_a_block_in_either_direction(server):
    a, b = await friends(server, "alice", "bob")
    for one, other in ((a, b), (b, a)):
        await block(one, other.bare)
        publish = ("<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='http://jabber.org/protocol/tune'>"
                   "<item id='1'><tune xmlns='http://jabber.org/protocol/tune'/></item></publish></pubsub>")
        for client in (a, b):
            await client.result("set", publish)
        items = "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='http://jabber.org/protocol/tune'/></pubsub>"
        assert error_of(await other.iq("get", items, to=one.bare)) == "service-unavailable"
        assert error_of(await one.iq("get", items, to=other.bare)) == "not-acceptable"
        await unblock(one, other.bare)


async def test_requests_between_devices_do_not_pass(server):
    a, b = await friends(server, "alice", "bob")
    await block(a, b.bare)
    assert error_of(await b.iq("get", "<ping xmlns='urn:xmpp:ping'/>", to=a.jid)) == "service-unavailable"
    assert error_of(await a.iq("get", "<ping xmlns='urn:xmpp:ping'/>", to=b.jid)) == "not-acceptable"
    assert error_of(await a.iq("get", "<query xmlns='jabber:iq:last'/>", to=b.bare)) == "not-acceptable"
    await a.settle()
    assert not a.wire.peek("iq[@type='get']")


async def test_a_request_to_subscribe_from_the_blocked_is_never_seen(server):
    alice, mallory = await server.people("alice", "mallory")
    a, m = await server.login(alice), await server.login(mallory)
    await block(a, m.bare)
    await m.presence(to=a.bare, type="subscribe")
    await m.settle()
    again = await server.login(alice)
    await again.settle()
    assert not a.wire.peek("presence[@type='subscribe']") and not again.wire.peek("presence[@type='subscribe']")
    await a.presence(to=m.bare, type="subscribe")
    assert error_of(await a.expect("presence[@type='error']")) == "not-acceptable"


async def test_an_invitation_of_the_blocked_does_not_come_through_a_room(server):
    alice, mallory, bob = await server.people("alice", "mallory", "bob")
    a, m, b = [await server.login(account) for account in (alice, mallory, bob)]
    await block(a, m.bare)
    invite = ("<x xmlns='http://jabber.org/protocol/muc#user'><invite from='{}'/></x>")
    # What a room would pass on, here in the name of an account that is not blocked.
    await b.send(f"<message to='{a.bare}'>{invite.format(m.jid)}</message>")
    assert error_of(await b.expect("message[@type='error']")) == "service-unavailable"
    await m.send(f"<message to='{a.bare}'><x xmlns='jabber:x:conference' jid='room@rooms.localhost'/></message>")
    assert error_of(await m.expect("message[@type='error']")) == "service-unavailable"
    await a.settle()
    assert not a.wire.peek("message")


async def test_a_blocked_domain_blocks_its_people_and_not_the_own_server(server):
    alice, bob = await server.people("alice", "bob")
    [eve] = await server.people("eve", domain="other.localhost")
    a, b = await server.login(alice), await server.login(bob)
    e = await server.login(eve)
    await block(a, "other.localhost", "localhost")
    for stranger in (b, e):
        await stranger.message(a.bare, "hello")
        assert error_of(await stranger.expect("message[@type='error']")) == "service-unavailable"
    await a.result("get", "<query xmlns='http://jabber.org/protocol/disco#info'/>", to="localhost")
    await unblock(a)
    await b.message(a.bare, "again")
    await a.expect_message("again")


async def test_one_device_of_a_contact_can_be_blocked(server):
    a, b = await friends(server, "alice", "bob")
    other = await server.login(b.account)
    await a.expect(f"presence[@from='{other.jid}']")
    await block(a, b.jid)
    await b.expect(f"presence[@from='{a.jid}'][@type='unavailable']")
    await b.message(a.bare, "blocked")
    assert error_of(await b.expect("message[@type='error']")) == "service-unavailable"
    await other.message(a.bare, "free")
    await a.expect_message("free")


async def test_privacy_lists_are_another_face_of_the_block_list(server):
    [alice] = await server.people("alice")
    a = await server.login(alice)
    query = lambda inner: f"<query xmlns='{PRIVACY}'>{inner}</query>"
    answer = await a.result("get", query(""))
    assert len(answer.find("privacy:query", NAMES)) == 0
    await block(a, "tybalt@localhost")
    answer = await a.result("get", query(""))
    assert answer.find("privacy:query/privacy:default", NAMES).get("name") == "blocked"
    answer = await a.result("get", query("<list name='blocked'/>"))
    [item] = answer.findall("privacy:query/privacy:list/privacy:item", NAMES)
    assert (item.get("type"), item.get("value"), item.get("action")) == ("jid", "tybalt@localhost", "deny")
    deny = "<item type='jid' value='{}' action='deny' order='{}'/>"
    await a.result("set", query(f"<list name='blocked'>{deny.format('paris@localhost', 1)}</list>"))
    assert await blocklist(a) == {"paris@localhost"}
    refused = [
        ("<list name='other'>" + deny.format("x@localhost", 1) + "</list>", "feature-not-implemented"),
        ("<list name='blocked'><item type='group' value='g' action='deny' order='1'/></list>", "feature-not-implemented"),
        ("<default/>", "feature-not-implemented"),
        ("<active name='nothing'/>", "item-not-found"),
    ]
    for inner, condition in refused:
        assert error_of(await a.iq("set", query(inner))) == condition
    assert await blocklist(a) == {"paris@localhost"}
    await a.result("set", query("<default name='blocked'/>"))
    await a.result("set", query("<list name='blocked'/>"))
    assert await blocklist(a) == set()


async def test_reports_reach_the_administrators_and_are_bounded(own_server):
    server = own_server()
    alice, mallory = await server.people("alice", "mallory")
    boss = skein.Account("boss", "boss-password-1")
    server.cli("user", "add", boss.jid, "--admin", "--password-stdin", stdin=boss.password + "\n")
    admin = await server.login(boss)
    a = await server.login(alice)
    report = ("<report xmlns='urn:xmpp:reporting:1' reason='urn:xmpp:reporting:spam'>"
              f"<stanza-id xmlns='urn:xmpp:sid:0' by='{a.bare}' id='28482'/><text>Buy, buy</text></report>")
    await block(a, mallory.jid, inner=report)
    message = await admin.expect("message")
    assert message.get("from") == "localhost"
    found = message.find("reporting:report", NAMES)
    assert found.get("reason") == "urn:xmpp:reporting:spam" and found.findtext("reporting:text", None, NAMES) == "Buy, buy"
    assert all(jid in message.findtext("body", None, NS) for jid in (mallory.jid, alice.jid))
    assert await blocklist(a) == {mallory.jid}
    # Z03: a flood of reports ends, and blocks nobody.
    for n in range(19):
        await block(a, f"x{n}@localhost", inner=report)
    refused = await a.iq("set", f"<block xmlns='{BLOCKING}'><item jid='late@localhost'>{report}</item></block>")
    assert error_of(refused) == "policy-violation"
    assert "late@localhost" not in await blocklist(a)
    await block(a, "late@localhost")


async def test_Z03_the_administrators_see_what_the_archive_has_and_not_what_a_reporter_claims(own_server):
    server = own_server()
    alice, mallory, bob = await server.people("alice", "mallory", "bob")
    boss = skein.Account("boss", "boss-password-1")
    server.cli("user", "add", boss.jid, "--admin", "--password-stdin", stdin=boss.password + "\n")
    admin, a, m, b = [await server.login(account) for account in (boss, alice, mallory, bob)]
    ids = {}
    for sender, body in ((m, "buy my snake oil"), (b, "dinner at eight?")):
        await sender.message(a.bare, body)
        ids[body] = (await a.expect_message(body)).find("sid:stanza-id", NS).get("id")
    await m.message(b.bare, "to somebody else")
    foreign = (await b.expect_message("to somebody else")).find("sid:stanza-id", NS).get("id")
    claimed = "".join(f"<stanza-id xmlns='urn:xmpp:sid:0' by='{a.bare}' id='{id}'/>" for id in (*ids.values(), foreign, "made-up"))
    await block(a, m.bare, inner=f"<report xmlns='urn:xmpp:reporting:1' reason='urn:xmpp:reporting:abuse'>{claimed}<text>look</text></report>")
    message = await admin.expect("message")
    shown = [body.text for body in message.iterfind("forward:forwarded/message/body", NS)]
    assert shown == ["buy my snake oil"], "neither another's message nor another's archive nor a made-up id"
    named = [id.get("id") for id in message.iterfind("reporting:report/sid:stanza-id", NAMES)]
    assert named == [ids["buy my snake oil"]]


async def test_a_message_with_a_timer_is_no_evidence_for_longer_than_it_lasts(own_server):
    server = own_server()
    alice, mallory = await server.people("alice", "mallory")
    boss = skein.Account("boss", "boss-password-1")
    server.cli("user", "add", boss.jid, "--admin", "--password-stdin", stdin=boss.password + "\n")
    admin, a, m = [await server.login(account) for account in (boss, alice, mallory)]
    ids = []
    for body, more in (("stays for ever", ""), ("goes in a moment", vanish.timer(3))):
        await m.message(a.bare, body, more=more)
        got = await a.expect(f"message/{{urn:xmpp:sid:0}}stanza-id[@by='{a.bare}']/..")
        assert body in vanish.text_of(got)
        ids.append(got.find("sid:stanza-id", NS).get("id"))
    end = vanish.end_of(got)
    claimed = "".join(f"<stanza-id xmlns='urn:xmpp:sid:0' by='{a.bare}' id='{id}'/>" for id in ids)
    await block(a, m.bare, inner=f"<report xmlns='urn:xmpp:reporting:1' reason='urn:xmpp:reporting:abuse'>{claimed}</report>")
    report = await admin.expect("message/reporting:report/..".replace("reporting:", "{urn:xmpp:reporting:1}"))
    assert "stays for ever" in vanish.text_of(report) and "goes in a moment" not in vanish.text_of(report)
    passing = await admin.expect("message/{urn:xmpp:ephemeral:0}ephemeral/..")
    said = passing.find("{urn:skein:expires:0}expires").get("at")
    assert "goes in a moment" in vanish.text_of(passing)
    assert abs(datetime.fromisoformat(said.replace("Z", "+00:00")).timestamp() - end) < 0.1

    async def left():
        return await vanish.traces(admin, "goes in a moment") or vanish.rows(server, "goes in a moment")
    await vanish.until_gone(left, end)
    assert await vanish.traces(admin, "stays for ever")
