"""Roster and presence: RFC 6121 sections 2 to 4, versioning (XEP-0237)."""

import asyncio

import login
from wire import NS, error_of, local


async def roster(client) -> dict[str, dict]:
    answer = await client.result("get", f"<query xmlns='{NS['roster']}'/>")
    return {item.get("jid"): dict(item.attrib) for item in answer.iterfind("roster:query/roster:item", NS)}


async def set_item(client, jid: str, more: str = "", inner: str = ""):
    return await client.iq("set", f"<query xmlns='{NS['roster']}'><item jid='{jid}'{more}>{inner}</item></query>")


async def test_two_people_become_contacts_and_see_each_other_come_and_go(server):
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    await login.befriend(a, b)
    assert (await roster(a))[b.bare]["subscription"] == "both"
    assert (await roster(b))[a.bare]["subscription"] == "both"
    await b.presence("<show>away</show><status>lunch</status>")
    await a.expect(f"presence[@from='{b.jid}'][show='away'][status='lunch']")
    await b.leave()
    await a.expect(f"presence[@from='{b.jid}'][@type='unavailable']")
    again = await server.login(bob)
    await a.expect(f"presence[@from='{again.jid}']")
    await again.expect(f"presence[@from='{a.jid}']")


async def test_a_lost_connection_without_stream_management_makes_one_unavailable(server):
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    await login.befriend(a, b)
    await b.cut()
    await a.expect(f"presence[@from='{b.jid}'][@type='unavailable']")


async def test_every_device_gets_the_pushes(server):
    [alice] = await server.people("alice")
    one, two, uninterested = [await server.login(alice) for _ in range(3)]
    await roster(one)
    await roster(two)
    assert (await set_item(one, "friend@localhost", " name='Friend'", "<group>Work</group>")).get("type") == "result"
    for device in (one, two):
        push = await device.expect("iq[@type='set']/roster:query")
        item = push.find("roster:query/roster:item", NS)
        assert (item.get("jid"), item.get("name"), item.get("subscription")) == ("friend@localhost", "Friend", "none")
        assert item.findtext("roster:group", None, NS) == "Work"
    await uninterested.settle()
    assert not uninterested.wire.peek("iq[@type='set']")


async def test_a_version_saves_the_roster_that_has_not_changed(server):
    [alice] = await server.people("alice")
    a = await server.login(alice)
    await set_item(a, "friend@localhost")
    answer = await a.result("get", f"<query xmlns='{NS['roster']}' ver=''/>")
    version = answer.find("roster:query", NS).get("ver")
    assert version
    answer = await a.result("get", f"<query xmlns='{NS['roster']}' ver='{version}'/>")
    assert answer.find("roster:query", NS) is None
    await set_item(a, "other@localhost")
    await a.result("get", f"<query xmlns='{NS['roster']}' ver='{version}'/>")


async def test_removing_a_contact_ends_both_subscriptions(server):
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    await login.befriend(a, b)
    await set_item(a, b.bare, " subscription='remove'")
    await b.expect(f"presence[@from='{a.jid}'][@type='unavailable']")
    await b.expect(f"presence[@from='{a.bare}'][@type='unsubscribe']")
    await b.expect(f"presence[@from='{a.bare}'][@type='unsubscribed']")
    assert b.bare not in await roster(a)
    assert (await roster(b))[a.bare]["subscription"] == "none"


async def test_a_request_waits_for_those_who_are_away(server):
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    await a.presence(to=bob.jid, type="subscribe")
    await a.settle()
    assert (await roster(a))[bob.jid].get("ask") == "subscribe"
    for _ in range(2):
        b = await server.login(bob)
        await b.expect(f"presence[@type='subscribe'][@from='{alice.jid}']")
        await b.leave()


async def test_pre_approval_answers_the_request_when_it_comes(server):
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    await roster(a)
    await b.presence(to=a.bare, type="subscribed")
    await b.settle()
    await a.presence(to=b.bare, type="subscribe")
    await a.expect(f"presence[@type='subscribed'][@from='{b.bare}']")
    await a.expect(f"presence[@from='{b.jid}']")


async def test_directed_presence_reaches_a_stranger_and_so_does_the_end(server):
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    await a.presence("<status>hi</status>", to=b.jid)
    await b.expect(f"presence[@from='{a.jid}'][status='hi']")
    await a.leave()
    await b.expect(f"presence[@from='{a.jid}'][@type='unavailable']")


