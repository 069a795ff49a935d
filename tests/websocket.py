"""WebSocket framing by hand (RFC 6455), because the tests break its rules on purpose."""

import asyncio
import base64
import os
import struct

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


class Refused(Exception):
    """The server did not upgrade; `status` is its HTTP status."""

    def __init__(self, status: int, head: str) -> None:
        super().__init__(head)
        self.status = status


class Socket:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        # The code of the server's close frame; 1005 for a frame without one.
        self.close_code: int | None = None
        # The subprotocol that the server chose.
        self.protocol = ""
        self.pongs: list[bytes] = []

    @classmethod
    async def connect(cls, host: str, port: int, path: str, headers: dict | None = None) -> "Socket":
        """`headers` replace the usual ones; a value of None leaves one out."""
        reader, writer = await asyncio.open_connection(host, port)
        fields = {
            "Host": f"localhost:{port}",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Protocol": "xmpp",
            **(headers or {}),
        }
        lines = [f"{name}: {value}" for name, value in fields.items() if value is not None]
        writer.write("\r\n".join([f"GET {path} HTTP/1.1", *lines, "", ""]).encode())
        head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 15)).decode("latin-1")
        status = int(head.split()[1])
        if status != 101:
            writer.close()
            raise Refused(status, head)
        chosen = [line for line in head.lower().split("\r\n") if line.startswith("sec-websocket-protocol:")]
        socket = cls(reader, writer)
        socket.protocol = chosen[0].partition(":")[2].strip() if chosen else ""
        assert socket.protocol in fields["Sec-WebSocket-Protocol"], head
        return socket

    async def send_frame(self, opcode: int, payload: bytes = b"", *, fin: bool = True, masked: bool = True,
                         reserved: int = 0, claimed_length: int | None = None) -> None:
        """`claimed_length` is what the header says, whatever the payload has."""
        try:
            self._writer.write(frame(opcode, payload, fin, masked, reserved, claimed_length))
            await self._writer.drain()
        except ConnectionError:
            pass

    async def send_raw(self, data: bytes) -> None:
        try:
            self._writer.write(data)
            await self._writer.drain()
        except ConnectionError:
            pass

    async def messages(self):
        """Whole messages until the server closes; pings are answered on the way."""
        parts = b""
        while True:
            try:
                fin, opcode, payload = await self._read_frame()
            except asyncio.IncompleteReadError:
                return
            if opcode == PING:
                await self.send_frame(PONG, payload)
            elif opcode == PONG:
                self.pongs.append(payload)
            elif opcode == CLOSE:
                self.close_code = struct.unpack("!H", payload[:2])[0] if len(payload) >= 2 else 1005
                await self.send_frame(CLOSE, payload[:2])
            else:
                parts += payload
                if fin:
                    yield parts
                    parts = b""

    async def _read_frame(self) -> tuple[bool, int, bytes]:
        first, second = await self._reader.readexactly(2)
        assert not second & 0x80, "a server must not mask"
        assert not first & 0x70, "no extension was negotiated"
        length = second & 0x7F
        if length == 126:
            length = struct.unpack("!H", await self._reader.readexactly(2))[0]
        elif length == 127:
            length = struct.unpack("!Q", await self._reader.readexactly(8))[0]
        return bool(first & 0x80), first & 0x0F, await self._reader.readexactly(length)

    def abort(self) -> None:
        self._writer.transport.abort()


def frame(opcode: int, payload: bytes, fin: bool = True, masked: bool = True, reserved: int = 0,
          claimed_length: int | None = None) -> bytes:
    length = len(payload) if claimed_length is None else claimed_length
    head = bytes([(0x80 if fin else 0) | reserved << 4 | opcode])
    mask_bit = 0x80 if masked else 0
    if length < 126:
        head += bytes([mask_bit | length])
    elif length < 65_536:
        head += bytes([mask_bit | 126]) + struct.pack("!H", length)
    else:
        head += bytes([mask_bit | 127]) + struct.pack("!Q", length)
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
