// Starts the servers that are measured, each a process of its own with a folder of its own, and ends them.
import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "./load.mjs";

/** How long a server may take to start. */
const PATIENCE = 60_000;
/** Everything that they write; taken away at the end. */
const folder = mkdtempSync(join(tmpdir(), "usher-bench-"));
const running = new Set();
let count = 0;

/** The key of whoever runs the Usher that is measured. It protects nothing. */
export const OPERATOR_KEY = "op_8sWq2ZrT5yNc1VxKb7MdJ4fLh9GpAu3E";
const ROOT_KEYS = "k1:mS0SSUcSVfpiSDe0w5OEjh6jyRz6jILL6onQk5snwW4";

/** What a process wrote last, and that it did not do what it was started for. */
const failure = (what, log) => new Error(`${what}:\n${readFileSync(log, "utf8").split("\n").slice(-20).join("\n")}`);

/** A folder that nobody else has. */
export const newFolder = () => mkdtempSync(join(folder, "state-"));

class Server {
  constructor(process, log, origin, backstage) {
    Object.assign(this, { process, log, origin, backstage, pool: connect(origin) });
  }

  /** Runs statements on its database in one batch, each an array of its SQL and its parameters; answers the rows of each. */
  async sql(...statements) {
    const answer = await fetch(this.backstage, { method: "POST", body: JSON.stringify(statements) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${text}: ${statements.map(([sql]) => sql).join("; ")}`);
    return JSON.parse(text);
  }

  /** The one number that a query answers. */
  async number(sql, ...values) {
    const [[row]] = await this.sql([sql, ...values]);
    return Object.values(row)[0];
  }

  /** The line that Usher logged about a request. */
  async logged(id) {
    for (let tries = 0; tries < 200; tries += 1) {
      const line = readFileSync(this.log, "utf8")
        .split("\n")
        .find((line) => line.includes(id) && line.includes(`"event":"request"`));
      if (line) return JSON.parse(line);
      await sleep(20);
    }
    throw failure("a request was not logged", this.log);
  }

  async stop() {
    await this.pool.close();
    await end(this.process);
  }
}

async function end(process) {
  running.delete(process);
  if (process.exitCode !== null || process.signalCode !== null) return;
  const ended = new Promise((resolve) => process.once("exit", resolve));
  process.kill("SIGTERM");
  await ended;
}

/** Runs one of our programs with these settings; what it writes goes into a file, which nobody reads while load runs. */
function run(program, settings) {
  const log = join(folder, `${(count += 1)}.log`);
  const file = openSync(log, "w");
  const env = { ...process.env, USHER_STOP_WITH_PARENT: "1", TMPDIR: newFolder(), ...settings };
  const child = spawn(process.execPath, [program], { env, stdio: ["ignore", file, file] });
  closeSync(file);
  running.add(child);
  return { child, log };
}

/** Starts a program that tells when it is ready, and where. */
async function server(program, settings) {
  const { child, log } = run(program, settings);
  const began = Date.now();
  while (Date.now() - began < PATIENCE && child.exitCode === null) {
    const told = readFileSync(log, "utf8");
    const origin = /^ready (.*)$/m.exec(told)?.[1];
    if (origin) return new Server(child, log, origin, /^backstage (.*)$/m.exec(told)[1]);
    await sleep(20);
  }
  throw failure("a server did not start", log);
}

/** Usher's settings here. What it limits by day is lifted like what it limits by network. */
export const usherSettings = (more = {}) => ({
  LIMITS: "off",
  USHER_TICK: "0",
  USHER_BACKSTAGE: "1",
  // The others have none either.
  USHER_WITHOUT_ASSETS: "1",
  USHER_VAR_OPERATOR_KEY: OPERATOR_KEY,
  USHER_VAR_ROOT_KEYS: ROOT_KEYS,
  USHER_VAR_MAIL_FROM: "invites@usher.test",
  USHER_VAR_INVITATIONS_PER_DAY: "1000000",
  USHER_VAR_MAILS_PER_ADDRESS: "1000000",
  USHER_VAR_MAILS_PER_SENDER: "1000000",
  ...more,
});

/** Usher, as `make serve` runs it. */
export const startUsher = (state = newFolder(), port = 0) =>
  server(".ci/serve.mjs", usherSettings({ PORT: String(port), STATE: state }));

/** The peer, the peer that counts, the limits, or the hello. */
export const startOther = (worker, state = newFolder()) => server("benches/host.mjs", { WORKER: worker, STATE: state });

/** Runs a program to its end; answers the last line that it wrote, as JSON. */
export async function told(program, settings) {
  const { child, log } = run(program, settings);
  const status = await new Promise((resolve) => child.once("exit", resolve));
  running.delete(child);
  if (status !== 0) throw failure(`${program} failed`, log);
  return JSON.parse(readFileSync(log, "utf8").trim().split("\n").at(-1));
}

/** Ends whatever runs, and takes away what it wrote. */
export async function stopAll() {
  await Promise.all([...running].map(end));
  rmSync(folder, { recursive: true, force: true });
}
