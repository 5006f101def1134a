// A small demo, loaded into a running Worker through its API as anyone would: one organization for each template.
// `make dev` loads it; by hand: OPERATOR_KEY=… node .ci/demo.mjs <origin>
import { fileURLToPath } from "node:url";

/** Everyone's. It protects nothing: it lives in a database on the developer's machine. */
export const password = "correct horse battery demo";

/** What there is for each template: its owner, and whom the owner invites; `joins` accepts at once. */
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

export async function load(origin, operatorKey) {
  const operator = { Authorization: `Bearer ${operatorKey}` };
  for (const { template, name, owner, invites } of organizations) {
    const { json } = await call("POST", `${origin}/v1/organizations`, operator, { name, template, owner });
    const session = await join(origin, owner);
    for (const { joins, ...invite } of invites) {
      await call("POST", `${origin}/v1/organizations/${json.id}/invitations`, session, { kind: "email", ...invite });
      if (joins) await join(origin, invite);
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await load(process.argv[2], process.env.OPERATOR_KEY);
