"""People in a group who whisper (docs/ephemeral.md)."""

import rooms
import vanish
from wire import error_of


def to(*receivers: tuple[str, str]) -> str:
    named = "".join(f"<to {kind}='{value}'/>" for kind, value in receivers)
    return f"<whisper xmlns='{vanish.NS['whisper']}'>{named}</whisper>"


async def whisper(client, room: str, body: str, *receivers: tuple[str, str], more: str = "", id: str | None = None) -> str:
    return await client.message(room, body, more=to(*receivers) + more, id=id)


async def refusal(client, id: str) -> str:
    return error_of(await client.expect(f"message[@id='{id}'][@type='error']"))


async def group(server, *more: str, **config):
    """Alice's room with members Bob, Carol and `more`, all inside; addresses are hidden."""
    accounts = await server.people("alice", "bob", "carol", *more)
    clients = [await server.login(account) for account in accounts]
    room = rooms.name()
    await rooms.make(clients[0], room, "alice", **config)
    for client in clients[1:]:
        await rooms.affiliate(clients[0], room, client.bare, "member")
    for client, nick in zip(clients[1:], ["bob", "carol", *more]):
        await rooms.enter(client, room, nick)
    for client in clients:
        # Everybody has seen everybody come.
        await client.settle()
    return *clients, room
