// `make dev`: the Worker under `wrangler dev`, which rebuilds it on change, with a demo loaded once.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { load, password, people } from "./demo.mjs";
import { migrate } from "./migrate.mjs";
import { watchParent } from "./parent.mjs";
import { isFree } from "./port.mjs";
import { openDatabase } from "./worker.mjs";

const port = 8787;
const origin = `http://localhost:${port}`;
const state = ".wrangler/state";
const say = (text) => console.log(`==> ${text}`);

let wrangler;
let stopping = false;
function stop(status) {
  if (stopping) return;
  stopping = true;
  // Its process group: wrangler, the runtime, and a build that may be under way.
  if (wrangler?.exitCode === null) {
    process.kill(-wrangler.pid, "SIGTERM");
    wrangler.once("exit", () => process.exit(status));
    setTimeout(() => {
      process.kill(-wrangler.pid, "SIGKILL");
      process.exit(status);
    }, 5000);
  } else process.exit(status);
}
function fail(message) {
  if (stopping) return;
  console.error(`usher: ${message}`);
  stop(1);
}
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => stop(0));
watchParent(() => stop(0));
process.on("unhandledRejection", (error) => fail(error?.stack ?? error));

if (!(await isFree(port))) {
  console.error(`usher: port ${port} is taken, perhaps by another \`make dev\``);
  process.exit(1);
}

say("applying the migrations to the local D1");
const database = openDatabase({ state });
const applied = await migrate(await database.getD1Database("DB"));
for (const name of applied) console.log(`    ${name}`);
await database.dispose();

say("starting the Worker");
const settings = { ORIGIN: origin, MAIL_PROVIDER: "mailbox" };
for (const name of ["PRODUCT_URL", "PRODUCT_NAME"]) if (process.env[name]) settings[name] = process.env[name];
wrangler = spawn(
  "wrangler",
  [
    ...["dev", "--local", "--ip", "127.0.0.1", "--port", port, "--persist-to", state],
    // With the page that tells of the API.
    ...["--assets", "build/development"],
    ...["--show-interactive-dev-session", "false"],
    ...Object.entries(settings).flatMap(([name, value]) => ["--var", `${name}:${value}`]),
  ].map(String),
  {
    stdio: ["ignore", "inherit", "inherit"],
    detached: true, // a process group, see stop()
    env: { ...process.env, WRANGLER_LOG: "log", WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false" },
  },
);
wrangler.on("error", (error) => fail(`wrangler did not start: ${error.message}`));
wrangler.on("exit", (code) => fail(`wrangler ended (${code})`));

const answers = (path, headers) =>
  fetch(origin + path, { headers, signal: AbortSignal.timeout(5000) }).catch(() => undefined);
while (!stopping && (await answers("/healthz"))?.status !== 200) await new Promise((resolve) => setTimeout(resolve, 300));

// The platform ticks every minute; the local runtime never does.
setInterval(() => answers(`/cdn-cgi/local/scheduled?cron=${encodeURIComponent("* * * * *")}`), 10_000);

const { OPERATOR_KEY } = parseEnv(readFileSync(".dev.vars", "utf8"));
const listed = await answers("/v1/organizations", { Authorization: `Bearer ${OPERATOR_KEY}` });
if (listed?.status !== 200) fail(`GET /v1/organizations answered ${listed?.status}`);
else if ((await listed.json()).data.length === 0) {
  say("loading the demo");
  await load(origin, OPERATOR_KEY);
}

if (!stopping) {
  console.log(`
  Usher runs; it rebuilds when src/ or assets/ change. Ctrl-C ends it.

  sign in    ${origin}/sign-in
${people.map(({ email, is }) => `  as         ${email} (${is})`).join("\n")}
  password   ${password}
  mailbox    ${origin}/dev/mailbox
  the API    ${origin}/docs
  operator   Authorization: Bearer ${OPERATOR_KEY}
`);
}
