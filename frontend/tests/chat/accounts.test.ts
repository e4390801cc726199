import { expect, test } from "vitest";
import { signIn, signUp } from "../../src/chat/accounts.ts";
import { FakeServer, ManualClock, START_MS } from "../fakes.ts";

const REST = "http://api.test/prod";
const ANN = { username: "ann", password: "correct horse" };

test("signing up and in gives a session with its end", async () => {
  const server = new FakeServer(new ManualClock());
  await signUp(server.fetch, REST, ANN);
  expect(await signIn(server.fetch, REST, ANN)).toEqual({
    kind: "account",
    username: "ann",
    token: "token-of-ann",
    expiresAt: START_MS + server.tokenLifeMs,
  });
});

test("the server's refusals keep their codes", async () => {
  const server = new FakeServer();
  await signUp(server.fetch, REST, ANN);
  await expect(signUp(server.fetch, REST, ANN)).rejects.toMatchObject({ code: "UsernameTaken" });
  await expect(signIn(server.fetch, REST, { ...ANN, password: "x" })).rejects.toMatchObject({
    code: "InvalidCredentials",
  });
});

test.each([
  ["no answer", () => Promise.reject(new TypeError("failed"))],
  ["a page of some proxy", () => Promise.resolve(new Response("<html>", { status: 502 }))],
  ["an error that the gateway made", () => Promise.resolve(Response.json({ message: "Forbidden" }, { status: 403 }))],
  ["an answer without a token", () => Promise.resolve(Response.json({ username: "ann" }))],
])("%s is Unreachable, and says where", async (_, answer) => {
  const signing = signIn(answer as typeof fetch, REST, ANN);
  await expect(signing).rejects.toMatchObject({ code: "Unreachable", message: expect.stringContaining("http://api.test") });
});
