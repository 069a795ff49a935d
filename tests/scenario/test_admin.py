"""Service administration from any client (XEP-0133, XEP-0050), contact addresses (XEP-0157), outages (XEP-0455)."""

import os

import login
from skein import DOMAIN, Account
from wire import NS, error_of

COMMANDS = "http://jabber.org/protocol/commands"
ADMIN = "http://jabber.org/protocol/admin"
NAMES = NS | {"c": COMMANDS, "data": "jabber:x:data", "roster": "jabber:iq:roster"}
EVERY = {
    "add-user", "delete-user", "disable-user", "reenable-user", "end-user-session", "change-user-password",
    "get-user-roster", "get-user-lastlogin", "user-stats", "edit-admin", "get-registered-users-num",
    "get-disabled-users-num", "get-online-users-num", "get-active-users-num", "get-idle-users-num",
    "get-registered-users-list", "get-disabled-users-list", "get-online-users-list", "get-active-users", "get-idle-users",
    "announce", "set-motd", "edit-motd", "delete-motd", "set-welcome", "delete-welcome", "restart", "shutdown",
}


async def administrator(server, name: str = "root"):
    account = Account(f"{name}-{os.getpid()}", "pass-of-the-administrator")
    server.cli("user", "add", account.jid, "--admin", "--password-stdin", stdin=account.password + "\n")
    return await server.login(account)


def node(command: str) -> str:
    return command if ":" in command else f"{ADMIN}#{command}"


async def ask(client, command: str, fields: dict | None = None, to: str = DOMAIN, action: str = "", session: str = ""):
    """Executes a command, with a form if there are fields; the answer, whatever it is."""
    form = ""
    if fields is not None:
        values = {var: [value] if isinstance(value, str) else value for var, value in fields.items()}
        form = f"<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>{ADMIN}</value></field>" + "".join(
            f"<field var='{var}'>" + "".join(f"<value>{value}</value>" for value in many) + "</field>"
            for var, many in values.items()) + "</x>"
    more = (f" action='{action}'" if action else "") + (f" sessionid='{session}'" if session else "")
    return await client.iq("set", f"<command xmlns='{COMMANDS}' node='{node(command)}'{more}>{form}</command>", to)


async def run(client, command: str, fields: dict | None = None) -> dict[str, list[str]]:
    """The fields of the answer."""
    answer = await ask(client, command, fields)
    assert error_of(answer) is None, (command, error_of(answer), answer.findtext("error/stanzas:text", None, NS))
    found = answer.find("c:command", NAMES)
    assert found.get("status") == "completed", (command, found.attrib)
    return {field.get("var"): [value.text or "" for value in field.iterfind("data:value", NAMES)]
            for field in found.iterfind("data:x/data:field", NAMES)}


async def listed(client) -> set[str]:
    answer = await client.result("get", f"<query xmlns='{NS['items']}' node='{COMMANDS}'/>", DOMAIN)
    return {item.get("node") for item in answer.iterfind("items:query/items:item", NS)}


async def test_only_administrators_see_the_commands_and_may_run_them(own_server):
    server = own_server()
    root = await administrator(server)
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    assert {node(command) for command in EVERY} | {"urn:xmpp:invite#create-account"} <= await listed(root)
    assert not [command for command in await listed(a) if command.startswith(ADMIN)]
    for command in EVERY | {"urn:skein:admin:0#audit"}:
        for fields in (None, {"accountjid": bob.jid, "accountjids": bob.jid, "adminjids": a.bare, "delay": "0",
                              "password": "pass-of-mallory", "password-verify": "pass-of-mallory", "motd": "x",
                              "announcement": "x", "welcome": "x"}):
            assert error_of(await ask(a, command, fields)) == "forbidden", command
        assert error_of(await a.iq("get", f"<query xmlns='{NS['disco']}' node='{node(command)}'/>", DOMAIN)) == "item-not-found"
    await server.login(bob)
    assert [line for line in await audit(root)] == []


async def audit(root) -> list[str]:
    return (await run(root, "urn:skein:admin:0#audit", {}))["audit"]


