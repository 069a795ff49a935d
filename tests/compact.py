"""The compact binding (docs/wire.md), written from its description: a full decoder, and an encoder that
knows the names of the table and the own address but neither shapes nor phrases."""

import asyncio
import base64
import datetime
import re
import ssl
import uuid
import xml.etree.ElementTree as ET
from pathlib import Path
from xml.sax.saxutils import escape

import websocket
import wire

ALPN = "skein-wire/1"
SUBPROTOCOL = "skein-wire-1"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
END, ELEMENT, CHILD, ATTRIBUTE, TEXT, UUID, INTEGER, SECONDS, MILLIS, MICROS, BASE64, HEX, BARE, FULL, SUB_BARE, SUB_FULL, SUB, \
    OWN_FULL, OWN_BARE, OWN_DOMAIN, SAME = range(21)
BARE_OF, LAST, NAMES, SHORT_SHAPES, SINGLE, SHORT_PHRASES = 36, 52, 64, 192, 8192, 96


class Table:
    def __init__(self, text: str) -> None:
        self.names: list[tuple] = []
        pairs, section, namespace = [], "", ""
        self.phrases: list[str] = []
        for line in text.splitlines():
            if not line or line.startswith("#"):
                continue
            items = line.split(" ")
            if line.startswith("["):
                section = line
            elif section == "[elements]" and line.startswith("="):
                namespace = line[1:]
            elif section == "[elements]":
                self.names += [("element", namespace, name) for name in items]
            elif section == "[attributes]":
                self.names += [("attribute", name) for name in items]
            elif section == "[words]":
                self.names += [("word", name) for name in items]
            elif section == "[shapes]":
                pairs += [tuple(map(int, item.split("+"))) for item in items]
            elif section == "[phrases]":
                self.phrases += [item.replace("_", " ") for item in items]
        self.numbers = {name: NAMES + at for at, name in enumerate(self.names)}

        def expand(half: int) -> list[int]:
            return [half] if half < SINGLE else [symbol for part in pairs[half - SINGLE] for symbol in expand(part)]

        self.shapes = [expand(SINGLE + at) for at in range(len(pairs))]


TABLE = Table((Path(__file__).resolve().parents[1] / "lib/wire/table/1.txt").read_text())


class Source:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, length: int) -> bytes:
        taken = self.data[self.at:self.at + length]
        assert len(taken) == length, "ends too early"
        self.at += length
        return taken

    def byte(self) -> int:
        return self.take(1)[0]

    def number(self) -> int:
        number = shift = 0
        while True:
            byte = self.byte()
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                return number
            shift += 7

    def rest(self) -> bytes:
        return self.take(len(self.data) - self.at)

    def string(self) -> str:
        head = self.number()
        data = self.take(head >> 2)
        if head & 3 == 0:
            return data.decode()
        if head & 3 == 1:
            return phrases(Source(data))
        return data.hex() if head & 3 == 2 else base64.urlsafe_b64encode(data).decode().rstrip("=")


def phrases(source: Source) -> str:
    out = b""
    while source.at < len(source.data):
        byte = source.byte()
        if 0x20 <= byte <= 0x7E or byte == 0x0A:
            out += bytes([byte])
        elif byte >= 0xF8:
            out += source.take(byte - 0xF8 + 1)
        else:
            code = byte if byte <= 9 else byte - 1 if byte <= 31 else 31 if byte == 0x7F else byte - 0x80 + 32 if byte < 0xC0 \
                else SHORT_PHRASES + (byte - 0xC0) * 256 + source.byte()
            out += TABLE.phrases[code].encode()
    return out.decode()


def number(value: int) -> bytes:
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def string(text: str) -> bytes:
    data = text.encode()
    return number(len(data) << 2) + data


