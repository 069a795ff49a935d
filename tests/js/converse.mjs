// converse.js in Chromium, driven by a test: logs in by its form over WebSocket, chats,
// and is reloaded. Its page is served at the server's own origin, as an operator would.
//
// Environment: ORIGIN, WS_URL, JID, PASSWORD, PEER, SHOTS (a folder), CHROMIUM.
// Prints one JSON value a line; reads one JSON command a line.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const { ORIGIN, WS_URL, JID, PASSWORD, PEER, SHOTS, CHROMIUM } = process.env;
const say = (event, more = {}) => console.log(JSON.stringify({ event, ...more }));
const dist = path.dirname(createRequire(import.meta.url).resolve("converse.js/dist/converse.min.js"));
const PAGE = `${ORIGIN}/converse-under-test/`;

const html = `<!doctype html><meta charset="utf-8"><title>converse</title>
<link rel="stylesheet" href="converse.min.css">
<body class="reset"><script type="module">
import "./converse.min.js";
const { converse } = window;
converse.plugins.add("probe", {
  initialize() {
    window.probe = this._converse;
    // Asked for a chat earlier, it waits for ever.
    this._converse.api.listen.on("chatBoxesFetched", () => { window.probeReady = true; });
  },
});
converse.initialize(${JSON.stringify({
  assets_path: "/converse-under-test/",
  authentication: "login",
  auto_reconnect: true,
  bosh_service_url: undefined,
  discover_connection_methods: false,
  loglevel: "warn",
  play_sounds: false,
  show_desktop_notifications: false,
  view_mode: "fullscreen",
  websocket_url: WS_URL,
  whitelisted_plugins: ["probe"],
})});
</script>`;

const types = { ".js": "text/javascript", ".css": "text/css", ".json": "application/json", ".wasm": "application/wasm" };

async function serve(route) {
  const name = new URL(route.request().url()).pathname.replace("/converse-under-test/", "");
  if (name === "") return route.fulfill({ contentType: "text/html", body: html });
  try {
    const body = await readFile(path.join(dist, path.normalize(name)));
    await route.fulfill({ contentType: types[path.extname(name)] ?? "application/octet-stream", body });
  } catch {
    await route.fulfill({ status: 404, body: "" });
  }
}

const profile = await mkdtemp(path.join(tmpdir(), "skein-converse-"));
const context = await chromium.launchPersistentContext(profile, {
  executablePath: CHROMIUM,
  headless: true,
  viewport: { width: 1100, height: 800 },
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    // A page that the test hands in has no address, so Chromium takes it for a stranger's.
    "--disable-features=LocalNetworkAccessChecks"],
});
const page = await context.newPage();
page.on("pageerror", (error) => say("pageerror", { text: String(error) }));
page.on("console", (message) => {
  if (message.type() === "error") say("console", { text: message.text() });
});
// What the page says to the server and hears, for the test to look at.
page.on("websocket", (socket) => {
  socket.on("framesent", ({ payload }) => say("sent", { xml: String(payload).slice(0, 400) }));
  socket.on("framereceived", ({ payload }) => say("received", { xml: String(payload).slice(0, 400) }));
});
await page.route("**/converse-under-test/**", serve);

const jid = () => page.evaluate(() => window.probe.api.connection.get().jid);
const connected = () =>
  page.waitForFunction(() => window.probeReady && window.probe.api.connection.connected(), null, { timeout: 60_000 });
const openChat = () =>
  page.evaluate(async (peer) => {
    // Nothing is returned: the chat is a model that holds the whole application.
    await window.probe.api.chats.open(peer, {}, true);
  }, PEER);
const shot = (name) => page.screenshot({ path: path.join(SHOTS, `${name}.png`) });

