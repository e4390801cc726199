/**
 * Take the pictures for the documentation from a deployed site, with three people talking.
 *
 *     node scripts/screenshots.mjs SITE_URL [FOLDER]      FOLDER is ../docs/images unless given
 *
 * Best on a freshly deployed stack: whatever was said in the lobby before is in the picture. The browser is
 * $CHROMIUM, or /usr/bin/chromium.
 */

import { mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const MAX_SIZE_BYTES = 200 * 1024;
const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };
const PASSWORD = "correct horse battery";
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"];
const QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync"];

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
  await picture(await openSite(), "sign-in");
  const people = { vera: await account("vera"), jonas: await account("jonas"), kim: await guest("kim") };
  await talk(people);
  await people.jonas.getByLabel("Message").fill("On my way");
  await people.vera.getByText("jonas is typing…").waitFor();
  await picture(people.vera, "chat");
  await people.vera.emulateMedia({ colorScheme: "dark" });
  await picture(people.vera, "chat-dark");
  await people.kim.setViewportSize(PHONE);
  await picture(people.kim, "chat-phone");
} finally {
  await browser.close();
}

async function openSite() {
  const context = await browser.newContext({ viewport: DESKTOP, colorScheme: "light", locale: "en-GB" });
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
  await page.getByRole("button", { name: "Create account" }).click();
  const taken = page.getByText("This user name is taken");
  await page.getByRole("log").or(taken).waitFor();
  if (await taken.isVisible()) await page.getByRole("button", { name: "Sign in" }).click();
  return connected(page);
}

async function guest(name) {
  const page = await openSite();
  await page.getByLabel("User name").fill(name);
  await page.getByRole("button", { name: "Join as guest" }).click();
  return connected(page);
}

async function connected(page) {
  await page.getByRole("status").filter({ hasText: /^Connected$/ }).waitFor();
  return page;
}

async function talk({ vera, jonas, kim }) {
  const everyone = [vera, jonas, kim];
  await say(vera, "Morning! The stack is up: four tables, ten functions, one lobby.", everyone);
  await say(jonas, "That was quick. My coffee is still hot.", everyone);
  await say(jonas, "What happens if I pull the network cable?", everyone);
  await say(vera, "It comes back by itself, reads what it missed, and sends what you wrote in between.", everyone);
  await say(kim, "Hello from a guest on a phone 👋", everyone);
  await say(vera, "Welcome! All of this runs on one laptop, by the way.", everyone);
}

/** One message, seen by everyone before the next. */
async function say(page, text, everyone) {
  await page.getByLabel("Message").fill(text);
  await page.getByLabel("Message").press("Enter");
  await Promise.all(everyone.map((other) => other.getByRole("log").getByText(text).last().waitFor()));
}

async function picture(page, name) {
  const path = join(folder, `${name}.png`);
  await page.screenshot({ path, animations: "disabled" });
  const { size } = statSync(path);
  console.log(`${path}  ${Math.ceil(size / 1024)} KB`);
  if (size > MAX_SIZE_BYTES) throw new Error(`${name}.png is larger than ${MAX_SIZE_BYTES / 1024} KB`);
}
