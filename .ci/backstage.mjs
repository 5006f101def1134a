import { createServer } from "node:http";
import { text } from "node:stream/consumers";

/**
 * Lets tests ask and change the D1 database `db` through the runtime that serves it; answers where. A request's body is
 * a JSON array of statements, each an array of its SQL and its parameters; they are one batch, and the answer is an
 * array of the rows of each.
 */
export async function openBackstage(db) {
  const server = createServer(async (request, response) => {
    try {
      const statements = JSON.parse(await text(request));
      const results = await db.batch(statements.map(([sql, ...values]) => db.prepare(sql).bind(...values)));
      response.end(JSON.stringify(results.map(({ results }) => results)));
    } catch (error) {
      response.statusCode = 500;
      response.end(String(error?.message ?? error));
    }
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  server.unref();
  return `http://127.0.0.1:${server.address().port}`;
}
