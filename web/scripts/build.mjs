// Builds what the gateway serves under /static/: styles, scripts, the font, the icons, and a manifest of hashed names.
// Basecoat is compiled by Tailwind and then cut down to the rules that our templates and scripts can match.
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";
import { PurgeCSS } from "purgecss";
import { compile } from "tailwindcss";

const web = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const gateway = path.resolve(web, "../services/portal_gateway");
const out = path.join(gateway, "static");
const made = path.join(web, "node_modules/.cache/deskstream");
const resolve = createRequire(import.meta.url).resolve;

const BROWSERS = ["chrome123", "firefox121", "safari17.5"];

/** Basecoat's parts that we use, compiled from @apply to plain CSS. */
async function compileBasecoat() {
  const entry = path.join(web, "styles/basecoat.css");
  const compiler = await compile(await readFile(entry, "utf8"), {
    base: path.dirname(entry),
    loadStylesheet: async (id, base) => {
      const file = id.startsWith(".") ? path.resolve(base, id) : resolve(id, { paths: [base] });
      return { path: file, base: path.dirname(file), content: await readFile(file, "utf8") };
    },
  });
  return compiler.build([]);
}

/** The rules that something in our pages can match; the others never leave this machine. */
async function purge(css) {
  const [result] = await new PurgeCSS().purge({
    content: [path.join(gateway, "templates/**/*.{html,svg}"), path.join(web, "src/**/*.ts")],
    css: [{ raw: css }],
    dynamicAttributes: ["aria-invalid", "aria-expanded", "data-variant", "data-size", "open", "disabled"],
  });
  return result.css;
}

/** Icons by name: the inside of their <svg>, so that a page draws them inline without another request. */
async function icons() {
  const nodes = JSON.parse(await readFile(resolve("lucide-static/icon-nodes.json"), "utf8"));
  const names = (await readFile(path.join(web, "icons.txt"), "utf8")).split(/\s+/).filter(Boolean);
  const drawn = {};
  for (const name of names.sort()) {
    if (!nodes[name]) throw new Error(`web/icons.txt names ${name}, which lucide does not have`);
    drawn[name] = nodes[name]
      .map(([tag, attributes]) => {
        const written = Object.entries(attributes).map(([key, value]) => `${key}="${value}"`);
        return `<${tag} ${written.join(" ")}/>`;
      })
      .join("");
  }
  return drawn;
}

/** What esbuild wrote, by the name that templates ask for. */
function manifestOf(metafile) {
  const manifest = {};
  for (const [file, output] of Object.entries(metafile.outputs)) {
    const name = path.basename(file);
    if (output.entryPoint) manifest[path.basename(output.entryPoint).replace(/\.ts$/, ".js")] = name;
    if (name.startsWith("inter-latin-wght-normal")) manifest["inter.woff2"] = name;
  }
  return manifest;
}

async function main() {
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  await mkdir(made, { recursive: true });
  await writeFile(path.join(made, "basecoat.css"), await purge(await compileBasecoat()));
  const { metafile } = await build({
    absWorkingDir: web,
    entryPoints: ["styles/workspace.css", "styles/portal.css", "src/workspace.ts", "src/portal.ts"],
    outdir: out,
    entryNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    bundle: true,
    minify: true,
    legalComments: "none",
    metafile: true,
    target: BROWSERS,
    format: "esm",
    loader: { ".woff2": "file" },
    alias: { "made/basecoat.css": path.join(made, "basecoat.css") },
    logLevel: "warning",
  });
  const manifest = manifestOf(metafile);
  const favicon = await readFile(path.join(web, "favicon.svg"));
  const faviconName = `favicon-${createHash("sha256").update(favicon).digest("hex").slice(0, 8)}.svg`;
  await writeFile(path.join(out, faviconName), favicon);
  manifest["favicon.svg"] = faviconName;
  await writeFile(path.join(out, "icons.json"), JSON.stringify(await icons()));
  await writeFile(path.join(out, "manifest.json"), `${JSON.stringify(manifest, null, 1)}\n`);
}

await main();
