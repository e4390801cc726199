import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/**
 * What the built page may load and run: its own files and nothing else.
 *
 * The addresses of the API and of files are only known at deploy time (config.json), so this names schemes, not hosts.
 * Left out in development, where Vite itself runs inline scripts.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: http: https:",
  "media-src http: https:",
  "connect-src 'self' http: https: ws: wss:",
  "form-action 'none'",
  "base-uri 'none'",
].join("; ");

const contentSecurityPolicy: Plugin = {
  name: "content-security-policy",
  apply: "build",
  transformIndexHtml: () => [
    { tag: "meta", attrs: { "http-equiv": "Content-Security-Policy", content: POLICY }, injectTo: "head-prepend" },
  ],
};

export default defineConfig({
  // Relative: the same files are served at a host's root and below /_aws/s3-website/{bucket}/.
  base: "./",
  plugins: [react(), tailwindcss(), contentSecurityPolicy],
  test: { environment: "jsdom", include: ["tests/**/*.test.{ts,tsx}"], setupFiles: ["tests/setup.ts"], testTimeout: 30_000, unstubGlobals: true },
});
