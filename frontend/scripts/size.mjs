/** Fail when the page's first load has more script than a phone should wait for. What is loaded on demand does not count. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const MAX_KB = 150;
const folder = join(import.meta.dirname, "../dist");
const page = readFileSync(join(folder, "index.html"), "utf8");
const scripts = [...page.matchAll(/<(?:script|link)[^>]+(?:src|href)="\.\/([^"]+\.js)"/g)].map(([, path]) => path);
const sizeBytes = scripts.reduce((sum, path) => sum + gzipSync(readFileSync(join(folder, path))).length, 0);
const kb = Math.ceil(sizeBytes / 1024);
console.log(`first load: ${kb} KB of script, gzipped, in ${scripts.length} files; the most allowed is ${MAX_KB} KB`);
if (scripts.length === 0 || kb > MAX_KB) process.exit(1);
