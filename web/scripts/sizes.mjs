// Prints what each built file weighs on the wire (brotli, 11), beside its budget; fails where one is over.
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";

const out = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../services/portal_gateway/static");
const BUDGET_KB = { "workspace.css": 25, "portal.css": 20, "workspace.js": 35, "portal.js": 4, "inter.woff2": 49 };

const manifest = JSON.parse(await readFile(path.join(out, "manifest.json"), "utf8"));
let over = false;
for (const [name, file] of Object.entries(manifest)) {
  const bytes = await readFile(path.join(out, file));
  const kilobytes = (name.endsWith(".woff2") ? bytes.length : brotliCompressSync(bytes).length) / 1000;
  const budget = BUDGET_KB[name];
  over ||= budget !== undefined && kilobytes > budget;
  console.log(`${name.padEnd(16)} ${kilobytes.toFixed(1).padStart(6)} kB${budget ? ` of ${budget}` : ""}`);
}
console.log(`${(await readdir(out)).length} files`);
process.exitCode = over ? 1 : 0;
