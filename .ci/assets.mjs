// Copies the static files under names that carry their hash, so that browsers may keep them for ever.
// node .ci/assets.mjs <from> <to>. The Worker computes the same names (build.rs).
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, extname, join } from "node:path";

const [from, to] = process.argv.slice(2);
const served = join(to, "assets"); // at /assets/

const files = new Map();
for (const name of readdirSync(from)) {
  const bytes = readFileSync(join(from, name));
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
  files.set(`${basename(name, extname(name))}.${hash}${extname(name)}`, bytes);
}

mkdirSync(served, { recursive: true });
for (const [name, bytes] of files) writeFileSync(join(served, name), bytes);
for (const name of readdirSync(served)) if (!files.has(name)) rmSync(join(served, name));
writeFileSync(
  join(to, "_headers"),
  "/assets/*\n  Cache-Control: public, max-age=31536000, immutable\n  X-Content-Type-Options: nosniff\n",
);
