/** What came in and was not on screen. */

import { sameUser } from "./session.ts";
import type { ChatState, Room } from "./state.ts";

/** How many messages of others in the room are newer than what was seen of it. */
export function unreadIn(room: Room, { self, seen }: Pick<ChatState, "self" | "seen">): number {
  const mark = seen[room.roomId];
  if (mark === undefined || room.standing !== "approved") return 0;
  let count = 0;
  for (let index = room.messages.length - 1; index >= 0; index -= 1) {
    const { messageId, username } = room.messages[index]!;
    if (messageId <= mark) break;
    if (!sameUser(username, self)) count += 1;
  }
  return count;
}

export function unreadInAll(state: ChatState): number {
  return Object.values(state.rooms).reduce((sum, room) => sum + unreadIn(room, state), 0);
}
