// Runs many short slices in turn, so that whatever else the machine does falls on everybody.
import { CONNECTIONS, ask, check, measure } from "./load.mjs";

/** The most requests of a slice. */
const MOST = 2000;

/**
 * Measures `contenders` in turn for so many rounds. Each has a name, the `pool` of its connections, `requests(number)` that
 * makes requests with all that they need, and `rest()` that waits until nothing of it runs. Answers, by name, how many requests
 * were answered in a second of each round. A slice is as many requests as take about `slice` seconds, found in so many tries
 * before the rounds begin.
 */
export async function rounds(contenders, { rounds, slice, tries }) {
  const prepared = [];
  for (const contender of contenders) prepared.push({ ...contender, size: await warm(contender, slice, tries), rates: [] });
  for (let round = 0; round < rounds; round += 1) {
    // Whoever comes first has no advantage by it: the next round somebody else does.
    for (let at = 0; at < prepared.length; at += 1) {
      const contender = prepared[(at + round) % prepared.length];
      contender.rates.push(await once(contender, contender.size));
    }
  }
  return Object.fromEntries(prepared.map(({ name, rates }) => [name, rates]));
}

/** One slice of so many requests. */
async function once({ pool, requests, rest }, size) {
  const all = await requests(size);
  await rest();
  const rate = await measure(pool, all);
  await rest();
  return rate;
}

/** Runs it until it is compiled and its copies are there; answers how many requests make a slice. */
async function warm(contender, slice, tries) {
  let size = CONNECTIONS;
  for (let done = 0; done < tries; done += 1) {
    const rate = await once(contender, size);
    const fitting = Math.round((rate * slice) / CONNECTIONS) * CONNECTIONS;
    size = Math.min(MOST, Math.max(CONNECTIONS, fitting));
  }
  return size;
}

/** What one request of a work costs, when everything is warm. */
export async function costOf(scene, work) {
  const [first, second] = await scene.works[work](2);
  check(first, await ask(scene.pool, first));
  const answer = await ask(scene.pool, second);
  check(second, answer);
  return scene.cost(answer);
}