class Codec:
    """One side of a stream: all that it keeps is the own address."""

    def __init__(self) -> None:
        self.own: str | None = None

    @property
    def domain(self) -> str:
        assert self.own, "no address yet"
        return self.own.partition("/")[0].partition("@")[2]

    # --- out -----------------------------------------------------------

    def encode(self, xml: str | bytes) -> bytes:
        """What is no single element goes out as it is, for the server to judge."""
        text = xml if isinstance(xml, str) else xml.decode("utf-8", "surrogateescape")
        try:
            root = ET.fromstring(text)
        except (ET.ParseError, UnicodeEncodeError):
            return b"\x00\x00" + text.encode("utf-8", "surrogateescape")
        # What Expat does not tell us cannot be encoded without losing it.
        if re.search(r"<!|<\?|xmlns:|\s(?!xml:)[\w.-]+:[\w.-]+\s*=", text):
            return b"\x00\x00" + text.encode()
        symbols, values = [], []
        self._element(root, None, symbols, values)
        codes = b"".join((SHORT_SHAPES * 256 + SINGLE + symbol).to_bytes(2, "big") for symbol in symbols)
        return number(len(codes)) + codes + b"".join(values)

    def _element(self, element: ET.Element, around: str | None, symbols: list, values: list) -> None:
        namespace, name = wire.namespace(element), wire.local(element)
        known = TABLE.numbers.get(("element", namespace, name))
        symbols.append(known or (CHILD if namespace == around else ELEMENT))
        if not known:
            values += [string(name)] + ([] if namespace == around else [string(namespace)])
        for key, value in element.attrib.items():
            key = "xml:lang" if key == XML_LANG else key
            known = TABLE.numbers.get(("attribute", key))
            symbols.append(known or ATTRIBUTE)
            if not known:
                values.append(string(key))
            self._value(value, symbols, values)
        if element.text:
            self._value(element.text, symbols, values)
        for child in element:
            self._element(child, namespace, symbols, values)
            if child.tail:
                self._value(child.tail, symbols, values)
        symbols.append(END)

    def _value(self, text: str, symbols: list, values: list) -> None:
        known = TABLE.numbers.get(("word", text))
        if known is None and self.own:
            known = {self.own: OWN_FULL, self.own.partition("/")[0]: OWN_BARE, self.domain: OWN_DOMAIN}.get(text)
        if known is not None:
            symbols.append(known)
        elif re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text):
            symbols.append(UUID)
            values.append(uuid.UUID(text).bytes)
        else:
            symbols.append(TEXT)
            values.append(string(text))

    # --- in ------------------------------------------------------------

    def decode(self, message: bytes) -> str | None:
        """The XML of a message; None if it told the own address."""
        source = Source(message)
        length = source.number()
        if length == 0:
            form, rest = source.byte(), source.rest().decode()
            assert form in (0, 1), "an unknown form"
            if form == 1:
                self.own = rest
                return None
            return rest
        codes, symbols = Source(source.take(length)), []
        while codes.at < length:
            code = codes.byte()
            if code >= SHORT_SHAPES:
                code = SHORT_SHAPES + (code - SHORT_SHAPES) * 256 + codes.byte()
            single = code - SHORT_SHAPES - SINGLE
            symbols += [single] if single >= 0 else TABLE.shapes[code]
        xml = self._write(iter(symbols), source)
        assert source.at == len(message), "values are left"
        return xml

    def _write(self, symbols, source: Source) -> str:
        out, open_, seen, in_tag = [], [], [], False
        for symbol in symbols:
            name = TABLE.names[symbol - NAMES] if symbol >= NAMES else ("",)
            if name[0] == "element" or symbol in (ELEMENT, CHILD):
                around = open_[-1][1] if open_ else ""
                local = name[2] if name[0] else source.string()
                namespace = name[1] if name[0] else around if symbol == CHILD else source.string()
                out.append((">" if in_tag else "") + f"<{local}" + (f' xmlns="{escape(namespace)}"' if namespace != around else ""))
                open_.append((local, namespace))
                in_tag = True
            elif name[0] == "attribute" or symbol == ATTRIBUTE:
                assert in_tag, "an attribute outside of a tag"
                key = name[1] if name[0] else source.string()
                value = self._read(next(symbols), source, seen)
                out.append(f" {key}=" + '"' + escape(value, {'"': "&quot;", "\n": "&#10;", "\t": "&#9;", "\r": "&#13;"}) + '"')
            elif symbol == END:
                local, _ = open_.pop()
                out.append("/>" if in_tag else f"</{local}>")
                in_tag = False
            else:
                out.append((">" if in_tag else "") + escape(self._read(symbol, source, seen), {"\r": "&#13;"}))
                in_tag = False
        assert not open_, "elements are left open"
        return "".join(out)

    def _read(self, symbol: int, source: Source, seen: list[str]) -> str:
        if symbol >= NAMES:
            kind, word = TABLE.names[symbol - NAMES]
            assert kind == "word"
            return word
        if symbol in (OWN_FULL, OWN_BARE, OWN_DOMAIN):
            assert self.own
            return {OWN_FULL: self.own, OWN_BARE: self.own.partition("/")[0], OWN_DOMAIN: self.domain}[symbol]
        if SAME <= symbol < LAST:
            before = seen[(symbol - SAME) % 16]
            return before if symbol < BARE_OF else before.partition("/")[0]
        text = self._typed(symbol, source)
        if len(seen) < 16:
            seen.append(text)
        return text

    def _typed(self, symbol: int, source: Source) -> str:
        if symbol == TEXT:
            return source.string()
        if symbol == UUID:
            return str(uuid.UUID(bytes=source.take(16)))
        if symbol == INTEGER:
            return str(source.number())
        if symbol in (SECONDS, MILLIS, MICROS):
            seconds = int.from_bytes(source.take(4), "big")
            time = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
            digits, width = {SECONDS: (0, 0), MILLIS: (3, 2), MICROS: (6, 3)}[symbol]
            fraction = int.from_bytes(source.take(width), "big")
            return time + (f".{fraction:0{digits}}" if digits else "") + "Z"
        if symbol in (BASE64, HEX):
            data = source.take(source.number())
            return data.hex() if symbol == HEX else base64.b64encode(data).decode()
        local = "" if symbol == SUB else source.string() + "@"
        sub = source.string() + "." if symbol in (SUB, SUB_BARE, SUB_FULL) else ""
        resource = "/" + source.string() if symbol in (FULL, SUB_FULL) else ""
        return local + sub + self.domain + resource


