"""Attacks by stanzas, on routing and on sessions. The ids are the attack catalogue's."""

import asyncio
import xml.etree.ElementTree as ET

import pytest

import login
import wire
from login import new_id
from test_archive import bodies, query
from wire import NS


async def trio(server):
    """Alice and bob, who are contacts, and mallory, whom nobody knows."""
    people = await server.people("alice", "bob", "mallory")
    a, b, m = [await server.login(one) for one in people]
    await login.befriend(a, b)
    for session in (a, b):
        await session.settle()
        session.wire.inbox.clear()
    return a, b, m


STANZAS = [f"<message{{}} type='{type}'><body>spoof</body></message>" for type in ("chat", "normal", "headline", "groupchat", "error")]
STANZAS += ["<presence{}/>", "<presence{} type='unavailable'/>", "<presence{} type='subscribed'/>", "<presence{} type='error'/>"]
STANZAS += [f"<iq{{}} type='{type}' id='spoof'><query xmlns='urn:test'/></iq>" for type in ("get", "set", "result", "error")]


@pytest.mark.parametrize("stanza", STANZAS)
@pytest.mark.parametrize("who", ["victim", "victim's session", "server", "own other resource", "garbage"])
async def test_S01_nobody_speaks_for_another(server, stanza, who):
    a, b, m = await trio(server)
    claimed = {"victim": a.bare, "victim's session": a.jid, "server": "localhost", "own other resource": m.bare + "/other",
               "garbage": "a@b@c"}[who]
    await m.send(stanza.format(f" to='{b.jid}' from='{claimed}'"))
    # Replaced by the truth, or the stream ends.
    via = m
    try:
        await m.settle()
    except AssertionError:
        via = await server.login(m.account)
    await b.quiet(f"*[@from='{claimed}']", via=via)
    for stanza_seen in b.wire.inbox:
        sender = stanza_seen.get("from", b.bare)
        assert sender in (b.bare, b.jid, m.jid, m.bare) or sender.startswith(b.bare), wire.ET.tostring(stanza_seen)


WRAPPERS = {
    "carbons received": "<received xmlns='urn:xmpp:carbons:2'>{forwarded}</received>",
    "carbons sent": "<sent xmlns='urn:xmpp:carbons:2'>{forwarded}</sent>",
    "archive result": "<result xmlns='urn:xmpp:mam:2' queryid='guess' id='1'>{forwarded}</result>",
    "event": "<event xmlns='http://jabber.org/protocol/pubsub#event'><items node='eu.siacs.conversations.axolotl.devicelist'>"
             "<item id='current'><list xmlns='eu.siacs.conversations.axolotl'/></item></items></event>",
}


@pytest.mark.parametrize("name", WRAPPERS)
@pytest.mark.parametrize("full", [True, False], ids=["full", "bare"])
async def test_S02_wrappers_come_from_who_sent_them(server, name, full):
    a, b, m = await trio(server)
    forwarded = (f"<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='{a.jid}' to='{b.jid}' type='chat'>"
                 "<body>MARK</body></message></forwarded>")
    await m.send(f"<message to='{b.jid if full else b.bare}' type='chat'>{WRAPPERS[name].format(forwarded=forwarded)}"
                 "<body>wrapped</body></message>")
    await m.settle()
    await b.quiet("none", via=m)
    for message in b.wire.peek("message"):
        assert message.get("from") == m.jid, ET.tostring(message)
    assert not [result for result in (await query(b))[0] if "MARK" in ET.tostring(result, encoding="unicode")
                and result.find("forward:forwarded/message", NS).get("from") != m.jid]


@pytest.mark.parametrize("full", [True, False], ids=["full", "bare"])
async def test_S03_nobody_pushes_into_anothers_roster(server, full):
    a, b, m = await trio(server)
    id = new_id()
    await m.send(f"<iq type='set' id='{id}' to='{b.jid if full else b.bare}'><query xmlns='{NS['roster']}'>"
                 f"<item jid='{m.bare}' subscription='both'/></query></iq>")
    if full:
        seen = b.wire.take(f"iq[@id='{id}']") or await _maybe(b, m, f"iq[@id='{id}']")
        assert seen is None or seen.get("from") == m.jid
    else:
        error = wire.error_of(await m.expect(f"iq[@id='{id}'][@type='error']"))
        assert error in ("service-unavailable", "forbidden", "not-allowed")
    roster = await b.result("get", f"<query xmlns='{NS['roster']}'/>")
    assert {item.get("jid") for item in roster.iterfind("roster:query/roster:item", NS)} == {a.bare}


