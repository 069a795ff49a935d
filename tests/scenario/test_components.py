"""Components (XEP-0114, XEP-0356), with a program of slixmpp as the witness."""

import asyncio
import hashlib
import re

import slixmpp
from slixmpp.componentxmpp import ComponentXMPP

import skein
import wire
from wire import NS, error_of

DOMAIN = "irc.localhost"
SECRET = "not a secret at all"
PRIVILEGE = "urn:xmpp:privilege:2"


def options(*, privileged: bool = False, port: int, **more) -> dict:
    chosen = {"secrets": [f"{DOMAIN}={SECRET}", f"other.{DOMAIN}=another secret"], **more}
    if privileged:
        chosen["privileged"] = [DOMAIN]
    return {"listen": {"components": [f"127.0.0.1:{port}"]}, "components": chosen}


def start(own_server, **more):
    [port] = skein.free_ports(1)
    server = own_server(options(port=port, **more))
    server.components_port = port
    return server


class Raw:
    """A component of raw bytes."""

    def __init__(self, reader, writer):
        self.reader, self.writer, self.seen = reader, writer, ""

    @classmethod
    async def open(cls, server, domain: str = DOMAIN):
        self = cls(*await asyncio.open_connection("127.0.0.1", server.components_port))
        await self.send("<stream:stream xmlns='jabber:component:accept' "
                        f"xmlns:stream='http://etherx.jabber.org/streams' to='{domain}'>")
        return self

    async def send(self, text: str):
        self.writer.write(text.encode())
        await self.writer.drain()

    async def until(self, pattern: str) -> re.Match:
        async with asyncio.timeout(wire.PATIENCE):
            while not (found := re.search(pattern, self.seen)):
                data = await self.reader.read(65_536)
                assert data, f"the stream ended: {self.seen}"
                self.seen += data.decode()
        self.seen = self.seen[found.end():]
        return found

    async def ended(self) -> str:
        async with asyncio.timeout(wire.PATIENCE):
            while data := await self.reader.read(65_536):
                self.seen += data.decode()
        return self.seen

    async def shake(self, secret: str = SECRET):
        id = (await self.until(r"<stream:stream [^>]*id='([^']+)'[^>]*>"))[1]
        await self.send(f"<handshake>{hashlib.sha1((id + secret).encode()).hexdigest()}</handshake>")

    @classmethod
    async def connect(cls, server):
        self = await cls.open(server)
        await self.shake()
        await self.until("<handshake/>")
        return self


class Gateway(ComponentXMPP):
    """Answers what people say to it, and tells what it sees."""

    def __init__(self, server):
        super().__init__(DOMAIN, SECRET, "127.0.0.1", server.components_port)
        self.server_port = server.components_port
        self.presences: asyncio.Queue = asyncio.Queue()
        self.messages: asyncio.Queue = asyncio.Queue()
        self.started = asyncio.Event()
        self.register_plugin("xep_0030")
        self.register_plugin("xep_0199")
        self.add_event_handler("session_start", lambda _: self.started.set())
        self.add_event_handler("message", self.heard)
        # The library's finer events go by <show/> as well.
        self.add_event_handler("presence", self.presences.put_nowait)
        self.add_event_handler("presence_subscribe", self.asked)
        self.add_event_handler("presence_probe", self.probed)

    def heard(self, message):
        if message["type"] == "error":
            return
        self.messages.put_nowait(message)
        self.send_message(mto=message["from"], mfrom=message["to"], mbody=f"echo {message['body']}", mtype="chat")

    def asked(self, presence):
        self.send_presence_subscription(pto=presence["from"].bare, pfrom=presence["to"].bare, ptype="subscribed")
        self.send_presence(pto=presence["from"].bare, pfrom=presence["to"].bare + "/irc", pshow="away")
        self.send_presence_subscription(pto=presence["from"].bare, pfrom=presence["to"].bare, ptype="subscribe")

    def probed(self, presence):
        self.send_presence(pto=presence["from"], pfrom=presence["to"].bare + "/irc", pshow="dnd")

    async def run(self):
        self.connect("127.0.0.1", self.server_port)
        async with asyncio.timeout(wire.PATIENCE):
            await self.started.wait()
        return self


