import { act, cleanup, render, screen, waitFor, within } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { systemClock } from "../../src/chat/clock.ts";
import { PAGE_SIZE } from "../../src/chat/history.ts";
import { App } from "../../src/ui/App.tsx";
import { CONFIG } from "../fakes.ts";
import { beginAnew, button, connected, fillIn, joinAsGuest, server, site, user } from "./page.tsx";

beginAnew();

const log = () => screen.getByRole("log");
/** What a screen reader reads out of the conversation. */
const announced = () => document.querySelector("main [aria-live=polite]")?.textContent;

test("someone new creates an account and is in the lobby", async () => {
  render(<App site={site} />);
  await fillIn("ann", "correct horse");
  await user.click(await button("Create account"));
  await connected();
  expect(screen.getByRole("heading", { name: "Lobby" })).toBeDefined();
  expect(server.handshakes).toEqual(["ws://api.test/ws?token=token-of-ann"]);
});

test("Enter signs in; a wrong password is told and can be corrected", async () => {
  server.accounts.set("ann", "correct horse");
  render(<App site={site} />);
  await fillIn("ann", "correct hors{Enter}");
  await waitFor(() => expect(screen.getByRole("alert").textContent).toContain("do not match"));
  await user.type(screen.getByLabelText("Password"), "e{Enter}");
  await connected();
});

test("a user name that is taken is told", async () => {
  server.accounts.set("ann", "someone else's");
  render(<App site={site} />);
  await fillIn("ann", "correct horse");
  await user.click(await button("Create account"));
  await waitFor(() => expect(screen.getByRole("alert").textContent).toContain("taken"));
});

test.each([
  ["a name that is too short", "an", "correct horse", "3 to 32"],
  ["a password that is too short", "ann", "short", "8 to 72"],
])("%s is told without asking the server", async (_, name, password, words) => {
  render(<App site={{ ...site, fetch: onlyConfig }} />);
  await fillIn(name, password);
  await user.click(await button("Create account"));
  expect(screen.getByRole("alert").textContent).toContain(words);
});

const onlyConfig = (async (input) => {
  if (String(input).endsWith("config.json")) return Response.json(CONFIG);
  throw new TypeError("Failed to fetch");
}) as typeof fetch;

test("an API that does not answer is told, with its address", async () => {
  render(<App site={{ ...site, fetch: onlyConfig }} />);
  await fillIn("ann", "correct horse");
  await user.click(await button("Sign in"));
  await waitFor(() => expect(screen.getByRole("alert").textContent).toContain("http://api.test"));
});

test("only the ways to sign in that are on are offered", async () => {
  const guestsOnly = (async () => Response.json({ ...CONFIG, authModes: ["guest"] })) as typeof fetch;
  render(<App site={{ ...site, fetch: guestsOnly }} />);
  await fillIn("bob{Enter}");
  await connected();
  expect(server.peers[0]?.username).toBe("~bob");
});

test("a missing configuration has a screen of its own, and can be tried again", async () => {
  let deployed = false;
  const late = (async () => (deployed ? Response.json(CONFIG) : new Response("", { status: 404 }))) as typeof fetch;
  render(<App site={{ ...site, fetch: late }} />);
  expect((await screen.findByText(/config.json is missing/)).textContent).toContain("404");
  deployed = true;
  await user.click(await button("Try again"));
  expect(await screen.findByLabelText("User name")).toBeDefined();
});

test("a chat that cannot be reached has a screen of its own, and comes up when it can", async () => {
  server.accepting = false;
  render(<App site={site} />);
  await fillIn("ann");
  await user.click(await button("Join as guest"));
  expect(await screen.findByRole("heading", { name: "The chat cannot be reached" })).toBeDefined();
  server.accepting = true;
  await user.click(await button("Try now"));
  await connected();
  expect(log()).toBeDefined();
});

test("a session survives a reload and ends with signing out", async () => {
  await joinAsGuest();
  cleanup();
  const reloaded = render(<App site={site} />);
  await connected();
  await user.click(await button(/^Account of/));
  await user.click(await screen.findByRole("menuitem", { name: "Sign out" }));
  expect(await screen.findByLabelText("User name")).toBeDefined();
  reloaded.unmount();
  render(<App site={site} />);
  expect(await screen.findByLabelText("User name")).toBeDefined();
  expect(server.peers).toHaveLength(0);
});