async def _maybe(client, via, path):
    """What `path` matches, if it comes before a message that `via` sends now."""
    await client.quiet("nothing-at-all", via=via)
    return client.wire.take(path)


async def test_S05_ids_in_our_name_are_ours_alone(server):
    """Forged stanza ids go, wherever they stand at top level; exactly one true one is there, the same everywhere."""
    a, b, m = await trio(server)
    other = await server.login(b.account, carbons=True)
    upper = b.bare.upper()
    await m.send(f"<message to='{b.jid}' type='chat' id='s05'><stanza-id xmlns='urn:xmpp:sid:0' by='{b.bare}' id='F1'/><body>forged</body>"
                 f"<stanza-id xmlns='urn:xmpp:sid:0' by='{upper}' id='F2'/><s:stanza-id xmlns:s='urn:xmpp:sid:0' by='{b.bare}' id='F3'/>"
                 f"<stanza-id xmlns='urn:xmpp:sid:0' by='{b.jid}' id='F4'/><stanza-id xmlns='urn:xmpp:sid:0' by='localhost' id='F5'/>"
                 "<stanza-id xmlns='urn:xmpp:sid:0' by='room@elsewhere.example' id='foreign'/>"
                 "<delay xmlns='urn:xmpp:delay' from='localhost' stamp='2001-01-01T00:00:00Z'/></message>")
    live = await b.expect_message("forged")
    copy = (await other.expect("message/carbons:received")).find("carbons:received/forward:forwarded/message", NS)
    results, _ = await query(b)
    [kept] = [result for result in results if bodies([result]) == ["forged"]]
    expected = None
    for message in (live, copy, kept.find("forward:forwarded/message", NS)):
        ids = [(element.get("by"), element.get("id")) for element in message.iterfind("sid:stanza-id", NS)]
        ours = [id for by, id in ids if by and by.lower() in (b.bare, b.jid.lower(), "localhost")]
        assert not {"F1", "F2", "F3", "F4", "F5"} & set(ours), ids
        assert ("room@elsewhere.example", "foreign") in ids
        if ours:
            assert len(ours) == 1
            expected = expected or ours[0]
            assert ours[0] == expected == kept.get("id")
    assert live.find("sid:stanza-id", NS) is not None


async def test_S05_forged_ids_are_gone_from_offline_copies_too(server):
    alice, mallory = await server.people("alice", "mallory")
    m = await server.login(mallory)
    await m.send(f"<message to='{alice.jid}' type='chat'><body>offline</body>"
                 f"<stanza-id xmlns='urn:xmpp:sid:0' by='{alice.jid}' id='F1'/></message>")
    await m.settle()
    a = await server.login(alice)
    message = await a.expect_message("offline")
    assert [element.get("id") for element in message.iterfind("sid:stanza-id", NS)].count("F1") == 0


async def test_S06_different_messages_with_one_id_are_both_kept(server):
    a, b, _ = await trio(server)
    origin = "<origin-id xmlns='urn:xmpp:sid:0' id='same'/>"
    await a.message(b.bare, "first", id="same", more=origin)
    await a.message(b.bare, "second", id="same", more=origin)
    await b.expect_message("first")
    await b.expect_message("second")
    assert bodies((await query(b))[0]) == ["first", "second"]


async def test_S06_the_same_id_from_two_devices_is_two_messages(server):
    a, b, _ = await trio(server)
    other = await server.login(a.account)
    origin = "<origin-id xmlns='urn:xmpp:sid:0' id='same'/>"
    for device in (a, other):
        await device.message(b.bare, "equal text", id="same", more=origin)
        await device.settle()
    await b.expect_message("equal text")
    await b.expect_message("equal text")
    assert bodies((await query(b))[0]) == ["equal text"] * 2


async def test_S06_what_is_sent_again_after_a_break_is_kept_once(server):
    """The acknowledgement was lost: the client sends the same again after it has resumed nothing."""
    alice, bob = await server.people("alice", "bob")
    b = await server.login(bob)
    device = login.user_agent("5a5b1b2e-0000-4000-8000-00000000a11c")
    id = new_id()
    xml = (f"<message xmlns='jabber:client' to='{bob.jid}' type='chat' id='{id}'><body>again</body>"
           f"<origin-id xmlns='urn:xmpp:sid:0' id='{id}'/></message>")
    for _ in range(2):
        door = await server.starttls()
        await door.open()
        # Stream management, because only who counts acknowledgements sends again.
        await login.sasl2(door, alice, inline=device + f"<bind xmlns='{NS['bind2']}'><tag>phone</tag>"
                          f"<enable xmlns='{NS['sm']}' resume='true'/></bind>")
        session = login.Client(door, alice)
        await session.send(xml)
        await session.settle()
        await session.cut()
    await b.expect_message("again")
    other = await server.login(alice)
    await b.quiet("message[body='again']", via=other)
    assert bodies((await query(b))[0]).count("again") == 1
    assert bodies((await query(other))[0]).count("again") == 1


