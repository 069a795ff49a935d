"""Logging in over an open wire, by SASL (RFC 6120) or SASL2 (XEP-0388), and the session after it."""

import asyncio
import base64
import hashlib
import hmac
import itertools
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

import wire
from scram import Scram
from wire import NS

_numbers = itertools.count(1)


class SaslFailure(Exception):
    """`<failure/>`; `condition` is its defined condition."""

    def __init__(self, failure: ET.Element) -> None:
        conditions = [wire.local(child) for child in failure if wire.namespace(child) == NS["sasl"]
                      and wire.local(child) != "text"]
        self.condition = conditions[0] if conditions else ""
        self.element = failure
        super().__init__(self.condition)


class Client:
    """A session: a wire, who it is, and stream management's counters."""

    def __init__(self, door: wire.Wire, account) -> None:
        self.wire, self.account = door, account
        self.jid = ""
        self.bare = account.jid
        # Stream management: None until enabled, then how many stanzas came in.
        self.handled: int | None = None
        self.sent = 0
        self.sm_id = ""
        self.answers_acks = True
        self._acking: asyncio.Task | None = None
        # What SASL2 returned with its success.
        self.success: ET.Element | None = None
        door.on_element = self._came_in

    def _came_in(self, element: ET.Element) -> None:
        if self.handled is None:
            return
        if wire.namespace(element) == NS[""]:
            self.handled += 1
        elif element.tag == f"{{{NS['sm']}}}r" and self.answers_acks:
            self._acking = asyncio.create_task(self.ack())

    # --- sending -------------------------------------------------------

    async def send(self, xml: str | bytes) -> None:
        """One stanza; it counts for stream management."""
        self.sent += 1
        await self.wire.send(xml)

    async def message(self, to: str, body: str, *, type: str = "chat", id: str | None = None,
                      more: str = "") -> str:
        id = id or new_id()
        await self.send(f"<message xmlns='jabber:client' to={quoteattr(to)} type='{type}' id='{id}'>"
                        f"<body>{escape(body)}</body>{more}</message>")
        return id

    async def presence(self, more: str = "", **attributes: str) -> None:
        fields = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
        await self.send(f"<presence xmlns='jabber:client'{fields}>{more}</presence>")

    async def iq(self, type: str, payload: str, to: str | None = None,
                 within: float = wire.PATIENCE) -> ET.Element:
        """Sends a request and returns its answer, be it a result or an error."""
        id = new_id()
        address = f" to={quoteattr(to)}" if to else ""
        await self.send(f"<iq xmlns='jabber:client' type='{type}' id='{id}'{address}>{payload}</iq>")
        return await self.wire.expect(f"iq[@id='{id}']", within=within)

    async def result(self, type: str, payload: str, to: str | None = None) -> ET.Element:
        """As `iq`, but an error fails the test."""
        answer = await self.iq(type, payload, to)
        assert answer.get("type") == "result", ET.tostring(answer, encoding="unicode")
        return answer

    # --- waiting -------------------------------------------------------

    async def expect(self, *paths: str, within: float = wire.PATIENCE) -> ET.Element:
        return await self.wire.expect(*paths, within=within)

    async def expect_message(self, body: str, within: float = wire.PATIENCE) -> ET.Element:
        quote = '"' if "'" in body else "'"
        return await self.wire.expect(f"message[body={quote}{body}{quote}]", within=within)

    async def settle(self) -> None:
        """All that was sent before has been handled, and answered if it has an answer."""
        answer = await self.iq("get", "<ping xmlns='urn:xmpp:ping'/>")
        assert answer.get("type") == "result", ET.tostring(answer, encoding="unicode")

    async def quiet(self, path: str, via: "Client") -> None:
        """Nothing that `path` matches reaches us before a message that `via` sends now.

        Not by waiting: what `via` did earlier would have to come before its message.
        """
        marker = new_id()
        await via.message(self.jid, marker, more=f"<private xmlns='{NS['carbons']}'/>")
        await self.expect_message(marker)
        assert not self.wire.peek(path), self.wire.describe()

    # --- stream management ---------------------------------------------

    async def enable_sm(self, resume: bool = True) -> ET.Element:
        wanted = " resume='true'" if resume else ""
        await self.wire.send(f"<enable xmlns='{NS['sm']}'{wanted}/>")
        # Counting begins behind <enabled/>: stanzas that came before it do not count.
        self.sent = 0
        self.wire.on_element = self._until_enabled
        enabled = await self.wire.expect("sm:enabled")
        self.sm_id = enabled.get("id", "")
        return enabled

    def _until_enabled(self, element: ET.Element) -> None:
        if element.tag == f"{{{NS['sm']}}}enabled":
            self.handled = 0
            self.wire.on_element = self._came_in

    async def ack(self) -> None:
        await self.wire.send(f"<a xmlns='{NS['sm']}' h='{self.handled}'/>")

    async def acknowledged(self) -> int:
        """Asks the server how many stanzas it has handled."""
        await self.wire.send(f"<r xmlns='{NS['sm']}'/>")
        return int((await self.wire.expect("sm:a")).get("h"))

    async def cut(self) -> None:
        """The connection breaks; the server is not told."""
        await self.wire.close()

    async def leave(self) -> None:
        """Ends the stream in order and waits until the server has."""
        await self.wire.close_stream()
        await self.wire.expect_end()


