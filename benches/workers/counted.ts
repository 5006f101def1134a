// The peer, with what each request costs in the headers of its answer. It is never timed. One request at a time.
import { env } from "cloudflare:workers";
import { auth } from "./auth";

let trips = 0;
let read = 0;
let written = 0;

/** Counts what has come back from the database. */
function count<T>(results: T): T {
  trips += 1;
  for (const { meta } of [results].flat() as { meta: Record<string, number> }[]) {
    read += meta.rows_read;
    written += meta.rows_written;
  }
  return results;
}

/** A prepared statement that counts; what hides its cost is refused, so that nothing goes uncounted. */
const statement = (inner: D1PreparedStatement) => ({
  inner,
  bind: (...values: unknown[]) => statement(inner.bind(...values)),
  all: async () => count(await inner.all()),
  run: async () => count(await inner.run()),
});

const database = {
  prepare: (sql: string) => statement(env.DB.prepare(sql)),
  batch: async (all: ReturnType<typeof statement>[]) => count(await env.DB.batch(all.map(({ inner }) => inner))),
  // What the peer knows a D1 by.
  exec: () => {
    throw new Error("this is not counted");
  },
};

const peer = auth(database, env.ORIGIN, env.SECRET);

export default {
  async fetch(request: Request) {
    [trips, read, written] = [0, 0, 0];
    const answer = await peer.handler(request);
    const headers = new Headers(answer.headers);
    headers.set("cost", JSON.stringify({ trips, read, written }));
    return new Response(answer.body, { status: answer.status, headers });
  },
};
