"""The list of conversations (docs/inbox.md), and what is read on all devices (XEP-0490)."""

from login import new_id
from wire import NS, error_of

INBOX = "urn:skein:inbox:0"
MDS = "urn:xmpp:mds:displayed:0"


async def inbox(client, page: str = "") -> dict[str, tuple[int, str]]:
    """Unread messages and the last text of each conversation, newest first."""
    answer = await client.result("get", f"<inbox xmlns='{INBOX}'><set xmlns='{NS['rsm']}'>{page}</set></inbox>")
    return {entry.get("jid"): (int(entry.get("unread")), entry.findtext("forward:forwarded/message/body", "", NS))
            for entry in answer.iter(f"{{{INBOX}}}conversation")}


async def test_one_answer_has_unread_counts_and_last_messages(server):
    alice, bob, carol = await server.people("alice", "bob", "carol")
    a, b, c = [await server.login(one) for one in (alice, bob, carol)]
    for number in range(3):
        await b.message(a.bare, f"b{number}")
        await a.expect_message(f"b{number}")
    await c.message(a.bare, "from carol")
    await a.expect_message("from carol")
    assert await inbox(a) == {c.bare: (1, "from carol"), b.bare: (3, "b2")}
    assert list(await inbox(a)) == [c.bare, b.bare]
    await a.message(b.bare, "answered")
    await b.expect_message("answered")
    assert list(await inbox(a)) == [b.bare, c.bare]
    assert list(await inbox(a, "<max>1</max>")) == [b.bare]


async def test_reading_on_one_device_counts_on_all(server):
    alice, bob = await server.people("alice", "bob")
    phone, desk, b = await server.login(alice), await server.login(alice), await server.login(bob)
    ids = []
    for number in range(4):
        await b.message(alice.jid, f"m{number}")
        message = await phone.expect_message(f"m{number}")
        ids.append(message.find("sid:stanza-id", NS).get("id"))
    await phone.result("set", f"<read xmlns='{INBOX}' with='{b.bare}' id='{ids[1]}'/>")
    assert (await inbox(desk))[b.bare] == (2, "m3")
    # Reading does not go back.
    await phone.iq("set", f"<read xmlns='{INBOX}' with='{b.bare}' id='{ids[0]}'/>")
    assert (await inbox(desk))[b.bare] == (2, "m3")


async def test_anothers_conversations_are_forbidden(server):
    alice, mallory = await server.people("alice", "mallory")
    m = await server.login(mallory)
    answer = await m.iq("get", f"<inbox xmlns='{INBOX}'/>", to=alice.jid)
    assert error_of(answer) in ("forbidden", "service-unavailable")


async def publish_displayed(client, peer: str, id: str, by: str):
    payload = (f"<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='{MDS}'><item id='{peer}'>"
               f"<displayed xmlns='{MDS}'><stanza-id xmlns='urn:xmpp:sid:0' by='{by}' id='{id}'/></displayed></item></publish>"
               f"<publish-options><x xmlns='{NS['data']}' type='submit'><field var='FORM_TYPE' type='hidden'>"
               "<value>http://jabber.org/protocol/pubsub#publish-options</value></field>"
               "<field var='pubsub#persist_items'><value>true</value></field><field var='pubsub#max_items'><value>max</value></field>"
               "<field var='pubsub#send_last_published_item'><value>never</value></field>"
               "<field var='pubsub#access_model'><value>whitelist</value></field></x></publish-options></pubsub>")
    return await client.result("set", payload)


async def test_what_one_device_displayed_the_others_learn(server):
    alice, bob = await server.people("alice", "bob")
    phone, desk, b = await server.login(alice), await server.login(alice), await server.login(bob)
    await announce(desk, [f"{MDS}+notify"])
    await b.message(alice.jid, "read me")
    message = await phone.expect_message("read me")
    id = message.find("sid:stanza-id", NS).get("id")
    await publish_displayed(phone, b.bare, id, alice.jid)
    event = await desk.expect(f"message/pubsub:event/pubsub:items[@node='{MDS}']")
    assert event.get("from") == alice.jid
    stanza_id = next(event.iter(f"{{{NS['sid']}}}stanza-id"))
    assert stanza_id.get("id") == id
    assert (await inbox(desk))[b.bare][0] == 0, "the inbox knows it too"
    answer = await desk.result("get", f"<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='{MDS}'/></pubsub>")
    assert [item.get("id") for item in answer.iter("{http://jabber.org/protocol/pubsub}item")] == [b.bare]


async def announce(client, features: list[str]) -> None:
    """Presence with capabilities (XEP-0115), and the answer to the server's question what they are."""
    import base64
    import hashlib
    text = "client/pc//test<" + "".join(f"{feature}<" for feature in sorted(features))
    version = base64.b64encode(hashlib.sha1(text.encode()).digest()).decode()
    node = f"https://test.example/{new_id()}"
    await client.presence(f"<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='{node}' ver='{version}'/>")
    question = await client.expect("iq[@type='get']/disco:query")
    payload = "".join(f"<feature var='{feature}'/>" for feature in features)
    to = f" to='{question.get('from')}'" if question.get("from") else ""
    await client.send(f"<iq xmlns='jabber:client' type='result' id='{question.get('id')}'{to}><query xmlns='{NS['disco']}' "
                      f"node='{node}#{version}'><identity category='client' type='pc' name='test'/>{payload}</query></iq>")
    await client.settle()