@pytest.mark.parametrize("to", ["{bob}", "{session}", "{bob}/gone", "nobody-here@localhost", "localhost", "nobody@elsewhere.invalid"])
@pytest.mark.parametrize("stanza", ["<message{} type='error' id='loop'><body>x</body><error type='cancel'>"
                                    "<item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
                                    "<request xmlns='urn:xmpp:receipts'/></message>",
                                    "<iq{} type='error' id='loop'><error type='cancel'/></iq>",
                                    "<iq{} type='result' id='loop'/>",
                                    "<presence{} type='error' id='loop'/>"])
async def test_S08_an_error_is_never_answered(server, to, stanza):
    a, b, m = await trio(server)
    await m.send(stanza.format(f" to='{to.format(bob=b.bare, session=b.jid)}'"))
    await m.settle()
    assert not m.wire.peek("*[@id='loop']"), m.wire.describe()


@pytest.mark.parametrize("type", ["subscribed", "unsubscribed", "unsubscribe"])
async def test_S10_an_answer_that_nobody_asked_for_changes_nothing(server, type):
    a, b, m = await trio(server)
    await m.presence(to=a.bare, type=type)
    await m.settle()
    await a.presence("<status>private</status>")
    await a.settle()
    await m.quiet(f"presence[@from='{a.jid}']", via=a)
    await a.quiet(f"presence[@from='{m.bare}']", via=m)
    roster = await a.result("get", f"<query xmlns='{NS['roster']}'/>")
    assert {item.get("jid"): item.get("subscription") for item in roster.iterfind("roster:query/roster:item", NS)} == {b.bare: "both"}


async def test_S10_a_client_does_not_set_its_own_subscription(server):
    a, b, m = await trio(server)
    await m.iq("set", f"<query xmlns='{NS['roster']}'><item jid='{a.bare}' subscription='both'/></query>")
    roster = await m.result("get", f"<query xmlns='{NS['roster']}'/>")
    for item in roster.iterfind("roster:query/roster:item", NS):
        assert item.get("subscription") == "none"
    await a.presence("<status>private</status>")
    await a.settle()
    await m.quiet(f"presence[@from='{a.jid}']", via=a)


@pytest.mark.parametrize("item", [
    "<item jid='x@localhost' name='{long}'/>", "<item jid='x@localhost'><group>{long}</group></item>",
    "<item jid='@@'/>", "<item/>", "<item jid='x@localhost'/><item jid='y@localhost'/>",
    "<item jid='x@localhost'><group>a</group><group>a</group></item>", "<item jid='x@localhost'><group/></item>",
    "<item jid='x@localhost' subscription='sideways'/>"])
async def test_S10_bad_roster_items_are_refused(server, item):
    [mallory] = await server.people("mallory")
    m = await server.login(mallory)
    answer = await m.iq("set", f"<query xmlns='{NS['roster']}'>{item.format(long='n' * 20_000)}</query>")
    if "sideways" in item and answer.get("type") == "result":
        return
    assert wire.error_of(answer) in ("bad-request", "not-acceptable", "jid-malformed", "not-allowed", "resource-constraint")


async def test_S10_the_roster_is_bounded(own_server):
    server = own_server({"limits": {"roster_items": 20}})
    [mallory] = await server.people("mallory")
    m = await server.login(mallory)
    errors = [wire.error_of(await m.iq("set", f"<query xmlns='{NS['roster']}'><item jid='x{n}@localhost'/></query>")) for n in range(22)]
    assert errors[:20] == [None] * 20 and errors[21] in ("resource-constraint", "not-acceptable", "not-allowed")


