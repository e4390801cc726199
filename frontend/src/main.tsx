import "./index.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { browser } from "./browser.ts";
import { App } from "./ui/App.tsx";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <App site={browser()} />
  </StrictMode>,
);
