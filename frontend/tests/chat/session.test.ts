import { beforeEach, expect, test } from "vitest";
import {
  type AccountSession,
  connectUrl,
  forgetSession,
  guestSession,
  isExpired,
  restoreSession,
  saveSession,
} from "../../src/chat/session.ts";

const ANN: AccountSession = { kind: "account", username: "ann", token: "a.b.c", expiresAt: 1_000 };

beforeEach(() => sessionStorage.clear());

test("a session survives in the storage until it is forgotten", () => {
  expect(restoreSession(sessionStorage)).toBeUndefined();
  saveSession(sessionStorage, ANN);
  expect(restoreSession(sessionStorage)).toEqual(ANN);
  forgetSession(sessionStorage);
  expect(restoreSession(sessionStorage)).toBeUndefined();
});

test.each(["{", "null", "[]", '{"kind":"account","username":"ann"}', '{"kind":"guest","username":"ann"}'])(
  "what no session looks like is not restored: %s",
  (text) => {
    sessionStorage.setItem("cloudrig-chat.session", text);
    expect(restoreSession(sessionStorage)).toBeUndefined();
  },
);

test("a token ends at its time, a guest never", () => {
  expect(isExpired(ANN, 999)).toBe(false);
  expect(isExpired(ANN, 1_000)).toBe(true);
  expect(isExpired(guestSession("bob"), Number.MAX_SAFE_INTEGER)).toBe(false);
});

test("an account connects with its token, a guest with the bare name", () => {
  expect(connectUrl("ws://api.test/prod", ANN)).toBe("ws://api.test/prod?token=a.b.c");
  expect(connectUrl("ws://api.test/prod", guestSession("bob"))).toBe("ws://api.test/prod?username=bob");
});
