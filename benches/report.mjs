// Writes what was measured: docs/performance.md, and the same on the terminal.
import { ratios, summary } from "./statistics.mjs";
import { GOALS, WORKS } from "./works.mjs";

const thousands = (number) => Math.round(number).toLocaleString("en-US");
const short = (number) => (number >= 10 ? number.toFixed(0) : number.toPrecision(2));
const times = ({ median, low, high }) => `${short(median)} (${short(low)}–${short(high)})`;
const milliseconds = ({ median, low, high }) => `${median.toFixed(0)} ms (${low.toFixed(0)}–${high.toFixed(0)})`;
const met = (holds) => (holds ? "met" : "**not met**");
const row = (cells) => {
  // Better no table than one with holes in it.
  const hole = cells.findIndex((cell) => typeof cell !== "string" || cell === "" || /undefined|NaN/.test(cell));
  if (hole >= 0) throw new Error(`the table lacks something in column ${hole + 1}: ${cells.join(" | ")}`);
  return `| ${cells.join(" | ")} |`;
};
const table = (head, rows) => [row(head), row(head.map(() => "---")), ...rows.map(row)].join("\n");

/** A goal beside what was measured: at least so much, or at most. */
const atLeast = (measured, goal, unit) => (goal ? `${short(goal)} ${unit}: ${met(measured >= goal)}` : "none");
const atMost = (measured, goal, unit) => `${goal} ${unit}: ${met(measured <= goal)}`;

function speed(rates) {
  return table(
    ["work", "Usher by the peer", "goal", "Usher by the limit", "goal"],
    WORKS.map(({ work, name, limits: [limit], goals }) => {
      const { usher, peer, [limit]: most } = rates[work];
      if (goals.peer && !peer) throw new Error(`nothing to hold "${name}" against`);
      const byPeer = peer && ratios(usher, peer);
      const byLimit = limit && ratios(usher, most);
      return [
        name,
        byPeer ? `${times(byPeer)} ×` : "the peer was not asked",
        byPeer ? atLeast(byPeer.median, goals.peer, "×") : "none",
        byLimit ? `${times(byLimit)} × \`${limit}\`` : "its hashing, not its I/O",
        byLimit ? atLeast(byLimit.median, goals.limit, "×") : "none",
      ];
    }),
  );
}

function absolute(rates) {
  return table(
    ["work", "Usher", "the peer", "the limits"],
    WORKS.map(({ work, name, limits }) => {
      const { usher, peer, ...others } = rates[work];
      return [
        name,
        thousands(summary(usher).median),
        peer ? thousands(summary(peer).median) : "not asked",
        limits.map((limit) => `${thousands(summary(others[limit]).median)} \`${limit}\``).join(", ") || "none",
      ];
    }),
  );
}

function costs(counted) {
  const shown = ({ trips, read, written }) => [`${trips}`, `${read}`, `${written}`];
  return table(
    ["work", "Usher: round trips", "rows read", "rows written", "the peer: round trips", "rows read", "rows written"],
    WORKS.map(({ work, name }) => {
      const { usher, peer } = counted[work];
      return [name, ...shown(usher), ...(peer ? shown(peer) : ["not asked", "not asked", "not asked"])];
    }),
  );
}

function starts(cold) {
  const { usher, peer, one, none, hello } = cold;
  const byPeer = ({ first }) => first.median / peer.first.median;
  const byHello = usher.first.median / hello.first.median;
  const rows = [
    ["Usher, an invitation's page", usher, `${short(byPeer(usher))} × the peer's`, atMost(byPeer(usher), GOALS.coldPeer, "×")],
    ["Usher again", usher, `${short(byHello)} × \`hello\`'s`, atMost(byHello, GOALS.coldHello, "×")],
    ["the peer, an invitation", peer, "1 ×", "none"],
    ["`hello`", hello, `${short(byPeer(hello))} × the peer's`, "none"],
    ["`one`", one, `${short(byPeer(one))} × the peer's`, "none"],
    ["`none`", none, `${short(byPeer(none))} × the peer's`, "none"],
  ];
  return table(
    ["Worker, and what it is asked", "first answer", "as a ratio", "goal", "computed until then"],
    rows.map(([name, { first, cpu }, ratio, goal]) => [
      name,
      milliseconds(first),
      ratio,
      goal,
      cpu ? milliseconds(cpu) : "not told here",
    ]),
  );
}

const kilobytes = (bytes) => `${(bytes / 1000).toFixed(0)} KB`;

