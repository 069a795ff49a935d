"""Who may see what (`urn:skein:privacy:0`, docs/privacy.md): each rule against a client that somebody made by hand."""

import base64
import hashlib

import pytest

import login
import rooms
from login import new_id
from test_published import wants
from wire import NS, error_of

PRIVACY = "urn:skein:privacy:0"
NAMES = NS | {"privacy": PRIVACY, "last": "jabber:iq:last", "vcard": "vcard-temp", "update": "vcard-temp:x:update",
              "idle": "urn:xmpp:idle:1", "pubsub": "http://jabber.org/protocol/pubsub",
              "event": "http://jabber.org/protocol/pubsub#event"}
BEGINNING = {"last-seen": "contacts", "picture": "everybody", "profile": "everybody", "status": "everybody",
             "receipts": "everybody", "groups": "everybody"}
# The smallest PNG.
IMAGE = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


def rule(of: str, who: str, *jids: str) -> str:
    chosen = "".join(f"<jid>{jid}</jid>" for jid in jids)
    return f"<privacy xmlns='{PRIVACY}'><rule of='{of}' for='{who}'>{chosen}</rule></privacy>"


async def rules(client) -> dict[str, str]:
    answer = await client.result("get", f"<privacy xmlns='{PRIVACY}'/>")
    return {rule.get("of"): rule.get("for") for rule in answer.iterfind("privacy:privacy/privacy:rule", NAMES)}


async def people(server, *names: str):
    return [await server.login(account) for account in await server.people(*names)]


async def circle(server):
    """Alice, her friends Bob and Carol, and Mallory, whom she does not know."""
    a, b, c, m = await people(server, "alice", "bob", "carol", "mallory")
    await login.befriend(a, b)
    await login.befriend(a, c)
    return a, b, c, m


def audience(who: str, b) -> tuple[str, list[str]]:
    """A rule's words for `who`, of whom Bob is the one that is chosen."""
    return who, [b.bare] if who == "chosen" else []


AUDIENCES = [("everybody", True, True), ("contacts", True, True), ("chosen", True, False), ("nobody", False, False)]


async def test_rules_are_kept_and_devices_that_asked_hear_of_changes(own_server):
    server = own_server()
    [alice] = await server.people("alice")
    one, two, other = [await server.login(alice) for _ in range(3)]
    assert await rules(one) == BEGINNING and await rules(two) == BEGINNING
    await one.result("set", rule("picture", "chosen", "romeo@localhost/x", "nurse@localhost"))
    for device in (one, two):
        push = await device.expect("iq[@type='set']")
        [changed] = push.findall("privacy:privacy/privacy:rule", NAMES)
        assert (changed.get("of"), changed.get("for")) == ("picture", "chosen")
        assert [jid.text for jid in changed] == ["nurse@localhost", "romeo@localhost"]
    await other.settle()
    assert not other.wire.peek("iq[@type='set']")
    server.restart()
    assert await rules(await server.login(alice)) == BEGINNING | {"picture": "chosen"}


async def test_bad_rules_change_nothing(server):
    a, b = await people(server, "alice", "bob")
    for payload, condition in [
        (f"<privacy xmlns='{PRIVACY}'/>", "bad-request"),
        (rule("shoes", "nobody"), "bad-request"),
        (rule("picture", "friends"), "bad-request"),
        (rule("picture", "nobody", "x@localhost"), "bad-request"),
        (rule("picture", "chosen", "@"), "jid-malformed"),
        (rule("status", "nobody").replace("</privacy>", "<rule of='status' for='contacts'/></privacy>"), "bad-request"),
        (rule("picture", "chosen", *(f"p{n}@localhost" for n in range(1001))), "resource-constraint"),
    ]:
        assert error_of(await a.iq("set", payload)) == condition, payload[:200]
    assert await rules(a) == BEGINNING
    for kind, payload in (("get", f"<privacy xmlns='{PRIVACY}'/>"), ("set", rule("picture", "nobody")),
                          ("get", f"<requests xmlns='{PRIVACY}'/>"), ("set", f"<accept xmlns='{PRIVACY}' jid='x@y'/>")):
        assert error_of(await b.iq(kind, payload, a.bare)) == "forbidden"


