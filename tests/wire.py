"""A client of raw bytes: what goes out is what a test says, byte for byte.

What comes in is parsed by Expat, so that a malformed answer of the server
fails the test that provoked it. Elements wait in an inbox until a test asks
for them with `expect`, by path and with a deadline.
"""

import asyncio
import os
import ssl
import xml.etree.ElementTree as ET

import websocket

# Prefixes for paths; without a prefix a name is in `jabber:client`.
NS = {
    "": "jabber:client",
    "stream": "http://etherx.jabber.org/streams",
    "streams": "urn:ietf:params:xml:ns:xmpp-streams",
    "stanzas": "urn:ietf:params:xml:ns:xmpp-stanzas",
    "framing": "urn:ietf:params:xml:ns:xmpp-framing",
    "tls": "urn:ietf:params:xml:ns:xmpp-tls",
    "sasl": "urn:ietf:params:xml:ns:xmpp-sasl",
    "sasl2": "urn:xmpp:sasl:2",
    "cb": "urn:xmpp:sasl-cb:0",
    "bind": "urn:ietf:params:xml:ns:xmpp-bind",
    "bind2": "urn:xmpp:bind:0",
    "fast": "urn:xmpp:fast:0",
    "sm": "urn:xmpp:sm:3",
    "csi": "urn:xmpp:csi:0",
    "limits": "urn:xmpp:stream-limits:0",
    "register": "jabber:iq:register",
    "roster": "jabber:iq:roster",
    "disco": "http://jabber.org/protocol/disco#info",
    "items": "http://jabber.org/protocol/disco#items",
    "carbons": "urn:xmpp:carbons:2",
    "forward": "urn:xmpp:forward:0",
    "delay": "urn:xmpp:delay",
    "mam": "urn:xmpp:mam:2",
    "rsm": "http://jabber.org/protocol/rsm",
    "sid": "urn:xmpp:sid:0",
    "receipts": "urn:xmpp:receipts",
    "chatstates": "http://jabber.org/protocol/chatstates",
    "pubsub": "http://jabber.org/protocol/pubsub#event",
    "data": "jabber:x:data",
}
# Seconds that anything expected may take. Generous: two cores run everything.
PATIENCE = float(os.environ.get("SKEIN_TEST_PATIENCE", "15"))
STREAM_ERROR = "stream:error"

# Every connection of the running test; `conftest` closes them when it ends.
opened: list["Wire"] = []


