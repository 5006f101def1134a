// Starts a Worker anew, sends it one request, tells how long the answer took, and ends. By environment:
//   WORKER     usher, peer, limits or hello
//   STATE, PORT     what it has in its database, and where it listened when that was made
//   REQUEST    the request as JSON: its path and headers, the status of its answer, and what stands in it
// It writes `{"first": milliseconds, "cpu": milliseconds}`: the first request until its answer; and the processor time of the
// whole runtime until then, in which its start is too, null where the system doesn't tell.
import { readFileSync, readdirSync } from "node:fs";
import { Agent, request } from "node:http";
import { text } from "node:stream/consumers";
import { startWorker } from "../.ci/worker.mjs";
import { start } from "./runtime.mjs";

const { WORKER: worker, STATE: state, REQUEST } = process.env;
const port = Number(process.env.PORT);
const { path, headers, status, includes } = JSON.parse(REQUEST);

async function startUsher() {
  const vars = { ORIGIN: `http://localhost:${port}`, MAIL_PROVIDER: "mailbox", LIMITS: "off" };
  for (const [name, value] of Object.entries(process.env)) if (name.startsWith("USHER_VAR_")) vars[name.slice(10)] = value;
  const runtime = startWorker({ port, state, vars, withAssets: false });
  await runtime.ready;
  return runtime;
}

/** Milliseconds that the processes started from here have computed. */
function computed() {
  try {
    let nanoseconds = 0;
    for (const thread of readdirSync("/proc/self/task")) {
      for (const child of readFileSync(`/proc/self/task/${thread}/children`, "utf8").split(" ").filter(Boolean)) {
        for (const task of readdirSync(`/proc/${child}/task`))
          nanoseconds += Number(readFileSync(`/proc/${child}/task/${task}/schedstat`, "utf8").split(" ")[0]);
      }
    }
    return nanoseconds / 1e6;
  } catch {
    return null;
  }
}

const runtime = await (worker === "usher" ? startUsher() : start({ worker, state, port, tables: false }));
// Not by fetch, which would be cold itself.
const agent = new Agent();
const began = performance.now();
const answer = await new Promise((resolve, reject) =>
  request({ agent, host: "127.0.0.1", port, path, headers }, resolve).on("error", reject).end(),
);
const body = await text(answer);
const first = performance.now() - began;
const cpu = computed();
if (answer.statusCode !== status || !body.includes(includes)) {
  console.error(`a wrong answer to ${path}: ${answer.statusCode} ${body.slice(0, 500)}`);
  process.exit(1);
}
agent.destroy();
await runtime.dispose();
console.log(JSON.stringify({ first, cpu }));
process.exit(0);
