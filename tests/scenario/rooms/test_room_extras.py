"""Versions of affiliations (XEP-0463), hats (XEP-0317), activity (XEP-0502)."""

import rooms
from wire import NS, error_of


def affiliations(message) -> dict[str, str]:
    return {item.get("jid"): item.get("affiliation") for item in message.iterfind("user:x/user:item", NS)}


def mav(stanza) -> dict[str, str]:
    return dict(stanza.find("user:x/mav:mav", NS).attrib)


async def test_a_client_learns_only_who_stands_otherwise_since_it_was_there(server):
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    room = rooms.name()
    await rooms.make(a, room, "alice", membersonly="1", whois="anyone")
    for jid in (bob.jid, "one@localhost", "two@localhost"):
        await rooms.affiliate(a, room, jid, "member")
    await rooms.affiliate(a, room, "bad@localhost", "outcast")
    own = await rooms.enter(b, room, "bob", more="<mav xmlns='urn:xmpp:muc:affiliations:0'/><history maxstanzas='0'/>")
    whole = await b.expect(f"message[@from='{room}']/user:x/mav:mav/../..")
    assert "since" not in mav(whole) and mav(whole)["until"] == mav(own)["until"]
    assert affiliations(whole) == {a.bare: "owner", bob.jid: "member", "one@localhost": "member", "two@localhost": "member"}
    # What changes while one is inside says from which version to which.
    await rooms.affiliate(a, room, "one@localhost", "none")
    told = await a.expect(f"message[@from='{room}']/user:x/user:item[@jid='one@localhost'][@affiliation='none']/../..")
    known = mav(told)
    await b.expect(f"message[@from='{room}']/user:x/user:item[@jid='one@localhost'][@affiliation='none']/../..")
    assert known["since"] == mav(own)["until"] != known["until"]
    await b.presence(to=f"{room}/bob", type="unavailable")
    await b.expect(f"presence[@from='{room}/bob'][@type='unavailable']")
    await rooms.affiliate(a, room, "three@localhost", "admin")
    await rooms.affiliate(a, room, "two@localhost", "none")
    own = await rooms.enter(b, room, "bob", more=f"<mav xmlns='urn:xmpp:muc:affiliations:0' since='{known['until']}'/><history maxstanzas='0'/>")
    diff = await b.expect(f"message[@from='{room}']/user:x/mav:mav/../..")
    assert mav(diff) == {"since": known["until"], "until": mav(own)["until"]}
    assert affiliations(diff) == {"three@localhost": "admin", "two@localhost": "none"}
    # Nothing changed: nothing is told. An unknown version: everything.
    for since, answered in ((mav(own)["until"], False), ("nonsense", True)):
        await b.presence(to=f"{room}/bob", type="unavailable")
        await b.expect(f"presence[@from='{room}/bob'][@type='unavailable']")
        await rooms.enter(b, room, "bob", more=f"<mav xmlns='urn:xmpp:muc:affiliations:0' since='{since}'/><history maxstanzas='0'/>")
        assert (b.wire.take(f"message[@from='{room}']/user:x/mav:mav/../..") is not None) == answered


async def test_versions_go_on_after_a_restart_and_strangers_are_refused(own_server):
    server = own_server()
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    room = rooms.name()
    await rooms.make(a, room, "alice")
    await rooms.affiliate(a, room, "one@localhost", "member")
    told = await a.expect(f"message[@from='{room}']/user:x/mav:mav/../..")
    server.restart()
    a, b = await server.login(alice), await server.login(bob)
    own = await rooms.enter(a, room, "alice", more=f"<mav xmlns='urn:xmpp:muc:affiliations:0' since='{mav(told)['until']}'/><history maxstanzas='0'/>")
    assert mav(own)["until"] == mav(told)["until"]
    await rooms.enter(b, room, "bob", more="<mav xmlns='urn:xmpp:muc:affiliations:0'/><history maxstanzas='0'/>")
    refused = await b.expect(f"message[@from='{room}'][@type='error']")
    assert error_of(refused) == "forbidden"


async def test_hats_are_made_and_given_by_admins_and_shown_to_all(server):
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    room, uri = rooms.name(), "https://example.org/hats#teacher"
    await rooms.make(a, room, "alice")
    await rooms.enter(b, room, "bob")

    async def command(client, verb: str, **fields: str):
        form = rooms.field("FORM_TYPE", "urn:xmpp:hats:commands") + "".join(rooms.field(f"hats#{var}", value) for var, value in fields.items())
        inner = f"<x xmlns='{NS['data']}' type='submit'>{form}</x>" if fields else ""
        return await client.iq("set", f"<command xmlns='{NS['commands']}' node='urn:xmpp:hats:commands:{verb}' action='execute'>{inner}</command>", room)

    assert error_of(await command(b, "create", title="King", uri="u:king")) == "forbidden"
    assert error_of(await command(a, "assign", jid=bob.jid, uri=uri)) == "item-not-found"
    form = await command(a, "create")
    assert form.find("commands:command", NS).get("status") == "executing"
    made = await command(a, "create", title="Teacher", uri=uri, hue="327.25")
    assert made.find("commands:command", NS).get("status") == "completed"
    await command(a, "assign", jid=bob.jid, uri=uri)
    shown = await a.expect(f"presence[@from='{room}/bob']/hats:hats/..")
    [hat] = shown.iterfind("hats:hats/hats:hat", NS)
    assert (hat.get("title"), hat.get("uri"), hat.get("hue")) == ("Teacher", uri, "327.25")
    for verb, count in (("list", 1), ("list-assigned", 1)):
        listed = await command(a, verb)
        assert len(list(listed.iter(f"{{{NS['data']}}}item"))) == count
    # Kept when they come back, and gone with the hat.
    await b.presence(to=f"{room}/bob", type="unavailable")
    await b.expect(f"presence[@from='{room}/bob'][@type='unavailable']")
    own = await rooms.enter(b, room, "bob")
    assert own.find("hats:hats", NS) is not None
    await command(a, "unassign", jid=bob.jid, uri=uri)
    assert not list((await command(a, "list-assigned")).iter(f"{{{NS['data']}}}item"))
    await command(a, "assign", jid=bob.jid, uri=uri)
    assert list((await command(a, "list-assigned")).iter(f"{{{NS['data']}}}item"))
    await command(a, "destroy", uri=uri)
    bare = await b.expect(f"presence[@from='{room}/bob']")
    while bare.find("hats:hats", NS) is not None:
        bare = await b.expect(f"presence[@from='{room}/bob']")


async def test_public_rooms_say_how_much_is_said_and_others_do_not(server):
    [alice] = await server.people("alice")
    a = await server.login(alice)
    field = "{urn:xmpp:muc-activity}message-activity"

    async def activity(room: str) -> str | None:
        info = await a.result("get", f"<query xmlns='{NS['disco']}'/>", room)
        fields = {field.get("var"): field.findtext("data:value", None, NS) for field in info.iter(f"{{{NS['data']}}}field")}
        return fields.get(field)

    room = rooms.name()
    await rooms.make(a, room, "alice")
    assert float(await activity(room)) == 0
    for number in range(12):
        await rooms.say(a, room, f"m{number}")
    await a.expect_message("m11")
    assert float(await activity(room)) == 0.5
    await rooms.configure(a, room, membersonly="1")
    assert await activity(room) is None
