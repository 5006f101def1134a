// The Worker's main module where a test asks how much memory its Wasm has: it exports what build/index.js does, untouched, and
// beside it an entrypoint that answers the size in bytes. That one has a socket of its own: no path of the Worker leads to it.
import { WorkerEntrypoint } from "cloudflare:workers";

let memory;
const { Instance } = WebAssembly;
// After a panic the Worker makes another one.
WebAssembly.Instance = function (...given) {
  const made = new Instance(...given);
  memory = made.exports.memory;
  return made;
};
const { default: worker } = await import("./index.js");

export default worker;

export class Gauge extends WorkerEntrypoint {
  fetch() {
    return new Response(String(memory.buffer.byteLength));
  }
}
