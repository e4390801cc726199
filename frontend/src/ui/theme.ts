/** Light or dark: as the system has it, unless the user chose. */

const KEY = "cloudrig-chat.theme";

export type Theme = "system" | "light" | "dark";

export function isTheme(value: unknown): value is Theme {
  return value === "system" || value === "light" || value === "dark";
}

export function chosenTheme(storage: Storage): Theme {
  const value = storage.getItem(KEY);
  return isTheme(value) ? value : "system";
}

export function chooseTheme(storage: Storage, theme: Theme): void {
  storage.setItem(KEY, theme);
  applyTheme(theme);
}

export function applyTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}