async def test_people_talk_with_a_gateway_and_see_those_behind_it(own_server):
    server = start(own_server)
    [alice] = await server.people("alice")
    a, second = await server.login(alice, carbons=True), await server.login(alice, carbons=True)
    gateway = await Gateway(server).run()
    friend = f"romeo@{DOMAIN}"
    await a.message(friend, "hello")
    await a.expect_message("echo hello")
    sent = await second.expect("message/carbons:sent")
    assert "hello" in "".join(sent.itertext())
    # The archive has both.
    await a.result("set", "<query xmlns='urn:xmpp:mam:2'><x xmlns='jabber:x:data' type='submit'>"
                   "<field var='FORM_TYPE' type='hidden'><value>urn:xmpp:mam:2</value></field>"
                   f"<field var='with'><value>{friend}</value></field></x></query>")
    kept = [(await a.expect("message/mam:result")).find(".//{jabber:client}body").text for _ in range(2)]
    assert kept == ["hello", "echo hello"]
    # A contact behind it.
    await a.result("get", f"<query xmlns='{NS['roster']}'/>")
    await a.presence(to=friend, type="subscribe")
    assert (await a.expect(f"presence[@from='{friend}/irc']")).findtext("show", None, NS) == "away"
    await a.expect("presence[@type='subscribe']")
    await a.presence(to=friend, type="subscribed")
    async with asyncio.timeout(wire.PATIENCE):
        while (await gateway.presences.get())["from"] != a.jid:
            pass
        await a.presence("<show>xa</show>")
        while (await gateway.presences.get())["show"] != "xa":
            pass
    third = await server.login(alice)
    assert (await third.expect(f"presence[@from='{friend}/irc']")).findtext("show", None, NS) == "dnd"
    await third.leave()
    async with asyncio.timeout(wire.PATIENCE):
        while (gone := await gateway.presences.get())["from"] != third.jid or gone["type"] != "unavailable":
            pass
    # Requests both ways.
    assert (await a.iq("get", "<query xmlns='http://jabber.org/protocol/disco#info'/>", to=DOMAIN)).get("type") == "result"
    info = await gateway["xep_0030"].get_info(jid="localhost", ifrom=DOMAIN, timeout=wire.PATIENCE)
    assert "urn:xmpp:ping" in info["disco_info"]["features"]
    await gateway["xep_0199"].ping("localhost", ifrom=DOMAIN, timeout=wire.PATIENCE)
    await gateway.disconnect()


async def test_the_service_is_listed_and_answers_with_an_error_while_it_is_away(own_server):
    server = start(own_server)
    [alice] = await server.people("alice")
    a = await server.login(alice)
    await a.message(f"romeo@{DOMAIN}", "anybody there")
    error = await a.expect("message[@type='error']")
    assert error_of(error) == "service-unavailable" and error.find("error", NS).get("type") == "wait"
    assert error_of(await a.iq("get", "<ping xmlns='urn:xmpp:ping'/>", to=DOMAIN)) == "service-unavailable"
    component = await Raw.connect(server)
    await a.message(f"romeo@{DOMAIN}", "and now")
    await component.until("and now")
    component.writer.close()
    again = await Raw.connect(server)
    await a.message(f"romeo@{DOMAIN}", "once more")
    await again.until("once more")


async def test_only_who_knows_the_secret_gets_a_domain_of_the_configuration(own_server):
    server = start(own_server)
    for domain, condition in [("localhost", "host-unknown"), ("nobody.localhost", "host-unknown")]:
        component = await Raw.open(server, domain)
        assert condition in await component.ended()
    component = await Raw.open(server)
    await component.shake("a guess")
    assert "not-authorized" in await component.ended()
    component = await Raw.open(server)
    await component.send("<message from='x@irc.localhost' to='y@localhost'/>")
    assert "not-authorized" in await component.ended()
    component = await Raw.open(server, f"other.{DOMAIN}")
    await component.shake(SECRET)
    assert "not-authorized" in await component.ended()
    # The door for components is none for clients, nor the other way round.
    reader, writer = await asyncio.open_connection("127.0.0.1", server.components_port)
    writer.write(b"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='localhost' version='1.0'>")
    assert b"invalid-namespace" in await asyncio.wait_for(reader.read(), wire.PATIENCE)


