import { vi } from "vitest";

const LOG_PX = 100_000;
const ROW_PX = 40;

/** jsdom has no layout: here a log is so high that all its rows are on screen, and the screen is narrow. */
export function layOut(): void {
  vi.stubGlobal("ResizeObserver", class { observe() {} unobserve() {} disconnect() {} });
  vi.stubGlobal("matchMedia", () => ({ matches: false, addEventListener() {}, removeEventListener() {} }));
  for (const name of ["offsetHeight", "clientHeight", "scrollHeight"] as const) {
    Object.defineProperty(HTMLElement.prototype, name, { configurable: true, get: heightOf });
  }
  Object.defineProperty(HTMLElement.prototype, "offsetWidth", { configurable: true, value: 400 });
  Element.prototype.scrollTo = () => {};
}

function heightOf(this: HTMLElement): number {
  return this.getAttribute("role") === "log" ? LOG_PX : ROW_PX;
}
