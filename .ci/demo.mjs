// A small demo, loaded into a running Worker through its API as anyone would: one organization for each template.
// `make dev` loads it; by hand: OPERATOR_KEY=… node .ci/demo.mjs <origin>
import { fileURLToPath } from "node:url";

/** Everyone's. It protects nothing: it lives in a database on the developer's machine. */
export const password = "correct horse battery demo";

/**
 * What there is for each template: its owner, the accounts of its workspace, and whom the owner invites; `joins` accepts at
 * once. `given` names accounts of the workspace.
 */
export const organizations = [
  {
    template: "team",
    name: "Team Demo",
    owner: { email: "olga.owner@team.test", name: "Olga Owner" },
    invites: [
      { email: "adam.admin@team.test", name: "Adam Admin", role: "admin" },
      { email: "mia.member@team.test", name: "Mia Member", role: "member", joins: true },
    ],
  },
  {
    template: "client-links",
    name: "Agency Demo",
    accent: "#0f766e",
    owner: { email: "olga.owner@agency.test", name: "Olga Owner" },
    accounts: [
      { kind: "facebook", name: "Corner Bakery" },
      { kind: "instagram", name: "Corner Bakery photos" },
      { kind: "linkedin", name: "Harbour Office" },
    ],
    invites: [
      { email: "adam.admin@agency.test", name: "Adam Admin", role: "admin", joins: true },
      {
        email: "ana.client@agency.test",
        name: "Ana Client",
        nickname: "Bakery",
        role: "client",
        access: { permissions: ["accounts", "posts.view", "posts.create"], addable_kinds: ["facebook", "instagram"] },
        given: ["Corner Bakery", "Corner Bakery photos"],
        joins: true,
      },
      { email: "bo.client@agency.test", name: "Bo Client", role: "client", given: ["Harbour Office"] },
    ],
    links: [{ nickname: "Spring campaign", role: "client", max_uses: 25, access: { addable_kinds: ["facebook"] } }],
  },
  {
    template: "publishing",
    name: "Publishing Demo",
    owner: { email: "olga.owner@publishing.test", name: "Olga Owner" },
    accounts: [
      { kind: "facebook", name: "City Museum" },
      { kind: "instagram", name: "City Museum pictures" },
    ],
    invites: [
      { email: "mia.member@publishing.test", name: "Mia Member", role: "member", given: ["City Museum"], joins: true },
      {
        email: "carl.client@publishing.test",
        name: "Carl Client",
        role: "client",
        access: { permissions: ["posts"] },
        approves: ["City Museum"],
        joins: true,
      },
    ],
  },
  {
    template: "reporting",
    name: "Reporting Demo",
    accent: "#7c3aed",
    owner: { email: "olga.owner@reporting.test", name: "Olga Owner" },
    accounts: [
      { kind: "campaign", name: "Summer sale" },
      { kind: "campaign", name: "Winter sale" },
    ],
    invites: [
      { email: "cleo.client@reporting.test", name: "Cleo Client", role: "client", given: ["Summer sale"], joins: true },
      { email: "dan.client@reporting.test", name: "Dan Client", role: "client", joins: true },
    ],
  },
  {
    template: "client-portal",
    name: "Portal Demo",
    owner: { email: "olga.owner@portal.test", name: "Olga Owner" },
    workspaces: ["Client One", "Client One – Private"],
    invites: [
      { email: "emil.client@portal.test", name: "Emil Client", role: "client", into: ["Client One"], joins: true },
      { email: "fay.client@portal.test", name: "Fay Client", role: "client", into: ["Client One"] },
    ],
  },
];

/** Those who have an account after `load`, with what they are. */
export const people = organizations.flatMap(({ name, owner, invites }) => [
  { ...owner, is: `owner of ${name}` },
  ...invites.filter(({ joins }) => joins).map((invite) => ({ ...invite, is: `${invite.role} of ${name}` })),
]);

/** Sends JSON, answers JSON; anything but a 2xx ends the demo. */
async function call(method, url, headers, body) {
  const response = await fetch(url, {
    method,
    headers: { Accept: "application/json", ...(body && { "Content-Type": "application/json" }), ...headers },
    body: body && JSON.stringify(body),
    redirect: "manual",
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url} answered ${response.status}: ${text}`);
  return { json: text ? JSON.parse(text) : null, cookies: response.headers.getSetCookie() };
}

/** The token in the newest mail to this address. The mail is sent by a job, so it may take a moment. */
async function tokenFor(origin, address) {
  for (let tries = 0; tries < 60; tries++) {
    const { json } = await call("GET", `${origin}/dev/mailbox`, {});
    const mail = (json.data ?? json).find((mail) => JSON.stringify(mail.to).includes(address));
    const token = mail && /\/i\/([\w.-]+)/.exec(`${mail.text} ${mail.html}`)?.[1];
    if (token) return token;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`no invitation for ${address} came to the mailbox within 30 seconds`);
}

/** Accepts the invitation that was mailed to this person; answers the headers of their session. */
async function join(origin, { email, name }) {
  const token = await tokenFor(origin, email);
  const { cookies } = await call("POST", `${origin}/v1/invitations/accept`, { Origin: origin }, { token, name, password });
  const cookie = cookies.map((line) => line.split(";")[0]).join("; ");
  return { Cookie: cookie, Origin: origin };
}

/** Makes one organization with all that is in it, as its operator and its owner would. */
async function make(origin, operator, organization) {
  const { template, name, owner, accent, accounts = [], workspaces = [], invites, links = [] } = organization;
  const { json: made } = await call("POST", `${origin}/v1/organizations`, operator, { name, template, owner });
  const at = `${origin}/v1/organizations/${made.id}`;
  const session = await join(origin, owner);
  if (accent) await call("PATCH", at, session, { branding: { accent } });
  const places = new Map();
  for (const name of workspaces) {
    const { json } = await call("POST", `${at}/workspaces`, session, { name });
    places.set(name, json.id);
  }
  const { json: listed } = await call("GET", `${at}/workspaces`, session);
  const first = listed.data.at(-1).id;
  const ids = new Map();
  for (const account of accounts) {
    const { json } = await call("POST", `${origin}/v1/workspaces/${first}/resources`, session, account);
    ids.set(account.name, json.id);
  }
  for (const { joins, given = [], approves = [], into, access = {}, ...invite } of invites) {
    const grants = [...given.map((name) => ({ id: ids.get(name) })), ...approves.map((name) => ({ id: ids.get(name), approve: true }))];
    const body = {
      kind: "email",
      ...invite,
      ...(into && { workspace_ids: into.map((name) => places.get(name)) }),
      ...(invite.role !== "admin" && { access: { ...access, ...(grants.length > 0 && { resources: grants }) } }),
    };
    await call("POST", `${at}/invitations`, session, body);
    if (joins) await join(origin, invite);
  }
  for (const link of links) await call("POST", `${at}/invitations`, session, { kind: "link", ...link });
}

export async function load(origin, operatorKey) {
  const operator = { Authorization: `Bearer ${operatorKey}` };
  await Promise.all(organizations.map((organization) => make(origin, operator, organization)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await load(process.argv[2], process.env.OPERATOR_KEY);
