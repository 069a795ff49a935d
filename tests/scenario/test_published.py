"""What people publish about themselves (XEP-0163, XEP-0490) and what clients can do (XEP-0115, XEP-0030)."""

import base64
import hashlib

import login
from wire import NS, error_of

PUBSUB = "http://jabber.org/protocol/pubsub"
OWNER = PUBSUB + "#owner"
ERRORS = PUBSUB + "#errors"
CAPS = "http://jabber.org/protocol/caps"
TUNE = "http://jabber.org/protocol/tune"
DISPLAYED = "urn:xmpp:mds:displayed:0"
EVENT = "message[@type='headline']/pubsub:event/pubsub:items[@node='{}']"
PRIVATE = {"persist_items": "true", "max_items": "max", "send_last_published_item": "never", "access_model": "whitelist"}


def caps(*nodes: str) -> tuple[str, str]:
    """The hash and the disco answer of a client that wants notifications of `nodes`."""
    features = sorted(f"{node}+notify" for node in nodes)
    text = "client/bot//<" + "".join(f"{feature}<" for feature in features)
    ver = base64.b64encode(hashlib.sha1(text.encode()).digest()).decode()
    return ver, "<identity category='client' type='bot'/>" + "".join(f"<feature var='{feature}'/>" for feature in features)


async def wants(client, *nodes: str, honest: bool = True) -> bool:
    """Sends presence with capabilities and answers the question, if there is one; says whether there was."""
    ver, answer = caps(*nodes)
    if not honest:
        ver = caps("urn:something:else", *nodes)[0]
    await client.presence(f"<c xmlns='{CAPS}' hash='sha-1' node='urn:tests' ver='{ver}'/>")
    await client.settle()
    question = client.wire.take(f"iq[@type='get']/disco:query[@node='urn:tests#{ver}']")
    if question is not None:
        await client.send(f"<iq type='result' id='{question.get('id')}' to='{question.get('from')}'>"
                          f"<query xmlns='{NS['disco']}' node='urn:tests#{ver}'>{answer}</query></iq>")
        await client.settle()
    return question is not None


async def arrives(client, *nodes: str):
    """Sends presence with capabilities of which the server has not heard; the question, unanswered."""
    ver, answer = caps(f"urn:only:{client.bare}", *nodes)
    await client.presence(f"<c xmlns='{CAPS}' hash='sha-1' node='urn:tests' ver='{ver}'/>")
    question = await client.expect(f"iq[@type='get']/disco:query[@node='urn:tests#{ver}']")
    await client.settle()
    return question, f"<query xmlns='{NS['disco']}' node='urn:tests#{ver}'>{answer}</query>"


async def reply(client, question, answer: str) -> None:
    await client.send(f"<iq type='result' id='{question.get('id')}' to='{question.get('from')}'>{answer}</iq>")


def options(values: dict, form: str = PUBSUB + "#publish-options") -> str:
    fields = "".join(f"<field var='pubsub#{name}'><value>{value}</value></field>" for name, value in values.items())
    return (f"<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'><value>{form}</value></field>"
            f"{fields}</x>")


async def publish(client, node: str, payload: str, id: str = "current", to: str | None = None, **preconditions):
    wanted = f"<publish-options>{options(preconditions)}</publish-options>" if preconditions else ""
    return await client.iq("set", f"<pubsub xmlns='{PUBSUB}'><publish node='{node}'><item id='{id}'>{payload}</item></publish>{wanted}</pubsub>", to)


async def items(client, node: str, to: str | None = None, more: str = ""):
    return await client.iq("get", f"<pubsub xmlns='{PUBSUB}'><items node='{node}'{more}/></pubsub>", to)


def ids(answer) -> list[str]:
    return [item.get("id") for item in answer.iter(f"{{{PUBSUB}}}item")]


def specific(answer) -> str:
    return next(child.tag.rpartition("}")[2] for child in answer.find("error", NS) if child.tag.startswith(f"{{{ERRORS}}}"))


async def pair(server):
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    await login.befriend(a, b)
    return a, b


async def test_contacts_who_want_it_hear_of_what_is_published(server):
    a, b = await pair(server)
    other = await server.login(b.account)
    await wants(b, TUNE)
    await wants(a, TUNE)
    assert (await publish(a, TUNE, f"<tune xmlns='{TUNE}'><artist>Yes</artist></tune>")).get("type") == "result"
    event = await b.expect(EVENT.format(TUNE))
    assert (event.get("from"), event.get("to")) == (a.bare, b.jid)
    await a.expect(EVENT.format(TUNE))
    # Without +notify, nothing.
    await other.quiet(EVENT.format(TUNE), via=a)
    assert ids(await items(b, TUNE, a.bare)) == ["current"]


async def test_the_last_item_comes_with_ones_presence(server):
    a, b = await pair(server)
    await publish(a, TUNE, f"<tune xmlns='{TUNE}'/>")
    again = await server.login(b.account)
    await wants(again, TUNE)
    assert (await again.expect(EVENT.format(TUNE))).get("from") == a.bare
    own = await server.login(a.account)
    # The hash is known by now: nobody is asked.
    assert not await wants(own, TUNE)
    await own.expect(EVENT.format(TUNE))
    await own.presence("<show>away</show>")
    await own.quiet(EVENT.format(TUNE), via=b)


