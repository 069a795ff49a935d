// @xmpp/client logs in by SASL2 and asks for a FAST token, logs in again with the
// token alone, loses its connection and resumes.
//
// Environment: SERVICE, XMPP_USER, XMPP_PASSWORD, DOMAIN. Prints one JSON value a
// line for the test that drives it, which answers on standard input.
import { createInterface } from "node:readline";
import { client, xml } from "@xmpp/client";
import WebSocket from "ws";

globalThis.WebSocket ??= WebSocket;
const { SERVICE, DOMAIN, XMPP_USER, XMPP_PASSWORD } = process.env;
const say = (event, more = {}) => console.log(JSON.stringify({ event, ...more }));
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

const userAgent = xml("user-agent", { id: "d4565fa7-4d72-4749-b3d3-740edbf87770" }, [
  xml("software", {}, "xmpp.js"),
]);

function make(token) {
  const mechanisms = [];
  const xmpp = client({
    service: SERVICE,
    domain: DOMAIN,
    userAgent,
    credentials: { username: XMPP_USER, password: token ? "not needed" : XMPP_PASSWORD, token },
  });
  xmpp.reconnect.delay = 50;
  xmpp.on("send", (element) => {
    if (element.is("authenticate")) mechanisms.push(element.attrs.mechanism);
  });
  xmpp.on("error", (error) => say("error", { text: String(error) }));
  return { xmpp, mechanisms };
}

const once = (emitter, name) => new Promise((resolve) => emitter.once(name, resolve));

const first = make();
let token;
first.xmpp.fast.saveToken = async (value) => {
  token = value;
};
const jid = await first.xmpp.start();
say("first", { jid: String(jid), mechanisms: first.mechanisms, token });
await first.xmpp.stop();

const second = make(token);
const { xmpp } = second;
xmpp.on("stanza", (stanza) => {
  const body = stanza.is("message") && stanza.getChildText("body");
  if (body) say("message", { body, from: stanza.attrs.from });
});
const again = await xmpp.start();
await xmpp.send(xml("presence"));
await xmpp.iqCaller.get(xml("ping", "urn:xmpp:ping"));
say("second", { jid: String(again), mechanisms: second.mechanisms, resumable: xmpp.streamManagement.id });

// The connection is cut and comes back only when the test says so.
xmpp.reconnect.delay = 1e9;
const gone = once(xmpp, "disconnect");
// A WebSocket of the package ws, or TLS inside xmpp.js's own wrapper.
const { socket } = xmpp.socket;
if (socket.terminate) socket.terminate();
else socket.destroy();
await gone;
say("cut");
await lines.next();
const resumed = once(xmpp.streamManagement, "resumed").then(() => "resumed");
const failed = once(xmpp.streamManagement, "fail").then(() => "failed");
xmpp.reconnect.reconnect();
say("back", { how: await Promise.race([resumed, failed]), jid: String(xmpp.jid) });
await lines.next();
await xmpp.stop();
say("end");
process.exit(0);
