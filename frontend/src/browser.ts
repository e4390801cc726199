import { systemClock } from "./chat/clock.ts";
import type { OpenSocket } from "./chat/connection.ts";
import type { Site } from "./site.ts";

export function browser(): Site {
  return {
    fetch: window.fetch.bind(window),
    storages: { tab: window.sessionStorage, lasting: window.localStorage },
    // Relative to the page: the site may live below a path.
    configUrl: new URL("config.json", document.baseURI).href,
    openSocket,
    clock: systemClock,
    random: Math.random,
    newId,
  };
}

const openSocket: OpenSocket = (url, { opened, received, closed }) => {
  const socket = new WebSocket(url);
  socket.addEventListener("open", opened);
  socket.addEventListener("message", (event: MessageEvent<unknown>) => received(event.data));
  socket.addEventListener("close", closed);
  return socket;
};

/** 128 random bits. Not `crypto.randomUUID`: browsers withhold it on plain http, and S3 websites are plain http. */
function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
