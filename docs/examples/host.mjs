// A host product that signs people in with Usher (docs/integrate.md). It needs Node and no packages.
import { createHash, createHmac, createPublicKey, randomBytes, timingSafeEqual, verify } from "node:crypto";
import { createServer } from "node:http";

const { USHER, USHER_KEY, ORGANIZATION, WORKSPACE, WEBHOOK_SECRET, PORT = "3000" } = process.env;
const sessions = new Map(); // who is signed in here, by their cookie; yours are in your database
const done = new Set(); // the webhooks that were done; yours too
const secret = () => randomBytes(32).toString("base64url");
const digest = (text) => createHash("sha256").update(text).digest("base64url");
const escaped = (text) => text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);

async function ask(path, body) {
  const headers = { Authorization: `Bearer ${USHER_KEY}`, "Content-Type": "application/json" };
  const answer = await fetch(USHER + path, { method: "POST", headers, body: JSON.stringify(body) });
  const said = await answer.json();
  if (!answer.ok && said.code !== "hand_over_invalid") throw new Error(`${path}: ${answer.status} ${said.code}`);
  return said;
}

let keys = []; // Usher's public keys, asked for again when one is missing
async function keyNamed(kid) {
  const known = () => keys.find((key) => key.kid === kid);
  if (!known()) keys = (await (await fetch(`${USHER}/.well-known/jwks.json`)).json()).keys;
  return known();
}

async function claimsOf(token) {
  const [header, claims, signature] = token.split(".");
  const read = (part) => JSON.parse(Buffer.from(part, "base64url"));
  const jwk = await keyNamed(read(header).kid);
  if (!jwk || read(header).alg !== "ES256") throw new Error("no token of Usher's");
  const key = { key: createPublicKey({ key: jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" };
  const right = verify("sha256", Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, "base64url"));
  const { iss, aud, exp, ...rest } = read(claims);
  if (!right || iss !== USHER || aud !== ORGANIZATION || exp <= Date.now() / 1000) throw new Error("no token for us");
  return rest;
}

function isFromUsher(headers, body) {
  const { "webhook-id": id, "webhook-timestamp": sent, "webhook-signature": given } = headers;
  if (!WEBHOOK_SECRET || !id || !given || !(Math.abs(Date.now() / 1000 - sent) <= 300)) return false;
  const key = Buffer.from(WEBHOOK_SECRET.replace("whsec_", ""), "base64");
  const mac = createHmac("sha256", key).update(`${id}.${sent}.`).update(body).digest("base64");
  const right = Buffer.from(`v1,${mac}`);
  const candidates = given.split(" ").map((one) => Buffer.from(one)); // two while a secret is replaced
  return candidates.some((one) => one.length === right.length && timingSafeEqual(one, right));
}

const page = (html, status = 200) => ({ status, body: `<!doctype html><title>Postbox</title>${html}` });
const to = (location, ...cookies) => ({ status: 303, headers: { Location: location, "Set-Cookie": cookies } });
// Behind https, add Secure and call them __Host-….
const cookie = (name, value, seconds) => `${name}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax`;

const routes = {
  "GET /": ({ me }) =>
    me ? page(`<h1>Hello, ${escaped(me.name)}</h1><p>Signed in as ${me.role}. <a href="/posts">Posts</a>`)
       : page('<h1>Postbox</h1><p><a href="/sign-in">Sign in</a>'),
  "GET /sign-in": (_, verifier = secret()) =>
    to(`${USHER}/open?organization=${ORGANIZATION}&state=${digest(verifier)}`, cookie("verifier", verifier, 600)),
  "GET /callback": async ({ query, cookies }) => {
    if (!query.has("code")) return to("/sign-in"); // from a link on one of Usher's pages
    const { verifier, again } = cookies;
    if (!verifier || query.get("state") !== digest(verifier)) return page("<h1>Please sign in again</h1>", 400);
    const { token, user, member_id } = await ask("/v1/tokens", { code: query.get("code"), verifier }); // none: too late
    if (!token) return again ? page("<h1>Please sign in again</h1>", 400) : to("/sign-in", cookie("again", "1", 60));
    const { role } = await claimsOf(token);
    const session = secret();
    sessions.set(session, { name: user.name, member_id, role });
    return to("/", cookie("session", session, 86400), cookie("verifier", "", 0));
  },
  "GET /posts": async ({ me }) => {
    if (!me) return to("/sign-in");
    const question = { member_id: me.member_id, workspace_id: WORKSPACE, permission: "posts.view" };
    const { allowed, reason } = await ask("/v1/check", question);
    return allowed ? page("<h1>Posts</h1>") : page(`<h1>Not for you</h1><p>${escaped(reason)}`, 403);
  },
  "POST /webhooks": ({ headers, body }) => {
    if (!isFromUsher(headers, body)) return { status: 401 };
    const { type, data } = JSON.parse(body);
    const gone = type === "member.removed" && !done.has(headers["webhook-id"]) && data.id;
    for (const [session, { member_id }] of sessions) if (member_id === gone) sessions.delete(session);
    done.add(headers["webhook-id"]);
    return { status: 204 };
  },
};

async function answerTo(request) {
  const { pathname, searchParams: query } = new URL(request.url, "http://host");
  const cookies = Object.fromEntries((request.headers.cookie ?? "").split("; ").map((one) => one.split("=")));
  const body = Buffer.concat(await request.toArray());
  const route = routes[`${request.method} ${pathname}`] ?? (() => page("<h1>Nothing here</h1>", 404));
  return route({ query, cookies, body, headers: request.headers, me: sessions.get(cookies.session) });
}

const failed = (error) => (console.error(error), page("<h1>That did not work. Try again.</h1>", 502));
createServer(async (request, response) => {
  const { status, headers, body } = await answerTo(request).catch(failed);
  response.writeHead(status, { "Content-Type": "text/html; charset=utf-8", ...headers }).end(body);
}).listen(PORT, "127.0.0.1", () => console.log(`the host product runs on http://localhost:${PORT}`));
