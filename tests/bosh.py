"""XEP-0124 and XEP-0206 from the client's side, a request at a time."""

import random
import xml.etree.ElementTree as ET

import aiohttp

import login
from wire import NS

HTTPBIND = "http://jabber.org/protocol/httpbind"
XBOSH = "urn:xmpp:xbosh"


class Bosh:
    """A session, `rid` being the id of the last request; use as `async with`."""

    def __init__(self, server, domain: str = "localhost") -> None:
        self.url = f"http://127.0.0.1:{server.http_port}{server.bosh_path}"
        self.domain = domain
        self.sid = ""
        self.rid = random.randrange(1, 2**40)
        # Elements that came and that nobody has asked for.
        self.inbox: list[ET.Element] = []

    async def __aenter__(self) -> "Bosh":
        self._http = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *_) -> None:
        await self._http.close()

    async def post(self, body: str | bytes, content_type: str = "text/xml; charset=utf-8") -> tuple[int, bytes]:
        """A request as it is: status and body of the answer."""
        async with self._http.post(self.url, data=body, headers={"Content-Type": content_type}) as answer:
            return answer.status, await answer.read()

    def body(self, payload: str = "", **attributes: str) -> str:
        fields = "".join(f" {name.replace('__', ':')}='{value}'" for name, value in attributes.items())
        return (f"<body xmlns='{HTTPBIND}' xmlns:xmpp='{XBOSH}' rid='{self.rid}'"
                f"{f' sid={chr(39)}{self.sid}{chr(39)}' if self.sid else ''}{fields}>{payload}</body>")

    async def request(self, payload: str = "", **attributes: str) -> ET.Element:
        """The next request in order; its answer's elements go into the inbox."""
        self.rid += 1
        status, answer = await self.post(self.body(payload, **attributes))
        assert status == 200, (status, answer)
        body = ET.fromstring(answer)
        self.inbox += list(body)
        return body

    async def create(self, **attributes: str) -> ET.Element:
        options = {"to": self.domain, "wait": "5", "hold": "1", "ver": "1.11", "xmpp__version": "1.0",
                   "xml__lang": "en", "content": "text/xml; charset=utf-8"}
        body = await self.request(**(options | attributes))
        self.sid = body.get("sid") or ""
        assert self.sid, ET.tostring(body)
        return body

    async def expect(self, path: str, polls: int = 4) -> ET.Element:
        """The first element that `path` matches, polling for it."""
        for _ in range(polls + 1):
            for at, element in enumerate(self.inbox):
                holder = ET.Element("holder")
                holder.append(element)
                if holder.find(path, NS) is not None:
                    return self.inbox.pop(at)
            body = await self.request()
            assert body.get("type") != "terminate", ET.tostring(body)
        raise AssertionError(f"no {path} in {[ET.tostring(element) for element in self.inbox]}")

    async def login(self, account) -> str:
        """Session, SASL, restart, bind, presence; the full JID."""
        await self.create()
        await self.expect("stream:features")
        await self.request(f"<auth xmlns='{NS['sasl']}' mechanism='PLAIN'>{login.b64(login.plain(account))}</auth>")
        await self.expect("sasl:success")
        await self.request(to=self.domain, xmpp__restart="true", xml__lang="en")
        await self.expect("stream:features")
        await self.request(f"<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='{NS['bind']}'/></iq>")
        bound = await self.expect("iq[@id='b']")
        await self.request("<presence xmlns='jabber:client'/>")
        return bound.findtext("bind:bind/bind:jid", "", NS)