@pytest.mark.parametrize("who, chosen, contact", AUDIENCES)
async def test_last_seen_is_told_to_those_whom_the_rule_names(server, who, chosen, contact):
    a, b, c, m = await circle(server)
    who, named = audience(who, b)
    await a.result("set", rule("last-seen", who, *named))
    await a.leave()
    for asker, sees in ((b, chosen), (c, contact), (m, who == "everybody")):
        answer = await asker.iq("get", "<query xmlns='jabber:iq:last'/>", a.bare)
        assert (error_of(answer) is None) == sees, (asker.bare, who)
        if not sees:
            missing = await asker.iq("get", "<query xmlns='jabber:iq:last'/>", "nobody-here@localhost")
            assert error_of(answer) == error_of(missing) == "service-unavailable"


@pytest.mark.parametrize("who, chosen, contact", AUDIENCES)
async def test_status_is_told_to_those_whom_the_rule_names(server, who, chosen, contact):
    """In presence, in the answer to a probe, in the presence at login; and moods, to those who want them."""
    a, b, c, _ = await circle(server)
    who, named = audience(who, b)
    await a.result("set", rule("status", who, *named))
    await a.presence("<show>away</show><status>in Rome</status>")
    mood = "<mood xmlns='http://jabber.org/protocol/mood'><happy/></mood>"
    await a.result("set", "<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='http://jabber.org/protocol/mood'>"
                   f"<item>{mood}</item></publish></pubsub>")
    for watcher, sees in ((b, chosen), (c, contact)):
        away = f"presence[@from='{a.jid}'][show='away']"
        told = [await watcher.expect(away)]
        await watcher.presence(to=a.bare, type="probe")
        told.append(await watcher.expect(away))
        later = await server.login(watcher.account)
        told.append(await later.expect(away))
        assert [(presence.find("status", NS) is not None) for presence in told] == [sees] * 3
        answer = await watcher.iq("get", "<pubsub xmlns='http://jabber.org/protocol/pubsub'>"
                                  "<items node='http://jabber.org/protocol/mood'/></pubsub>", a.bare)
        assert error_of(answer) == (None if sees else "item-not-found")
    other = await server.login(a.account)
    presence = await other.expect(f"presence[@from='{a.jid}']")
    assert presence.find("status", NS) is not None, "her own devices see it"


async def test_a_rule_that_is_set_takes_back_what_presence_showed(server):
    a, b, _, _ = await circle(server)
    await a.presence("<status>in Rome</status><idle xmlns='urn:xmpp:idle:1' since='2026-11-27T10:00:00Z'/>")
    shown = await b.expect(f"presence[@from='{a.jid}'][status]")
    assert shown.find("idle:idle", NAMES) is not None
    await a.result("set", rule("status", "nobody"))
    hidden = await b.expect(f"presence[@from='{a.jid}']")
    assert hidden.find("status", NS) is None and hidden.find("idle:idle", NAMES) is not None
    await a.result("set", rule("last-seen", "nobody"))
    assert (await b.expect(f"presence[@from='{a.jid}']")).find("idle:idle", NAMES) is None
    await a.presence("<status>gone to bed</status>", type="unavailable")
    assert (await b.expect(f"presence[@from='{a.jid}'][@type='unavailable']")).find("status", NS) is None


async def avatar(client) -> str:
    hash = hashlib.sha1(IMAGE).hexdigest()
    for node, payload in (("urn:xmpp:avatar:data", f"<data xmlns='urn:xmpp:avatar:data'>{base64.b64encode(IMAGE).decode()}</data>"),
                          ("urn:xmpp:avatar:metadata", "<metadata xmlns='urn:xmpp:avatar:metadata'><info "
                           f"id='{hash}' type='image/png' bytes='{len(IMAGE)}'/></metadata>")):
        await client.result("set", "<pubsub xmlns='http://jabber.org/protocol/pubsub'>"
                            f"<publish node='{node}'><item id='{hash}'>{payload}</item></publish><publish-options>"
                            "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>"
                            "http://jabber.org/protocol/pubsub#publish-options</value></field><field "
                            "var='pubsub#access_model'><value>open</value></field></x></publish-options></pubsub>")
    return hash