async def retract(client, node: str, id: str):
    return await client.result("set", f"<pubsub xmlns='{PUBSUB}'><retract node='{node}' notify='true'><item id='{id}'/></retract></pubsub>")


def told(client, node: str) -> list[str]:
    """What events of a node say, in their order: `+` and `-` with the items' ids."""
    found = []
    while (event := client.wire.take(EVENT.format(node))) is not None:
        for one in event.find(f"pubsub:event/pubsub:items[@node='{node}']", NS):
            found.append({"item": "+", "retract": "-"}[one.tag.rpartition("}")[2]] + one.get("id"))
    return found


SHARED = PRIVATE | {"send_last_published_item": "on_sub_and_presence", "access_model": "presence"}


async def test_what_happens_while_a_client_is_asked_what_it_can_do_is_told_when_it_answers(server):
    """Own devices and contacts alike: who has read a node before it was known to want its events hears what changed since."""
    a, b = await pair(server)
    for name in ("one", "two"):
        await publish(a, "urn:things", f"<thing xmlns='urn:things'>{name}</thing>", id=name, **SHARED)
    own = await server.login(a.account)
    asked = {client: await arrives(client, "urn:things") for client in (own, b)}
    for client in (own, b):
        assert set(ids(await items(client, "urn:things", a.bare))) == {"one", "two"}
    await retract(a, "urn:things", "one")
    await publish(a, "urn:things", "<thing xmlns='urn:things'/>", id="three", **SHARED)
    await retract(a, "urn:things", "three")
    await publish(a, "urn:others", "<other xmlns='urn:others'/>", **SHARED)
    for client, (question, answer) in asked.items():
        await client.settle()
        assert told(client, "urn:things") == [], "nobody knows yet that it wants them"
        await reply(client, question, answer)
        await client.settle()
        # The newest item of those that are left comes as to everybody who arrives.
        assert told(client, "urn:things") == ["+two", "-one", "+three", "-three"]
        assert told(client, "urn:others") == [], "it does not want those"
    await publish(a, "urn:things", "<thing xmlns='urn:things'/>", id="four", **SHARED)
    for client in asked:
        await client.expect(EVENT.format("urn:things"))


async def test_a_connection_that_is_lost_while_the_client_is_asked_loses_nothing_of_what_is_held(server):
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob, sm=True)
    await login.befriend(a, b)
    for name in ("one", "two"):
        await publish(a, "urn:things", f"<thing xmlns='urn:things'>{name}</thing>", id=name, **SHARED)
    question, answer = await arrives(b, "urn:things")
    await retract(a, "urn:things", "one")
    await b.cut()
    await publish(a, "urn:things", "<thing xmlns='urn:things'/>", id="three", **SHARED)
    await retract(a, "urn:things", "two")
    b, outcome = await login.resume(await server.tcp(), b)
    assert outcome.tag == f"{{{NS['sm']}}}resumed"
    await reply(b, question, answer)
    await b.settle()
    assert told(b, "urn:things") == ["+three", "-one", "+three", "-two"]


async def test_who_does_not_answer_or_wants_nothing_gets_nothing_late(server):
    a, b = await pair(server)
    other = await server.login(b.account)
    question, _ = await arrives(b, "urn:things")
    unwilling, _ = await arrives(other, "urn:things")
    await publish(a, "urn:things", "<thing xmlns='urn:things'/>", **SHARED)
    await b.send(f"<iq type='error' id='{question.get('id')}' to='{question.get('from')}'>"
                 f"<error type='cancel'><service-unavailable xmlns='{NS['stanzas']}'/></error></iq>")
    ver, answer = caps("urn:something:else")
    await reply(other, unwilling, f"<query xmlns='{NS['disco']}'>{answer}</query>")
    await publish(a, "urn:things", "<thing xmlns='urn:things'/>", **SHARED)
    for client in (b, other):
        await client.quiet(EVENT.format("urn:things"), via=a)


async def test_what_is_held_for_a_client_is_bounded_and_the_newest_is_kept(server):
    a, b = await pair(server)
    own = await server.login(a.account)
    question, answer = await arrives(own, "urn:many")
    for number in range(300):
        await publish(a, "urn:many", "<thing xmlns='urn:many'/>", id=f"n{number}", **SHARED)
    await reply(own, question, answer)
    await own.settle()
    # The last item, then what was held.
    assert told(own, "urn:many") == ["+n299"] + [f"+n{number}" for number in range(44, 300)]


async def test_a_hash_that_does_not_fit_is_believed_of_nobody_else(server):
    a, b = await pair(server)
    assert await wants(a, "urn:poison:" + a.bare, honest=False)
    assert await wants(b, "urn:poison:" + a.bare, honest=False), "a wrong answer is not remembered"


