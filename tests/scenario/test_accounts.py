"""Accounts: in-band registration (XEP-0077) by mode, passwords, removal, and the operator's command line."""

import pytest

import login
from skein import DOMAIN, Account
from test_admin import administrator, ask, listed, run
from wire import NS, error_of

REGISTER = NS["register"]
ACCOUNTS = "urn:skein:accounts:0"
WAITING = f"{ACCOUNTS}#waiting"


async def register(server, name: str, password: str = "correct horse battery", inner: str = ""):
    """The answer to a registration before login."""
    door = await server.starttls()
    await door.open()
    await door.send(f"<iq xmlns='jabber:client' type='set' id='r'><query xmlns='{REGISTER}'>"
                    f"<username>{name}</username><password>{password}</password>{inner}</query></iq>")
    return await door.expect("iq[@id='r']")


@pytest.mark.own_server
async def test_an_open_server_lets_anyone_register_and_log_in_at_once(own_server):
    server = own_server({"access": {"registration": "open"}})
    door = await server.starttls()
    features = await door.open()
    assert features.find("{http://jabber.org/features/iq-register}register") is not None
    assert (await register(server, "newcomer")).get("type") == "result"
    await server.login(Account("newcomer", "correct horse battery"), "starttls")
    assert error_of(await register(server, "newcomer", "another password 1")) == "conflict"


async def test_a_closed_server_neither_offers_nor_grants_registration(server):
    door = await server.starttls()
    features = await door.open()
    assert features.find("{http://jabber.org/features/iq-register}register") is None
    answer = await register(server, "intruder")
    assert error_of(answer) in ("not-allowed", "service-unavailable", "not-authorized", "registration-required")


@pytest.mark.own_server
async def test_an_invitation_makes_one_account(own_server):
    server = own_server({"access": {"registration": "invite"}})
    assert error_of(await register(server, "uninvited")) is not None
    link = server.cli("invite", "create").stdout.split()[-1]
    token = link.rstrip("/").rpartition("/")[2].rpartition("=")[2]

    async def with_token(name: str):
        door = await server.starttls()
        await door.open()
        await door.send(f"<iq xmlns='jabber:client' type='set' id='t'><preauth xmlns='urn:xmpp:pars:0' token='{token}'/></iq>")
        answer = await door.expect("iq[@id='t']")
        if answer.get("type") == "error":
            return answer
        await door.send(f"<iq xmlns='jabber:client' type='set' id='r'><query xmlns='{REGISTER}'><username>{name}</username>"
                        "<password>correct horse battery</password></query></iq>")
        return await door.expect("iq[@id='r']")

    assert (await with_token("invited")).get("type") == "result"
    await server.login(Account("invited", "correct horse battery"), "starttls")
    assert (await with_token("second")).get("type") == "error"


@pytest.mark.own_server
async def test_with_approval_an_account_waits(own_server):
    server = own_server({"access": {"registration": "approval"}})
    await register(server, "hopeful")
    with pytest.raises(login.SaslFailure):
        await server.login(Account("hopeful", "correct horse battery"), "starttls")


@pytest.mark.own_server
async def test_as_many_accounts_wait_as_an_administrator_can_look_through(own_server):
    server = own_server({"access": {"registration": "approval"}, "limits": {"rate": False, "accounts_waiting": 2}})
    root = await administrator(server)
    for name in ("first", "second"):
        assert (await register(server, name)).get("type") == "result"
    full = await register(server, "third")
    assert error_of(full) == "resource-constraint" and full.find("{jabber:client}error").get("type") == "wait"
    assert [one["accountjid"] for one in await requests(root)] == [f"first@{DOMAIN}", f"second@{DOMAIN}"]
    # Whoever is answered makes room, and an administrator makes accounts all the same.
    server.cli("user", "add", f"made@{DOMAIN}", "--password-stdin", stdin="correct horse battery\n")
    await run(root, "reenable-user", {"accountjids": [f"first@{DOMAIN}"]})
    assert (await register(server, "third")).get("type") == "result"
    assert error_of(await register(server, "fourth")) == "resource-constraint"


