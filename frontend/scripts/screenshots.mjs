/**
 * Take the pictures for the documentation from a deployed site: every screen at three widths, with four people talking.
 *
 *     node scripts/screenshots.mjs SITE_URL [FOLDER]      FOLDER is ../docs/images unless given
 *
 * Best on a freshly deployed stack: whatever was said in the lobby before is in the picture. The browser is
 * $CHROMIUM, or /usr/bin/chromium.
 */

import { mkdirSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const MAX_FOLDER_BYTES = 1.5 * 1024 * 1024;
const PHONE = { width: 390, height: 844 };
const TABLET = { width: 768, height: 1024 };
const DESKTOP = { width: 1280, height: 800 };
const WIDTHS = [PHONE, TABLET, DESKTOP];
const PASSWORD = "correct horse battery";
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"];
const QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync"];
const ROOM = "Release party";

const [siteUrl, folder = join(dirname(fileURLToPath(import.meta.url)), "../../docs/images")] = process.argv.slice(2);
if (!siteUrl) {
  console.error("usage: node scripts/screenshots.mjs SITE_URL [FOLDER]");
  process.exit(2);
}

mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [...FLAGS, ...QUIET],
});
try {
  await pictures(await openSite(), "sign-in");
  const vera = await account("vera");
  const jonas = await account("jonas");
  const mina = await account("mina");
  const kim = await guest("kim");
  await say(vera, "Morning! The stack is up: accounts, rooms, presence, all of it on one laptop.", [vera, jonas, kim]);
  await say(jonas, "That was quick. My coffee is still hot ☕", [vera, jonas, kim]);
  await say(kim, "Hello from a guest on a phone 👋", [vera, jonas, kim]);
  await pictures(kim, "lobby");

  await button(vera, "New room").click();
  await vera.getByLabel("Room name").fill(ROOM);
  await pictures(vera, "new-room", [PHONE, DESKTOP]);
  await vera.getByLabel("Room name").press("Enter");
  await isIn(vera, ROOM);
  const link = vera.url();
  for (const page of [jonas, mina]) {
    await ask(page, link);
    await button(vera, "Approve").click();
    await isIn(page, ROOM);
  }
  await talk(vera, jonas, mina);
  await ask(kim, link);
  await pictures(kim, "asked", [PHONE, DESKTOP]);
  await kim.goto(`${siteUrl}#/room/lobby`);
  await say(kim, "Is the party still on tonight?", [kim]);
  await kim.goto(`${siteUrl}#/room/%40vera`);
  await isIn(kim, "vera");
  await say(kim, "I asked to join, whenever you have a minute", [kim]);
  await vera.getByRole("link", { name: /^kim .*unread/ }).waitFor();
  await jonas.getByLabel("Message", { exact: true }).fill("On my way");
  await vera.getByText("jonas is typing…").waitFor();
  await pictures(vera, "room", [PHONE, TABLET]);
  await picture(vera, "chat", DESKTOP);
  await picture(vera, "chat-dark", DESKTOP, "dark");
  await vera.setViewportSize(PHONE);
  await button(vera, /^Rooms/).click();
  await vera.getByRole("dialog").waitFor();
  await picture(vera, "rooms-phone", PHONE, "dark");
  await vera.keyboard.press("Escape");
  await button(vera, "Members").click();
  await vera.getByRole("dialog").waitFor();
  await picture(vera, "people-phone", PHONE);
  await vera.keyboard.press("Escape");
  await vera.setViewportSize(DESKTOP);
  await button(vera, "Search").first().click();
  await vera.getByLabel("Words to look for").fill("cake");
  await vera.getByLabel("Words to look for").press("Enter");
  await vera.getByRole("list", { name: "Messages found" }).getByRole("listitem").first().waitFor();
  await picture(vera, "search", DESKTOP);
} finally {
  await browser.close();
}
checkFolder();