PROBES = [
    "<iq type='get' id='p'{}><ping xmlns='urn:xmpp:ping'/></iq>",
    f"<iq type='get' id='p'{{}}><query xmlns='{NS['disco']}'/></iq>",
    f"<iq type='get' id='p'{{}}><query xmlns='{NS['items']}'/></iq>",
    f"<iq type='get' id='p'{{}}><query xmlns='{NS['disco']}' node='x'/></iq>",
    "<iq type='get' id='p'{}><query xmlns='jabber:iq:last'/></iq>",
    "<iq type='get' id='p'{}><query xmlns='jabber:iq:version'/></iq>",
    "<iq type='get' id='p'{}><time xmlns='urn:xmpp:time'/></iq>",
    "<iq type='get' id='p'{}><vCard xmlns='vcard-temp'/></iq>",
    "<iq type='get' id='p'{}><query xmlns='urn:test:unknown'/></iq>",
    "<iq type='get' id='p'{}><pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:avatar:metadata'/></pubsub></iq>",
    "<presence id='p' type='probe'{}/>",
]


@pytest.mark.parametrize("probe", PROBES)
async def test_S12_strangers_do_not_learn_who_exists_or_is_online(server, probe):
    """Unknown, offline, online: the same answer, byte for byte, to bare and to full addresses,
    also to one who guesses the full address of a session."""
    a, b, m = await trio(server)
    [offline] = await server.people("offline")
    answers = {}
    for who, bare, resource in (("unknown", "nobody-here@localhost", "gone"), ("offline", offline.jid, "gone"),
                                ("online", a.bare, "gone"), ("guessed", a.bare, a.jid.partition("/")[2])):
        for form, to in (("bare", bare), ("full", f"{bare}/{resource}")):
            m.wire.inbox.clear()
            at = len(m.wire.raw)
            await m.send(probe.format(f" to='{to}'"))
            await m.settle()
            seen = bytes(m.wire.raw[at:]).decode().replace(to, "TO").replace(bare, "BARE")
            # The ping that settled is not part of it.
            answers.setdefault(form, {})[who] = seen.rpartition("<iq")[0] if "<iq" in seen else seen
    assert not a.wire.peek("iq"), "a stranger's request reached the session"
    for form, by_who in answers.items():
        assert len(set(by_who.values())) == 1, (form, by_who)


async def test_S12_a_resource_that_the_server_chooses_cannot_be_guessed(server):
    [alice] = await server.people("alice")
    resources = [(await server.login(alice)).jid.partition("/")[2] for _ in range(4)]
    assert len(set(resources)) == 4 and all(len(resource) >= 8 for resource in resources), resources


async def test_S12_a_message_to_the_unknown_and_to_the_offline_differ_only_where_the_rules_say(server):
    """A message to nobody has to bounce (RFC 6121 section 8.5.1); one to somebody offline waits."""
    [mallory] = await server.people("mallory")
    m = await server.login(mallory)
    await m.message("nobody-here@localhost", "x", id="nobody")
    error = await m.expect("message[@id='nobody']")
    assert wire.error_of(error) == "service-unavailable"


BAD_JIDS = ["a" * 1_100 + "@localhost", "x@" + "l" * 1_100, "x@localhost/" + "r" * 1_100, "x@localhost/", "@localhost", "x@",
            "x y@localhost", "x@local host", "x@localhost./\x7f", "a" + "\u0301" * 2_000 + "@localhost", "\ud7ff\u06dd@localhost", "x@@localhost"]


@pytest.mark.parametrize("jid", BAD_JIDS, ids=range(len(BAD_JIDS)))
@pytest.mark.parametrize("stanza", ["<message to='{}' id='bad'><body>x</body></message>", "<iq to='{}' id='bad' type='get'><ping xmlns='urn:xmpp:ping'/></iq>"])
async def test_S14_malformed_addresses_are_refused(server, jid, stanza):
    [mallory] = await server.people("mallory")
    m = await server.login(mallory)
    await m.send(stanza.format(jid.replace("\x7f", "&#x7f;")))
    assert wire.error_of(await m.expect("*[@id='bad']")) == "jid-malformed"
    await m.settle()


@pytest.mark.parametrize("form", ["{upper}@localhost", "{name}@LOCALHOST", "{name}@localhost.", "{wide}@localhost"])
async def test_S14_other_spellings_reach_the_same_account(server, form):
    """Prepared by RFC 7622: case and width are folded in the name, case in the domain."""
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    wide = "".join(chr(ord(letter) + 0xFEE0) if letter.isalpha() else letter for letter in bob.name)
    to = form.format(name=bob.name, upper=bob.name.upper(), wide=wide)
    await a.message(to, "spelled otherwise")
    message = await b.expect_message("spelled otherwise")
    assert message.get("to") in (bob.jid, b.jid)


