// The work, as Usher is asked for it.
import { createHash, randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { checked, each } from "./load.mjs";
import { OPERATOR_KEY } from "./servers.mjs";

/** Everybody's. */
const PASSWORD = "a sentence works well";
const OWNER = "olga.owner@studio.test";
/** How many different people and links the requests that change nothing go round. */
const SUBJECTS = 16;
const COOKIE = "__Host-usher_session";

const part = (text, pick) => {
  try {
    return pick(JSON.parse(text));
  } catch {
    return false;
  }
};

/** Usher with a scene for each work. */
export class Usher {
  constructor(server) {
    this.server = server;
    this.pool = server.pool;
    this.made = 0;
    /** How many invitations a page of a list shows. */
    this.page = 100;
  }

  /** An owner with the organization that everybody looks at, and in it `pending` invitations. */
  static async on(server, pending) {
    const usher = new Usher(server);
    await usher.#begin();
    const { id, workspace } = await usher.organization();
    usher.home = id;
    const key = await usher.#call("POST", `/v1/organizations/${id}/api-keys`, usher.owner, {
      name: "Host product",
      scopes: ["access:check"],
    });
    usher.people = await usher.accounts(SUBJECTS);
    const links = await usher.invitations(id, usher.people);
    await each(
      usher.people.map((person, at) => ({ person, token: links[at] })),
      ({ person, token }) => checked(usher.pool, usher.#accepting(person, token, id)),
    );
    const [[member]] = await server.sql(["SELECT id FROM members WHERE organization_id = ?1 AND role = 'member'", id]);
    usher.question = { key: key.secret, member: member.id, workspace };
    const invited = Array.from({ length: pending }, () => ({ email: usher.#address() }));
    usher.links = await usher.invitations(id, invited.slice(0, SUBJECTS));
    await each(invited.slice(SUBJECTS), ({ email }) => usher.#invite(id, email));
    return usher;
  }

  /** Its server was started anew, on what it had written. */
  moved(server) {
    this.server = server;
    this.pool = server.pool;
  }

  /** The first organization's owner signs up; whoever else there is has the same password. */
  async #begin() {
    this.operator = { authorization: `Bearer ${OPERATOR_KEY}` };
    const made = await this.#offered();
    const body = { token: made.token, name: "Olga Owner", password: PASSWORD };
    const { headers } = await checked(this.pool, {
      ...this.#json("POST", "/v1/invitations/accept", {}, body),
      status: 200,
      holds: () => true,
    });
    const cookie = [headers["set-cookie"]].flat().find((cookie) => cookie.startsWith(COOKIE));
    this.owner = { cookie: cookie.split(";")[0] };
    // A copied link proves no mailbox; this stands for the mail that would have.
    await this.server.sql([
      "UPDATE users SET email_verified_at = created_at, confined_to = NULL WHERE email_key = ?1",
      OWNER,
    ]);
    const [[{ password_hash: hash }]] = await this.server.sql(["SELECT password_hash FROM users WHERE email_key = ?1", OWNER]);
    this.hash = hash;
  }

  #address() {
    return `person.${(this.made += 1)}@studio.test`;
  }

  #json(method, path, headers, body) {
    const own = { accept: "application/json", origin: this.server.origin, ...headers };
    if (!body) return { method, path, headers: own };
    return { method, path, headers: { ...own, "content-type": "application/json" }, body: JSON.stringify(body) };
  }

  /** A request beside the measured ones; answers what it answers. */
  async #call(method, path, headers, body) {
    const request = this.#json(method, path, headers, body);
    const { text } = await checked(this.pool, { ...request, status: method === "GET" ? 200 : 201, holds: () => true });
    return JSON.parse(text);
  }

  /** The token of an invitation's link. */
  async #link(invitation, headers) {
    const request = this.#json("POST", `/v1/invitations/${invitation}/link`, headers);
    const { text } = await checked(this.pool, { ...request, status: 200, holds: () => true });
    return JSON.parse(text).url.split("/i/")[1];
  }

  /** A new organization, which waits for its owner. */
  async #offered() {
    const made = await this.#call("POST", "/v1/organizations", this.operator, {
      name: "Example Studio",
      template: "team",
      owner: { email: OWNER, name: "Olga Owner" },
      plan: { key: "bench", seat_limit: null, features: [] },
    });
    return { id: made.id, token: await this.#link(made.owner_invitation_id, this.operator) };
  }

  /** A new organization of the owner's: its id, and that of its workspace. */
  async organization() {
    const { id, token } = await this.#offered();
    await checked(this.pool, this.#accepting({ headers: this.owner }, token, id));
    const { data } = await this.#call("GET", `/v1/organizations/${id}/workspaces`, this.owner);
    return { id, workspace: data[0].id };
  }

  async #invite(organization, email) {
    const { text } = await checked(this.pool, this.#inviting(organization, email, false));
    return JSON.parse(text).id;
  }

  /** Invites these people; answers the tokens of their links. */
  invitations(organization, people) {
    return each(people, async ({ email }) => this.#link(await this.#invite(organization, email), this.owner));
  }

  /** So many people with an account, each signed in. */
  async accounts(number) {
    const now = Date.now();
    const people = Array.from({ length: number }, () => {
      const email = this.#address();
      const token = randomBytes(32).toString("base64url");
      return { email, token, digest: createHash("sha256").update(token).digest("base64url"), id: `${this.made}`.padStart(26, "0") };
    });
    const rows = JSON.stringify(people.map(({ email, digest, id }) => ({ email, digest, id })));
    await this.server.sql(
      [
        `INSERT INTO users (id, email, email_key, name, name_key, password_hash, email_verified_at, created_at)
         SELECT 'usr_' || (value->>'id'), value->>'email', value->>'email', 'Mia Member', 'mia member', ?2, ?3, ?3 FROM json_each(?1)`,
        rows,
        this.hash,
        now,
      ],
      [
        `INSERT INTO sessions (id, user_id, token_digest, created_at, expires_at, device)
         SELECT 'ses_' || (value->>'id'), 'usr_' || (value->>'id'), value->>'digest', ?2, ?3, 'A browser' FROM json_each(?1)`,
        rows,
        now,
        now + 86_400_000,
      ],
    );
    return people.map(({ email, token }) => ({ email, headers: { cookie: `${COOKIE}=${token}` } }));
  }

  #accepting(person, token, organization) {
    return {
      ...this.#json("POST", "/v1/invitations/accept", person.headers, { token }),
      status: 200,
      holds: (text) => part(text, ({ member_id, organization_id }) => member_id && organization_id === organization),
    };
  }

  #inviting(organization, email, mail) {
    return {
      ...this.#json("POST", `/v1/organizations/${organization}/invitations`, this.owner, {
        kind: "email",
        role: "member",
        email,
        send_email: mail,
      }),
      status: 201,
      holds: (text) => part(text, (made) => made.email === email && made.status === "pending"),
    };
  }

  /** Where a slice invites and accepts: in an organization of its own, or else at home. */
  async #place() {
    return this.onlyAtHome ? this.home : (await this.organization()).id;
  }

  async #invites(number, mail) {
    const id = await this.#place();
    return Array.from({ length: number }, () => this.#inviting(id, this.#address(), mail));
  }

  /** So many requests of each work. What they use up is made here, before the time counts. */
  works = {
    open: (number) =>
      Array.from({ length: number }, (_, at) => ({
        path: `/i/${this.links[at % SUBJECTS]}`,
        headers: { accept: "text/html" },
        status: 200,
        holds: (text) => text.includes("Example Studio") && text.includes("Olga Owner") && text.includes("<form"),
      })),
    refuse: (number) =>
      Array.from({ length: number }, (_, at) => {
        const [header, claims, signature] = this.links[at % SUBJECTS].split(".");
        const other = signature[0] === "A" ? "B" : "A";
        return {
          path: `/i/${header}.${claims}.${other}${signature.slice(1)}`,
          headers: { accept: "text/html" },
          status: 404,
          holds: (text) => text.includes("</html>") && !text.includes("Example Studio"),
        };
      }),
    accept: async (number) => {
      const id = await this.#place();
      const people = await this.accounts(number);
      const links = await this.invitations(id, people);
      return people.map((person, at) => this.#accepting(person, links[at], id));
    },
    invite: (number) => this.#invites(number, false),
    mail: (number) => this.#invites(number, true),
    list: (number) =>
      Array.from({ length: number }, () => ({
        ...this.#json("GET", `/v1/organizations/${this.home}/invitations?status=pending&limit=${this.page}`, this.owner),
        status: 200,
        holds: (text) =>
          part(text, ({ data, next_cursor }) => data.length === this.page && next_cursor && data.every((one) => one.status === "pending")),
      })),
    check: (number) => {
      const { key, member, workspace } = this.question;
      const question = { member_id: member, workspace_id: workspace, permission: "compose" };
      return Array.from({ length: number }, () => ({
        ...this.#json("POST", "/v1/check", { authorization: `Bearer ${key}` }, question),
        status: 200,
        holds: (text) => part(text, ({ allowed }) => allowed === true),
      }));
    },
    signIn: async (number) =>
      (await this.accounts(number)).map(({ email }) => {
        // Each somebody else, from a network of its own: neither may try for long.
        this.made += 1;
        const network = `10.${this.made >> 16}.${(this.made >> 8) & 255}.${this.made & 255}`;
        return {
          ...this.#json("POST", "/v1/sessions", { "cf-connecting-ip": network }, { email, password: PASSWORD }),
          status: 201,
          holds: (text) => part(text, ({ user }) => user.email === email),
        };
      }),
  };

  /** Until what it does beside the requests is done, so that it is not measured with somebody else's work. */
  async rest() {
    const waiting = () =>
      this.server.number("SELECT count(*) FROM jobs WHERE waiting = 1 AND due_at < ?1", Date.now() + 60_000);
    for (let tries = 0; tries < 400 && (await waiting()) > 0; tries += 1) await sleep(50);
  }

  /** What an answer cost, from the Worker's log. */
  async cost({ headers }) {
    const { d1, kv, rows_read: read, rows_written: written } = await this.server.logged(headers["request-id"]);
    return { trips: d1, kv, read, written };
  }
}
