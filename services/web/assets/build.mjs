// Builds what browsers load: `npm run build` writes hashed files and their manifest to
// services/web/crate_web/static/dist.
//
// site.scss and site.mjs are on every page. Each file in pages/ becomes a bundle of its own, which a page
// asks for by name: asset("pages/editor.js").
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

import * as esbuild from "esbuild";
import * as sass from "sass";

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, "../../..");
const output = path.resolve(here, "../crate_web/static/dist");
const nhsukImages = path.join(root, "node_modules/nhsuk-frontend/dist/nhsuk/assets/images");

const manifest = {};

/** Write `content` under a name that holds its hash, and note it in the manifest. */
async function emit(name, content) {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 12);
  const { dir, name: stem, ext } = path.parse(name);
  const hashed = path.join(dir, `${stem}-${hash}${ext}`);
  await mkdir(path.dirname(path.join(output, hashed)), { recursive: true });
  await writeFile(path.join(output, hashed), content);
  manifest[name] = hashed;
}

const minify = { bundle: true, minify: true, write: false, legalComments: "eof", target: "es2022", logLevel: "warning" };

async function script(source, name, format) {
  const result = await esbuild.build({ ...minify, entryPoints: [path.join(here, source)], format });
  await emit(name, result.outputFiles[0].contents);
}

async function style(source, name) {
  const { css } = sass.compile(path.join(here, source), {
    loadPaths: [path.join(root, "node_modules")],
    quietDeps: true,
  });
  // The images of the component library are small icons; inside the style sheet they
  // need no request and no rule for their addresses.
  const inlined = await esbuild.build({
    ...minify,
    stdin: { contents: css.replaceAll("nhsuk-images:/", `${nhsukImages}/`), loader: "css", resolveDir: here },
    loader: { ".svg": "dataurl" },
  });
  await emit(name, inlined.outputFiles[0].contents);
}

await rm(output, { recursive: true, force: true });
await script("boot.js", "boot.js", "iife");
await script("site.mjs", "site.js", "esm");
await style("site.scss", "site.css");
const pages = existsSync(path.join(here, "pages")) ? await readdir(path.join(here, "pages")) : [];
for (const file of pages.sort()) {
  if (file.endsWith(".mjs")) await script(`pages/${file}`, `pages/${file.replace(/\.mjs$/, ".js")}`, "esm");
  if (file.endsWith(".scss")) await style(`pages/${file}`, `pages/${file.replace(/\.scss$/, ".css")}`);
}
for (const file of await readdir(path.join(here, "images"))) {
  await emit(file, await readFile(path.join(here, "images", file)));
}
await writeFile(path.join(output, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
console.log(`built ${Object.keys(manifest).length} files`);
