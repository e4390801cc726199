import { useEffect, useRef } from "react";
import { displayName } from "../chat/names.ts";
import type { ChatState, Room } from "../chat/state.ts";
import { goTo } from "./route.ts";
import { tell } from "./toasts.tsx";

/**
 * Tell what happens in rooms that are not on screen: who asks, and what was decided.
 *
 * @param peopleShown whether the list of people stands beside the room on screen, which tells it too
 */
export function useNews(state: ChatState, peopleShown: boolean): void {
  const before = useRef(state);
  useEffect(() => {
    const { rooms, listing } = before.current;
    before.current = state;
    // What a list says over a new connection is no news.
    if (listing !== state.listing) return;
    for (const room of Object.values(state.rooms)) {
      const onScreen = state.current === room.roomId;
      if (!onScreen) tellDecision(rooms[room.roomId], room);
      if (!onScreen || !peopleShown) tellRequests(rooms[room.roomId], room, onScreen);
    }
  }, [state, peopleShown]);
}

function tellRequests(before: Room | undefined, { roomId, name, requests }: Room, onScreen: boolean): void {
  const action = { label: "Open", onClick: () => goTo(roomId) };
  for (const username of requests.filter((each) => before !== undefined && !before.requests.includes(each))) {
    tell({ title: `${displayName(username)} asks to join ${name}`, ...(!onScreen && { action }) });
  }
}

function tellDecision(before: Room | undefined, { roomId, name, standing }: Room): void {
  if (before?.standing !== "pending") return;
  const action = { label: "Open", onClick: () => goTo(roomId) };
  if (standing === "approved") tell({ title: `You are in ${name} now`, action });
  if (standing === "rejected") tell({ title: `Your request to join ${name} was not accepted` });
}