test("a token that has ended leads to the sign-in form, and says why", async () => {
  server.tokenLifeMs = -1;
  server.accounts.set("ann", "correct horse");
  render(<App site={site} />);
  await fillIn("ann", "correct horse{Enter}");
  expect(await screen.findByText(/session has ended/)).toBeDefined();
  expect(server.handshakes).toEqual([]);
});

test("a token that ends during the conversation leads there on the next reconnect", async () => {
  let offsetMs = 0;
  server.accounts.set("ann", "correct horse");
  render(<App site={{ ...site, clock: { ...systemClock, now: () => Date.now() + offsetMs } }} />);
  await fillIn("ann", "correct horse{Enter}");
  await connected();
  offsetMs = server.tokenLifeMs + 1;
  act(() => server.drop());
  await user.click(await button("Try now"));
  expect(await screen.findByText(/session has ended/)).toBeDefined();
  expect(sessionStorage).toHaveLength(0);
});

test("what was written, and what waited to be sent, is there after signing in anew", async () => {
  let offsetMs = 0;
  server.accounts.set("ann", "correct horse");
  render(<App site={{ ...site, clock: { ...systemClock, now: () => Date.now() + offsetMs } }} />);
  await fillIn("ann", "correct horse{Enter}");
  await connected();
  server.accepting = false;
  act(() => server.drop());
  await user.type(screen.getByLabelText("Message"), "written offline{Enter}");
  await user.type(screen.getByLabelText("Message"), "half a tho");
  offsetMs = server.tokenLifeMs + 1;
  server.tokenLifeMs *= 3;
  server.accepting = true;
  await user.click(await button("Try now"));
  await screen.findByText(/session has ended/);
  await fillIn("ann", "correct horse{Enter}");
  await connected();
  expect(screen.getByLabelText("Message")).toHaveProperty("value", "half a tho");
  await waitFor(() => expect(server.messages.map(({ text }) => text)).toEqual(["written offline"]));
});

test("two people talk: each message on the side of the one who wrote it, announced to the other", async () => {
  server.store("bob", "before ann came");
  await joinAsGuest();
  expect(within(log()).getByText("before ann came")).toBeDefined();
  await user.type(screen.getByLabelText("Message"), "hi bob{Enter}");
  await waitFor(() => expect(server.messages.at(-1)?.text).toBe("hi bob"));
  act(() => void server.say("bob", "hi ann"));
  const reply = await within(log()).findByText("hi ann");
  expect(reply.closest("article")?.getAttribute("aria-label")).toMatch(/^bob, /);
  expect(within(log()).getByText("hi bob").closest("article")?.getAttribute("aria-label")).toMatch(/^You, /);
  expect(announced()).toBe("bob: hi ann");
});

test("a file without words is announced by its name", async () => {
  await joinAsGuest();
  const file = { name: "plan.pdf", contentType: "application/pdf", sizeBytes: 9 };
  act(() => server.push({ type: "message", roomId: "lobby", messageId: "1", username: "bob", text: "", sentAt: 1, file }));
  await waitFor(() => expect(announced()).toBe("bob: plan.pdf"));
});

test("the button sends, Shift+Enter begins a line, blank text is not sent", async () => {
  await joinAsGuest();
  const box = screen.getByLabelText("Message");
  await user.type(box, "  {Enter}");
  expect(await button("Send")).toHaveProperty("disabled", true);
  await user.type(box, "one{Shift>}{Enter}{/Shift}two");
  await user.click(await button("Send"));
  await waitFor(() => expect(server.messages.map(({ text }) => text)).toEqual(["one\ntwo"]));
  expect(box).toHaveProperty("value", "");
  expect(document.activeElement).toBe(box);
});

test("text that is too long is counted and not sent", async () => {
  await joinAsGuest();
  const box = screen.getByLabelText("Message");
  await user.click(box);
  await user.paste("x".repeat(4_001));
  expect(screen.getByText("4001 of 4000 characters")).toBeDefined();
  expect(await button("Send")).toHaveProperty("disabled", true);
  await user.keyboard("{Backspace}{Enter}");
  await waitFor(() => expect(server.messages).toHaveLength(1));
});

test("markup is text, addresses are links that open elsewhere", async () => {
  server.store("eve", '<img src=x onerror="alert(1)"> https://example.org/a');
  await joinAsGuest();
  expect(within(log()).getByText(/<img src=x/)).toBeDefined();
  expect(log().querySelector("img")).toBeNull();
  const link = within(log()).getByRole("link");
  expect(link.getAttribute("href")).toBe("https://example.org/a");
  expect(link.getAttribute("rel")).toContain("noopener");
});

