// The Worker as Miniflare runs it: wrangler.toml, the secrets of .dev.vars, and what the caller overrides.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Log, LogLevel, Miniflare, Response, convertV4MiniflareOptions } from "miniflare";
import workerd from "workerd";
import { unstable_getMiniflareWorkerOptions as readWrangler } from "wrangler";

// Both are read when the runtime starts, here or in a `wrangler dev` started from here.
process.env.USHER_WORKERD = workerd.default;
process.env.MINIFLARE_WORKERD_PATH = fileURLToPath(new URL("workerd", import.meta.url));
// Or wrangler tells of each file that it reads.
process.env.WRANGLER_LOG ??= "error";

/** wrangler adds this folder to what `--persist-to` names; so both read the same state. */
const layout = "v3";

const beside = (name) => readFileSync(new URL(name, import.meta.url), "utf8");

/** A socket of a Worker's own. */
const direct = { host: "127.0.0.1", port: 0 };

/**
 * Starts the Worker on `port`; `vars` replaces settings and secrets, and an empty value takes one away. With `backstage`, the
 * Worker of that name runs beside it; with `gauge`, that one tells how much memory its Wasm has. Without `withAssets` no file
 * is served: the platform looks for those before it asks the Worker, and here it takes Workers of its own to simulate that, which
 * cost more than many a request.
 */
export function startWorker({ port, state, vars, backstage, gauge, withAssets = true }) {
  // With the page that tells of the API, which is not deployed.
  const assets = { directory: "build/development" };
  const { workerOptions } = readWrangler("wrangler.toml", undefined, { overrides: { assets } });
  if (!withAssets) delete workerOptions.assets;
  const bindings = { ...workerOptions.bindings, ...vars };
  for (const [name, value] of Object.entries(vars)) if (value === "") delete bindings[name];

  const runtime = new Miniflare(
    convertV4MiniflareOptions({
      host: "127.0.0.1",
      port,
      cf: false, // or it asks the network for a sample of `Request.cf`
      log: new Log(LogLevel.WARN),
      logRequests: false,
      handleStructuredLogs: ({ message }) => console.log(message),
      unsafeTriggerHandlers: true, // GET /cdn-cgi/local/scheduled?cron=…, as `wrangler dev` has it
      resourcePersistencePath: `${state}/${layout}`,
      workers: [
        {
          ...workerOptions,
          name: "usher",
          bindings,
          modulesRules: undefined,
          modulesRoot: "build",
          unsafeDirectSockets: gauge ? [{ ...direct, entrypoint: "Gauge" }] : [],
          modules: [
            ...(gauge ? [{ type: "ESModule", path: "build/gauge.js", contents: beside("gauge.mjs") }] : []),
            { type: "ESModule", path: "build/index.js" },
            { type: "CompiledWasm", path: "build/index_bg.wasm" },
          ],
        },
        ...(backstage ? [backstageOf(workerOptions, consume)] : []),
      ],
    }),
  );

  /** Has the consumer of a queue called; not by a binding to the Worker, which leads to what serves its files. */
  async function consume(request) {
    const { queue } = await runtime.getWorker("usher");
    const messages = (await request.json()).map((message) => ({ ...message, timestamp: new Date() }));
    return Response.json(await queue(new URL(request.url).pathname.slice("/queues/".length), messages));
  }
  return runtime;
}

/** The Worker beside another one, bound to the same databases, and to whoever calls the consumers of its queues: see backstage.mjs. */
export function backstageOf({ compatibilityDate, d1Databases }, consume) {
  return {
    name: "backstage",
    modules: true,
    script: beside("backstage.mjs"),
    compatibilityDate,
    serviceBindings: consume ? { CONSUMERS: consume } : {},
    d1Databases,
    unsafeDirectSockets: [direct],
  };
}

/** Starts nothing but the database, for the migrations. */
export function openDatabase({ state }) {
  const { workerOptions } = readWrangler("wrangler.toml");
  return new Miniflare(
    convertV4MiniflareOptions({
      cf: false,
      log: new Log(LogLevel.WARN),
      resourcePersistencePath: `${state}/${layout}`,
      workers: [{ name: "usher", modules: true, script: "export default {}", d1Databases: workerOptions.d1Databases }],
    }),
  );
}
