// What no Worker can go below: one that asks nothing, one that asks its D1 once, one that writes two rows in one batch.
export default {
  async fetch(request, { DB }) {
    switch (new URL(request.url).pathname) {
      case "/none":
        return Response.json({ value: "nothing was asked" });
      case "/one": {
        const row = await DB.prepare("SELECT id, value FROM items WHERE id = ?1").bind("item-50").first();
        return Response.json(row);
      }
      case "/write": {
        const id = crypto.randomUUID();
        const [made] = await DB.batch([
          DB.prepare("INSERT INTO items (id, value) VALUES (?1, ?2) RETURNING id").bind(id, "made"),
          DB.prepare("INSERT INTO events (id, item, at) VALUES (?1, ?2, ?3)").bind(crypto.randomUUID(), id, Date.now()),
        ]);
        return Response.json(made.results[0], { status: 201 });
      }
      default:
        return new Response("There is nothing here", { status: 404 });
    }
  },
};