class Wire:
    """What all doors have in common: an inbox, and the end of the connection."""

    def __init__(self) -> None:
        self.inbox: list[ET.Element] = []
        # Everything that came in, for tests that look at bytes.
        self.raw = bytearray()
        self.ended = asyncio.Event()
        # Why reading ended, if it was not a plain end of file.
        self.broken: Exception | None = None
        # Called with each first-level element as it comes in.
        self.on_element = None
        self._news = asyncio.Event()
        self._reading: asyncio.Task | None = None
        opened.append(self)

    async def send(self, data: str | bytes) -> None:
        raise NotImplementedError

    async def open(self, to: str = "localhost", **attributes: str) -> ET.Element:
        """Opens a stream, or restarts it, and returns the features."""
        raise NotImplementedError

    async def close(self) -> None:
        """Cuts the connection without a word."""
        raise NotImplementedError

    async def close_stream(self) -> None:
        """Ends the stream in order."""
        raise NotImplementedError

    # --- reading -------------------------------------------------------

    def _start_reading(self) -> None:
        self._reading = asyncio.create_task(self._read())

    async def stop_reading(self) -> None:
        """From here on the server's output fills the socket's buffers."""
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)

    def resume_reading(self) -> None:
        self._start_reading()

    async def _read(self) -> None:
        try:
            await self._read_until_end()
        except (OSError, asyncio.IncompleteReadError, ssl.SSLError) as error:
            self.broken = error
        except ET.ParseError as error:
            self.broken = error
        self.ended.set()
        self._news.set()

    async def _read_until_end(self) -> None:
        raise NotImplementedError

    def _arrived(self, element: ET.Element) -> None:
        self.inbox.append(element)
        if self.on_element:
            self.on_element(element)
        self._news.set()

    def take(self, path: str) -> ET.Element | None:
        """The first element of the inbox that `path` matches, removed from it."""
        for at, element in enumerate(self.inbox):
            if matches(element, path):
                return self.inbox.pop(at)
        return None

    def peek(self, path: str) -> list[ET.Element]:
        """All elements of the inbox that `path` matches."""
        return [element for element in self.inbox if matches(element, path)]

    async def expect(self, *paths: str, within: float = PATIENCE) -> ET.Element:
        """The first element that one of `paths` matches, waiting for it `within` seconds.

        A path is an ElementTree path whose first step is the element itself:
        `message[@type='chat'][body='hi']/carbons:received`.
        """
        deadline = asyncio.get_running_loop().time() + within
        while True:
            self._news.clear()
            for path in paths:
                if (found := self.take(path)) is not None:
                    return found
            if isinstance(self.broken, ET.ParseError):
                raise AssertionError(f"malformed XML from the server: {self.broken}; {bytes(self.raw[-500:])!r}")
            left = deadline - asyncio.get_running_loop().time()
            if self.ended.is_set() or left <= 0:
                what = "the connection ended" if self.ended.is_set() else f"waited {within} s"
                raise AssertionError(f"{what} without {' or '.join(paths)}; there was {self.describe()}")
            try:
                await asyncio.wait_for(self._news.wait(), left)
            except asyncio.TimeoutError:
                pass

    async def expect_end(self, within: float = PATIENCE) -> None:
        """The server closes the connection."""
        try:
            await asyncio.wait_for(self.ended.wait(), within)
        except asyncio.TimeoutError:
            raise AssertionError(f"still connected after {within} s; there was {self.describe()}") from None
        if isinstance(self.broken, ET.ParseError) and "no element found" not in str(self.broken):
            raise AssertionError(f"malformed XML from the server: {self.broken}; {bytes(self.raw[-500:])!r}")

    async def expect_stream_error(self, *conditions: str, within: float = PATIENCE) -> str:
        """A stream error with one of `conditions` and then the end of the connection."""
        error = await self.expect(STREAM_ERROR, within=within)
        condition = next(local(child) for child in error if child.tag.startswith(f"{{{NS['streams']}}}"))
        assert not conditions or condition in conditions, f"{condition}, not {' or '.join(conditions)}"
        await self.expect_end(within)
        return condition

    def describe(self) -> str:
        """What waits in the inbox, for a failure's message."""
        shown = [ET.tostring(element, encoding="unicode")[:600] for element in self.inbox[:20]]
        return f"{len(self.inbox)} waiting: {shown}, broken: {self.broken!r}"


