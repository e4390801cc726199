/** The buttons that open menus. The menus themselves are loaded with the first click. */

import { type ComponentProps, useState } from "react";
import { displayName, isGuest } from "../chat/names.ts";
import { Avatar } from "./Avatar.tsx";
import { Icon } from "./Icon.tsx";
import { useOnDemand } from "./onDemand.ts";

const loadMenus = () => import("./menus.tsx");

export interface RoomMenuProps {
  onShare: () => void;
  onLeave: () => void;
}

export const ROOM_BUTTON: ComponentProps<"button"> = {
  className: "button-icon",
  "aria-label": "More about this room",
  children: <Icon name="more" />,
};

export function RoomMenuButton(props: RoomMenuProps) {
  const [wanted, setWanted] = useState(false);
  const menus = useOnDemand(loadMenus, wanted);
  return menus ? <menus.RoomMenu {...props} /> : <Opener {...ROOM_BUTTON} onClick={() => setWanted(true)} />;
}

export interface UserMenuProps {
  self: string;
  lasting: Storage;
  onSignOut: () => void;
}

export function userButton(self: string): ComponentProps<"button"> {
  return {
    className:
      "m-2 flex min-h-13 items-center gap-3 rounded-xl px-3 text-left transition-colors hover:bg-paper data-popup-open:bg-paper",
    children: (
      <>
        <Avatar username={self} size="small" />
        <span className="min-w-0 flex-1">
          <span className="block truncate text-sm font-semibold">
            <span className="sr-only">Account of </span>
            {displayName(self)}
          </span>
          {isGuest(self) && <span className="block text-xs text-muted">Guest</span>}
        </span>
        <Icon name="more" className="size-5 text-muted" />
      </>
    ),
  };
}

export function UserMenuButton(props: UserMenuProps) {
  const [wanted, setWanted] = useState(false);
  const menus = useOnDemand(loadMenus, wanted);
  return menus ? <menus.UserMenu {...props} /> : <Opener {...userButton(props.self)} onClick={() => setWanted(true)} />;
}

function Opener(props: ComponentProps<"button">) {
  return <button type="button" aria-haspopup="menu" aria-expanded={false} onPointerEnter={() => void loadMenus()} {...props} />;
}