# --- logging in --------------------------------------------------------


async def login(door: wire.Wire, account, *, mechanism: str = "SCRAM-SHA-256", resource: str | None = None,
                sasl: int = 1, presence: bool = True, priority: int | None = None, sm: bool = False,
                carbons: bool = False) -> Client:
    """A bound session; over a door on which no stream has been opened yet."""
    client = Client(door, account)
    await door.open(account.domain)
    if sasl == 2:
        tag = f"<tag>{resource}</tag>" if resource else ""
        client.success = await sasl2(door, account, mechanism,
                                     inline=f"<bind xmlns='{NS['bind2']}'>{tag}</bind>")
        client.jid = client.success.findtext("sasl2:authorization-identifier", "", NS)
        await door.expect("stream:features")
    else:
        await sasl1(door, account, mechanism)
        await door.open(account.domain)
        client.jid = await bind(door, resource)
    if sm:
        await client.enable_sm()
    if carbons:
        await client.result("set", f"<enable xmlns='{NS['carbons']}'/>")
    if presence:
        await client.presence(f"<priority>{priority}</priority>" if priority is not None else "")
        await client.settle()
    return client


async def sasl1(door: wire.Wire, account, mechanism: str = "SCRAM-SHA-256", *, authzid: str = "",
                **scram_options) -> None:
    """Raises `SaslFailure`. The stream has to be restarted afterwards."""
    if mechanism == "PLAIN":
        await send_auth(door, mechanism, plain(account, authzid))
        await _sasl1_outcome(door)
        return
    scram = Scram(mechanism, account.name, account.password, authzid, **scram_options)
    await send_auth(door, mechanism, scram.client_first())
    challenge = await _sasl1_outcome(door)
    await send_response(door, scram.client_final(base64.b64decode(challenge.text)))
    success = await _sasl1_outcome(door)
    if wire.local(success) == "challenge":
        # RFC 5802 permits the server's final message as a challenge of its own.
        scram.check_server_final(base64.b64decode(success.text))
        await send_response(door, b"")
        await _sasl1_outcome(door)
    else:
        scram.check_server_final(base64.b64decode(success.text))


async def send_auth(door: wire.Wire, mechanism: str, initial: bytes) -> None:
    await door.send(f"<auth xmlns='{NS['sasl']}' mechanism='{mechanism}'>{b64(initial) or '='}</auth>")


async def send_response(door: wire.Wire, data: bytes) -> None:
    await door.send(f"<response xmlns='{NS['sasl']}'>{b64(data)}</response>")


async def _sasl1_outcome(door: wire.Wire) -> ET.Element:
    outcome = await door.expect("sasl:challenge", "sasl:success", "sasl:failure")
    if wire.local(outcome) == "failure":
        raise SaslFailure(outcome)
    return outcome


