// The load: so many connections, each sending its next request when it has the answer to the last one.
import { Pool } from "undici";

/** As many connections as there are. */
export const CONNECTIONS = 16;

/** Connections to where a server answers. */
export const connect = (origin) =>
  new Pool(origin.replace("localhost", "127.0.0.1"), { connections: CONNECTIONS, pipelining: 1 });

/** Sends one request, `{method, path, headers, body}`; answers its status, its headers and its text. */
export async function ask(pool, { method = "GET", path, headers, body }) {
  const answer = await pool.request({ method, path, headers, body });
  return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
}

/**
 * Throws unless an answer is the right one: its status, and what `holds` finds in its text. A wrong one ends the bench: what
 * is not the work is not to be measured.
 */
export function check({ method = "GET", path, status, holds }, answer) {
  const right = answer.status === status && holds(answer.text);
  if (!right) throw new Error(`a wrong answer to ${method} ${path}: ${answer.status} ${answer.text.slice(0, 500)}`);
}

/** One request that must be answered rightly. */
export async function checked(pool, request) {
  const answer = await ask(pool, request);
  check(request, answer);
  return answer;
}

/** Sends all these requests; answers how many were answered in a second. Each answer is checked when all are there. */
export async function measure(pool, requests) {
  const answers = new Array(requests.length);
  let next = 0;
  const connection = async () => {
    while (next < requests.length) {
      const mine = next++;
      answers[mine] = await ask(pool, requests[mine]);
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: CONNECTIONS }, connection));
  const seconds = (performance.now() - began) / 1000;
  requests.forEach((request, at) => check(request, answers[at]));
  return requests.length / seconds;
}

/** Does the same for each of `items`, as many at once as there are connections; answers what came of each. */
export async function each(items, act) {
  const results = new Array(items.length);
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const mine = next++;
      results[mine] = await act(items[mine]);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  return results;
}