@pytest.mark.parametrize("who, chosen, contact", AUDIENCES)
async def test_the_picture_is_shown_to_those_whom_the_rule_names(server, who, chosen, contact):
    """In every dialect: nodes, notifications, vCard, the hash in presence, service discovery."""
    a, b, c, m = await circle(server)
    who, named = audience(who, b)
    await a.result("set", rule("picture", who, *named))
    hash = await avatar(a)
    await a.presence("<show>dnd</show>")
    for asker, sees in ((b, chosen), (c, contact), (m, who == "everybody")):
        for node in ("urn:xmpp:avatar:data", "urn:xmpp:avatar:metadata"):
            answer = await asker.iq("get", f"<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='{node}'/></pubsub>", a.bare)
            assert (error_of(answer) is None) == sees
        card = await asker.iq("get", "<vCard xmlns='vcard-temp'/>", a.bare)
        assert (card.find("vcard:vCard/vcard:PHOTO", NAMES) is not None) == sees
        items = await asker.iq("get", f"<query xmlns='{NS['items']}'/>", a.bare)
        if asker is not m:
            presence = await asker.expect(f"presence[@from='{a.jid}'][show='dnd']")
            assert (presence.findtext("update:x/update:photo", None, NAMES) == hash) == sees
            nodes = {item.get("node") for item in items.iterfind("items:query/items:item", NS)}
            assert ("urn:xmpp:avatar:data" in nodes) == sees
    # Who may not see one that is there gets what one gets of an account that has none.
    answer = await m.iq("get", "<vCard xmlns='vcard-temp'/>", a.bare)
    if who != "everybody":
        missing = await m.iq("get", "<vCard xmlns='vcard-temp'/>", "nobody-here@localhost")
        assert error_of(answer) == error_of(missing)


async def test_nobody_hears_of_a_new_picture_whom_the_rule_does_not_name(server):
    a, b, c, _ = await circle(server)
    for watcher in (b, c):
        await wants(watcher, "urn:xmpp:avatar:metadata")
    await a.result("set", rule("picture", "chosen", b.bare))
    await avatar(a)
    await b.expect("message/pubsub:event/pubsub:items[@node='urn:xmpp:avatar:metadata']")
    await c.quiet("message[@type='headline']", via=a)
    later = await server.login(c.account, presence=False)
    await wants(later, "urn:xmpp:avatar:metadata")
    await later.quiet("message[@type='headline']", via=a)


async def test_a_profile_is_shown_to_those_whom_the_rule_names(server):
    a, b, c, m = await circle(server)
    await a.result("set", "<vCard xmlns='vcard-temp'><FN>Alice Liddell</FN></vCard>")
    for who, sees in (("everybody", (True, True, True)), ("contacts", (True, True, False)), ("nobody", (False, False, False))):
        await a.result("set", rule("profile", who))
        for asker, shown in zip((b, c, m), sees):
            card = await asker.iq("get", "<vCard xmlns='vcard-temp'/>", a.bare)
            assert (card.findtext("vcard:vCard/vcard:FN", None, NAMES) == "Alice Liddell") == shown, (who, asker.bare)


@pytest.mark.parametrize("payload", [
    "<received xmlns='urn:xmpp:receipts' id='m1'/>", "<displayed xmlns='urn:xmpp:chat-markers:0' id='m1'/>",
    "<received xmlns='urn:xmpp:chat-markers:0' id='m1'/>", "<composing xmlns='http://jabber.org/protocol/chatstates'/>",
])
async def test_receipts_go_to_those_whom_the_rule_names(server, payload):
    a, b, c, _ = await circle(server)
    await a.result("set", rule("receipts", "chosen", b.bare))
    for reader in (b, c):
        await a.send(f"<message to='{reader.jid}' type='chat' id='r1'>{payload}</message>")
    await b.expect("message[@id='r1']")
    await c.quiet("message[@id='r1']", via=a)


