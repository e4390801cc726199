import type { ChatState } from "../chat/state.ts";
import { Brand } from "./Brand.tsx";
import { IconButton } from "./Hint.tsx";
import { Icon } from "./Icon.tsx";
import { UserMenuButton } from "./MenuButtons.tsx";
import { RoomList } from "./RoomList.tsx";

interface Props {
  state: ChatState;
  lasting: Storage;
  onCreate: () => void;
  onJoin: () => void;
  onSignOut: () => void;
  /** A room was chosen: on a phone, the list has done its work. */
  onChosen?: () => void;
  /** Where it lies over the page. */
  onClose?: () => void;
}

export function Sidebar({ state, lasting, onCreate, onJoin, onSignOut, onChosen, onClose }: Props) {
  return (
    <div className="flex h-full min-h-0 flex-col bg-raised">
      <div className="flex items-center justify-between gap-1 py-3 pr-2 pl-5 pt-[max(0.75rem,env(safe-area-inset-top))]">
        <Brand />
        <span className="flex">
          <IconButton icon="add" label="New room" onClick={onCreate} />
          {onClose && <IconButton icon="close" label="Close rooms" onClick={onClose} />}
        </span>
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto px-2 py-2">
        <RoomList state={state} {...(onChosen && { onChosen })} />
        <button
          type="button"
          onClick={onJoin}
          className="mt-3 flex min-h-11 w-full items-center gap-3 rounded-xl px-3 text-sm font-medium text-muted transition-colors hover:bg-paper hover:text-ink"
        >
          <span className="grid size-7 place-items-center">
            <Icon name="door" />
          </span>
          Join a room
        </button>
      </div>
      <UserMenuButton self={state.self} lasting={lasting} onSignOut={onSignOut} />
    </div>
  );
}
