/** Which room the address names: `#/room/{roomId}`. After the `#`, so that static files on any host will do. */

import { useSyncExternalStore } from "react";
import { LOBBY } from "../chat/protocol.ts";

const ROOM = /^#\/room\/(.+)$/;

/** The address of a room within the page, for links. */
export function roomHref(roomId: string): string {
  return `#/room/${encodeURIComponent(roomId)}`;
}

/** The whole address of a room, to be shared. */
export function roomLink(roomId: string): string {
  return new URL(roomHref(roomId), document.location.href).href;
}

export function goTo(roomId: string): void {
  document.location.hash = roomHref(roomId);
}

/** The room that somebody means who types or pastes this: an id, or a link to a room. */
export function roomIdIn(input: string): string {
  const text = input.trim();
  const hash = text.includes("#") ? text.slice(text.indexOf("#")) : "";
  return readHash(hash) ?? text;
}

/** The id of the room in the address; the lobby if there is none. */
export function useRoomId(): string {
  return useSyncExternalStore(onHashChange, currentRoomId);
}

export function currentRoomId(): string {
  return readHash(document.location.hash) ?? LOBBY;
}

function onHashChange(changed: () => void): () => void {
  window.addEventListener("hashchange", changed);
  return () => window.removeEventListener("hashchange", changed);
}

function readHash(hash: string): string | undefined {
  try {
    const id = ROOM.exec(hash)?.[1];
    return id === undefined ? undefined : decodeURIComponent(id);
  } catch {
    return undefined;
  }
}
