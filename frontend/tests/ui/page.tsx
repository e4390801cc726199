/** The whole page on a server in memory, and what tests of the UI do on it. */

import { cleanup, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect } from "vitest";
import type { Site } from "../../src/site.ts";
import { App } from "../../src/ui/App.tsx";
import { FakeServer, fakeSite } from "../fakes.ts";
import { layOut } from "../layout.ts";

export let server: FakeServer;
export let site: Site;
export const user = userEvent.setup();

/** Each test of the file begins with a server, and a browser, that know nothing. */
export function beginAnew(): void {
  beforeEach(() => {
    layOut();
    sessionStorage.clear();
    localStorage.clear();
    history.replaceState(null, "", "/");
    server = new FakeServer();
    site = fakeSite(server);
  });
  afterEach(cleanup);
}

export const button = (name: string | RegExp) => screen.findByRole("button", { name });
export const connected = () => waitFor(() => expect(screen.getByRole("status").textContent).toBe("Connected"));

export async function fillIn(name: string, password?: string): Promise<void> {
  await user.type(await screen.findByLabelText("User name"), name);
  if (password !== undefined) await user.type(screen.getByLabelText("Password"), password);
}

export async function joinAsGuest(name = "ann"): Promise<void> {
  render(<App site={site} />);
  await fillIn(name);
  await user.click(await button("Join as guest"));
  await connected();
}
