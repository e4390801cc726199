/** Short news that do not belong to the room on screen. */

import { Toast } from "@base-ui/react/toast";
import { Icon } from "./Icon.tsx";

const manager = Toast.createToastManager();

interface News {
  title: string;
  description?: string;
  action?: { label: string; onClick: () => void };
}

export function tell({ title, description, action }: News): void {
  manager.add({
    title,
    ...(description !== undefined && { description }),
    ...(action && { actionProps: { children: action.label, onClick: action.onClick } }),
  });
}

export function Toasts() {
  return (
    <Toast.Provider toastManager={manager} limit={3} timeout={7_000}>
      <Toast.Portal>
        <Toast.Viewport className="fixed inset-x-4 top-16 z-50 flex flex-col items-stretch gap-2 sm:left-auto sm:w-96">
          <List />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function List() {
  const { toasts } = Toast.useToastManager();
  return toasts.map((toast) => (
    <Toast.Root key={toast.id} toast={toast} swipeDirection={["up", "right"]} className="floating data-limited:hidden">
      <Toast.Content className="flex items-center gap-3 py-2.5 pr-2 pl-4">
        <div className="min-w-0 flex-1">
          <Toast.Title className="text-sm font-semibold" />
          <Toast.Description className="text-sm text-muted" />
        </div>
        {toast.actionProps && (
          <Toast.Action className="min-h-11 shrink-0 rounded-xl px-3 text-sm font-semibold text-accent-strong hover:bg-accent-soft" />
        )}
        <Toast.Close className="button-icon" aria-label="Dismiss">
          <Icon name="close" className="size-4" />
        </Toast.Close>
      </Toast.Content>
    </Toast.Root>
  ));
}
