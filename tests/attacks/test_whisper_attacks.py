"""Attacks on whispers: finding out about them, forcing them on somebody, sending them to the wrong people."""

import asyncio

import rooms
import vanish
from login import befriend, new_id
from whispers import group, refusal, to, whisper
from wire import NS


async def test_what_was_meant_for_some_is_never_told_to_all(server):
    a, b, c, room = await group(server)
    word = new_id()
    id = await rooms.say(a, room, word, more=to(("nick", "bob")))
    assert await refusal(a, id) == "not-acceptable"
    for client in (b, c):
        await client.quiet(f"message[body='{word}']", via=a)


async def test_a_receiver_who_is_not_known_makes_it_nothing(server):
    a, b, c, room = await group(server)
    for named in [("nick", "nobody"), ("id", "0" * 32), ("jid", "nobody@localhost")]:
        id = await whisper(a, room, "half", ("nick", "bob"), named)
        assert await refusal(a, id) == "item-not-found", named
    await b.quiet("message[body='half']", via=a)
    for inner in ["", "<to/>", "<to xmlns='urn:x' nick='bob'/>"]:
        await a.send(f"<message to='{room}' type='chat' id='bad'><body>half</body><whisper xmlns='{NS['whisper']}'>{inner}</whisper></message>")
        assert await refusal(a, "bad") == "bad-request", inner
    many = [("nick", "bob")] * 51
    assert await refusal(a, await whisper(a, room, "half", *many)) == "not-acceptable"
    assert await refusal(a, await whisper(a, room, "self", ("nick", "alice"))) == "bad-request"


async def test_addresses_are_no_way_to_find_out_who_somebody_is(server):
    a, b, c, room = await group(server)
    assert await refusal(b, await whisper(b, room, "guess", ("jid", c.bare))) == "item-not-found"
    # A moderator sees addresses anyhow.
    await whisper(a, room, "known", ("jid", c.bare))
    await c.expect_message("known")


async def test_who_is_not_inside_does_not_whisper(server):
    a, b, c, room = await group(server)
    [eve] = await server.people("eve")
    e = await server.login(eve)
    assert await refusal(e, await whisper(e, room, "psst", ("nick", "bob"))) == "not-acceptable"
    await b.quiet("message[body='psst']", via=a)


async def test_the_switch_of_the_group_holds(server):
    for value, sender, receiver, allowed in [("none", 0, 1, False), ("moderators", 1, 2, False), ("moderators", 1, 0, True),
                                             ("moderators", 0, 1, True), ("anyone", 1, 2, True)]:
        *clients, room = await group(server, allowpm=value)
        nick = ["alice", "bob", "carol"][receiver]
        id = await whisper(clients[sender], room, "psst", ("nick", nick))
        if allowed:
            await clients[receiver].expect_message("psst")
        else:
            assert await refusal(clients[sender], id) == "forbidden", value
        info = await clients[1].result("get", f"<query xmlns='{NS['disco']}'/>", room)
        told = {feature.get("var") for feature in info.iter(f"{{{NS['disco']}}}feature")}
        assert (NS["whisper"] in told) == (value != "none")


async def test_strangers_are_left_alone_until_they_answer(server):
    a, b, c, room = await group(server)
    for number in range(3):
        await whisper(b, room, f"w{number}", ("nick", "carol"))
        await c.expect_message(f"w{number}")
    assert await refusal(b, await whisper(b, room, "w3", ("nick", "carol"))) == "policy-violation"
    # One more receiver does not help; nobody gets it.
    assert await refusal(b, await whisper(b, room, "w4", ("nick", "alice"), ("nick", "carol"))) == "policy-violation"
    await a.quiet("message[body='w4']", via=c)
    await whisper(c, room, "yes?", ("nick", "bob"))
    await b.expect_message("yes?")
    for number in range(5, 12):
        await whisper(b, room, f"w{number}", ("nick", "carol"))
        await c.expect_message(f"w{number}")


async def test_many_at_once_are_no_way_around(server):
    a, b, c, room = await group(server)
    await b.send("".join(f"<message to='{room}/carol' type='chat' id='n{n}'><body>n{n}</body></message>" for n in range(20)))
    b.sent += 19
    await b.settle()
    assert len(b.wire.peek("message[@type='error']")) == 17
    await a.message(f"{room}/carol", "last")
    await c.expect_message("last")
    assert len(c.wire.peek(f"message[@from='{room}/bob'][@type='chat']")) == 3


async def test_contacts_are_no_strangers(server):
    a, b, c, room = await group(server)
    await befriend(b, c)
    for number in range(5):
        await whisper(b, room, f"w{number}", ("nick", "carol"))
        await c.expect_message(f"w{number}")


async def test_somebody_who_is_blocked_whispers_into_the_void_and_does_not_learn_of_it(server):
    for blocked in ("account", "nick", "id"):
        a, b, c, room = await group(server)
        await whisper(b, room, "first", ("nick", "carol"))
        first = await c.expect_message("first")
        address = {"account": b.bare, "nick": f"{room}/bob", "id": f"{room}/{rooms.occupant_id(first)}"}[blocked]
        await c.result("set", f"<block xmlns='urn:xmpp:blocking'><item jid='{address}'/></block>")
        if blocked == "id":
            # A new nickname does not help.
            await b.presence(to=f"{room}/robert")
            await b.expect(f"presence[@from='{room}/robert']")
        word = new_id()
        id = await whisper(b, room, word, ("nick", "carol"), ("nick", "alice"))
        await a.expect_message(word)
        await b.settle()
        assert not b.wire.peek(f"message[@id='{id}'][@type='error']")
        await c.quiet(f"message[body='{word}']", via=a)
        assert await vanish.traces(c, word) == []


async def test_a_whisper_can_be_reported(server):
    a, b, c, room = await group(server)
    await whisper(b, room, "buy now", ("nick", "carol"))
    got = await c.expect_message("buy now")
    [mark] = [child.get("id") for child in got.iterfind("sid:stanza-id", NS)]
    report = (f"<report xmlns='urn:xmpp:reporting:1' reason='urn:xmpp:reporting:spam'>"
              f"<stanza-id xmlns='urn:xmpp:sid:0' by='{c.bare}' id='{mark}'/></report>")
    await c.result("set", f"<block xmlns='urn:xmpp:blocking'><item jid='{room}/bob'>{report}</item></block>")


async def test_marks_of_whispers_cannot_be_forged_inside_of_one(server):
    a, b, c, room = await group(server)
    forged = f"<occupant-id xmlns='{NS['oid']}' id='forged'/><whisper xmlns='{NS['whisper']}'><to nick='alice'/></whisper>"
    await b.message(f"{room}/carol", "psst", more=forged)
    got = await c.expect_message("psst")
    assert [named.get("nick") for named in got.iterfind("whisper:whisper/whisper:to", NS)] == ["carol"]
    assert rooms.occupant_id(got) != "forged"


async def test_whispers_sent_at_once_keep_their_receivers(server):
    a, b, c, room = await group(server)
    await asyncio.gather(*[whisper(a, room, f"b{n}", ("nick", "bob")) for n in range(3)],
                         *[whisper(b, room, f"c{n}", ("nick", "carol")) for n in range(3)])
    for number in range(3):
        await b.expect_message(f"b{number}")
        await c.expect_message(f"c{number}")
    for client, letter in ((b, "c"), (c, "b")):
        await client.quiet(f"message[@type='chat'][body='{letter}0']", via=a)
