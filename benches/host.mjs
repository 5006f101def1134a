// Runs the peer, the limits or the hello as .ci/serve.mjs runs Usher, on the same runtime, until it is told to stop. By environment:
//   WORKER    peer, counted (the peer, telling what each request costs), limits or hello
//   STATE     the folder of its database
// It prints `backstage URL` and `ready URL` as that does.
import { watchParent } from "../.ci/parent.mjs";
import { freePort } from "../.ci/port.mjs";
import { start } from "./runtime.mjs";

const { WORKER: worker, STATE: state } = process.env;
const port = await freePort();
const runtime = await start({ worker, state, port, backstage: true });
watchParent(() => process.exit(0));
process.on("SIGTERM", async () => {
  await runtime.dispose();
  process.exit(0);
});
const { origin } = await runtime.unsafeGetDirectURL("backstage");
console.log(`backstage ${origin}`);
console.log(`ready http://localhost:${port}`);
