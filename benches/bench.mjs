// `make bench`: measures Usher beside its peer and beside the limits, and writes docs/performance.md. By environment:
//   QUICK     if set, everything once and in little: that it all still works, not how fast; the report is only printed
//   GROWTH    the most members and invitations; 1000000 unless said
import { readFileSync, writeFileSync } from "node:fs";
import { coldStarts } from "./coldstarts.mjs";
import { growth } from "./growth.mjs";
import { CONNECTIONS } from "./load.mjs";
import { Peer } from "./peer.mjs";
import { report } from "./report.mjs";
import { costOf, rounds } from "./rounds.mjs";
import { startOther, startUsher, stopAll } from "./servers.mjs";
import { sizes } from "./sizes.mjs";
import { Usher } from "./usher.mjs";
import { LIMITS, WORKS } from "./works.mjs";

const quick = Boolean(process.env.QUICK);
const most = Number(process.env.GROWTH || 1_000_000);
const plan = quick
  ? {
      works: { rounds: 1, slice: 0.01, tries: 1 },
      cold: 1,
      growth: { rounds: 1, slice: 0.01, tries: 1, numbers: [100, 1000] },
      pending: 120,
    }
  : {
      works: { rounds: 15, slice: 0.35, tries: 4 },
      cold: 10,
      growth: { rounds: 9, slice: 0.35, tries: 3, numbers: [100, 10_000, 1_000_000].filter((number) => number < most).concat(most) },
      // In the organization whose list is asked for.
      pending: 1000,
    };

const began = Date.now();
const say = (text) => console.log(`==> [${Math.round((Date.now() - began) / 1000)} s] ${text}`);

/** The version of a package, as it is installed. */
const version = (name, folder = "node_modules") => JSON.parse(readFileSync(`${folder}/${name}/package.json`, "utf8")).version;

/** Everybody in turn, work by work; and what each request costs. */
async function compare() {
  const usher = await Usher.on(await startUsher(), plan.pending);
  const peer = await Peer.on(await startOther("peer"), plan.pending);
  const counting = await Peer.on(await startOther("counted"), plan.pending);
  const limits = await startOther("limits");
  const hello = await startOther("hello");
  const rates = {};
  const counted = {};
  for (const { work, name, limits: named } of WORKS) {
    say(name);
    const none = async () => {};
    const contenders = [{ name: "usher", pool: usher.pool, requests: usher.works[work], rest: () => usher.rest() }];
    if (peer.works[work]) contenders.push({ name: "peer", pool: peer.pool, requests: peer.works[work], rest: none });
    for (const limit of named) {
      const { pool } = limit === "hello" ? hello : limits;
      contenders.push({ name: limit, pool, requests: (number) => new Array(number).fill(LIMITS[limit]), rest: none });
    }
    rates[work] = await rounds(contenders, plan.works);
    counted[work] = { usher: await costOf(usher, work), peer: peer.works[work] && (await costOf(counting, work)) };
  }
  for (const { server } of [usher, peer, counting, { server: limits }, { server: hello }]) await server.stop();
  return { rates, counted };
}

async function bench() {
  say("setting up Usher, the peer and the limits");
  const { rates, counted } = await compare();
  say("cold starts");
  const cold = await coldStarts(plan.cold);
  say(`growth to ${plan.growth.numbers.at(-1).toLocaleString("en-US")} members and invitations`);
  const grown = await growth(plan.growth);
  const text = report({
    date: new Date().toISOString().slice(0, 10),
    versions: `better-auth ${version("better-auth", "benches/node_modules")}, workerd ${version("workerd")} and Node ${process.versions.node}`,
    connections: CONNECTIONS,
    rounds: plan.works.rounds,
    rates,
    counted,
    cold,
    coldRounds: plan.cold,
    weight: await sizes(),
    growth: grown,
    growthRounds: plan.growth.rounds,
  });
  console.log(`\n${text}`);
  if (quick) say("every answer was right and every number is there; these are too few to say how fast it is");
  else {
    writeFileSync("docs/performance.md", text);
    say("it is in docs/performance.md");
  }
}

let status = 0;
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => stopAll().finally(() => process.exit(1)));
try {
  await bench();
} catch (error) {
  console.error(`usher: ${error?.stack ?? error}`);
  status = 1;
}
await stopAll();
process.exit(status);
