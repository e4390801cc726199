import { expect, test } from "vitest";
import { splitLinks } from "../../src/chat/links.ts";

const hrefs = (text: string) => splitLinks(text).flatMap(({ href }) => href ?? []);

test("text without addresses is one part", () => {
  expect(splitLinks("a < b & <b>c</b>")).toEqual([{ text: "a < b & <b>c</b>" }]);
});

test("nothing is lost around addresses", () => {
  const text = "see https://example.org/a?b=c#d, then http://example.com. Done";
  expect(splitLinks(text).map((part) => part.text).join("")).toBe(text);
  expect(hrefs(text)).toEqual(["https://example.org/a?b=c#d", "http://example.com/"]);
});

test("brackets of the address stay, those of the sentence do not", () => {
  expect(hrefs("(https://example.org/a_(b))")).toEqual(["https://example.org/a_(b)"]);
  expect(hrefs("(see https://example.org/a).")).toEqual(["https://example.org/a"]);
});

test("only web addresses become links", () => {
  expect(hrefs("javascript:alert(1) data:text/html,x ftp://example.org file:///etc/passwd")).toEqual([]);
  expect(hrefs("https://[")).toEqual([]);
});
