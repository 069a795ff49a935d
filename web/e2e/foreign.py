"""A foreign XMPP client (slixmpp) that a journey drives line by line.

Arguments: address, password, host and port. It prints one JSON value a line: `online`, then every message as
`message` with its XML. On standard input it takes orders: {"raw": XML} is sent as it stands, {"iq": XML} too and
its answer printed as `answer`.
"""

import asyncio
import json
import sys
import xml.etree.ElementTree as ET

import slixmpp
from slixmpp.xmlstream import tostring
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath


class Foreign(slixmpp.ClientXMPP):
    def __init__(self, jid: str, password: str, host: str, port: int) -> None:
        super().__init__(jid, password)
        for plugin in ("xep_0030", "xep_0184", "xep_0199", "xep_0280"):
            self.register_plugin(plugin)
        self.enable_plaintext = True
        self.enable_starttls = False
        self["feature_mechanisms"].unencrypted_plain = True
        self.add_event_handler("session_start", self.started)
        everything = MatchXPath("{jabber:client}message")
        self.register_handler(Callback("every message", everything, lambda message: tell("message", message)))
        self.add_event_handler("presence_subscribe", lambda presence: tell("presence", presence))
        self.add_event_handler("failed_all_auth", lambda _: sys.exit("refused"))
        self.connect(host, port)

    async def started(self, _event: object) -> None:
        self.send_presence()
        await self.get_roster()
        say({"event": "online"})
        await self.obey()

    async def obey(self) -> None:
        # Kept: its protocol holds it weakly, and who waits for what nobody holds is collected with it.
        self.reader = reader = asyncio.StreamReader(limit=1 << 22)
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := await reader.readline():
            order = json.loads(line)
            if "raw" in order:
                self.send_raw(order["raw"])
            elif "iq" in order:
                iq = self.Iq(xml=ET.fromstring(order["iq"]))
                try:
                    tell("answer", await iq.send())
                except slixmpp.exceptions.IqError as error:
                    tell("answer", error.iq)
        await self.disconnect()
        sys.exit()


def say(value: dict) -> None:
    print(json.dumps(value), flush=True)


def tell(event: str, stanza: slixmpp.xmlstream.StanzaBase) -> None:
    say({"event": event, "xml": tostring(stanza.xml)})


if __name__ == "__main__":
    asyncio.set_event_loop(asyncio.new_event_loop())
    client = Foreign(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
    asyncio.get_event_loop().run_forever()