async def test_a_component_speaks_for_its_own_domain_only(own_server):
    server = start(own_server)
    [alice] = await server.people("alice")
    a = await server.login(alice)
    for forged in ("boss@localhost", "localhost", f"x@other.{DOMAIN}", f"x@not{DOMAIN}"):
        component = await Raw.connect(server)
        await component.send(f"<message from='{forged}' to='{a.bare}'><body>forged</body></message>")
        assert "invalid-from" in await component.ended()
    component = await Raw.connect(server)
    await component.send("<message from='irc.localhost'><body>to nobody</body></message>")
    assert "improper-addressing" in await component.ended()
    component = await Raw.connect(server)
    await component.send(f"<message xmlns='jabber:component:accept' from='{DOMAIN}' to='{a.bare}'><body>true</body></message>")
    assert (await a.expect_message("true")).get("from") == DOMAIN
    assert not a.wire.peek("message")


async def test_errors_come_back_to_a_component_and_are_never_answered(own_server):
    server = start(own_server)
    component = await Raw.connect(server)
    await component.send(f"<message from='x@{DOMAIN}' to='nobody@localhost' type='chat' id='m1'><body>x</body></message>")
    assert "service-unavailable" in (await component.until(r"<message [^>]*id='m1'.*?</message>"))[0]
    await component.send(f"<iq from='x@{DOMAIN}' to='nobody@localhost' type='get' id='q1'><ping xmlns='urn:xmpp:ping'/></iq>")
    await component.until(r"<iq [^>]*id='q1'.*?service-unavailable")
    # S08: an error is not answered with an error.
    await component.send(f"<message from='x@{DOMAIN}' to='nobody@localhost' type='error' id='m2'><body>x</body></message>"
                         f"<iq from='{DOMAIN}' to='localhost' type='get' id='q2'><ping xmlns='urn:xmpp:ping'/></iq>")
    before = (await component.until(r"^(.*?)<iq [^>]*id='q2'"))[1]
    assert "m2" not in before


async def test_a_newer_connection_takes_the_domain_over(own_server):
    server = start(own_server)
    [alice] = await server.people("alice")
    a = await server.login(alice)
    old = await Raw.connect(server)
    new = await Raw.connect(server)
    assert "conflict" in await old.ended()
    await a.message(f"x@{DOMAIN}", "for the new one")
    await new.until("for the new one")


async def test_a_blocked_gateway_and_a_blocked_account_there_say_nothing(own_server):
    server = start(own_server)
    [alice] = await server.people("alice")
    a = await server.login(alice)
    component = await Raw.connect(server)
    await a.result("set", f"<block xmlns='urn:xmpp:blocking'><item jid='{DOMAIN}'/></block>")
    await component.send(f"<message from='x@{DOMAIN}' to='{a.bare}' type='chat' id='b1'><body>x</body></message>")
    await component.until(r"id='b1'.*?service-unavailable")
    await a.message(f"x@{DOMAIN}", "no")
    assert error_of(await a.expect("message[@type='error']")) == "not-acceptable"