@pytest.mark.parametrize("payload", [
    "<retract xmlns='urn:xmpp:message-retract:1' id='{id}'/><body>fallback</body>",
    "<replace xmlns='urn:xmpp:message-correct:0' id='{id}'/><body>replaced</body>",
    "<apply-to xmlns='urn:xmpp:fasten:0' id='{id}'><retract xmlns='urn:xmpp:message-retract:0'/></apply-to><body>fallback</body>",
    "<retract xmlns='urn:xmpp:message-retract:1' id='{stanza}'/><body>fallback</body>",
    "<moderate xmlns='urn:xmpp:message-moderate:1' id='{stanza}'/><body>fallback</body>",
])
async def test_S16_nobody_retracts_anothers_message(server, payload):
    a, b, m = await trio(server)
    id = await a.message(b.bare, "alice's own words", more="<origin-id xmlns='urn:xmpp:sid:0' id='o1'/>")
    message = await b.expect_message("alice's own words")
    stanza = message.find("sid:stanza-id", NS).get("id")
    # The recipient may not either.
    for attacker, to in ((m, b.bare), (m, a.bare), (b, a.bare)):
        await attacker.send(f"<message to='{to}' type='chat' id='{new_id()}'>{payload.format(id=id, stanza=stanza)}"
                            "<store xmlns='urn:xmpp:hints'/></message>")
        await attacker.settle()
    for client in (a, b):
        assert "alice's own words" in bodies((await query(client))[0])


async def test_S16_a_recipient_cannot_hide_a_message_from_its_sender(server):
    """Messages of the other side that bear the same id do not keep a retraction from what it means."""
    a, b, _ = await trio(server)
    id = await a.message(b.bare, "said in anger")
    await b.expect_message("said in anger")
    for number in range(10):
        await b.message(a.bare, f"decoy {number}", id=id)
        await a.expect_message(f"decoy {number}")
    await a.send(f"<message to='{b.bare}' type='chat' id='{new_id()}'><retract xmlns='urn:xmpp:message-retract:1' id='{id}'/>"
                 "<body>fallback</body><store xmlns='urn:xmpp:hints'/></message>")
    await a.settle()
    for client in (a, b):
        kept = bodies((await query(client))[0])
        assert "said in anger" not in kept and kept.count("decoy 3") == 1


@pytest.mark.parametrize("previd", ["{victim}", "{victim}x", "{cut}", "", "0", "x" * 5_000])
async def test_S18_nobody_resumes_anothers_session(server, previd):
    victim, mallory, bob = await server.people("victim", "mallory", "bob")
    v, b = await server.login(victim, sm=True), await server.login(bob)
    door = await server.tcp()
    await door.open()
    await login.sasl1(door, mallory)
    await door.open()
    await door.send(f"<resume xmlns='{NS['sm']}' previd='{previd.format(victim=v.sm_id, cut=v.sm_id[:-1])}' h='0'/>")
    failed = await door.expect("sm:failed")
    assert failed.find("stanzas:item-not-found", NS) is not None and failed.get("h") is None
    # The victim's session has not noticed.
    await b.message(v.jid, "still mine")
    await v.expect_message("still mine")
    assert await v.acknowledged() == v.sent
    assert len(v.sm_id) >= 20, "ids of 128 bits at least"


async def test_S18_h_above_what_was_sent_is_refused(server):
    [alice] = await server.people("alice")
    a = await server.login(alice, sm=True)
    await a.cut()
    a.handled = 4_000_000
    door = await server.tcp()
    await door.open()
    await login.sasl1(door, alice)
    await door.open()
    await door.send(f"<resume xmlns='{NS['sm']}' previd='{a.sm_id}' h='4000000'/>")
    answer = await door.expect("sm:failed", wire.STREAM_ERROR)
    assert wire.local(answer) in ("failed", "error")


