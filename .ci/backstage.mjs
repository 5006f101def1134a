// A Worker beside the real one, in the same runtime and bound to the same database: for tests, which would lock that one out if
// they opened the file beside it. A request's body is a JSON array of statements, each an array of its SQL and its parameters;
// they are one batch, and the answer is an array of the rows of each.
//
// Not in Node by Miniflare's own copy of the binding: that waits for the runtime with all else standing still, the reading of
// its log too, and the runtime waits once nobody reads its log.
export default {
  async fetch(request, { DB }) {
    try {
      const statements = await request.json();
      const results = await DB.batch(statements.map(([sql, ...values]) => DB.prepare(sql).bind(...values)));
      return Response.json(results.map(({ results }) => results));
    } catch (error) {
      return new Response(String(error?.message ?? error), { status: 500 });
    }
  },
};