async def test_a_privileged_component_sends_for_an_account_and_no_other_does(own_server):
    server = start(own_server, privileged=True)
    alice, bob = await server.people("alice", "bob")
    b = await server.login(bob)
    component = await Raw.connect(server)
    assert "access='message'" in (await component.until(r"<privilege.*?</privilege>"))[0]

    def wrapped(sender: str, id: str) -> str:
        return (f"<message from='{DOMAIN}' to='localhost' id='{id}'><privilege xmlns='{PRIVILEGE}'><forwarded xmlns='urn:xmpp:forward:0'>"
                f"<message xmlns='jabber:client' from='{sender}' to='{b.bare}' type='chat'><body>{id}</body></message></forwarded></privilege></message>")

    await component.send(wrapped(alice.jid, "p1"))
    assert (await b.expect_message("p1")).get("from") == alice.jid
    for sender in ("localhost", f"{alice.jid}/x", "x@other.localhost", "x@elsewhere.example"):
        await component.send(wrapped(sender, "p2"))
        await component.until(r"id='p2'.*?forbidden")
    await b.settle()
    assert not b.wire.peek("message")
    other = await Raw.open(server, f"other.{DOMAIN}")
    await other.shake("another secret")
    await other.until("<handshake/>")
    await other.send(wrapped(alice.jid, "p3").replace(f"from='{DOMAIN}'", f"from='other.{DOMAIN}'"))
    await other.until(r"id='p3'.*?forbidden")


async def test_a_privileged_component_keeps_a_roster_and_asks_in_an_accounts_name(own_server):
    server = start(own_server, privileged=True)
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice)
    await a.result("get", f"<query xmlns='{NS['roster']}'/>")
    component = await Raw.connect(server)
    permissions = (await component.until(r"<privilege.*?</privilege>"))[0]
    assert "access='roster' type='both' push='true'" in permissions and "access='presence' type='none'" in permissions and "ns='http://jabber.org/protocol/pubsub'" in permissions

    def roster(kind: str, inner: str, id: str, to: str = alice.jid, sender: str = DOMAIN) -> str:
        return f"<iq type='{kind}' from='{sender}' to='{to}' id='{id}'><query xmlns='jabber:iq:roster'>{inner}</query></iq>"

    await component.send(roster("set", f"<item jid='x@{DOMAIN}' name='Xaver' subscription='both'><group>Gateway</group></item>", "r1"))
    await component.until(f"<presence[^>]*to='x@{DOMAIN}'")
    await component.until(r"<iq[^>]*type='result'[^>]*id='r1'|<iq[^>]*id='r1'[^>]*type='result'")
    push = await a.expect(f"iq[@type='set']/roster:query/roster:item[@jid='x@{DOMAIN}'][@subscription='both']/../..")
    assert push.find("roster:query/roster:item", NS).get("name") == "Xaver"
    # It says nothing of contacts elsewhere.
    await component.send(roster("set", f"<item jid='{bob.jid}' subscription='both'/>", "r2"))
    await component.until("id='r2'")
    await component.send(roster("get", "", "r3"))
    listed = (await component.until(r"<iq[^>]*id='r3'.*?</iq>"))[0]
    assert re.search(f"jid='x@{DOMAIN}'[^>]*subscription='both'", listed) and not re.search(f"jid='{bob.jid}'[^>]*subscription='both'", listed)
    await component.send(roster("get", "", "r4", to="nobody-here@localhost"))
    await component.until("id='r4'.*?item-not-found")

    def privileged(inner: str, id: str, kind: str = "set", to: str = alice.jid) -> str:
        return f"<iq type='{kind}' from='{DOMAIN}' to='{to}' id='{id}'><privileged_iq xmlns='{PRIVILEGE}'>{inner}</privileged_iq></iq>"

    publish = ("<iq xmlns='jabber:client' type='set' id='inner'{}><pubsub xmlns='http://jabber.org/protocol/pubsub'>"
               "<publish node='urn:gateway'><item id='i'><x xmlns='urn:gateway'/></item></publish></pubsub></iq>")
    await component.send(privileged(publish.format(""), "q1"))
    answer = (await component.until(r"<iq[^>]*id='q1'.*?</forwarded>"))[0]
    assert "urn:xmpp:privilege:2" in answer and "id='inner'" in answer and "type='result'" in answer
    items = await a.result("get", "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:gateway'/></pubsub>")
    assert items.find(".//{urn:gateway}x") is not None
    for inner, id in ((publish.format(f" from='{bob.jid}'"), "q2"), (publish.format("").replace("jabber:client", "urn:other"), "q3"),
                      ("<iq xmlns='jabber:client' type='set' id='i'><query xmlns='jabber:iq:register'><remove/></query></iq>", "q4"),
                      (publish.format("").replace("type='set'", "type='get'"), "q5")):
        await component.send(privileged(inner, id))
        await component.until(f"id='{id}'.*?forbidden")
    other = await Raw.open(server, f"other.{DOMAIN}")
    await other.shake("another secret")
    await other.until("<handshake/>")
    await other.send(roster("get", "", "r5", sender=f"other.{DOMAIN}"))
    await other.until(r"id='r5'.*?forbidden")


