import { expect, test } from "vitest";
import { loadConfig } from "../../src/chat/config.ts";
import { CONFIG } from "../fakes.ts";

const answering = (response: () => Response) => (() => Promise.resolve(response())) as typeof fetch;
const load = (value: unknown) => loadConfig(answering(() => Response.json(value)), "http://site.test/config.json");

test("addresses and ways to sign in are read", async () => {
  expect(await load(CONFIG)).toEqual(CONFIG);
});

test("a slash at the end of the REST address is dropped, unknown ways to sign in are left out", async () => {
  const config = await load({ ...CONFIG, restUrl: "http://api.test/prod/", authModes: ["saml", "guest"] });
  expect(config).toEqual({ ...CONFIG, authModes: ["guest"] });
});

test("where Cognito is is read where it is on", async () => {
  const cognito = { endpoint: "https://cognito.test/", clientId: "c" };
  expect((await load({ ...CONFIG, authModes: ["cognito"], cognito })).cognito).toEqual(cognito);
  expect((await load({ ...CONFIG, cognito })).cognito).toBeUndefined();
});

test.each([
  ["restUrl", { ...CONFIG, restUrl: "/prod" }],
  ["restUrl", { ...CONFIG, restUrl: "javascript:alert(1)" }],
  ["websocketUrl", { ...CONFIG, websocketUrl: "http://api.test" }],
  ["no way to sign in", { ...CONFIG, authModes: ["saml"] }],
  ["where Cognito is", { ...CONFIG, authModes: ["cognito"] }],
  ["where Cognito is", { ...CONFIG, authModes: ["cognito"], cognito: { endpoint: "nowhere", clientId: "c" } }],
  ["not a JSON object", null],
])("a bad configuration is refused, naming %s", async (word, value) => {
  await expect(load(value)).rejects.toThrow(word);
});

test("a missing file is told from a server that does not answer", async () => {
  const missing = answering(() => new Response("", { status: 404 }));
  await expect(loadConfig(missing, "x")).rejects.toThrow("missing: the site's server answered 404");
  const down = (() => Promise.reject(new TypeError("failed"))) as typeof fetch;
  await expect(loadConfig(down, "x")).rejects.toThrow("does not answer");
});

test("an index page served in place of the file is no configuration", async () => {
  const page = answering(() => new Response("<!doctype html>"));
  await expect(loadConfig(page, "x")).rejects.toThrow("not a JSON object");
});
