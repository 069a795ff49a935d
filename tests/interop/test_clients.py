"""Clients that others wrote, as their users run them: over TLS, with the certificate checked."""

import asyncio
import os
import subprocess

import pytest
import slixmpp

import login
from foreign import Lines, profanity
from skein import DOMAIN

needs_skein = pytest.mark.skipif(
    os.environ.get("SKEIN_TEST_SERVER") == "prosody", reason="Prosody 0.12 has no SASL2 with FAST")


async def slixmpp_client(server, account) -> slixmpp.ClientXMPP:
    """A slixmpp session over STARTTLS; messages wait in `client.bodies`."""
    client = slixmpp.ClientXMPP(account.jid, account.password)
    client.ca_certs = str(server.ca)
    client.bodies = asyncio.Queue()
    client.add_event_handler("message", lambda message: client.bodies.put_nowait(message["body"]))
    client.connect(host="127.0.0.1", port=server.c2s_port)
    await client.wait_until("session_start", timeout=30)
    client.send_presence()
    return client


async def expect_body(client, body: str, within: float = 30) -> None:
    while (got := await asyncio.wait_for(client.bodies.get(), within)) != body:
        assert got != "", got


@pytest.mark.slow
@pytest.mark.parametrize("direct", [False, True], ids=["starttls", "direct-tls"])
async def test_go_sendxmpp_sends_over_tls_and_another_listens(server, direct):
    sender, listener = await server.people("gopher", "listener")
    environment = {**os.environ, "SSL_CERT_FILE": str(server.ca)}
    port = server.c2s_tls_port if direct else server.c2s_port
    tls = ["-t"] if direct else []

    def command(account, *more: str) -> list[str]:
        return ["go-sendxmpp", *tls, "-u", account.jid, "-p", account.password, "-j", f"127.0.0.1:{port}", *more]

    listening = await asyncio.create_subprocess_exec(
        *command(listener, "-l"), env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
    try:
        bodies = [f"number {number} from go" for number in range(3)]
        for body in bodies:
            done = await asyncio.to_thread(
                subprocess.run, command(sender, listener.jid), input=body, text=True, env=environment,
                capture_output=True, timeout=60)
            assert done.returncode == 0, done.stderr + done.stdout
        # The first may have come before the listener was online: it waits for it then.
        for body in bodies:
            line = (await asyncio.wait_for(listening.stdout.readline(), 30)).decode()
            assert line.rstrip().endswith(f"{sender.jid}: {body}"), line
    finally:
        listening.terminate()
        await listening.wait()


@pytest.mark.slow
async def test_profanity_logs_in_over_tls_and_chats_with_slixmpp(server, tmp_path):
    paul, sarah = await server.people("paul", "sarah")
    client = await slixmpp_client(server, sarah)
    terminal = await profanity(server, paul, tmp_path)
    try:
        assert "[TLS]" in terminal.screen()
        terminal.type(f"/msg {sarah.jid} hello-from-profanity")
        await expect_body(client, "hello-from-profanity")
        client.send_message(mto=paul.jid, mbody="hello-from-slixmpp", mtype="chat")
        await asyncio.to_thread(terminal.wait_for, "hello-from-slixmpp")
    finally:
        terminal.end()
        client.abort()


@needs_skein
@pytest.mark.slow
@pytest.mark.parametrize("door", ["starttls", "websocket"])
async def test_xmpp_js_logs_in_by_sasl2_then_by_token_and_resumes(server, door):
    javier, friend = await server.people("javier", "friend")
    bob = await server.login(friend)
    service = {"starttls": f"xmpp://localhost:{server.c2s_port}",
               "websocket": f"ws://localhost:{server.http_port}{server.ws_path}"}[door]
    node = await Lines.node("xmppjs.mjs", SERVICE=service, DOMAIN=DOMAIN, XMPP_USER=javier.name,
                            XMPP_PASSWORD=javier.password, NODE_EXTRA_CA_CERTS=str(server.ca))
    try:
        first = await node.until("first")
        assert first["mechanisms"] == ["SCRAM-SHA-1"], first
        assert first["token"]["mechanism"] == "HT-SHA-256-NONE" and first["token"]["expiry"], first
        second = await node.until("second")
        assert second["mechanisms"] == ["HT-SHA-256-NONE"], "the token alone was to be enough"
        assert second["resumable"], second
        await node.until("cut")
        await bob.message(second["jid"], "while you were away")
        await bob.settle()
        await node.tell("go on")
        # What was owed comes with the resumption, in whichever order the client tells.
        events = [await node.until("back", "message"), await node.until("back", "message")]
        back = next(event for event in events if event["event"] == "back")
        assert back["how"] == "resumed" and back["jid"] == second["jid"], node.story()
        assert [event["body"] for event in events if event["event"] == "message"] == ["while you were away"]
        await bob.message(second["jid"], "welcome back")
        assert (await node.until("message"))["body"] == "welcome back"
        await node.tell("end")
        await node.until("end")
    finally:
        await node.end()


@pytest.mark.slow
async def test_converse_in_chromium_chats_and_keeps_its_session_over_a_reload(server, tmp_path):
    carla, sam = await server.people("carla", "sam")
    # Where blocking (XEP-0191) is not offered, converse.js opens chats with contacts only.
    await login.befriend(await server.login(carla), await server.login(sam))
    client = await slixmpp_client(server, sam)
    origin = f"http://localhost:{server.http_port}"
    node = await Lines.node(
        "converse.mjs", ORIGIN=origin, WS_URL=f"ws://localhost:{server.http_port}{server.ws_path}", JID=carla.jid,
        PASSWORD=carla.password, PEER=sam.jid, SHOTS=str(tmp_path), CHROMIUM=os.environ.get("CHROMIUM", "/usr/bin/chromium"))
    try:
        jid = (await node.order("load"))["jid"]
        assert jid.startswith(carla.jid + "/")
        client.send_message(mto=carla.jid, mbody="hello from slixmpp", mtype="chat")
        assert (await node.order("see", text="hello from slixmpp", shot="received"))["count"] == 1
        await node.order("type", text="hello from the browser", shot="answered")
        await expect_body(client, "hello from the browser")

        node.seen.clear()
        await node.order("reload")
        heard = [event["xml"] for event in node.seen if event["event"] == "received"]
        said = [event["xml"] for event in node.seen if event["event"] == "sent"]
        assert any("<resumed" in xml for xml in heard), node.story()
        assert not any("xmpp-bind" in xml for xml in said), "it bound a new session"
        assert (await node.order("see", text="hello from slixmpp"))["count"] == 1
        # To the full JID of before: it reaches the same session or none. (The client
        # itself believes in another resource now, and puts that in its `from`.)
        client.send_message(mto=jid, mbody="still there?", mtype="chat")
        assert (await node.order("see", text="still there?", shot="after-reload"))["count"] == 1
        await node.order("type", text="yes, still here")
        await expect_body(client, "yes, still here")
        await node.tell('{"do": "quit"}')
    finally:
        await node.end()
        client.abort()
