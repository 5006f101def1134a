// The Workers that Usher is measured against, each on a runtime of its own: the version, the flags and the database that
// Usher has.
import { readFileSync } from "node:fs";
import { build } from "esbuild";
import { Log, LogLevel, Miniflare, convertV4MiniflareOptions } from "miniflare";
// Sets the runtime's program as well: the same as Usher's.
import { backstageOf } from "../.ci/worker.mjs";

/** Signs the peer's cookies. It protects nothing. */
export const SECRET = "nu9PzEw3Vb6kQ2tYc8RfLs1JxHm5GaDo";
const compatibilityDate = /^compatibility_date = "(.*)"$/m.exec(readFileSync("wrangler.toml", "utf8"))[1];

const TABLES_OF_LIMITS = [
  "CREATE TABLE IF NOT EXISTS items (id TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
  "CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, item TEXT NOT NULL, at INTEGER NOT NULL) STRICT",
  `INSERT OR IGNORE INTO items (id, value)
   WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 100)
   SELECT 'item-' || n, 'value ' || n FROM numbers`,
];

const bundling = {
  bundle: true,
  write: false,
  minify: true,
  format: "esm",
  target: "es2022",
  platform: "neutral",
  mainFields: ["module", "main"],
  conditions: ["workerd", "worker", "browser"],
  external: ["node:*", "cloudflare:*"],
  logLevel: "error",
};

/** Where .ci/hello leaves what it builds. */
export const HELLO = "target/hello";

/** A Worker's JavaScript, as it is deployed. */
export async function bundled(worker) {
  if (worker === "hello") return readFileSync(`${HELLO}/index.js`, "utf8");
  if (worker === "limits") return readFileSync("benches/workers/limits.js", "utf8");
  const { outputFiles } = await build({ ...bundling, entryPoints: [`benches/workers/${worker}.ts`] });
  return outputFiles[0].text;
}

/** All modules of a Worker, the main one first. */
async function modulesOf(worker) {
  const main = { type: "ESModule", path: "worker.mjs", contents: await bundled(worker) };
  if (worker !== "hello") return [main];
  // The name that the main one knows it by.
  return [main, { type: "CompiledWasm", path: "index_bg.wasm", contents: readFileSync(`${HELLO}/index_bg.wasm`) }];
}

/** Whether it is one of those that have nothing but a query in them. */
const bare = (worker) => worker === "limits" || worker === "hello";

/** Makes the tables, unless they are there; the peer's by its own migrations. */
async function makeTables(worker, db, origin) {
  if (bare(worker)) {
    await db.batch(TABLES_OF_LIMITS.map((sql) => db.prepare(sql)));
    return;
  }
  const { getMigrations } = await import("better-auth/db/migration");
  const { outputFiles } = await build({
    ...bundling,
    entryPoints: ["benches/workers/auth.ts"],
    platform: "node",
    conditions: ["node"],
  });
  const { settings } = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString("base64")}`);
  const { runMigrations } = await getMigrations(settings(db, origin, SECRET));
  await runMigrations();
}

/**
 * Starts one of them on `port`, with `state` as the folder of its database; `tables` says whether to make those, and `backstage`
 * whether that runs beside it.
 */
export async function start({ worker, state, port, tables = true, backstage = false }) {
  const d1Databases = { DB: "bench" };
  const origin = `http://localhost:${port}`;
  const runtime = new Miniflare(
    convertV4MiniflareOptions({
      host: "127.0.0.1",
      port,
      cf: false,
      log: new Log(LogLevel.WARN),
      logRequests: false,
      resourcePersistencePath: state,
      workers: [
        {
          name: worker,
          compatibilityDate,
          // node:crypto hashes the peer's passwords: far faster than its JavaScript.
          compatibilityFlags: bare(worker) ? [] : ["nodejs_compat"],
          modules: await modulesOf(worker),
          bindings: { ORIGIN: origin, SECRET },
          d1Databases,
        },
        ...(backstage ? [backstageOf({ compatibilityDate, d1Databases })] : []),
      ],
    }),
  );
  await runtime.ready;
  if (tables) await makeTables(worker, await runtime.getD1Database("DB"), origin);
  return runtime;
}
