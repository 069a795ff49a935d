"""What the web server answers: host-meta (XEP-0156), BOSH (XEP-0124/0206), health, metrics, the first page."""

import json
import xml.etree.ElementTree as ET

import aiohttp
import pytest

from bosh import Bosh
from skein import DOMAIN
from wire import NS

XRD = "{http://docs.oasis-open.org/ns/xri/xrd-1.0}"
WEBSOCKET = "urn:xmpp:alt-connections:websocket"
XBOSH = "urn:xmpp:alt-connections:xbosh"


async def get(server, path: str, **headers: str) -> tuple[int, dict, str]:
    async with aiohttp.ClientSession() as http:
        async with http.get(f"http://127.0.0.1:{server.http_port}{path}", headers=headers) as answer:
            return answer.status, dict(answer.headers), await answer.text()


async def test_host_meta_names_the_other_ways_in(server):
    status, headers, text = await get(server, "/.well-known/host-meta", Host=DOMAIN)
    assert status == 200 and "xrd+xml" in headers["Content-Type"]
    assert headers["Access-Control-Allow-Origin"] == "*"
    links = {link.get("rel"): link.get("href") for link in ET.fromstring(text).iter(f"{XRD}Link")}
    assert links[WEBSOCKET].endswith(server.ws_path) and links[XBOSH].endswith(server.bosh_path)


async def test_host_meta_json_says_the_same(server):
    status, headers, text = await get(server, "/.well-known/host-meta.json", Host=DOMAIN)
    assert status == 200 and "json" in headers["Content-Type"]
    assert headers["Access-Control-Allow-Origin"] == "*"
    links = {link["rel"]: link["href"] for link in json.loads(text)["links"]}
    assert links[WEBSOCKET].startswith(("ws://", "wss://")) and links[XBOSH].startswith(("http://", "https://"))


async def test_the_first_page_explains_how_to_connect(server):
    status, headers, text = await get(server, "/")
    assert status == 200 and "html" in headers["Content-Type"]
    assert DOMAIN in text


async def test_metrics_are_prometheus_text(server):
    status, headers, text = await get(server, "/metrics")
    assert status == 200 and headers["Content-Type"].startswith(("text/plain", "application/openmetrics-text"))
    samples = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert samples and all(len(line.rsplit(" ", 1)) == 2 and float(line.rsplit(" ", 1)[1]) >= 0 for line in samples)


async def test_https_serves_the_same_with_a_valid_certificate(server):
    async with aiohttp.ClientSession() as http:
        url = f"https://localhost:{server.https_port}/health"
        async with http.get(url, ssl=server.tls_context()) as answer:
            assert answer.status == 200


async def test_bosh_logs_in_and_chats(server):
    alice, bob = await server.people("alice", "bob")
    other = await server.login(bob)
    async with Bosh(server) as bosh:
        jid = await bosh.login(alice)
        assert jid.startswith(alice.jid + "/")
        await bosh.request(f"<message xmlns='jabber:client' to='{other.jid}' type='chat'><body>by bosh</body></message>")
        assert (await other.expect_message("by bosh")).get("from") == jid
        await other.message(jid, "to bosh")
        await bosh.expect("message[body='to bosh']")


async def test_bosh_answers_at_once_when_something_comes(server):
    """The held request is the way down: not polling."""
    import asyncio
    alice, bob = await server.people("alice", "bob")
    other = await server.login(bob)
    async with Bosh(server) as bosh:
        jid = await bosh.login(alice)
        held = asyncio.create_task(bosh.request())
        await other.message(jid, "wake up")
        body = await asyncio.wait_for(held, 15)
        bodies = [element.findtext("body", None, NS) for element in [*body, *bosh.inbox]]
        if "wake up" not in bodies:
            await bosh.expect("message[body='wake up']")


@pytest.mark.parametrize("path", ["/no-such-page", "/../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd"])
async def test_what_is_not_there_is_not_found(server, path):
    status, _, text = await get(server, path)
    assert status == 404 and "root:" not in text


async def test_websocket_wants_the_subprotocol(server):
    import websocket
    with pytest.raises(websocket.Refused) as refusal:
        await server.websocket({"Sec-WebSocket-Protocol": None})
    assert 400 <= refusal.value.status < 500
