// Applies the migrations as `wrangler d1 migrations apply` does, and notes them in the same table, so that the two can
// be used in turn; wrangler itself would take three seconds to find that there is nothing to do.
import { readFileSync, readdirSync } from "node:fs";
import { unstable_splitSqlQuery as statements } from "wrangler";

/** Applies to the D1 database `db` what it lacks of the files in `folder`; answers their names. */
export async function migrate(db, folder = "migrations") {
  await db
    .prepare(
      `CREATE TABLE IF NOT EXISTS "d1_migrations"(
		id         INTEGER PRIMARY KEY AUTOINCREMENT,
		name       TEXT UNIQUE,
		applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
)`,
    )
    .run();
  const { results } = await db.prepare(`SELECT name FROM "d1_migrations"`).all();
  const applied = new Set(results.map((row) => row.name));
  const files = readdirSync(folder).filter((name) => name.endsWith(".sql") && !applied.has(name));
  files.sort((a, b) => parseInt(a) - parseInt(b) || (a < b ? -1 : 1));
  for (const name of files) {
    const sql = statements(readFileSync(`${folder}/${name}`, "utf8"));
    // One batch is one transaction: a migration is applied and noted, or neither.
    await db.batch([
      ...sql.map((statement) => db.prepare(statement)),
      db.prepare(`INSERT INTO "d1_migrations" (name) VALUES (?1)`).bind(name),
    ]);
  }
  return files;
}
