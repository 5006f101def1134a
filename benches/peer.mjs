// The work, as the peer is asked for it: the same, as far as it has the same.
import { createHmac, randomBytes } from "node:crypto";
import { checked } from "./load.mjs";
import { SECRET } from "./runtime.mjs";

const PASSWORD = "a sentence works well";
const OWNER = "olga.owner@studio.test";
const SUBJECTS = 16;
const COOKIE = "better-auth.session_token";

const part = (text, pick) => {
  try {
    return pick(JSON.parse(text));
  } catch {
    return false;
  }
};

/** An id as it makes them: 32 letters and digits. */
const newId = () => randomBytes(16).toString("hex");

/** The peer with a scene for each work. */
export class Peer {
  constructor(server) {
    this.server = server;
    this.pool = server.pool;
    this.made = 0;
  }

  /** An owner with the organization that everybody looks at, and in it `pending` invitations. */
  static async on(server, pending) {
    const peer = new Peer(server);
    const { text, headers } = await checked(peer.pool, {
      ...peer.#json("POST", "/sign-up/email", {}, { email: OWNER, name: "Olga Owner", password: PASSWORD }),
      status: 200,
      holds: () => true,
    });
    peer.ownerId = JSON.parse(text).user.id;
    peer.owner = { cookie: [headers["set-cookie"]].flat()[0].split(";")[0] };
    [[{ password: peer.hash }]] = await server.sql(["SELECT password FROM account"]);
    peer.home = await peer.organization();
    peer.people = await peer.accounts(SUBJECTS);
    const invited = Array.from({ length: pending - SUBJECTS }, () => ({ email: peer.#address() }));
    peer.offers = await peer.invitations(peer.home, [...peer.people, ...invited]);
    return peer;
  }

  #address() {
    return `person.${(this.made += 1)}@studio.test`;
  }

  #json(method, path, headers, body) {
    const own = { accept: "application/json", origin: this.server.origin, ...headers };
    if (!body) return { method, path: `/api/auth${path}`, headers: own };
    return {
      method,
      path: `/api/auth${path}`,
      headers: { ...own, "content-type": "application/json" },
      body: JSON.stringify(body),
    };
  }

  /** A new organization of the owner's. */
  async organization() {
    const body = { name: "Example Studio", slug: `studio-${(this.made += 1)}`, keepCurrentActiveOrganization: true };
    const { text } = await checked(this.pool, {
      ...this.#json("POST", "/organization/create", this.owner, body),
      status: 200,
      holds: () => true,
    });
    return JSON.parse(text).id;
  }

  /** Invitations of these people; answers their ids. */
  async invitations(organization, people) {
    const rows = people.map(({ email }) => ({ id: newId(), email }));
    await this.server.sql([
      `INSERT INTO invitation (id, organizationId, email, role, status, expiresAt, createdAt, inviterId)
       SELECT value->>'id', ?2, value->>'email', 'member', 'pending', ?3, ?4, ?5 FROM json_each(?1)`,
      JSON.stringify(rows),
      organization,
      new Date(Date.now() + 86_400_000).toISOString(),
      new Date().toISOString(),
      this.ownerId,
    ]);
    return rows.map(({ id }) => id);
  }

  /** So many people with an account, each signed in. */
  async accounts(number) {
    const people = Array.from({ length: number }, () => ({ id: newId(), email: this.#address(), token: newId() }));
    const now = new Date().toISOString();
    const later = new Date(Date.now() + 7 * 86_400_000).toISOString();
    const rows = JSON.stringify(people);
    await this.server.sql(
      [
        `INSERT INTO user (id, name, email, emailVerified, createdAt, updatedAt)
         SELECT value->>'id', 'Mia Member', value->>'email', 1, ?2, ?2 FROM json_each(?1)`,
        rows,
        now,
      ],
      [
        `INSERT INTO account (id, accountId, providerId, userId, password, createdAt, updatedAt)
         SELECT 'a' || (value->>'id'), value->>'id', 'credential', value->>'id', ?3, ?2, ?2 FROM json_each(?1)`,
        rows,
        now,
        this.hash,
      ],
      [
        `INSERT INTO session (id, expiresAt, token, createdAt, updatedAt, userId)
         SELECT 's' || (value->>'id'), ?3, value->>'token', ?2, ?2, value->>'id' FROM json_each(?1)`,
        rows,
        now,
        later,
      ],
    );
    return people.map(({ email, token }) => {
      const signature = createHmac("sha256", SECRET).update(token).digest("base64");
      return { email, headers: { cookie: `${COOKIE}=${encodeURIComponent(`${token}.${signature}`)}` } };
    });
  }

  #looking(person, invitation) {
    return this.#json("GET", `/organization/get-invitation?id=${invitation}`, person.headers);
  }

  /** So many requests of each work. What they use up is made here, before the time counts. */
  works = {
    // It has no page, only what one would be made from.
    open: (number) =>
      Array.from({ length: number }, (_, at) => ({
        ...this.#looking(this.people[at % SUBJECTS], this.offers[at % SUBJECTS]),
        status: 200,
        holds: (text) =>
          part(text, (offer) => offer.id === this.offers[at % SUBJECTS] && offer.organizationName === "Example Studio" && offer.inviterEmail === OWNER),
      })),
    refuse: (number) =>
      Array.from({ length: number }, (_, at) => ({
        ...this.#looking(this.people[at % SUBJECTS], newId()),
        status: 400,
        holds: (text) => part(text, ({ code }) => code === "INVITATION_NOT_FOUND"),
      })),
    accept: async (number) => {
      const organization = await this.organization();
      const people = await this.accounts(number);
      const offers = await this.invitations(organization, people);
      return people.map((person, at) => ({
        ...this.#json("POST", "/organization/accept-invitation", person.headers, { invitationId: offers[at] }),
        status: 200,
        holds: (text) =>
          part(text, ({ invitation, member }) => invitation.status === "accepted" && member.organizationId === organization),
      }));
    },
    invite: async (number) => {
      const organizationId = await this.organization();
      return Array.from({ length: number }, () => {
        const email = this.#address();
        return {
          ...this.#json("POST", "/organization/invite-member", this.owner, { email, role: "member", organizationId }),
          status: 200,
          holds: (text) => part(text, (made) => made.email === email && made.status === "pending"),
        };
      });
    },
    // It has no pages of a list: it answers the first hundred.
    list: (number) =>
      Array.from({ length: number }, () => ({
        ...this.#json("GET", `/organization/list-invitations?organizationId=${this.home}`, this.owner),
        status: 200,
        holds: (text) => part(text, (data) => data.length === 100 && data.every((one) => one.status === "pending")),
      })),
    check: (number) => {
      const question = { organizationId: this.home, permissions: { invitation: ["create"] } };
      return Array.from({ length: number }, () => ({
        ...this.#json("POST", "/organization/has-permission", this.owner, question),
        status: 200,
        holds: (text) => part(text, ({ success }) => success === true),
      }));
    },
    signIn: (number) =>
      Array.from({ length: number }, (_, at) => {
        const { email } = this.people[at % SUBJECTS];
        return {
          ...this.#json("POST", "/sign-in/email", {}, { email, password: PASSWORD }),
          status: 200,
          holds: (text) => part(text, ({ user }) => user.email === email),
        };
      }),
  };

  /** It does nothing beside the requests. */
  async rest() {}

  /** What an answer cost, if this is the one that counts. */
  async cost({ headers }) {
    return JSON.parse(headers.cost);
  }
}