async def test_accounts_are_made_locked_opened_and_removed(own_server):
    server = own_server()
    root = await administrator(server)
    carol = Account("carol", "pass-of-carol")
    await run(root, "add-user", {"accountjid": carol.jid, "password": carol.password, "password-verify": carol.password})
    c = await server.login(carol)
    await run(root, "disable-user", {"accountjids": carol.jid})
    await c.wire.expect_end()
    try:
        await server.login(carol)
        raise AssertionError("a locked account logged in")
    except login.SaslFailure:
        pass
    assert (await run(root, "get-disabled-users-num"))["disabledusersnum"] == ["1"]
    assert (await run(root, "get-disabled-users-list", {}))["disableduserjids"] == [carol.jid]
    await run(root, "reenable-user", {"accountjids": carol.jid})
    c = await server.login(carol)
    carol = Account("carol", "another-of-carol")
    await run(root, "change-user-password", {"accountjid": carol.jid, "password": carol.password})
    await c.wire.expect_end()
    one, two = await server.login(carol, sasl=2, resource="one"), await server.login(carol, sasl=2, resource="two")
    await run(root, "end-user-session", {"accountjids": one.jid})
    await one.wire.expect_end()
    await two.settle()
    await run(root, "end-user-session", {"accountjids": carol.jid})
    await two.wire.expect_end()
    await run(root, "delete-user", {"accountjids": carol.jid})
    assert carol.jid not in (await run(root, "get-registered-users-list", {}))["registereduserjids"]
    lines = await audit(root)
    assert [line.split()[2] for line in reversed(lines)] == [
        "add-user", "disable-user", "reenable-user", "change-user-password", "end-user-session", "end-user-session", "delete-user"]
    assert all(line.split()[1] == root.bare and carol.jid in line for line in lines)
    log = server.log_tail(limit=10_000_000)
    assert "an administrator's command" in log and carol.jid not in log and "pass-of-carol" not in log


async def test_what_is_known_of_an_account_is_told_and_no_password(own_server):
    server = own_server()
    root = await administrator(server)
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    await login.befriend(a, b)
    answer = await ask(root, "get-user-roster", {"accountjids": a.bare})
    assert [item.get("jid") for item in answer.iterfind("c:command/data:x/roster:query/roster:item", NAMES)] == [b.bare]
    assert "T" in (await run(root, "get-user-lastlogin", {"accountjids": a.bare}))["lastlogin"][0]
    stats = await run(root, "user-stats", {"accountjid": a.bare})
    assert stats["rostersize"] == ["1"] and stats["onlineresources"] == [a.jid.partition("/")[2]]
    assert error_of(await ask(root, "get-user-password", {"accountjid": a.bare})) == "item-not-found"
    await b.wire.send(f"<inactive xmlns='{NS['csi']}'/>")
    await b.settle()
    numbers = {name: (await run(root, f"get-{name}-users-num"))[f"{name}usersnum"] for name in ("registered", "online", "active", "idle")}
    assert numbers == {"registered": ["3"], "online": ["3"], "active": ["2"], "idle": ["1"]}
    assert (await run(root, "get-idle-users", {}))["activeuserjids"] == [b.bare]
    assert set((await run(root, "get-active-users", {}))["activeuserjids"]) == {a.bare, root.bare}
    assert len((await run(root, "get-online-users-list", {"max_items": "2"}))["onlineuserjids"]) == 2


async def test_people_are_told_at_once_once_a_day_and_once_an_account(own_server):
    server = own_server()
    root = await administrator(server)
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    await run(root, "announce", {"announcement": ["The lights go out", "at noon"]})
    announced = await a.expect("message[@type='headline']")
    assert announced.findtext("body", None, NS) == "The lights go out\nat noon" and announced.get("from") == DOMAIN
    await run(root, "set-motd", {"motd": "Be kind"})
    await a.expect_message("Be kind")
    b = await server.login(bob)
    await b.expect_message("Be kind")
    await run(root, "edit-motd", {"motd": "Be kinder"})
    server.restart()
    root = await server.login(root.account)
    again, desk = await server.login(bob), await server.login(alice)
    await again.settle()
    assert not again.wire.peek("message") and not desk.wire.peek("message"), "they have read it"
    await run(root, "set-welcome", {"welcome": "Welcome to the house"})
    [carol] = await server.people("carol")
    c = await server.login(carol)
    await c.expect_message("Be kinder")
    await c.expect_message("Welcome to the house")
    await run(root, "delete-motd")
    await run(root, "delete-welcome")
    for account in (carol, (await server.people("dave"))[0]):
        client = await server.login(account)
        await client.settle()
        assert not client.wire.peek("message"), client.wire.describe()


async def test_administrators_make_and_unmake_administrators(own_server):
    server = own_server()
    root = await administrator(server)
    alice, _ = await server.people("alice", "bob")
    a = await server.login(alice)
    await run(root, "edit-admin", {"adminjids": [root.bare, a.bare]})
    await run(a, "get-registered-users-num")
    assert error_of(await ask(a, "edit-admin", {"adminjids": root.bare})) == "not-allowed", "nobody locks themselves out"
    for command in ("delete-user", "disable-user"):
        assert error_of(await ask(a, command, {"accountjids": [root.bare, a.bare]})) == "not-allowed"
    await run(root, "edit-admin", {"adminjids": root.bare})
    assert error_of(await ask(a, "get-registered-users-num")) == "forbidden"
    await root.settle()


