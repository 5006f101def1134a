// Starts the Worker with an organization in it, and runs Schemathesis against it as the operator and as a program: .ci/schemathesis
// says how. What it looks for is what the description promises: no failure of ours, no status, content type, header or field that
// isn't described.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const checks = ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance", "response_schema_conformance"];
const folder = mkdtempSync(join(tmpdir(), "usher-schemathesis-"));
const operatorKey = `op_${crypto.randomUUID()}${crypto.randomUUID()}`;

const server = spawn(process.execPath, [".ci/serve.mjs"], {
  env: { ...process.env, PORT: "0", STATE: join(folder, "state"), LIMITS: "off", USHER_TICK: "0", USHER_STOP_WITH_PARENT: "1", USHER_VAR_OPERATOR_KEY: operatorKey },
  stdio: ["ignore", "pipe", "inherit"],
});
process.on("exit", () => {
  server.kill();
  rmSync(folder, { recursive: true, force: true });
});
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => process.exit(1));

// The Worker's log is read to its end, or it would wait for somebody to; only what failed is of interest.
const origin = await new Promise((resolve, reject) => {
  createInterface({ input: server.stdout }).on("line", (line) => {
    if (line.startsWith("ready ")) resolve(line.slice(6));
    else if (line.includes('"event":"error"')) console.error(line);
  });
  server.once("exit", (status) => reject(new Error(`the Worker ended (${status})`)));
});
server.removeAllListeners("exit");

async function ask(method, path, key, body) {
  const answer = await fetch(origin + path, {
    method,
    headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
    body: body && JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

// What paths name is there: of made-up ids an operation tells nothing but that there is no such thing.
const owner = { email: "olga@studio.test", name: "Olga Owner" };
const organization = (await ask("POST", "/v1/organizations", operatorKey, { name: "Example Studio", template: "client-links", owner })).id;
const scopes = (await ask("GET", "/openapi.json", operatorKey)).components.schemas.Scope.oneOf.map((scope) => scope.const);
const inside = `/v1/organizations/${organization}`;
const made = await ask("POST", `${inside}/api-keys`, operatorKey, { name: "Schemathesis", scopes });
const key = made.secret;
const workspace = (await ask("GET", `${inside}/workspaces`, key)).data[0].id;
const invitation = (await ask("POST", `${inside}/invitations`, key, { kind: "link", role: "client" })).id;
const member = (await ask("POST", `${inside}/members`, key, { email: "ana@client.test", name: "Ana Client", role: "client", notify: false })).id;
const resource = (await ask("POST", `/v1/workspaces/${workspace}/resources`, key, { kind: "facebook", name: "A page" })).id;
const job = (await ask("POST", `${inside}/invitations/bulk`, key, { rows: [{ email: "bo@client.test", role: "client" }] })).job_id;
const settings = join(folder, "schemathesis.toml");
const ids = Object.entries({ organization, workspace, invitation, member, resource, job }).map(([name, id]) => `"path.${name}" = "${id}"`);
writeFileSync(settings, `[parameters]\n${ids.join("\n")}\n`);

let failed = false;
for (const [who, bearer, more] of [
  ["the operator", operatorKey, []],
  // What would take away what the rest is asked about.
  ["a program", key, ["--exclude-operation-id", "removeMember", "--exclude-operation-id", "deleteResource"]],
]) {
  console.log(`==> as ${who}`);
  const run = spawn(
    process.env.SCHEMATHESIS,
    [
      ...["--config-file", settings, "run", `${origin}/openapi.json`, "--header", `Authorization: Bearer ${bearer}`],
      ...["--checks", checks.join(","), "--phases", "examples,coverage,fuzzing", "--continue-on-failure", "--warnings", "off"],
      ...["--max-examples", process.env.SCHEMATHESIS_EXAMPLES || "10", "--seed", "6", "--generation-database", "none", ...more],
    ],
    { stdio: ["ignore", "inherit", "inherit"], cwd: folder },
  );
  const status = await new Promise((resolve) => run.once("exit", resolve));
  failed ||= status !== 0;
}
process.exit(failed ? 1 : 0);
