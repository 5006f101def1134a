// Makes pictures small: node .ci/shrink.mjs <png…>. Pages are flat, so a palette loses nothing that can be seen; sharp comes with
// Miniflare.
import { readFileSync, writeFileSync } from "node:fs";
import sharp from "sharp";

/** Whoever reads the README loads all of them. */
const largest = 60_000;

for (const file of process.argv.slice(2)) {
  const png = await sharp(readFileSync(file)).png({ palette: true, colours: 128, dither: 0, effort: 10 }).toBuffer();
  if (png.length > largest) throw new Error(`${file} has ${png.length} bytes, more than ${largest}`);
  writeFileSync(file, png);
  console.log(`    ${file}: ${png.length} bytes`);
}
