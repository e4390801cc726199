import "./index.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { browser } from "./browser.ts";
import { applyTheme, chosenTheme } from "./ui/theme.ts";
import { App } from "./ui/App.tsx";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
applyTheme(chosenTheme(window.localStorage));
createRoot(root).render(
  <StrictMode>
    <App site={browser()} />
  </StrictMode>,
);