async def other_component(server):
    other = await Raw.open(server, f"other.{DOMAIN}")
    await other.shake("another secret")
    await other.until("<handshake/>")
    return other


async def pinged(component, sender: str) -> str:
    """Everything that came before the answer to a ping."""
    await component.send(f"<iq type='get' from='{sender}' to='localhost' id='ping'><ping xmlns='urn:xmpp:ping'/></iq>")
    return (await component.until(r"(?s).*?<iq[^>]*id='ping'"))[0]


async def test_roster_pushes_reach_privileged_components_and_no_others(own_server):
    server = start(own_server, privileged=True)
    alice, bob = await server.people("alice", "bob")
    component, other = await Raw.connect(server), await other_component(server)
    a = await server.login(alice)
    await a.result("set", f"<query xmlns='{NS['roster']}'><item jid='{bob.jid}' name='Bob'/></query>")
    push = (await component.until(r"<iq[^>]*id='push-.*?</iq>"))[0]
    head = push[:push.index(">")]
    assert f"from='{alice.jid}'" in head and f"to='{DOMAIN}'" in head and "type='set'" in head
    assert f"jid='{bob.jid}'" in push and "name='Bob'" in push
    # An answer, or an error as of a program that knows nothing of it, does no harm.
    id = re.search("id='(push-[^']*)'", head)[1]
    await component.send(f"<iq type='result' from='{DOMAIN}' to='{alice.jid}' id='{id}'/>")
    await a.result("set", f"<query xmlns='{NS['roster']}'><item jid='{bob.jid}' subscription='remove'/></query>")
    assert "subscription='remove'" in (await component.until(r"<iq[^>]*id='push-.*?</iq>"))[0]
    assert "push-" not in await pinged(other, f"other.{DOMAIN}") + other.seen


async def test_presence_of_accounts_reaches_who_has_the_privilege(own_server):
    server = start(own_server, privileged=True, managed_presence=[DOMAIN])
    alice, bob = await server.people("alice", "bob")
    early = await server.login(alice)
    component, other = await Raw.connect(server), await other_component(server)
    assert "access='presence' type='managed_entity'" in (await component.until(r"<privilege.*?</privilege>"))[0]
    await component.until(f"<presence[^>]*from='{early.jid}'")
    b = await server.login(bob, presence=False)
    await b.presence("<show>chat</show><status>on the balcony</status>")
    come = (await component.until(f"<presence[^>]*from='{b.jid}'.*?</presence>"))[0]
    assert f"to='{DOMAIN}'" in come and "on the balcony" in come
    # Only who comes and goes is told, not what they do meanwhile, nor what they say to one alone.
    await b.presence("<show>away</show>")
    await b.presence(to=alice.jid)
    await b.settle()
    await early.leave()
    gone = (await component.until(f"<presence[^>]*from='{early.jid}'[^>]*type='unavailable'|<presence[^>]*type='unavailable'[^>]*from='{early.jid}'"))[0]
    assert "away" not in gone and b.jid not in component.seen
    assert "<presence" not in await pinged(other, f"other.{DOMAIN}") + other.seen


