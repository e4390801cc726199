const PROBLEMS: Readonly<Record<string, string>> = {
  Disconnected: "There is no connection right now. Try again in a moment.",
  TimedOut: "The server did not answer. Try again.",
  RoomNotFound: "There is no room with this link or id. It may have ended.",
  NotAMember: "This is not open any more.",
  MessageNotFound: "This message is not there any more.",
  NotAuthor: "Only who wrote a message can change it.",
  TooManyReactions: "This message has as many reactions as it can have.",
  NotAdmin: "You are no longer an admin of this room.",
  TooLong: "This is too long.",
  RateLimited: "Too much in a short time. Wait a moment, then try again.",
};

/** An error code of the server in words for the user. */
export function explain(code: string): string {
  return PROBLEMS[code] ?? "The server could not do this. Try again.";
}
