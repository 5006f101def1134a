// What is measured, beside what, and what was aimed at.

/**
 * Each work: its name in words, the limits that it can't go beyond if there are any to name, and the goals: so many times as fast
 * as the peer, and such a part of the first limit.
 */
export const WORKS = [
  { work: "open", name: "open an invitation's page (warm)", limits: ["none"], goals: { peer: 10, limit: 0.5 } },
  { work: "refuse", name: "refuse a forged link", limits: ["none"], goals: { peer: 12, limit: 0.75 } },
  { work: "accept", name: "accept, signed in", limits: ["write"], goals: { peer: 5, limit: 0.8 } },
  { work: "invite", name: "invite", limits: ["write"], goals: { peer: 4, limit: 0.7 } },
  { work: "mail", name: "invite, and queue the mail", limits: ["write"], goals: {} },
  { work: "list", name: "a page of 100 pending among 1,000", limits: ["one", "hello"], goals: { peer: 4, limit: 0.6 } },
  { work: "check", name: "check a permission", limits: ["one", "hello"], goals: { limit: 0.8 } },
  { work: "signIn", name: "sign in", limits: [], goals: {} },
];

const itemFound = (text) => text === '{"id":"item-50","value":"value 50"}';

/** The limits, as requests to benches/workers/limits.js; and to benches/workers/hello, which is asked what `one` is. */
export const LIMITS = {
  none: { path: "/none", status: 200, holds: (text) => text === '{"value":"nothing was asked"}' },
  one: { path: "/one", status: 200, holds: itemFound },
  hello: { path: "/one", status: 200, holds: itemFound },
  write: { path: "/write", status: 201, holds: (text) => /^\{"id":"[0-9a-f-]{36}"\}$/.test(text) },
};

/** What has no requests in a second. */
export const GOALS = { coldPeer: 0.4, coldHello: 1.5, sizePeer: 1, sizeCrates: 147_000 };

/** What is asked of databases of different sizes: all of it, and a page that is full with the fewest too. */
export const GROWING = WORKS.map(({ work, name }) => ({ work, name: work === "list" ? "a page of 50 pending" : name }));
