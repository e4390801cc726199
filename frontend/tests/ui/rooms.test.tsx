import { act, cleanup, render, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { App } from "../../src/ui/App.tsx";
import { beginAnew, button, joinAsGuest, server, site, user } from "./page.tsx";

beginAnew();

const title = (name: string) => screen.findByRole("heading", { level: 1, name });
const roomLink = (name: RegExp) => within(screen.getAllByRole("navigation", { name: "Rooms" })[0]!).findByRole("link", { name });

function goTo(roomId: string): void {
  act(() => {
    history.replaceState(null, "", `#/room/${roomId}`);
    window.dispatchEvent(new HashChangeEvent("hashchange"));
  });
}

test("who opens a room is in it at once, and has a link for the others", async () => {
  await joinAsGuest();
  await user.click(await button("New room"));
  await user.type(await screen.findByLabelText("Room name"), "Tea{Enter}");
  await title("Tea");
  expect(location.hash).toBe("#/room/room-1");
  await user.click(await button("More about this room"));
  await user.click(await screen.findByRole("menuitem", { name: "Invite people" }));
  expect(await screen.findByLabelText("Link")).toHaveProperty("value", `${location.origin}/#/room/room-1`);
});

test("the list of rooms says what a guest said under the name that the conversation shows", async () => {
  server.store("~bob", "just looking");
  await joinAsGuest();
  expect((await roomLink(/Lobby/)).textContent).toContain("bob: just looking");
  expect(screen.queryByText(/~bob/)).toBeNull();
});

test("whoever follows a link asks, waits, and is in when an admin approves", async () => {
  const tea = server.addRoom("tea", "Tea", "bob");
  server.store("bob", "said before", undefined, undefined, "tea");
  history.replaceState(null, "", "#/room/tea");
  await joinAsGuest();
  await user.click(await button("Ask to join"));
  expect(await screen.findByRole("heading", { name: "You asked to join Tea" })).toBeDefined();
  act(() => void server.decide(tea, "~ann", true));
  expect(await within(await screen.findByRole("log")).findByText("said before")).toBeDefined();
  expect(await screen.findByLabelText("Message")).toBeDefined();
});

test("who is rejected learns it, and may ask again", async () => {
  const tea = server.addRoom("tea", "Tea", "bob");
  tea.pending.push("~ann");
  history.replaceState(null, "", "#/room/tea");
  await joinAsGuest();
  await screen.findByRole("heading", { name: "You asked to join Tea" });
  act(() => void server.decide(tea, "~ann", false));
  await screen.findByRole("heading", { name: /was not accepted/ });
  await user.click(await button("Ask again"));
  await screen.findByRole("heading", { name: "You asked to join Tea" });
});

test("a room that does not exist is told, where its id is typed and where its link is followed", async () => {
  await joinAsGuest();
  await user.click(await button("Join a room"));
  await user.type(await screen.findByLabelText("Link or room id"), "nowhere{Enter}");
  await waitFor(() => expect(screen.getByRole("alert").textContent).toContain("There is no room"));
  await user.keyboard("{Escape}");
  goTo("nowhere");
  await user.click(await button("Ask to join"));
  expect((await screen.findByRole("alert")).textContent).toContain("There is no room");
});

test("an admin sees who asks, and lets them in or not", async () => {
  const tea = server.addRoom("tea", "Tea", "~ann");
  history.replaceState(null, "", "#/room/tea");
  await joinAsGuest();
  await title("Tea");
  act(() => server.ask(tea, "bob"));
  act(() => server.ask(tea, "eve"));
  expect(await roomLink(/Tea.*2 requests to join/)).toBeDefined();
  await user.click(await button(/^Members/));
  await user.click(await button("Approve bob"));
  await user.click(await button("Reject eve"));
  await waitFor(() => expect([...tea.members.keys()]).toEqual(["~ann", "bob"]));
  await waitFor(() => expect(screen.queryByRole("list", { name: "Requests to join" })).toBeNull());
  expect(within(screen.getByRole("list", { name: "Members" })).getByText("bob")).toBeDefined();
});

test("members are shown with who is an admin and who is there", async () => {
  server.addRoom("tea", "Tea", "bob", "~ann");
  history.replaceState(null, "", "#/room/tea");
  await joinAsGuest();
  await user.click(await button(/^Members/));
  const items = within(await screen.findByRole("list", { name: "Members" })).getAllByRole("listitem");
  expect(items.map(({ textContent }) => textContent)).toEqual(["anann, onlineyou · guest", "bobob, offlineadmin"]);
});

test("what comes in elsewhere is counted, until one looks", async () => {
  server.addRoom("tea", "Tea", "bob", "~ann");
  await joinAsGuest();
  await roomLink(/Tea/);
  act(() => void server.say("bob", "one", undefined, "tea"));
  act(() => void server.say("bob", "two", undefined, "tea"));
  expect(await roomLink(/Tea.*2 unread messages/)).toBeDefined();
  expect(document.title).toBe("(2) Lobby · cloudrig chat");
  goTo("tea");
  expect(await screen.findByText("New messages")).toBeDefined();
  await waitFor(() => expect(screen.queryByText(/unread message/)).toBeNull());
  expect(document.title).toBe("Tea · cloudrig chat");
});

test("a draft waits in its room, also over a reload, and ends with signing out", async () => {
  server.addRoom("tea", "Tea", "~ann");
  await joinAsGuest();
  await user.type(screen.getByLabelText("Message"), "half a tho");
  goTo("tea");
  await title("Tea");
  expect(screen.getByLabelText("Message")).toHaveProperty("value", "");
  cleanup();
  history.replaceState(null, "", "/");
  render(<App site={site} />);
  expect(await screen.findByLabelText("Message")).toHaveProperty("value", "half a tho");
  await user.click(await button(/^Account of/));
  await user.click(await screen.findByRole("menuitem", { name: "Sign out" }));
  cleanup();
  await joinAsGuest();
  expect(screen.getByLabelText("Message")).toHaveProperty("value", "");
});

test("leaving is asked about, and leads to the lobby", async () => {
  const tea = server.addRoom("tea", "Tea", "~ann");
  history.replaceState(null, "", "#/room/tea");
  await joinAsGuest();
  await title("Tea");
  await user.click(await button("More about this room"));
  await user.click(await screen.findByRole("menuitem", { name: "Leave room" }));
  expect((await screen.findByRole("alertdialog")).textContent).toContain("the room ends");
  await user.click(await button("Leave"));
  await title("Lobby");
  expect(tea.members.size).toBe(0);
});

test("a room that was left from another window says so", async () => {
  server.addRoom("tea", "Tea", "bob", "~ann");
  history.replaceState(null, "", "#/room/tea");
  await joinAsGuest();
  await title("Tea");
  server.rooms.clear();
  server.accepting = false;
  act(() => server.drop());
  await screen.findByText(/Trying again in/);
  server.accepting = true;
  await user.click(await button("Try now"));
  expect(await screen.findByRole("heading", { name: "You are no longer in Tea" })).toBeDefined();
  await user.click(await button("Remove from the list"));
  await title("Lobby");
});

test("a search that is open loses what is deleted, and follows what is edited", async () => {
  const first = server.store("bob", "one needle");
  const second = server.store("bob", "another needle");
  await joinAsGuest();
  await user.click(await button(/^Search/));
  await user.type(await screen.findByLabelText("Words to look for"), "needle{Enter}");
  const hits = async () => within(await screen.findByRole("list", { name: "Messages found" }));
  await (await hits()).findByText("one needle");
  act(() => server.push({ type: "messageChanged", roomId: "lobby", ...first, text: "", deletedAt: 1, revision: 1 }));
  act(() => server.push({ type: "messageChanged", roomId: "lobby", ...second, text: "a sharper needle", revision: 1 }));
  await (await hits()).findByText("a sharper needle");
  expect((await hits()).queryByText("one needle")).toBeNull();
  expect(screen.getByText("1 message with “needle”.")).toBeDefined();
});

test("who asks to join is told also when the list of rooms could not be loaded", async () => {
  const tea = server.addRoom("tea", "Tea", "~ann");
  await joinAsGuest();
  await roomLink(/Tea/);
  server.refusals.set("listRooms", "Internal");
  act(() => server.drop());
  await user.click(await button("Try now"));
  await screen.findByText("The list of rooms could not be loaded.");
  act(() => server.ask(tea, "bob"));
  expect(await screen.findByText("bob asks to join Tea")).toBeDefined();
});

test("members that could not be loaded are told, and loaded again", async () => {
  server.refusals.set("getMembers", "Internal");
  await joinAsGuest();
  await user.click(await button(/^Members/));
  await screen.findByText("The members could not be loaded.");
  server.refusals.clear();
  await user.click(await button("Try again"));
  expect(within(await screen.findByRole("list", { name: "Members" })).getByText("ann")).toBeDefined();
});

test("what waits to be sent goes out after a reload too, once", async () => {
  server.addRoom("tea", "Tea", "~ann");
  history.replaceState(null, "", "#/room/tea");
  await joinAsGuest();
  await title("Tea");
  server.accepting = false;
  act(() => server.drop());
  await user.type(screen.getByLabelText("Message"), "written offline{Enter}");
  cleanup();
  render(<App site={site} />);
  await screen.findByRole("heading", { name: "The chat cannot be reached" });
  server.accepting = true;
  await user.click(await button("Try now"));
  await within(await screen.findByRole("log")).findByText("written offline");
  await waitFor(() => expect(server.history("tea").map(({ text }) => text)).toEqual(["written offline"]));
  cleanup();
  render(<App site={site} />);
  await within(await screen.findByRole("log")).findByText("written offline");
  expect(server.history("tea")).toHaveLength(1);
});