async def sasl2(door: wire.Wire, account, mechanism: str = "SCRAM-SHA-256", *, authzid: str = "",
                inline: str = "", **scram_options) -> ET.Element:
    """The `<success/>` element; raises `SaslFailure`. `inline` goes into `<authenticate/>`."""
    scram = None
    if mechanism == "PLAIN":
        initial = plain(account, authzid)
    else:
        scram = Scram(mechanism, account.name, account.password, authzid, **scram_options)
        initial = scram.client_first()
    await send_authenticate(door, mechanism, initial, inline)
    outcome = await sasl2_outcome(door)
    if wire.local(outcome) == "challenge":
        answer = scram.client_final(base64.b64decode(outcome.text))
        await door.send(f"<response xmlns='{NS['sasl2']}'>{b64(answer)}</response>")
        outcome = await sasl2_outcome(door)
    assert wire.local(outcome) == "success", ET.tostring(outcome)
    if scram:
        scram.check_server_final(base64.b64decode(outcome.findtext("sasl2:additional-data", "", NS)))
    return outcome


async def send_authenticate(door: wire.Wire, mechanism: str, initial: bytes, inline: str = "") -> None:
    await door.send(f"<authenticate xmlns='{NS['sasl2']}' mechanism='{mechanism}'>"
                    f"<initial-response>{b64(initial)}</initial-response>{inline}</authenticate>")


async def sasl2_outcome(door: wire.Wire) -> ET.Element:
    outcome = await door.expect("sasl2:challenge", "sasl2:success", "sasl2:failure", "sasl2:continue")
    if wire.local(outcome) == "failure":
        raise SaslFailure(outcome)
    return outcome


async def bind(door: wire.Wire, resource: str | None = None) -> str:
    """RFC 6120 resource binding; returns the full JID."""
    wanted = f"<resource>{escape(resource)}</resource>" if resource else ""
    await door.send(f"<iq xmlns='jabber:client' type='set' id='bind'><bind xmlns='{NS['bind']}'>{wanted}</bind></iq>")
    answer = await door.expect("iq[@id='bind']")
    jid = answer.findtext("bind:bind/bind:jid", None, NS)
    assert jid, ET.tostring(answer, encoding="unicode")
    return jid


async def resume(door: wire.Wire, old: Client) -> tuple[Client, ET.Element]:
    """Logs in again and resumes `old` on `door`: the client, and `<resumed/>` or `<failed/>`."""
    await door.open()
    await sasl1(door, old.account)
    await door.open()
    client = Client(door, old.account)
    client.answers_acks = old.answers_acks
    if old.handled is not None:
        client.handled = old.handled
    client.sent, client.sm_id = old.sent, old.sm_id
    await door.send(f"<resume xmlns='{NS['sm']}' previd='{old.sm_id}' h='{old.handled}'/>")
    outcome = await door.expect("sm:resumed", "sm:failed")
    if wire.local(outcome) == "resumed":
        client.jid = old.jid
    return client, outcome


async def befriend(a: Client, b: Client) -> None:
    """Both subscribed to each other, and each has the other's presence."""
    for one in (a, b):
        # Only who has asked for the roster hears of subscriptions (RFC 6121 section 2.2).
        await one.result("get", f"<query xmlns='{NS['roster']}'/>")
    for one, other in ((a, b), (b, a)):
        await one.presence(to=other.bare, type="subscribe")
        await other.expect(f"presence[@type='subscribe'][@from='{one.bare}']")
        await other.presence(to=one.bare, type="subscribed")
        await one.expect(f"presence[@type='subscribed'][@from='{other.bare}']")
        await one.expect(f"presence[@from='{other.jid}']")


def user_agent(device: str, software: str = "skein tests") -> str:
    """`device` is a UUID; equal devices have equal ids."""
    return f"<user-agent id='{device}'><software>{software}</software></user-agent>"


def ht_initial(user: str, token: str, binding: bytes = b"") -> bytes:
    """The initial response of HT-SHA-256 (XEP-0484): user, NUL, HMAC(token, "Initiator" + binding)."""
    return user.encode() + b"\0" + hmac.new(token.encode(), b"Initiator" + binding, hashlib.sha256).digest()


def plain(account, authzid: str = "") -> bytes:
    return f"{authzid}\0{account.name}\0{account.password}".encode()


def mechanisms(features: ET.Element) -> list[str]:
    """What SASL1 offers."""
    return [element.text for element in features.iterfind("sasl:mechanisms/sasl:mechanism", NS)]


def mechanisms2(features: ET.Element) -> list[str]:
    """What SASL2 offers."""
    return [element.text for element in features.iterfind("sasl2:authentication/sasl2:mechanism", NS)]


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def new_id() -> str:
    return f"i{next(_numbers)}"
