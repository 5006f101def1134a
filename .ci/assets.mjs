// Copies the static files under names that carry their hash, so that browsers may keep them for ever; the API's description
// keeps its name. node .ci/assets.mjs <from> <to>. The Worker computes the same names (build.rs), of what stands in the
// repository: what is served of it is without the comments and blanks, which are a third of its bytes.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { transformSync } from "esbuild";

const [from, to] = process.argv.slice(2);
const served = join(to, "assets"); // at /assets/
const description = "openapi.json"; // at its own path
const loaders = { ".css": "css", ".js": "js" };

const files = new Map();
for (const name of readdirSync(from)) {
  if (name === description) continue;
  const bytes = readFileSync(join(from, name));
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
  const kind = extname(name);
  const loader = loaders[kind];
  const small = loader ? transformSync(bytes.toString("utf8"), { loader, minify: true, target: "esnext" }).code : bytes;
  files.set(`${basename(name, kind)}.${hash}${kind}`, small);
}

mkdirSync(served, { recursive: true });
for (const [name, bytes] of files) writeFileSync(join(served, name), bytes);
for (const name of readdirSync(served)) if (!files.has(name)) rmSync(join(served, name));
// Without the blanks that are for whoever reads its changes.
writeFileSync(join(to, description), JSON.stringify(JSON.parse(readFileSync(join(from, description), "utf8"))));
writeFileSync(
  join(to, "_headers"),
  `/assets/*
  Cache-Control: public, max-age=31536000, immutable
  X-Content-Type-Options: nosniff
/${description}
  Cache-Control: public, max-age=300
  X-Content-Type-Options: nosniff
  X-Robots-Tag: noindex
`,
);