async def test_presence_of_contacts_reaches_who_may_know_the_rosters_presence(own_server):
    watcher = f"other.{DOMAIN}"
    [port] = skein.free_ports(1)
    chosen = options(port=port, roster_presence=[watcher])
    chosen["components"]["privileged"] = [watcher]
    server = own_server(chosen)
    server.components_port = port
    gateway = await Gateway(server).run()
    other = await Raw.open(server, watcher)
    await other.shake("another secret")
    assert "access='presence' type='roster'" in (await other.until(r"<privilege.*?</privilege>"))[0]
    [alice] = await server.people("alice")
    a = await server.login(alice)
    await other.until(f"<presence[^>]*from='{a.jid}'")
    gateway.send_presence(pto=alice.jid, pfrom=f"stranger@{DOMAIN}/irc")
    await a.result("get", f"<query xmlns='{NS['roster']}'/>")
    await a.presence(to=f"friend@{DOMAIN}", type="subscribe")
    seen = (await other.until(f"<presence[^>]*from='friend@{DOMAIN}/irc'.*?</presence>"))[0]
    assert f"to='{watcher}'" in seen and "<show>" in seen and "stranger" not in other.seen + seen
    await gateway.disconnect()


def watched(own_server):
    watcher = f"other.{DOMAIN}"
    [port] = skein.free_ports(1)
    chosen = options(port=port, roster_presence=[watcher])
    chosen["components"]["privileged"] = [watcher]
    server = own_server(chosen)
    server.components_port = port
    return server, watcher


async def watch(server, watcher: str):
    other = await Raw.open(server, watcher)
    await other.shake("another secret")
    assert "access='presence' type='roster'" in (await other.until(r"<privilege.*?</privilege>"))[0]
    return other


async def test_presence_of_contacts_is_told_again_to_who_connects_later_and_once(own_server):
    """XEP-0356 section 8: as if it had been connected first, and not once for each account."""
    server, watcher = watched(own_server)
    gateway = await Raw.connect(server)
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    friend, stranger, former = (f"{name}@{DOMAIN}" for name in ("friend", "stranger", "former"))
    for client, contact in ((a, friend), (b, friend), (a, former)):
        await client.presence(to=contact, type="subscribe")
        await gateway.until("type='subscribe'")
        await gateway.send(f"<presence from='{contact}' to='{client.bare}' type='subscribed'/>")
        await gateway.send(f"<presence from='{contact}/irc' to='{client.bare}'><show>xa</show></presence>")
        await client.expect(f"presence[@from='{contact}/irc']")
    await gateway.send(f"<presence from='{stranger}/irc' to='{a.bare}'/>")
    await gateway.send(f"<presence from='{former}' to='{a.bare}' type='unsubscribed'/>")
    await gateway.send(f"<presence from='{friend}/two' to='{a.bare}'/><presence from='{friend}/two' to='{a.bare}' type='unavailable'/>")
    await a.expect(f"presence[@from='{friend}/two'][@type='unavailable']")

    late = await watch(server, watcher)
    seen = (await late.until(f"<presence[^>]*from='{friend}/irc'.*?</presence>"))[0]
    assert f"to='{watcher}'" in seen and "<show>xa</show>" in seen
    # One account after the other hears that the friend is back, and gone.
    for how in ("<show>chat</show></presence>", None):
        for client in (a, b):
            await gateway.send(f"<presence from='{friend}/irc' to='{client.bare}'" + (f">{how}" if how else " type='unavailable'/>"))
            await client.expect(f"presence[@from='{friend}/irc']" + ("[show='chat']" if how else "[@type='unavailable']"))
    everything = await pinged(late, watcher)
    told = re.findall(r"<presence[^>]*from='([^']*)'", seen + everything)
    assert told.count(f"{friend}/irc") == 3 and not {f"{friend}/two", f"{stranger}/irc", f"{former}/irc"} & set(told), told

    # An account that is away is told through the component all the same.
    await a.leave()
    await b.leave()
    await gateway.send(f"<presence from='{friend}/irc' to='{a.bare}'><show>dnd</show></presence>")
    await late.until(f"<presence[^>]*from='{friend}/irc'.*?<show>dnd</show></presence>")
    again = await watch(server, watcher)
    await again.until(f"<presence[^>]*from='{friend}/irc'.*?<show>dnd</show></presence>")


async def test_the_privilege_of_presence_needs_the_other_one(own_server):
    server = own_server(options(port=skein.free_ports(1)[0], roster_presence=[DOMAIN]), start=False)
    done = server.cli("config", "check", check=False)
    assert done.returncode == 2 and "components.roster_presence" in done.stdout + done.stderr
