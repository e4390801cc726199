import { Tooltip } from "@base-ui/react/tooltip";
import type { ComponentProps, ReactElement } from "react";
import { Icon, type IconName } from "./Icon.tsx";

/** The name of a button that shows only a picture, for those who look; it is not read out a second time. */
export function Hint({ text, children }: { text: string; children: ReactElement }) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger render={children} />
      <Tooltip.Portal>
        <Tooltip.Positioner sideOffset={6} className="z-50">
          <Tooltip.Popup aria-hidden="true" className="rounded-lg bg-ink px-2.5 py-1.5 text-xs font-medium text-paper shadow-md transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0">
            {text}
          </Tooltip.Popup>
        </Tooltip.Positioner>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}

type IconButtonProps = ComponentProps<"button"> & { icon: IconName; label: string };

export function IconButton({ icon, label, className = "", ...rest }: IconButtonProps) {
  return (
    <Hint text={label}>
      <button type="button" aria-label={label} className={`button-icon ${className}`} {...rest}>
        <Icon name={icon} />
      </button>
    </Hint>
  );
}