async def test_private_items_stay_private(server):
    a, b = await pair(server)
    await wants(b, "urn:private")
    await publish(a, "urn:private", "<secret xmlns='urn:private'/>", **PRIVATE)
    await b.quiet(EVENT.format("urn:private"), via=a)
    refused = await items(b, "urn:private", a.bare)
    assert (error_of(refused), specific(refused)) == ("not-allowed", "closed-node")
    assert error_of(await publish(b, "urn:private", "<x xmlns='urn:x'/>", to=a.bare)) == "forbidden"


async def test_preconditions_and_configuration(server):
    [alice] = await server.people("alice")
    a = await server.login(alice)
    await publish(a, "urn:keys", "<key xmlns='urn:keys'/>", id="1")
    refused = await publish(a, "urn:keys", "<key xmlns='urn:keys'/>", id="2", **PRIVATE)
    assert (error_of(refused), specific(refused)) == ("conflict", "precondition-not-met")
    form = options(PRIVATE, PUBSUB + "#node_config")
    await a.result("set", f"<pubsub xmlns='{OWNER}'><configure node='urn:keys'>{form}</configure></pubsub>")
    for id in ("2", "3"):
        assert (await publish(a, "urn:keys", "<key xmlns='urn:keys'/>", id=id, **PRIVATE)).get("type") == "result"
    assert ids(await items(a, "urn:keys")) == ["1", "2", "3"]
    assert ids(await items(a, "urn:keys", more=" max_items='1'")) == ["3"]
    await a.result("set", f"<pubsub xmlns='{PUBSUB}'><retract node='urn:keys' notify='true'><item id='2'/></retract></pubsub>")
    assert ids(await items(a, "urn:keys")) == ["1", "3"]
    await a.result("set", f"<pubsub xmlns='{OWNER}'><delete node='urn:keys'/></pubsub>")
    assert error_of(await items(a, "urn:keys")) == "item-not-found"


async def test_strangers_see_open_nodes_and_no_others(server):
    alice, mallory = await server.people("alice", "mallory")
    a, m = await server.login(alice), await server.login(mallory)
    await publish(a, "urn:open", "<key xmlns='urn:keys'/>", access_model="open")
    await publish(a, "urn:closed", "<key xmlns='urn:keys'/>")
    assert ids(await items(m, "urn:open", a.bare)) == ["current"]
    for node in ("urn:closed", "urn:missing"):
        assert error_of(await items(m, node, a.bare)) == "service-unavailable"


async def test_how_far_one_has_read_reaches_ones_other_devices_alone(server):
    a, b = await pair(server)
    other = await server.login(b.account)
    await wants(other, DISPLAYED)
    await b.send(f"<message to='{a.bare}' type='chat' id='m'><displayed xmlns='urn:xmpp:chat-markers:0' id='x'/>"
                 f"<displayed xmlns='{DISPLAYED}'><stanza-id xmlns='{NS['sid']}' by='{b.bare}' id='0423'/></displayed></message>")
    event = await other.expect(EVENT.format(DISPLAYED))
    item = event.find("pubsub:event/pubsub:items/pubsub:item", NS)
    assert item.get("id") == a.bare and item.find(f"{{{DISPLAYED}}}displayed/sid:stanza-id", NS).get("id") == "0423"
    message = await a.expect("message[@id='m']")
    assert message.find(f"{{{DISPLAYED}}}displayed") is None
    assert ids(await items(b, DISPLAYED)) == [a.bare]
    assert error_of(await items(a, DISPLAYED, b.bare)) == "not-allowed"


async def test_discovery_tells_of_server_and_account(server):
    a, b = await pair(server)
    for to, category, feature in (("localhost", "server", "urn:xmpp:ping"), (a.bare, "account", PUBSUB + "#publish-options"),
                                  (b.bare, "account", "urn:xmpp:mds:server-assist:0")):
        query = (await a.result("get", f"<query xmlns='{NS['disco']}'/>", to)).find("disco:query", NS)
        assert category in [identity.get("category") for identity in query.iterfind("disco:identity", NS)]
        assert feature in [found.get("var") for found in query.iterfind("disco:feature", NS)]
        await a.result("get", f"<query xmlns='{NS['items']}'/>", to)
        assert error_of(await a.iq("get", f"<query xmlns='{NS['disco']}' node='x'/>", to)) == "item-not-found"


async def test_last_activity_time_and_version(server):
    a, b = await pair(server)
    assert int((await a.result("get", "<query xmlns='jabber:iq:last'/>", "localhost"))[0].get("seconds")) >= 0
    assert (await a.result("get", "<query xmlns='jabber:iq:last'/>", b.bare))[0].get("seconds") == "0"
    await b.leave()
    await a.expect(f"presence[@from='{b.jid}'][@type='unavailable']")
    assert int((await a.result("get", "<query xmlns='jabber:iq:last'/>", b.bare))[0].get("seconds")) < 60
    await a.result("get", "<time xmlns='urn:xmpp:time'/>", "localhost")
    await a.result("get", "<query xmlns='jabber:iq:version'/>", "localhost")
