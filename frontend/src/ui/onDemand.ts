import { useEffect, useState } from "react";
import { tell } from "./toasts.tsx";

export const loadDialogs = () => import("./dialogs.tsx");
export const loadSearch = () => import("./SearchPanel.tsx");

/**
 * A module that is not part of the first load.
 *
 * @param wanted whether the user has asked for it; where it cannot be loaded, they are told
 */
export function useOnDemand<Module>(load: () => Promise<Module>, wanted: boolean): Module | undefined {
  const [module, setModule] = useState<Module>();
  useEffect(() => {
    if (!wanted || module) return;
    load().then(setModule, () => tell({ title: "This part of the page could not be loaded", description: "Check the connection, then try again." }));
  }, [load, wanted, module]);
  return module;
}