async def test_receipts_in_a_message_with_words_are_taken_out_of_it(server):
    a, b, c, _ = await circle(server)
    await a.result("set", rule("receipts", "nobody"))
    await a.message(c.bare, "words", more="<received xmlns='urn:xmpp:receipts' id='m1'/>"
                    "<displayed xmlns='urn:xmpp:chat-markers:0' id='m1'/><markable xmlns='urn:xmpp:chat-markers:0'/>")
    message = await c.expect_message("words")
    assert message.find("receipts:received", NS) is None
    assert [child.tag for child in message if "chat-markers" in child.tag] == ["{urn:xmpp:chat-markers:0}markable"]


async def test_a_marker_that_is_kept_back_still_counts_for_ones_own_devices(server):
    a, b, _, _ = await circle(server)
    desk = await server.login(a.account, carbons=True)
    await a.result("set", rule("receipts", "nobody"))
    id = await b.message(a.bare, "read me")
    await a.expect_message("read me")
    await desk.expect_message("read me")
    inbox = "<inbox xmlns='urn:skein:inbox:0'/>"
    unread = lambda answer: [conversation.get("unread") for conversation in answer.iter("{urn:skein:inbox:0}conversation")]
    assert unread(await a.result("get", inbox)) == ["1"]
    await a.send(f"<message to='{b.bare}' type='chat' id='{new_id()}'><displayed xmlns='urn:xmpp:chat-markers:0' id='{id}'/></message>")
    await desk.expect("message/carbons:sent")
    assert unread(await a.result("get", inbox)) == ["0"]
    await b.quiet("message[@type='chat'][@from='%s']" % a.jid, via=await server.login(b.account))


@pytest.mark.parametrize("who, chosen, contact", AUDIENCES)
async def test_only_those_whom_the_rule_names_invite_to_rooms(server, who, chosen, contact):
    """Through the room and straight, whatever the room says who invites."""
    a, b, c, m = await circle(server)
    who, named = audience(who, b)
    await a.result("set", rule("groups", who, *named))
    for inviter, arrives in ((b, chosen), (c, contact), (m, who == "everybody")):
        room = rooms.name()
        await rooms.make(inviter, room, "me")
        for invitation in (f"<message to='{room}' id='i'><x xmlns='http://jabber.org/protocol/muc#user'><invite to='{a.bare}'/></x></message>",
                           f"<message to='{a.bare}' id='i'><x xmlns='jabber:x:conference' jid='{room}'/></message>"):
            await inviter.send(invitation)
            await inviter.settle()
            if arrives:
                message = await a.expect("message/{jabber:x:conference}x[@jid='%s']" % room)
                assert message.get("type") in (None, "normal")
            else:
                await a.quiet("message/{jabber:x:conference}x", via=b)
        assert not inviter.wire.peek("message[@type='error']"), "the rule shows in an error"


@pytest.mark.parametrize("who, chosen, contact", AUDIENCES)
async def test_only_those_whom_the_rule_names_make_somebody_a_member_of_a_group(server, who, chosen, contact):
    a, b, c, m = await circle(server)
    who, named = audience(who, b)
    await a.result("set", rule("groups", who, *named))
    for adder, may in ((b, chosen), (c, contact), (m, who == "everybody")):
        room = rooms.name()
        await rooms.make(adder, room, "me")
        for affiliation in ("member", "admin"):
            answer = await rooms.affiliate(adder, room, a.bare, affiliation)
            assert (error_of(answer) if answer.get("type") == "error" else None) == (None if may else "not-allowed")
        # Who comes by herself has decided; who is banned needs no consent.
        await rooms.enter(a, room, "alice")
        assert (await rooms.affiliate(adder, room, a.bare, "member")).get("type") == "result"
        assert (await rooms.affiliate(adder, room, a.bare, "outcast")).get("type") == "result"


async def test_who_may_not_add_learns_nothing_of_the_rule(server):
    a, b, c, m = await circle(server)
    await a.result("set", rule("groups", "nobody"))
    room = rooms.name()
    await rooms.make(b, room, "bob")
    await rooms.enter(m, room, "mallory")
    assert error_of(await rooms.affiliate(m, room, a.bare, "member")) == "forbidden"