async def test_last_activity_version_time_and_disco_answer(server):
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    await login.befriend(a, b)
    for payload in ("<query xmlns='jabber:iq:version'/>", "<time xmlns='urn:xmpp:time'/>", "<ping xmlns='urn:xmpp:ping'/>",
                    "<query xmlns='jabber:iq:last'/>", f"<query xmlns='{NS['disco']}'/>", f"<query xmlns='{NS['items']}'/>"):
        await a.result("get", payload, to="localhost")
    await b.leave()
    last = await a.result("get", "<query xmlns='jabber:iq:last'/>", to=b.bare)
    assert int(next(iter(last)).get("seconds")) < 60


async def test_an_account_lets_only_contacts_see_its_last_activity(server):
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    answer = await a.iq("get", "<query xmlns='jabber:iq:last'/>", to=bob.jid)
    assert error_of(answer) in ("forbidden", "service-unavailable", "not-authorized", "subscription-required")


async def test_caps_of_the_server_match_what_it_tells_on_request(server):
    """XEP-0115: the hash in the stream features is the hash of the answer."""
    import base64
    import hashlib
    [alice] = await server.people("alice")
    door = await server.tcp()
    await door.open()
    await login.sasl1(door, alice)
    features = await door.open()
    caps = next((child for child in features if local(child) == "c"), None)
    assert caps is not None
    client = login.Client(door, alice)
    client.jid = await login.bind(door)
    node = f"{caps.get('node')}#{caps.get('ver')}"
    answer = await client.result("get", f"<query xmlns='{NS['disco']}' node='{node}'/>", to="localhost")
    query = answer.find("disco:query", NS)
    lang = "{http://www.w3.org/XML/1998/namespace}lang"
    parts = sorted("/".join([i.get("category"), i.get("type"), i.get(lang, ""), i.get("name", "")])
                   for i in query.iterfind("disco:identity", NS))
    parts += sorted(f.get("var") for f in query.iterfind("disco:feature", NS))
    for form in query.iterfind("data:x", NS):
        fields = {f.get("var"): sorted(v.text or "" for v in f.iterfind("data:value", NS)) for f in form.iterfind("data:field", NS)}
        parts += fields.pop("FORM_TYPE")
        for var in sorted(fields):
            parts += [var, *fields[var]]
    text = "".join(part + "<" for part in parts)
    assert caps.get("hash") == "sha-1"
    assert base64.b64encode(hashlib.sha1(text.encode()).digest()).decode() == caps.get("ver")


async def test_changes_from_two_devices_are_pushed_in_the_order_of_their_versions(server):
    """A push that overtakes an older one would leave a device with the older entry."""
    [alice] = await server.people("alice")
    devices = [await server.login(alice) for _ in range(2)]
    for device in devices:
        await roster(device)
    rounds = 40
    for device, name in zip(devices, ("one", "two")):
        await device.wire.send("".join(
            f"<iq xmlns='jabber:client' type='set' id='{name}{n}'><query xmlns='{NS['roster']}'><item jid='friend@localhost' name='{name} {n}'/>"
            "</query></iq>" for n in range(rounds)))
    for device, name in zip(devices, ("one", "two")):
        await device.expect(f"iq[@id='{name}{rounds - 1}'][@type='result']")
    for device in devices:
        await device.settle()
        pushes = [push.find("roster:query", NS) for push in device.wire.peek("iq[@type='set']/roster:query")]
        versions = [int(push.get("ver")) for push in pushes]
        assert len(versions) == 2 * rounds and versions == sorted(versions)
        last = pushes[-1].find("roster:item", NS).get("name")
        assert (await roster(device))["friend@localhost"]["name"] == last


async def test_many_who_are_let_in_at_once_all_see_the_presence(server):
    """Each change of a roster is seen beside the others that happen at the same time."""
    alice, *friends = await server.people("alice", *[f"friend{n}" for n in range(12)])
    a = await server.login(alice)
    sessions = [await server.login(friend) for friend in friends]
    for session in sessions:
        await roster(session)
        await a.presence(to=session.bare, type="subscribed")
    await a.settle()
    await asyncio.gather(*(session.presence(to=a.bare, type="subscribe") for session in sessions))
    for session in sessions:
        await session.expect(f"presence[@type='subscribed'][@from='{a.bare}']")
        await session.expect(f"presence[@from='{a.jid}']")
    await a.presence("<status>to all</status>")
    for session in sessions:
        await session.expect(f"presence[@from='{a.jid}'][status='to all']")
