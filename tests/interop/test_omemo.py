"""End-to-end encryption of others over this server: OMEMO (XEP-0384), whose keys lie in personal nodes. Of profanity, by a
library in C, and of converse.js, by one in JavaScript.
"""

import asyncio

import pytest

import login
from company import browser
from foreign import Terminal, profanity


async def connect(server, account, folder) -> Terminal:
    terminal = await profanity(server, account, folder)
    terminal.type("/omemo trustmode blind")
    terminal.type("/omemo gen")
    await asyncio.to_thread(terminal.wait_for, "OMEMO crytographic materials generated", 60)
    return terminal


async def until_read(writer: Terminal, text: str, reader: Terminal) -> None:
    """Profanity does not say when it has the other's keys, and encrypts for nobody before."""
    for _ in range(5):
        writer.type(text)
        try:
            return await asyncio.to_thread(reader.wait_for, text, 6)
        except AssertionError:
            continue
    raise AssertionError(f"never read:\n{writer.screen()}\n{reader.screen()}")


@pytest.mark.slow
async def test_two_profanities_talk_encrypted_and_the_server_reads_nothing(server, tmp_path):
    paul, petra = await server.people("paul", "petra")
    one, other = await server.login(paul), await server.login(petra)
    await login.befriend(one, other)
    await one.leave()
    await other.leave()
    watcher = await server.login(petra)
    terminals = []
    try:
        for account, folder in ((paul, "one"), (petra, "two")):
            terminals.append(await connect(server, account, tmp_path / folder))
        first, second = terminals
        first.type(f"/omemo start {petra.jid}")
        await asyncio.to_thread(first.wait_for, "[OMEMO]")
        second.type(f"/msg {paul.jid}")
        second.type(f"/omemo start {paul.jid}")
        await asyncio.to_thread(second.wait_for, "[OMEMO]")
        await until_read(first, "nobody else reads this", second)
        second.type("and nobody else answers")
        await asyncio.to_thread(first.wait_for, "and nobody else answers")
        # A device of the account that has no keys sees the ciphertext and what profanity says beside it.
        sealed = await watcher.expect("message/{eu.siacs.conversations.axolotl}encrypted/..")
        assert "nobody else reads this" not in "".join(sealed.itertext())
        await watcher.result("set", "<query xmlns='urn:xmpp:mam:2'/>")
        kept = watcher.wire.peek("message")
        assert any("axolotl" in child.tag for message in kept for child in message.iter())
        assert b"nobody else" not in bytes(watcher.wire.raw)
    finally:
        for terminal in terminals:
            terminal.end()


@pytest.mark.once
@pytest.mark.slow
async def test_profanity_and_converse_talk_encrypted_to_each_other(server, tmp_path):
    paul, carla = await server.people("paul", "carla")
    one, watcher = await server.login(paul), await server.login(carla)
    await login.befriend(one, watcher)
    await one.leave()
    terminal = page = None
    try:
        terminal = await connect(server, paul, tmp_path / "one")
        page = await browser(server, carla, paul.jid, tmp_path)
        await page.order("encrypt")
        await page.order("type", text="nobody else reads this", shot="encrypted")
        await asyncio.to_thread(terminal.wait_for, carla.name)
        terminal.type(f"/msg {carla.jid}")
        terminal.type(f"/omemo start {carla.jid}")
        await asyncio.to_thread(terminal.wait_for, "nobody else reads this")
        terminal.type("and nobody else answers")
        await page.sees("and nobody else answers")
        await watcher.expect("message/{eu.siacs.conversations.axolotl}encrypted/..")
        await watcher.result("set", "<query xmlns='urn:xmpp:mam:2'/>")
        assert b"axolotl" in bytes(watcher.wire.raw) and b"nobody else" not in bytes(watcher.wire.raw)
    finally:
        if terminal:
            terminal.end()
        if page:
            await page.close()
