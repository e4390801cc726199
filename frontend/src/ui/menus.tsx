/** Menus; loaded when one is opened first (MenuButtons.tsx), and then open at once. */

import { Menu } from "@base-ui/react/menu";
import { type RefObject, useEffect, useRef, useState } from "react";
import { Icon } from "./Icon.tsx";
import { ROOM_BUTTON, type RoomMenuProps, userButton, type UserMenuProps } from "./MenuButtons.tsx";
import { chooseTheme, chosenTheme, isTheme } from "./theme.ts";

/** The click that loaded the menu was on a button that is gone: repeat it on this one, with the focus. */
function useOpenAtOnce(): RefObject<HTMLButtonElement | null> {
  const trigger = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    // Not before that click is over: where the menu came out of the cache, it would close what this one opens.
    const frame = requestAnimationFrame(() => {
      trigger.current?.focus();
      trigger.current?.click();
    });
    return () => cancelAnimationFrame(frame);
  }, []);
  return trigger;
}

export function RoomMenu({ onShare, onLeave }: RoomMenuProps) {
  return (
    <Menu.Root>
      <Menu.Trigger ref={useOpenAtOnce()} {...ROOM_BUTTON} />
      <Menu.Portal>
        <Menu.Positioner align="end" sideOffset={4} className="z-50">
          <Menu.Popup className="floating w-56 p-1.5 outline-none">
            <Menu.Item className="menu-item" onClick={onShare}>
              <Icon name="link" />
              Invite people
            </Menu.Item>
            <Menu.Item className="menu-item text-danger" onClick={onLeave}>
              <Icon name="door" />
              Leave room
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

export function UserMenu({ self, lasting, onSignOut }: UserMenuProps) {
  return (
    <Menu.Root>
      <Menu.Trigger ref={useOpenAtOnce()} {...userButton(self)} />
      <Menu.Portal>
        <Menu.Positioner side="top" align="start" sideOffset={4} className="z-50">
          <Menu.Popup className="floating w-64 p-1.5 outline-none">
            <ThemeChoice storage={lasting} />
            <Menu.Separator className="my-1.5 h-px bg-line" />
            <Menu.Item className="menu-item" onClick={onSignOut}>
              <Icon name="door" />
              Sign out
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

const THEMES = { system: "As the system", light: "Light", dark: "Dark" };

function ThemeChoice({ storage }: { storage: Storage }) {
  const [theme, setTheme] = useState(() => chosenTheme(storage));
  const choose = (value: unknown) => {
    if (!isTheme(value)) return;
    chooseTheme(storage, value);
    setTheme(value);
  };
  return (
    <Menu.RadioGroup value={theme} onValueChange={choose}>
      <Menu.GroupLabel className="px-3 pt-1.5 pb-1 text-xs font-semibold text-muted">Appearance</Menu.GroupLabel>
      {Object.entries(THEMES).map(([value, label]) => (
        <Menu.RadioItem key={value} value={value} className="menu-item">
          <span className="size-5">
            <Menu.RadioItemIndicator>
              <Icon name="check" />
            </Menu.RadioItemIndicator>
          </span>
          {label}
        </Menu.RadioItem>
      ))}
    </Menu.RadioGroup>
  );
}