@pytest.mark.own_server
async def test_who_asks_for_an_account_may_say_why_and_administrators_read_it(own_server):
    server = own_server({"access": {"registration": "approval"}, "limits": {"rate": False}})
    root = await administrator(server)
    assert await requests(root) == []
    door = await server.starttls()
    await door.open()
    await door.send(f"<iq xmlns='jabber:client' type='get' id='f'><query xmlns='{REGISTER}'/></iq>")
    form = (await door.expect("iq[@id='f']")).find(f"{{{REGISTER}}}query/{{jabber:x:data}}x")
    fields = {field.get("var"): field for field in form.iterfind("{jabber:x:data}field")}
    assert fields["reason"].get("type") == "text-multi" and len(fields["reason"]) == 0, "nobody must say why"
    reason = "I sing in the choir.&#xA;Romeo &lt;knows&gt; me&#x9B;31m."
    await door.send(f"<iq xmlns='jabber:client' type='set' id='r'><query xmlns='{REGISTER}'>{filled(reason)}</query></iq>")
    assert (await door.expect("iq[@id='r']")).get("type") == "result"
    assert (await register(server, "silent")).get("type") == "result"
    assert (await register(server, "both", inner=filled("by elements", name="ignored"))).get("type") == "result"
    assert error_of(await register(server, "wordy", inner=filled("a" * 1025))) == "not-acceptable"

    asked = await requests(root)
    assert [(one["accountjid"], one.get("reason", "")) for one in asked] == [
        (f"hopeful@{DOMAIN}", "I sing in the choir.\nRomeo <knows> me\x9b31m."),
        (f"silent@{DOMAIN}", ""), (f"both@{DOMAIN}", "by elements")]
    assert all(one["asked"].endswith("Z") for one in asked)
    [line] = [line for line in server.cli("user", "list").stdout.split("\n") if line.startswith("hopeful@")]
    assert line.endswith("\tasks: I sing in the choir. Romeo <knows> me 31m.")

    server.restart()
    root = await server.login(root.account)
    assert await requests(root) == asked, "a restart forgets neither the reason nor the time"
    await run(root, "reenable-user", {"accountjids": [f"hopeful@{DOMAIN}"]})
    await run(root, "delete-user", {"accountjids": [f"silent@{DOMAIN}"]})
    server.cli("user", "suspend", f"both@{DOMAIN}")
    assert await requests(root) == [], "who is let in, refused or shut out asks no more"
    await server.login(Account("hopeful", "correct horse battery"), "starttls")
    assert "asks:" not in server.cli("user", "list").stdout


def filled(reason: str, name: str = "hopeful") -> str:
    fields = {"FORM_TYPE": REGISTER, "username": name, "password": "correct horse battery", "reason": reason}
    return "<x xmlns='jabber:x:data' type='submit'>" + "".join(
        f"<field var='{var}'><value>{value}</value></field>" for var, value in fields.items()) + "</x>"


async def waiting(client) -> tuple[int, list[dict[str, str]]]:
    """How many wait, and what is told of the oldest."""
    answer = await ask(client, WAITING)
    command = answer.find("{http://jabber.org/protocol/commands}command")
    form = command.find("{jabber:x:data}x")
    assert (command.get("status"), form.get("type")) == ("completed", "result")
    fields = {field.get("var"): field for field in form.iterfind("{jabber:x:data}field")}
    assert fields["FORM_TYPE"].findtext("{jabber:x:data}value") == ACCOUNTS and fields["FORM_TYPE"].get("type") == "hidden"
    reported = form.findall("{jabber:x:data}reported/{jabber:x:data}field")
    assert [(field.get("var"), field.get("type")) for field in reported] == [
        ("accountjid", "jid-single"), ("reason", "text-single"), ("asked", "text-single")]
    items = [{field.get("var"): field.findtext("{jabber:x:data}value") for field in item}
             for item in form.iter("{jabber:x:data}item")]
    return int(fields["total"].findtext("{jabber:x:data}value")), items


async def requests(client) -> list[dict[str, str]]:
    total, items = await waiting(client)
    assert total == len(items)
    return items


def told(message) -> int:
    assert message.get("from") == DOMAIN and message.findtext("body", None, NS)
    return int(message.find(f"{{{ACCOUNTS}}}waiting").get("total"))


NOTICE = f"message[@type='headline']/{{{ACCOUNTS}}}waiting/.."


