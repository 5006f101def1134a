// Usher with ever more in its database: what a request reads, and how long it takes, beside the same with a hundred.
import { readdirSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { freePort } from "../.ci/port.mjs";
import { costOf, rounds } from "./rounds.mjs";
import { newFolder, startUsher } from "./servers.mjs";
import { ratios } from "./statistics.mjs";
import { Usher } from "./usher.mjs";
import { GROWING } from "./works.mjs";

/** Of each role more than a page shows, with the fewest too: a page that ends for want of invitations would read less. */
const PENDING = 64;
const PAGE = 50;

const numbers = "WITH RECURSIVE numbers (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM numbers WHERE value < :number)";
const id = (kind) => `'${kind}_77' || printf('%024d', value)`;
const email = "'p' || value || '@grown.test'";
const person = "'Person ' || printf('%07d', value)";

/** As tests/edge/growth.rs fills one: members of every role, each in the workspace with a grant; as many invitations; their log. */
const FILLING = [
  `${numbers} INSERT INTO users (id, email, email_key, name, name_key, email_verified_at, created_at)
   SELECT ${id("usr")}, ${email}, ${email}, ${person}, lower(${person}), 1, 1 FROM numbers`,
  `${numbers} INSERT INTO members (id, organization_id, user_id, role, name, name_key, email_key, takes_seat, joined_at)
   SELECT ${id("mbr")}, :organization, ${id("usr")}, CASE value % 10 WHEN 0 THEN 'admin' WHEN 1 THEN 'member' ELSE 'client' END,
          ${person}, lower(${person}), ${email}, value % 10 < 2, 1
   FROM numbers`,
  `${numbers} INSERT INTO memberships (member_id, workspace_id, created_at) SELECT ${id("mbr")}, :workspace, 1 FROM numbers`,
  `INSERT INTO resources (id, organization_id, workspace_id, kind, name, created_at)
   VALUES ('res_77' || printf('%024d', 1), :organization, :workspace, 'facebook', 'A page', 1)`,
  `${numbers} INSERT INTO grants (member_id, workspace_id, resource_id, approve)
   SELECT ${id("mbr")}, :workspace, 'res_77' || printf('%024d', 1), 0 FROM numbers`,
  `${numbers} INSERT INTO invitations
     (id, organization_id, kind, role, email, email_key, name, name_key, locale, takes_seat, max_uses, delivery,
      expires_at, created_at, offered_at, invited_by, expired_at)
   SELECT ${id("inv")}, :organization, 'email', iif(value % 10 = 0, 'member', 'client'), 'i' || ${email}, 'i' || ${email},
          ${person}, lower(${person}), 'en', value % 10 = 0, 1, 'sent', 4000000000000, 1, 1,
          (SELECT id FROM members WHERE organization_id = :organization AND role = 'owner'), iif(value % 10 = 5, 1, NULL)
   FROM numbers`,
  `${numbers} INSERT INTO invitation_workspaces (invitation_id, workspace_id) SELECT ${id("inv")}, :workspace FROM numbers`,
  `${numbers} INSERT INTO audit_events (id, organization_id, at, actor, action, subject, request_id)
   SELECT ${id("evt")}, :organization, 1,
          (SELECT id FROM members WHERE organization_id = :organization AND role = 'owner'), 'invitation.created', ${id("inv")}, 'grown'
   FROM numbers`,
];

/** The file of the database in a folder whose Worker does not run. */
function file(state) {
  const folder = `${state}/v3/d1/miniflare-D1DatabaseObject`;
  const name = readdirSync(folder).find((name) => name.endsWith(".sqlite") && name !== "metadata.sqlite");
  return `${folder}/${name}`;
}

/** Puts so many members and invitations into an organization at rest. */
function fill(state, number, organization, workspace) {
  const database = new DatabaseSync(file(state));
  database.exec("PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; PRAGMA temp_store = MEMORY; BEGIN");
  for (const sql of FILLING) {
    const given = { number, organization, workspace };
    const named = Object.entries(given).filter(([name]) => sql.includes(`:${name}`));
    database.prepare(sql).run(Object.fromEntries(named));
  }
  database.exec("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
}

/** Usher with so many members and invitations in one organization, in which everything happens. */
async function grown(number) {
  const state = newFolder();
  const port = await freePort();
  const scene = await Usher.on(await startUsher(state, port), PENDING);
  await scene.rest();
  await scene.server.stop();
  fill(state, number, scene.home, scene.question.workspace);
  scene.moved(await startUsher(state, port));
  scene.onlyAtHome = true;
  scene.page = PAGE;
  return scene;
}

/** Each work with so many members and invitations: rows read, and the time as a ratio to that with the fewest. */
export async function growth({ numbers, ...plan }) {
  const scenes = [];
  for (const number of numbers) scenes.push({ number, scene: await grown(number) });
  const rows = [];
  for (const { work, name } of GROWING) {
    const contenders = scenes.map(({ number, scene }) => ({
      name: String(number),
      pool: scene.pool,
      requests: scene.works[work],
      rest: () => scene.rest(),
    }));
    const rates = await rounds(contenders, plan);
    const costs = [];
    for (const { scene } of scenes) costs.push(await costOf(scene, work));
    const [fewest] = numbers;
    // Of rates, the other way round: how many times as long it takes.
    const times = numbers.map((number) => ratios(rates[fewest], rates[number]));
    rows.push({ name, read: costs.map(({ read }) => read), times });
  }
  for (const { scene } of scenes) await scene.server.stop();
  return { numbers, rows };
}
