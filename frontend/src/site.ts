import type { Surroundings } from "./chat/client.ts";

/** Everything the site takes from the browser; tests bring their own. */
export interface Site extends Surroundings {
  configUrl: string;
}