test("a message that fails says why, and goes out on a retry", async () => {
  server.refusals.set("sendMessage", "RateLimited");
  await joinAsGuest();
  await user.type(screen.getByLabelText("Message"), "too fast{Enter}");
  expect((await within(log()).findByRole("alert")).textContent).toContain("Too many messages");
  server.refusals.clear();
  await user.click(await button("Retry"));
  await waitFor(() => expect(server.messages.map(({ text }) => text)).toEqual(["too fast"]));
  await waitFor(() => expect(within(log()).queryByRole("alert")).toBeNull());
  expect(within(log()).getAllByText("too fast")).toHaveLength(1);
});

test("a lost connection is shown; what was said and written meanwhile is there afterwards", async () => {
  await joinAsGuest();
  server.accepting = false;
  act(() => server.drop());
  expect(screen.getByRole("status").textContent).toBe("Reconnecting…");
  await user.type(screen.getByLabelText("Message"), "written offline{Enter}");
  server.store("bob", "said meanwhile");
  server.accepting = true;
  await user.click(await button("Try now"));
  await connected();
  await within(log()).findByText("said meanwhile");
  await waitFor(() => expect(server.messages.map(({ text }) => text)).toEqual(["said meanwhile", "written offline"]));
  expect(within(log()).getAllByText("written offline")).toHaveLength(1);
});

test("older history loads when the log is at its beginning, and is not announced", async () => {
  for (let index = 0; index < PAGE_SIZE + 1; index += 1) server.store("bob", `message ${index}`);
  await joinAsGuest();
  await within(log()).findByText("message 0");
  expect(within(log()).getByText("The conversation begins here.")).toBeDefined();
  expect(announced()).toBe("");
});

test("who types is shown to the others", async () => {
  await joinAsGuest();
  act(() => server.push({ type: "typing", roomId: "lobby", username: "~bob" }));
  expect(await screen.findByText("bob is typing…")).toBeDefined();
  await user.type(screen.getByLabelText("Message"), "hello");
  expect(server.requests.filter(({ action }) => action === "typing")).toHaveLength(1);
});

test("messages that come while nobody looks are counted in the title", async () => {
  await joinAsGuest();
  expect(document.title).toBe("Lobby · cloudrig chat");
  const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(true);
  act(() => void document.dispatchEvent(new Event("visibilitychange")));
  act(() => void server.say("bob", "psst"));
  await waitFor(() => expect(document.title).toBe("(1) Lobby · cloudrig chat"));
  hidden.mockReturnValue(false);
  act(() => void document.dispatchEvent(new Event("visibilitychange")));
  await waitFor(() => expect(document.title).toBe("Lobby · cloudrig chat"));
});

test("a chat that was deployed anew, at another address, is found there by whoever had it open", async () => {
  let config = CONFIG;
  const redeployed = (async (...of) => (String(of[0]).endsWith("config.json") ? Response.json(config) : server.fetch(...of))) as typeof fetch;
  render(<App site={{ ...site, fetch: redeployed }} />);
  await fillIn("ann");
  await user.click(await button("Join as guest"));
  await connected();
  server.accepting = false;
  act(() => server.drop());
  await user.type(screen.getByLabelText("Message"), "written meanwhile{Enter}");
  config = { ...CONFIG, websocketUrl: "ws://api.test/anew" };
  await user.click(await button("Try now"));
  await waitFor(() => expect(server.handshakes.at(-1)).toContain("ws://api.test/anew"));
  server.accepting = true;
  await user.click(await button("Try now"));
  await connected();
  await waitFor(() => expect(server.messages.map(({ text }) => text)).toEqual(["written meanwhile"]));
});

test("what was read in another tab counts as read here", async () => {
  await joinAsGuest();
  const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(true);
  act(() => void document.dispatchEvent(new Event("visibilitychange")));
  const { messageId } = server.say("bob", "psst");
  await waitFor(() => expect(document.title).toBe("(1) Lobby · cloudrig chat"));
  const key = "cloudrig-chat.seen.~ann";
  const newValue = JSON.stringify({ lobby: messageId });
  act(() => {
    localStorage.setItem(key, newValue);
    window.dispatchEvent(new StorageEvent("storage", { key, newValue, storageArea: localStorage }));
  });
  await waitFor(() => expect(document.title).toBe("Lobby · cloudrig chat"));
  hidden.mockRestore();
});
