import { beforeEach, expect, test, vi } from "vitest";
import { LAST_CEILING_MS } from "../../src/chat/backoff.ts";
import {
  Connection,
  CONNECT_TIMEOUT_MS,
  HEARTBEAT_MS,
  REQUEST_TIMEOUT_MS,
  type SocketEvents,
  STABLE_MS,
  type Status,
} from "../../src/chat/connection.ts";
import { FakeServer, ManualClock, settled } from "../fakes.ts";

let clock: ManualClock;
let server: FakeServer;
let phases: Status["phase"][];
let address: () => string | undefined;

beforeEach(() => {
  clock = new ManualClock();
  server = new FakeServer(clock);
  phases = [];
  address = () => "ws://api.test/ws?username=ann";
});

function connection(openSocket = server.openSocket): Connection {
  const onStatus = (status: Status) => void phases.push(status.phase);
  return new Connection({ address: () => address(), openSocket, clock, random: () => 0, onStatus, onPush: vi.fn() });
}

async function opened(): Promise<Connection> {
  const made = connection();
  made.open();
  await settled();
  return made;
}

test("it connects, and says so", async () => {
  const made = await opened();
  expect(phases).toEqual(["connecting", "open"]);
  expect(made.isOpen).toBe(true);
});

test("a lost connection comes back after the wait", async () => {
  await opened();
  server.drop();
  expect(phases.at(-1)).toBe("waiting");
  await clock.advance(499);
  expect(server.handshakes).toHaveLength(1);
  await clock.advance(1);
  expect(phases).toEqual(["connecting", "open", "waiting", "connecting", "open"]);
});

test("refused handshakes are repeated ever more slowly", async () => {
  server.accepting = false;
  connection().open();
  await settled();
  await clock.advance(500 + 1_000 + 2_000 + 4_000);
  expect(server.handshakes).toHaveLength(5);
  await clock.advance(3 * LAST_CEILING_MS);
  expect(server.handshakes.length).toBeLessThan(13);
});

test("a server that accepts and drops at once is waited for ever longer", async () => {
  await opened();
  for (const waitMs of [500, 1_000, 2_000, 4_000]) {
    server.drop();
    await clock.advance(waitMs - 1);
    expect(phases.at(-1)).toBe("waiting");
    await clock.advance(1);
    expect(phases.at(-1)).toBe("open");
  }
});

test("after a connection that stood a while, the wait is short again", async () => {
  await opened();
  server.drop();
  await clock.advance(500);
  await clock.advance(STABLE_MS);
  server.drop();
  await clock.advance(500);
  expect(phases.at(-1)).toBe("open");
});

test("a handshake without an answer is given up, even if the answer comes later", async () => {
  const close = vi.fn();
  let late: SocketEvents | undefined;
  connection((_, events) => {
    late = events;
    return { send: vi.fn(), close };
  }).open();
  await clock.advance(CONNECT_TIMEOUT_MS);
  late?.opened();
  expect(phases).toEqual(["connecting", "waiting"]);
  expect(close).toHaveBeenCalledOnce();
});

test("waking cuts the wait short", async () => {
  const made = await opened();
  server.drop();
  made.wake();
  await settled();
  expect(phases.at(-1)).toBe("open");
});

test("without credentials it stops and says that they have expired", async () => {
  await opened();
  address = () => undefined;
  server.drop();
  await clock.advance(LAST_CEILING_MS);
  expect(phases.at(-1)).toBe("expired");
  expect(server.handshakes).toHaveLength(1);
});

test("closing ends it for good", async () => {
  const made = await opened();
  made.close();
  await clock.advance(2 * HEARTBEAT_MS);
  expect(phases.at(-1)).toBe("idle");
  expect(server.peers).toHaveLength(0);
  expect(server.handshakes).toHaveLength(1);
});

test("a ping goes out every five minutes while it is open", async () => {
  await opened();
  await clock.advance(2 * HEARTBEAT_MS);
  expect(server.requests.map(({ action }) => action)).toEqual(["ping", "ping"]);
});

test("a new connection has a heartbeat of its own, and not the old one's too", async () => {
  await opened();
  await clock.advance(HEARTBEAT_MS / 2);
  server.drop();
  await clock.advance(500 + HEARTBEAT_MS);
  expect(server.requests).toHaveLength(1);
});

test("answers find their requests, whatever the order", async () => {
  const made = await opened();
  server.mode = "mute";
  const first = made.request({ action: "getMessages", roomId: "lobby", limit: 1 });
  const second = made.request({ action: "ping" });
  await settled();
  const [{ requestId: one }, { requestId: two }] = server.requests as [{ requestId: string }, { requestId: string }];
  server.push({ type: "pong", requestId: two });
  server.push({ type: "messages", roomId: "lobby", messages: [], requestId: one });
  expect(await second).toMatchObject({ type: "other" });
  expect(await first).toMatchObject({ type: "messages" });
});

test("an error answer rejects with the server's code", async () => {
  const made = await opened();
  server.refusals.set("ping", "RateLimited");
  await expect(made.request({ action: "ping" })).rejects.toMatchObject({ code: "RateLimited" });
});

test("a request fails when the connection is lost, or was not there", async () => {
  const made = await opened();
  server.mode = "deaf";
  const request = made.request({ action: "ping" });
  server.drop();
  await expect(request).rejects.toMatchObject({ code: "Disconnected" });
  await expect(made.request({ action: "ping" })).rejects.toMatchObject({ code: "Disconnected" });
});

test("one request without an answer times out by itself", async () => {
  const made = await opened();
  server.mode = "deaf";
  const outcome = expect(made.request({ action: "ping" })).rejects.toMatchObject({ code: "TimedOut" });
  await clock.advance(1_000);
  server.push({ type: "typing", roomId: "lobby", username: "bob" });
  await settled();
  await clock.advance(REQUEST_TIMEOUT_MS);
  await outcome;
  expect(made.isOpen).toBe(true);
});

test("a connection on which nothing comes any more is dropped and made anew", async () => {
  const made = await opened();
  server.mode = "deaf";
  made.wake();
  await settled();
  await clock.advance(REQUEST_TIMEOUT_MS);
  expect(phases.at(-1)).toBe("waiting");
  await clock.advance(500);
  expect(phases.at(-1)).toBe("open");
});