class TcpWire(Wire):
    """TCP, with STARTTLS or TLS from the start."""

    def __init__(self, reader, writer, context: ssl.SSLContext) -> None:
        super().__init__()
        self._reader, self._writer, self._context = reader, writer, context
        self._new_parser()
        self.header: ET.Element | None = None
        self._start_reading()

    @classmethod
    async def connect(cls, host: str, port: int, context: ssl.SSLContext, tls_at_once: bool = False):
        options = {"ssl": context, "server_hostname": "localhost"} if tls_at_once else {}
        reader, writer = await asyncio.open_connection(host, port, **options)
        return cls(reader, writer, context)

    async def send(self, data: str | bytes) -> None:
        self._writer.write(data.encode() if isinstance(data, str) else data)
        try:
            await self._writer.drain()
        except ConnectionError:
            # The server has closed: what it said before is what the test asks for.
            pass

    async def open(self, to: str = "localhost", **attributes: str) -> ET.Element:
        self._new_parser()
        self.header = None
        await self.send(stream_header(to, **attributes))
        return await self.expect("stream:features")

    async def starttls(self, before_handshake: bytes = b"") -> None:
        """`before_handshake` goes out in the same write as the request."""
        await self.send(b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>" + before_handshake)
        await self.expect("tls:proceed")
        await self.stop_reading()
        await self._writer.start_tls(self._context, server_hostname="localhost")
        self._start_reading()

    def tls(self) -> ssl.SSLObject | None:
        return self._writer.get_extra_info("ssl_object")

    async def close(self) -> None:
        if self._reading:
            self._reading.cancel()
        # An abort and not a close: a close would wait for TLS's farewell.
        self._writer.transport.abort()

    async def close_stream(self) -> None:
        await self.send("</stream:stream>")

    def _new_parser(self) -> None:
        self._parser = ET.XMLPullParser(events=("start", "end"))
        self._depth = 0

    async def _read_until_end(self) -> None:
        while data := await self._reader.read(65_536):
            self.raw += data
            self._parser.feed(data)
            # Newer Expat puts off tokens that came in pieces.
            if hasattr(self._parser, "flush"):
                self._parser.flush()
            for event, element in self._parser.read_events():
                self._step(event, element)

    def _step(self, event: str, element: ET.Element) -> None:
        self._depth += 1 if event == "start" else -1
        if event == "start" and self._depth == 1:
            self.header = element
            self._news.set()
        elif event == "end" and self._depth == 1:
            self._arrived(element)
            if self.header is not None and element in list(self.header):
                self.header.remove(element)
        elif event == "end" and self._depth == 0:
            self.inbox.append(ET.Element("stream-end"))
            self._news.set()


class WebSocketWire(Wire):
    """RFC 7395: each message is a document of its own."""

    def __init__(self, socket: "websocket.Socket") -> None:
        super().__init__()
        self.socket = socket
        self.header: ET.Element | None = None
        self._start_reading()

    @classmethod
    async def connect(cls, host: str, port: int, path: str, headers: dict | None = None):
        return cls(await websocket.Socket.connect(host, port, path, headers))

    async def send(self, data: str | bytes) -> None:
        await self.socket.send_frame(websocket.TEXT, data.encode() if isinstance(data, str) else data)

    async def open(self, to: str = "localhost", **attributes: str) -> ET.Element:
        more = "".join(f" {name}='{value}'" for name, value in attributes.items())
        await self.send(f"<open xmlns='{NS['framing']}' to='{to}' version='1.0'{more}/>")
        self.header = await self.expect("framing:open")
        return await self.expect("stream:features")

    async def close(self) -> None:
        if self._reading:
            self._reading.cancel()
        self.socket.abort()

    async def close_stream(self) -> None:
        await self.send(f"<close xmlns='{NS['framing']}'/>")

    @property
    def close_code(self) -> int | None:
        return self.socket.close_code

    async def _read_until_end(self) -> None:
        async for message in self.socket.messages():
            self.raw += message
            self._arrived(ET.fromstring(message))


# --- elements ----------------------------------------------------------


def matches(element: ET.Element, path: str) -> bool:
    holder = ET.Element("holder")
    holder.append(element)
    return holder.find(path, NS) is not None


def local(element: ET.Element) -> str:
    """The name without its namespace."""
    return element.tag.rpartition("}")[2]


def namespace(element: ET.Element) -> str:
    return element.tag.rpartition("}")[0].removeprefix("{")


def error_of(stanza: ET.Element) -> str | None:
    """The defined condition of a stanza error."""
    error = stanza.find("error", NS)
    if error is None:
        return None
    for child in error:
        if namespace(child) == NS["stanzas"] and local(child) != "text":
            return local(child)
    raise AssertionError("an error without a condition")


def body_of(stanza: ET.Element) -> str | None:
    return stanza.findtext("body", None, NS)


def stream_header(to: str, **attributes: str) -> str:
    more = "".join(f" {name}='{value}'" for name, value in attributes.items())
    return (f"<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
            f"xmlns:stream='http://etherx.jabber.org/streams' to='{to}' version='1.0'{more}>")