const commands = {
  async load() {
    await page.goto(PAGE);
    await page.locator("input[name=jid]").fill(JID);
    await page.locator("input[name=password]").fill(PASSWORD);
    await page.locator("input[name=password]").press("Enter");
    await connected();
    await openChat();
    return { jid: await jid() };
  },
  async reload() {
    await page.reload();
    await connected();
    return { jid: await jid() };
  },
  async see({ text }) {
    await page.locator(".chat-msg__text", { hasText: text }).first().waitFor({ timeout: 60_000 });
    return { count: await page.locator(".chat-msg__text", { hasText: text }).count() };
  },
  // An element of a message that holds the file of that name, wherever it says so.
  async shows({ element, file }) {
    const inside = element.split(", ").map((one) => `.chat-msg ${one}`).join(", ");
    await page.waitForFunction(
      ([inside, file]) => [...document.querySelectorAll(inside)].some((found) => found.outerHTML.includes(file)),
      [inside, file], { timeout: 60_000 });
    return {};
  },
  // A room, by the client's own interface; its view comes to the front.
  async join({ room, nick, password }) {
    await page.evaluate(async ({ room, nick, password }) => {
      await window.probe.api.rooms.open(room, { nick, password, auto_configure: false, bring_to_foreground: true }, true);
    }, { room, nick, password });
    return {};
  },
  async inside({ room }) {
    await page.waitForFunction((room) => {
      const box = window.probe.state.chatboxes.get(room);
      return box && box.session.get("connection_status") === window.converse.ROOMSTATUS.ENTERED;
    }, room, { timeout: 60_000 });
    return {};
  },
  async outside({ room }) {
    await page.waitForFunction((room) => {
      const box = window.probe.state.chatboxes.get(room);
      const status = box && box.session.get("connection_status");
      return !box || (status !== window.converse.ROOMSTATUS.ENTERED && status !== window.converse.ROOMSTATUS.CONNECTING);
    }, room, { timeout: 60_000 });
    return {};
  },
  // As its user does who was not let in and comes again later.
  async close({ room }) {
    await page.evaluate(async (room) => {
      await window.probe.state.chatboxes.get(room).close();
    }, room);
    return {};
  },
  // Whatever the page says anywhere, beside messages.
  async told({ text }) {
    await page.getByText(text).first().waitFor({ timeout: 60_000 });
    return {};
  },
  // The form that asks for a room's password.
  async unlock({ password }) {
    const field = page.locator("converse-muc-password-form input[name=password]:visible");
    await field.fill(password);
    await field.press("Enter");
    return {};
  },
  async denied() {
    await page.locator("converse-muc-password-form .validation-message", { hasText: /\S/ }).waitFor({ timeout: 60_000 });
    return {};
  },
  // What the client knows of somebody in a room.
  async occupant({ room, nick }) {
    const found = await page.waitForFunction(([room, nick]) => {
      const occupant = window.probe.state.chatboxes.get(room).occupants.findOccupant({ nick });
      return occupant && { jid: occupant.get("jid")?.split("/")[0] ?? null, occupant_id: occupant.get("occupant_id") };
    }, [room, nick], { timeout: 60_000 });
    return await found.jsonValue();
  },
  // A file, by the button beside the field.
  async attach({ file }) {
    await page.locator("converse-muc input.fileupload").setInputFiles(file);
    return {};
  },
  // How many pictures of people with that content are drawn: in messages, in the list of occupants.
  async pictures({ where, content }) {
    await page.waitForFunction(
      ([where, content]) => [...document.querySelectorAll(`${where} converse-avatar image`)].some((image) => image.getAttribute("href")?.endsWith(content)),
      [where, content], { timeout: 60_000 });
    return {};
  },
  async reacted({ text, emoji }) {
    await page.locator(".chat-msg", { hasText: text }).locator(".chat-msg__reactions", { hasText: emoji }).first().waitFor({ timeout: 60_000 });
    return {};
  },
  // The same reaction, by a click on what another has left.
  async react({ text, emoji }) {
    await page.locator(".chat-msg", { hasText: text }).locator(".chat-msg__reactions button", { hasText: emoji }).first().click();
    return {};
  },
  // OMEMO for the chat that was opened at first, by its lock.
  async encrypt() {
    await page.waitForFunction((peer) => window.probe.state.chatboxes.get(peer)?.get("omemo_supported"), PEER, { timeout: 60_000 });
    await page.locator("converse-chat .toggle-omemo:visible").click();
    await page.waitForFunction((peer) => window.probe.state.chatboxes.get(peer).get("omemo_active"), PEER, { timeout: 60_000 });
    return {};
  },
  async speak({ text }) {
    const box = page.locator("textarea.chat-textarea:visible").first();
    await box.fill(text);
    await box.press("Enter");
    return {};
  },
  async type({ text }) {
    const box = page.locator("textarea.chat-textarea").first();
    await box.fill(text);
    await box.press("Enter");
    await page.locator(".chat-msg__text", { hasText: text }).first().waitFor();
    return {};
  },
};

let status = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  if (command.do === "quit") break;
  try {
    const result = await commands[command.do](command);
    await shot(command.shot ?? command.do);
    say("done", { command: command.do, ...result });
  } catch (error) {
    await shot("failed").catch(() => {});
    say("failed", { command: command.do, text: String(error) });
    status = 1;
    break;
  }
}
await context.close();
await rm(profile, { recursive: true, force: true });
process.exit(status);