@pytest.mark.own_server
async def test_administrators_are_told_who_asks_and_decide_about_several_at_once(own_server):
    server = own_server({"access": {"registration": "approval"}, "limits": {"rate": False}})
    root, other = await administrator(server), await administrator(server, "other")
    names = ["anna", "bert", "cleo", "dora"]
    assert (await register(server, names[0])).get("type") == "result"
    assert told(await root.expect(NOTICE)) == told(await other.expect(NOTICE)) == 1
    for name in names[1:]:
        assert (await register(server, name)).get("type") == "result"
    assert [one["accountjid"] for one in await requests(root)] == [f"{name}@{DOMAIN}" for name in names]
    for client in (root, other):
        await client.settle()
        assert not client.wire.peek("message"), "there is one notice a minute, not one a request"
    late = await server.login(root.account)
    assert told(await late.expect(NOTICE)) == 4, "whoever comes later is told what waits"

    await run(root, "reenable-user", {"accountjids": [f"anna@{DOMAIN}", f"bert@{DOMAIN}"]})
    await run(root, "delete-user", {"accountjids": [f"cleo@{DOMAIN}", f"dora@{DOMAIN}"]})
    assert await requests(root) == []
    for name in names[:2]:
        await server.login(Account(name, "correct horse battery"), "starttls")
    for name in names[2:]:
        with pytest.raises(login.SaslFailure):
            await server.login(Account(name, "correct horse battery"), "starttls")
    again = await server.login(root.account)
    await again.settle()
    assert not again.wire.peek("message"), "nobody waits any more"


@pytest.mark.own_server
async def test_the_oldest_hundred_who_wait_are_told_and_how_many_there_are(own_server):
    server = own_server({"access": {"registration": "approval"}, "limits": {"rate": False}})
    root = await administrator(server)
    for number in range(102):
        assert (await register(server, f"person{number:03}")).get("type") == "result"
    total, items = await waiting(root)
    assert total == 102 and [one["accountjid"] for one in items] == [f"person{number:03}@{DOMAIN}" for number in range(100)]


@pytest.mark.own_server
async def test_nobody_but_administrators_learns_who_waits_for_an_account(own_server):
    server = own_server({"access": {"registration": "approval"}, "limits": {"rate": False}})
    root = await administrator(server)
    [alice] = await server.people("alice")
    a = await server.login(alice)
    assert (await register(server, "hopeful", inner=filled("I know the choir"))).get("type") == "result"
    assert told(await root.expect(NOTICE)) == 1
    for fields in (None, {}, {"max_items": "5"}):
        assert error_of(await ask(a, WAITING, fields)) == "forbidden"
    assert WAITING in await listed(root) and WAITING not in await listed(a)
    for client, condition in ((root, None), (a, "item-not-found")):
        assert error_of(await client.iq("get", f"<query xmlns='{NS['disco']}' node='{WAITING}'/>", DOMAIN)) == condition
    await a.settle()
    assert not a.wire.peek("message"), "who is no administrator is told nothing"


async def test_a_password_changes_in_band_and_the_old_one_is_dead(server):
    [alice] = await server.people("alice")
    a = await server.login(alice, "starttls")
    await a.result("set", f"<query xmlns='{REGISTER}'><username>{alice.name}</username>"
                   "<password>a new pass phrase</password></query>")
    await server.login(Account(alice.name, "a new pass phrase"))
    with pytest.raises(login.SaslFailure):
        await server.login(alice)


async def test_an_account_removes_itself(server):
    [alice] = await server.people("alice")
    a = await server.login(alice)
    await a.send(f"<iq xmlns='jabber:client' type='set' id='gone'><query xmlns='{REGISTER}'><remove/></query></iq>")
    await a.expect("iq[@id='gone'][@type='result']", "stream:error")
    await a.wire.expect_end()
    with pytest.raises(login.SaslFailure):
        await server.login(alice)


async def test_the_operator_lists_suspends_and_removes_accounts_on_a_running_server(server):
    alice, bob = await server.people("alice", "bob")
    assert alice.jid in server.cli("user", "list").stdout
    session = await server.login(alice)
    server.cli("user", "suspend", alice.jid)
    await session.wire.expect_end()
    with pytest.raises(login.SaslFailure):
        await server.login(alice)
    server.cli("user", "remove", bob.jid)
    with pytest.raises(login.SaslFailure):
        await server.login(bob)
    assert bob.jid not in server.cli("user", "list").stdout


@pytest.mark.own_server
async def test_the_command_line_works_on_a_stopped_server_too(own_server):
    server = own_server(start=False)
    account = server.add_user("early", "some pass phrase")
    server.start()
    await server.login(account)


async def test_adding_the_same_account_twice_is_an_error(server):
    [alice] = await server.people("alice")
    done = server.cli("user", "add", alice.jid, "--password-stdin", stdin="other\n", check=False)
    assert done.returncode != 0 and alice.jid in done.stderr + done.stdout


@pytest.mark.own_server
async def test_no_password_is_stored_or_logged(own_server, engine):
    server = own_server()
    secret = "Zu7-marmalade-canary-91"
    account = server.add_user("canary", secret)
    session = await server.login(account, mechanism="PLAIN", door="starttls")
    await session.settle()
    server.stop()
    for path in server.data_dir.rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes(), path
    assert secret not in server.log_tail(limit=10_000_000)