async def test_bad_requests_change_nothing(own_server):
    server = own_server()
    root = await administrator(server)
    [alice] = await server.people("alice")
    form = await ask(root, "add-user")
    assert form.find("c:command", NAMES).get("status") == "executing"
    assert [field.get("var") for field in form.iterfind("c:command/data:x/data:field", NAMES)] == [
        "FORM_TYPE", "accountjid", "password", "password-verify"]
    for command, fields, condition in [
        ("add-user", {"accountjid": "x@localhost"}, "bad-request"),
        ("add-user", {"accountjid": "x@localhost", "password": "one-and-only", "password-verify": "another-one"}, "bad-request"),
        ("add-user", {"accountjid": alice.jid, "password": "one-and-only", "password-verify": "one-and-only"}, "conflict"),
        ("add-user", {"accountjid": "x@elsewhere.example", "password": "one-and-only", "password-verify": "one-and-only"}, "bad-request"),
        ("add-user", {"accountjid": "@", "password": "one-and-only", "password-verify": "one-and-only"}, "jid-malformed"),
        ("delete-user", {"accountjids": [alice.jid, "nobody-here@localhost"]}, "item-not-found"),
        ("delete-user", {"accountjids": []}, "bad-request"),
        ("disable-user", {}, "bad-request"),
        ("edit-admin", {"adminjids": []}, "bad-request"),
        ("announce", {"announcement": "x" * 10_000}, "bad-request"),
        ("restart", {"delay": "soon"}, "bad-request"),
        ("shutdown", {"delay": "100000"}, "bad-request"),
        ("get-registered-users-list", {"max_items": "many"}, "bad-request"),
        ("dance", {}, "item-not-found"),
    ]:
        assert error_of(await ask(root, command, fields)) == condition, (command, fields)
    for action, session, specific in (("dance", "", "malformed-action"), ("prev", "", "bad-action"), ("", "other", "bad-sessionid")):
        answer = await ask(root, "announce", action=action, session=session)
        assert error_of(answer) == "bad-request" and answer.find(f"error/c:{specific}", NAMES) is not None
    cancelled = await ask(root, "delete-user", {"accountjids": alice.jid}, action="cancel")
    assert cancelled.find("c:command", NAMES).get("status") == "canceled"
    await server.login(alice)
    assert await audit(root) == []


async def test_the_server_is_restarted_and_stopped(own_server):
    """People are told before; a restart keeps what can be resumed."""
    server = own_server()
    root = await administrator(server)
    [alice] = await server.people("alice")
    a = await server.login(alice, sm=True)
    pid = server.pid()
    await run(root, "restart", {"delay": "0", "announcement": "Back in a moment"})
    await a.expect_message("Back in a moment")
    await a.wire.expect_end()
    server._await_ready()
    assert server.pid() == pid, "the process became the new one"
    door = await server.tcp()
    await door.open()
    await login.sasl1(door, alice)
    await door.open()
    await door.send(f"<resume xmlns='{NS['sm']}' previd='{a.sm_id}' h='{a.handled}'/>")
    await door.expect("sm:resumed")
    root = await server.login(root.account)
    await run(root, "shutdown", {"delay": "0"})
    await root.wire.expect_end()
    assert server._reap(30) == 0


async def test_whom_to_turn_to_stands_in_service_discovery(own_server):
    server = own_server({"contact": {"abuse": ["mailto:abuse@example.org", "xmpp:abuse@localhost"], "support": ["https://example.org/help"],
                                     "outage": ["https://elsewhere.example/status.json"]}})
    [alice] = await server.people("alice")
    a = await server.login(alice)
    answer = await a.result("get", f"<query xmlns='{NS['disco']}'/>", DOMAIN)
    forms = {}
    for form in answer.iterfind("disco:query/data:x", NAMES):
        fields = {field.get("var"): [value.text for value in field] for field in form.iterfind("data:field", NAMES)}
        forms[fields.pop("FORM_TYPE")[0]] = fields
    assert forms == {
        "http://jabber.org/network/serverinfo": {"abuse-addresses": ["mailto:abuse@example.org", "xmpp:abuse@localhost"],
                                                 "support-addresses": ["https://example.org/help"]},
        "urn:xmpp:sos:0": {"external-status-addresses": ["https://elsewhere.example/status.json"]},
    }
