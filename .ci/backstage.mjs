import { WorkerEntrypoint } from "cloudflare:workers";

// A Worker beside the real one, in the same runtime and bound to the same database: for tests, which would lock that one out if
// they opened the file beside it.
//
// - `POST /`: the body is a JSON array of statements, each an array of its SQL and its parameters; they are one batch, and the
//   answer is an array of the rows of each.
// - `POST /queues/<name>`: has its consumer called with one batch of these messages, a JSON array of texts, beside what the
//   queue does by itself; answers what it did with them.
//
// Not in Node by Miniflare's own copy of the binding: that waits for the runtime with all else standing still, the reading of
// its log too, and the runtime waits once nobody reads its log.
let count = 0;
const message = (body) => ({ id: `backstage-${++count}`, attempts: 1, body });

async function answer(url, body, { DB, CONSUMERS }) {
  if (url.pathname.startsWith("/queues/")) {
    return (await CONSUMERS.fetch(url, { method: "POST", body: JSON.stringify(body.map(message)) })).json();
  }
  const results = await DB.batch(body.map(([sql, ...values]) => DB.prepare(sql).bind(...values)));
  return results.map(({ results }) => results);
}

export default {
  async fetch(request, env) {
    try {
      return Response.json(await answer(new URL(request.url), await request.json(), env));
    } catch (error) {
      return new Response(String(error?.message ?? error), { status: 500 });
    }
  },
};

/** A binding for mail that takes a message and never says so. */
export class SilentMail extends WorkerEntrypoint {
  async send() {
    await scheduler.wait(600_000);
  }
}
