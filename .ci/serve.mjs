// Runs the built Worker until it is told to stop; `make serve` and the tests on the real runtime use it. All by
// environment variables:
//   PORT      where it listens; 0 takes a free one
//   STATE     the folder of its database, its KV and so on
//   LIMITS, D1_DELAY, PRODUCT_URL, PRODUCT_NAME     handed to the Worker
//   USHER_VAR_<NAME>     a setting or secret that replaces the one of wrangler.toml or .dev.vars; empty: take it away
//   USHER_TICK           seconds between two cron ticks, 10 unless said; 0: none
//   USHER_BACKSTAGE      if set, who is on this machine may ask and change its database while it runs: for tests, see
//                        backstage.mjs
//   USHER_GAUGE          if set, who is on this machine may ask how many bytes of memory its Wasm has: for a test, see gauge.mjs
//   USHER_WITHOUT_ASSETS     if set, no file is served: for measuring
//   USHER_STOP_WITH_PARENT     if set, it stops when the process that started it is gone or wants to go
// It prints `ready http://localhost:PORT` when it answers; all else on standard output is the Worker's log.
import { existsSync } from "node:fs";
import { migrate } from "./migrate.mjs";
import { freePort, isFree } from "./port.mjs";
import { watchParent } from "./parent.mjs";
import { startWorker } from "./worker.mjs";

const env = process.env;

function fail(message) {
  console.error(`usher: ${message}`);
  process.exit(1);
}

const state = env.STATE || fail("STATE must name the folder to keep the state in");
if (!/^\d{1,5}$/.test(env.PORT ?? "") || Number(env.PORT) > 65535) fail("PORT must be a port number");
if (!existsSync("build/index.js") || !existsSync(".dev.vars")) fail("there is nothing built here: run `make build`");
const port = Number(env.PORT) || (await freePort());
if (!(await isFree(port))) fail(`port ${port} is taken: choose another one with PORT=`);

const origin = `http://localhost:${port}`;
const vars = { ORIGIN: origin, MAIL_PROVIDER: "mailbox" };
for (const name of ["LIMITS", "D1_DELAY", "PRODUCT_URL", "PRODUCT_NAME"]) if (env[name]) vars[name] = env[name];
for (const [name, value] of Object.entries(env)) if (name.startsWith("USHER_VAR_")) vars[name.slice(10)] = value;

let worker;
let ticking;
let stopping = false;
async function stop(status) {
  if (stopping) return;
  stopping = true;
  clearInterval(ticking);
  // The runtime is a process of its own. Should it not end when it's asked to, it does when this one is gone.
  setTimeout(() => process.exit(status), 3000).unref();
  await worker?.dispose().catch(() => {});
  process.exit(status);
}
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => stop(0));
if (env.USHER_STOP_WITH_PARENT) watchParent(() => stop(0));

try {
  const { USHER_BACKSTAGE: backstage, USHER_GAUGE: gauge, USHER_WITHOUT_ASSETS: bare } = env;
  worker = startWorker({ port, state, vars, backstage, gauge, withAssets: !bare });
  await worker.ready;
  await migrate(await worker.getD1Database("DB"));
  // Any answer will do: a Worker that refuses its settings says so in its answers.
  await (await fetch(`http://127.0.0.1:${port}/healthz`)).arrayBuffer();
} catch (error) {
  if (!stopping) {
    console.error(`usher: could not start: ${error?.stack ?? error}`);
    await stop(1);
  }
}

const seconds = Number(env.USHER_TICK ?? 10);
if (seconds > 0 && !stopping) {
  const { scheduled } = await worker.getWorker();
  let running = false;
  ticking = setInterval(async () => {
    if (running) return;
    running = true;
    try {
      await scheduled({ cron: "* * * * *" });
    } catch (error) {
      if (!stopping) console.error(`usher: the cron tick failed: ${error}`);
    }
    running = false;
  }, seconds * 1000);
}
if (env.USHER_BACKSTAGE && !stopping) {
  const { origin } = await worker.unsafeGetDirectURL("backstage");
  console.log(`backstage ${origin}`);
}
if (env.USHER_GAUGE && !stopping) {
  const { origin } = await worker.unsafeGetDirectURL("usher", "Gauge");
  console.log(`gauge ${origin}`);
}
if (!stopping) console.log(`ready ${origin}`);