class CompactSocket(wire.WebSocketWire):
    """The binding on a WebSocket."""

    def __init__(self, socket: "websocket.Socket") -> None:
        self.codec = Codec()
        super().__init__(socket)

    @classmethod
    async def connect(cls, host: str, port: int, path: str, headers: dict | None = None):
        socket = await websocket.Socket.connect(host, port, path, {"Sec-WebSocket-Protocol": f"{SUBPROTOCOL}, xmpp", **(headers or {})})
        assert socket.protocol == SUBPROTOCOL
        return cls(socket)

    async def send(self, data: str | bytes) -> None:
        await self.send_message(self.codec.encode(data))

    async def send_message(self, message: bytes) -> None:
        await self.socket.send_frame(websocket.BINARY, message)

    async def _read_until_end(self) -> None:
        async for message in self.socket.messages():
            self.raw += message
            if (xml := self.codec.decode(message)) is not None:
                self._arrived(ET.fromstring(xml))


class CompactTls(wire.Wire):
    """The binding on direct TLS."""

    def __init__(self, reader, writer) -> None:
        super().__init__()
        self.codec = Codec()
        self._reader, self._writer = reader, writer
        self.header: ET.Element | None = None
        self._start_reading()

    @classmethod
    async def connect(cls, host: str, port: int, context: ssl.SSLContext):
        context.set_alpn_protocols([ALPN, "xmpp-client"])
        reader, writer = await asyncio.open_connection(host, port, ssl=context, server_hostname="localhost")
        assert writer.get_extra_info("ssl_object").selected_alpn_protocol() == ALPN
        return cls(reader, writer)

    def tls(self) -> ssl.SSLObject | None:
        return self._writer.get_extra_info("ssl_object")

    async def send(self, data: str | bytes) -> None:
        await self.send_message(self.codec.encode(data))

    async def send_message(self, message: bytes) -> None:
        await self.send_raw(number(len(message)) + message)

    async def send_raw(self, data: bytes) -> None:
        self._writer.write(data)
        try:
            await self._writer.drain()
        except ConnectionError:
            pass

    # As on a WebSocket: each element is a message.
    open = wire.WebSocketWire.open
    close_stream = wire.WebSocketWire.close_stream

    async def close(self) -> None:
        if self._reading:
            self._reading.cancel()
        self._writer.transport.abort()

    async def _read_until_end(self) -> None:
        data = b""
        while more := await self._reader.read(65_536):
            self.raw += more
            data += more
            while (whole := self._front(data)) is not None:
                message, data = whole
                if message and (xml := self.codec.decode(message)) is not None:
                    self._arrived(ET.fromstring(xml))

    @staticmethod
    def _front(data: bytes) -> tuple[bytes, bytes] | None:
        source = Source(data)
        try:
            return source.take(source.number()), data[source.at:]
        except (AssertionError, IndexError):
            return None