async function openSite() {
  const context = await browser.newContext({ viewport: DESKTOP, colorScheme: "light", locale: "en-GB", reducedMotion: "reduce" });
  const page = await context.newPage();
  await page.goto(siteUrl);
  await page.getByLabel("User name").waitFor();
  return page;
}

/** Create the account; when an earlier run has done so, sign in. */
async function account(name) {
  const page = await openSite();
  await page.getByLabel("User name").fill(name);
  await page.getByLabel("Password").fill(PASSWORD);
  await button(page, "Create account").click();
  const taken = page.getByText("This user name is taken");
  await page.getByRole("log").or(taken).waitFor();
  if (await taken.isVisible()) await button(page, "Sign in").click();
  return connected(page);
}

async function guest(name) {
  const page = await openSite();
  await page.getByLabel("User name").fill(name);
  await button(page, "Join as guest").click();
  return connected(page);
}

async function connected(page) {
  await page.getByRole("status").filter({ hasText: /^Connected$/ }).waitFor();
  return page;
}

async function ask(page, link) {
  await page.goto(link);
  await button(page, "Ask to join").click();
  await page.getByRole("heading", { name: "You asked to join" }).waitFor();
}

async function isIn(page, room) {
  await page.getByRole("heading", { name: room, level: 1 }).waitFor();
  await page.getByLabel("Message", { exact: true }).waitFor();
}

async function talk(vera, jonas, mina) {
  const everyone = [vera, jonas, mina];
  await say(vera, "Who brings what tonight?", everyone);
  await say(jonas, "I bring the cake 🎂", everyone);
  await say(jonas, "The plan is at https://example.org/party", everyone);
  await say(mina, "אני מביאה שתייה", everyone);
  await say(vera, "What happens if I pull the network cable in the middle of it?", everyone);
  await say(mina, "It comes back by itself, reads what it missed, and sends what you wrote in between.", everyone);
  await say(vera, "Then the party is safe. Music from eight!", everyone);
  for (const page of [vera, mina]) {
    const cake = page.getByRole("article").filter({ hasText: "the cake" });
    await cake.hover();
    await cake.getByRole("button", { name: "React", exact: true }).click();
    await cake.getByRole("button", { name: "React with 🎉" }).click();
  }
  await vera.getByRole("button", { name: "🎉 2" }).waitFor();
  await vera.getByLabel("Message", { exact: true }).focus();
  await jonas.getByLabel("Files", { exact: true }).setInputFiles({ name: "playlist.txt", mimeType: "text/plain", buffer: Buffer.from("…".repeat(900)) });
  await vera.getByRole("button", { name: "Save playlist.txt" }).waitFor();
}

/** One message, seen by everyone before the next. */
async function say(page, text, everyone) {
  await page.getByLabel("Message", { exact: true }).fill(text);
  await page.getByLabel("Message", { exact: true }).press("Enter");
  await Promise.all(everyone.map((other) => other.getByRole("log").getByText(text).last().waitFor()));
}

function button(page, name) {
  return page.getByRole("button", { name });
}

async function pictures(page, name, sizes = WIDTHS) {
  for (const size of sizes) await picture(page, `${name}-${size.width}`, size);
}

async function picture(page, name, size, colorScheme = "light") {
  await page.setViewportSize(size);
  await page.emulateMedia({ colorScheme });
  await page.mouse.move(0, 0);
  const path = join(folder, `${name}.png`);
  await page.screenshot({ path, animations: "disabled", caret: "hide" });
  console.log(`${path}  ${Math.ceil(statSync(path).size / 1024)} KB`);
}

function checkFolder() {
  const sizeBytes = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  console.log(`${folder}  ${Math.ceil(sizeBytes / 1024)} KB in all`);
  if (sizeBytes > MAX_FOLDER_BYTES) throw new Error(`the pictures take more than ${MAX_FOLDER_BYTES / 1024} KB`);
}
