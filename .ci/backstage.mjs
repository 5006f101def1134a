import { createServer } from "node:http";
import { text } from "node:stream/consumers";

/**
 * Lets tests ask and change what the running `worker` (Miniflare) keeps, through the runtime; answers where.
 *
 * - `POST /`: its D1 database. The body is a JSON array of statements, each an array of its SQL and its parameters; they are
 *   one batch, and the answer is an array of the rows of each.
 * - `POST /queues/<name>`: has its consumer called with one batch of these messages, a JSON array of texts, beside what the
 *   queue does by itself; answers what it did with them.
 */
export async function openBackstage(worker) {
  const db = await worker.getD1Database("DB");
  const { queue } = await worker.getWorker();
  let count = 0;
  const message = (body) => ({ id: `backstage-${++count}`, timestamp: new Date(), attempts: 1, body });

  async function answer(path, body) {
    if (path.startsWith("/queues/")) return queue(path.slice("/queues/".length), body.map(message));
    const results = await db.batch(body.map(([sql, ...values]) => db.prepare(sql).bind(...values)));
    return results.map(({ results }) => results);
  }

  const server = createServer(async (request, response) => {
    try {
      response.end(JSON.stringify(await answer(request.url, JSON.parse(await text(request)))));
    } catch (error) {
      response.statusCode = 500;
      response.end(String(error?.message ?? error));
    }
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  server.unref();
  return `http://127.0.0.1:${server.address().port}`;
}
