// What each Worker weighs, gzipped, as the platform counts it.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { HELLO, bundled } from "./runtime.mjs";

// By the same program as .ci/size: others make some bytes more or less of it.
const weigh = (input) => execFileSync("gzip", ["-9", "-c"], { input, maxBuffer: 1 << 26 }).length;

const weighBuilt = (folder) => weigh(readFileSync(`${folder}/index_bg.wasm`)) + weigh(readFileSync(`${folder}/index.js`));

export const sizes = async () => ({
  usher: weighBuilt("build"),
  hello: weighBuilt(HELLO),
  peer: weigh(await bundled("peer")),
});
