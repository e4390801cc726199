/** What lies over the page: dialogs in its middle, sheets at its edges. Behaviour by Base UI, looks by us. */

import { Dialog } from "@base-ui/react/dialog";
import type { ReactNode } from "react";
import { Icon } from "./Icon.tsx";

interface ModalProps {
  open: boolean;
  onClose: () => void;
  title: string;
  description?: string | undefined;
  children: ReactNode;
}

const BACKDROP =
  "fixed inset-0 z-40 bg-backdrop transition-opacity duration-200 data-ending-style:opacity-0 data-starting-style:opacity-0";

export function Modal({ open, onClose, title, description, children }: ModalProps) {
  return (
    <Dialog.Root open={open} onOpenChange={(now) => !now && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className={BACKDROP} />
        <Dialog.Viewport className="fixed inset-0 z-50 grid place-items-end overflow-y-auto sm:place-items-center sm:p-6">
          <Dialog.Popup className="floating flex w-full max-w-md flex-col gap-5 rounded-b-none p-6 pb-[max(1.5rem,env(safe-area-inset-bottom))] sm:rounded-b-2xl">
            <div className="flex items-start gap-3">
              <div className="min-w-0 flex-1">
                <Dialog.Title className="text-xl font-semibold tracking-tight text-balance">{title}</Dialog.Title>
                {description && <Dialog.Description className="mt-1.5 text-sm text-muted">{description}</Dialog.Description>}
              </div>
              <CloseButton />
            </div>
            {children}
          </Dialog.Popup>
        </Dialog.Viewport>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

interface SheetProps {
  open: boolean;
  onClose: () => void;
  /** Its name; read out, not shown. */
  title: string;
  side: "start" | "end";
  children: ReactNode;
}

const SIDES = {
  start: "mr-auto border-r data-ending-style:-translate-x-full data-starting-style:-translate-x-full",
  end: "ml-auto border-l data-ending-style:translate-x-full data-starting-style:translate-x-full",
};

/** A panel that comes in from the edge where the screen has no room for it beside the conversation. */
export function Sheet({ open, onClose, title, side, children }: SheetProps) {
  return (
    <Dialog.Root open={open} onOpenChange={(now) => !now && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className={BACKDROP} />
        <Dialog.Viewport className="fixed inset-0 z-50 flex">
          <Dialog.Popup
            className={`flex h-full w-80 max-w-[85vw] flex-col border-line bg-raised shadow-xl transition-transform duration-200 outline-none ${SIDES[side]}`}
          >
            <Dialog.Title className="sr-only">{title}</Dialog.Title>
            {children}
          </Dialog.Popup>
        </Dialog.Viewport>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

export function CloseButton() {
  return (
    <Dialog.Close className="button-icon -mt-2 -mr-2" aria-label="Close">
      <Icon name="close" />
    </Dialog.Close>
  );
}