@pytest.mark.slow
async def test_S18_of_two_that_resume_at_once_exactly_one_does(server):
    alice, bob = await server.people("alice", "bob")
    b = await server.login(bob)
    a = await server.login(alice, sm=True)
    rounds = 20
    for round in range(rounds):
        contenders = []
        for _ in range(2):
            door = await server.tcp()
            await door.open()
            await login.sasl1(door, alice)
            await door.open()
            contenders.append(door)
        resume = f"<resume xmlns='{NS['sm']}' previd='{a.sm_id}' h='{a.handled}'/>"
        await asyncio.gather(*(door.send(resume) for door in contenders))
        outcomes = [wire.local(await door.expect("sm:resumed", "sm:failed")) for door in contenders]
        # One after the other may both succeed: then the first was thrown out for the second.
        assert "resumed" in outcomes
        winners = [door for door, outcome in zip(contenders, outcomes) if outcome == "resumed"]
        if len(winners) == 2:
            done, _ = await asyncio.wait([asyncio.create_task(door.ended.wait()) for door in winners],
                                         timeout=wire.PATIENCE, return_when=asyncio.FIRST_COMPLETED)
            assert done, "two streams of one session"
            winners = [door for door in winners if not door.ended.is_set()]
            assert len(winners) == 1
        await b.message(a.jid, f"round {round}")
        await winners[0].expect(f"message[body='round {round}']")
        heard = sum(len(door.peek(f"message[body='round {round}']")) for door in contenders)
        assert heard == 0, "delivered on two streams"
        successor = login.Client(winners[0], alice)
        successor.handled, successor.sm_id, successor.jid, successor.sent = a.handled + 1, a.sm_id, a.jid, a.sent
        await successor.ack()
        await successor.cut()
        a = successor


@pytest.mark.slow
@pytest.mark.parametrize("reads", [True, False], ids=["reads", "stops reading"])
async def test_S19_a_client_that_never_acknowledges_ends_and_nothing_is_lost(server, reads):
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    b = await server.login(bob, sm=True)
    b.answers_acks = False
    before = server.resident_kib()
    if not reads:
        await b.wire.stop_reading()
    count, batch = 7_000, 500
    for start in range(0, count, batch):
        await a.wire.send("".join(f"<message xmlns='jabber:client' to='{b.bare}' type='chat'><body>{n}</body></message>"
                                  for n in range(start, start + batch)))
        await a.settle()
    assert server.resident_kib() - before < 65_536
    if reads:
        await b.wire.expect_stream_error("policy-violation", "resource-constraint", within=60)
    else:
        await b.cut()
    seen, after, complete = [], "", False
    reader = await server.login(bob, presence=False)
    while not complete:
        results, fin = await query(reader, page=f"<max>250</max>{after}")
        seen += bodies(results)
        complete = fin.get("complete") == "true"
        after = f"<after>{fin.findtext('rsm:set/rsm:last', '', NS)}</after>"
    assert seen == [str(number) for number in range(count)]


async def test_S20_an_inactive_client_is_not_filled_up(server):
    a, b, _ = await trio(server)
    await b.wire.send(f"<inactive xmlns='{NS['csi']}'/>")
    await b.settle()
    for number in range(3_000):
        await a.presence(f"<status>{number}</status>")
        if number % 500 == 0:
            await a.message(b.jid, f"m{number}")
            await a.settle()
    await a.settle()
    await b.wire.send(f"<active xmlns='{NS['csi']}'/>")
    await b.expect("presence[status='2999']")
    assert len(b.wire.peek("presence")) < 100
    for number in range(0, 3_000, 500):
        await b.expect_message(f"m{number}")


POISON = {
    "deep": "<x xmlns='urn:p'>" + "<d>" * 60 + "</d>" * 60 + "</x>",
    "wide": "<x xmlns='urn:p'>" + "<d/>" * 4_000 + "</x>",
    "long nick": "<nick xmlns='http://jabber.org/protocol/nick'>" + "n" * 65_535 + "</nick>",
    "bad address inside": "<x xmlns='jabber:x:conference' jid='@@/'/>",
    "long language": "<body xml:lang='" + "x" * 20_000 + "'>y</body>",
    "cdata": "<x xmlns='urn:p'><![CDATA[</message><message>]]></x>",
    "combining": "<x xmlns='urn:p'>" + "a" + "\u0301" * 20_000 + "</x>",
    "directional": "<x xmlns='urn:p'>\u202e\u2066\u200f</x>",
}


@pytest.mark.parametrize("name", POISON)
async def test_S22_a_poisoned_message_does_not_keep_its_receiver_out(server, name):
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    await a.message(bob.jid, "before")
    await a.send(f"<message to='{bob.jid}' type='chat'><body>poison</body>{POISON[name]}</message>")
    try:
        await a.settle()
    except AssertionError:
        a = await server.login(alice)
    await a.message(bob.jid, "after")
    await a.settle()
    b = await server.login(bob)
    await b.expect_message("before")
    await b.expect_message("after")
    await b.cut()
    for _ in range(3):
        b = await server.login(bob, presence=False)
        results, _ = await query(b)
        assert "before" in bodies(results) and "after" in bodies(results)
        await b.presence()
        await b.settle()
        await b.cut()