function weights({ usher, peer, hello }) {
  return table(
    ["what", "gzipped", "goal"],
    [
      ["Usher, all of it", kilobytes(usher), `${atMost(usher / peer, GOALS.sizePeer, "× the peer")}; ${kilobytes(GOALS.sizeCrates)}, what its crates weigh alone: ${met(usher <= GOALS.sizeCrates)}`],
      ["the peer, with what calls it", kilobytes(peer), `none (Usher is ${short(usher / peer)} ×)`],
      ["`hello`", kilobytes(hello), `none (Usher is ${short(usher / hello)} ×)`],
    ],
  );
}

function grown({ numbers, rows }) {
  const [fewest, ...more] = numbers.map((number) => number.toLocaleString("en-US"));
  return table(
    ["work", ...numbers.map((number) => `rows read at ${number.toLocaleString("en-US")}`), "the same", ...more.map((number) => `time at ${number} by that at ${fewest}`)],
    rows.map(({ name, read, times: taken }) => [
      name,
      ...read.map(String),
      // A range that reaches to the end of an index reads one row less than one that ends where others' begin.
      met(Math.max(...read) <= read[0] + 1),
      ...taken.slice(1).map((ratio) => `${times(ratio)} ×`),
    ]),
  );
}

/** All of it, as Markdown. */
export function report({ date, versions, connections, rounds, rates, counted, cold, coldRounds, weight, growth, growthRounds }) {
  return `# Performance

How fast Usher is beside what a developer would pick instead, and beside what no Worker can go below. \`make bench\` measures it and
writes this file; nothing in it is written by hand, and a goal that is not met says so. This is of ${date}, with ${versions}.

Ratios are what to read: everything in a row ran in turn on one machine, in short slices, and each ratio is of two slices of one
round. Shown is the median of ${rounds} rounds, and in brackets between what the middle half of them lies. What the requests in a
second were is told below, as an illustration; on another machine they are others.

- **The peer** is \`better-auth\` with its organization plugin, on D1, set up as its documentation says: its own tables with
  their indexes, its default session without a cookie cache, no mails. Its limits and Usher's are lifted.
- **The limits** are bare Workers in JavaScript: \`none\` asks nothing, \`one\` asks its D1 once, and \`write\` writes two rows in one batch.
  \`hello\` is \`one\` in Rust, built as Usher is: what any Worker in Rust takes before it does anything of its own.

Each is a Worker of its own on the same runtime (workerd) with a D1 of its own, and ${connections} connections send it requests, each the next one
when it has the answer to the last. Of every answer that counts the status and the content are checked, and one that is wrong ends the
bench. Files (the stylesheet of a page) are served by nobody here: in production the platform does it before it asks a Worker. Accounts, sessions and invitations that a slice uses up are made before its time begins; each slice invites into, and
accepts in, a new organization, because the peer reads more the more an organization has.

## Speed

${speed(rates)}

What is not quite the same on both sides:

- An invitation's page is a page at Usher, with its form, for somebody who is not signed in; it comes from KV. The peer has only what one
  would be made from, as JSON, and only for whoever is signed in.
- A forged link is refused by its signature. The peer's links name an invitation by an id that can't be guessed, so that it has to look.
- A check is a host product's question about a member, by its key; at the peer it is a member's about themself.
- Usher invites without sending mail here, as the peer does; the row after it has the mail written to the outbox and put into the queue too.
- Sign-in is nearly all hashing, and meant to be slow. Usher's is Argon2id with 19 MiB, which is OWASP's recommendation,
  in Wasm; the peer's is scrypt with 32 MiB (N = 16384, r = 16), which the runtime has in native code. Usher also counts every guess
  in its database.

Requests in a second, the medians:

${absolute(rates)}

## What a request costs at D1

In production a round trip to the database takes far longer than here, where it is in the same process: there, these numbers say
more than those above. Usher counts its own (they are in its log), the peer's are counted where it asks its database.

${costs(counted)}

## Cold starts

A runtime is started with the Worker, and then asked for the first time: ${coldRounds} times each, in turn. What the runtime does when it loads a
Worker, such as compiling it, it has done by then; so the last column has the processor time of the whole runtime from its start to
the end of that answer.

${starts(cold)}

## Size

${weights(weight)}

The peer is a library alone: without pages, mail, queue, bulk import, webhooks and the rest that Usher's number has in it.

## Growth

Usher with as many members and invitations in one organization as the columns say, all else the same, in turn: the rows that a request
reads, and how many times as long it takes as with the fewest. ${growthRounds} rounds.

${grown(growth)}
`;
}
