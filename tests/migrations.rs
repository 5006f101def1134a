//! A database that is deployed keeps what it holds: each later migration, over tables with rows in them, loses no row and no
//! value, and leaves every reference whole.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::path::PathBuf;

use rusqlite::Connection;
use rusqlite::types::Value;

/// The tables are filled after so many migrations: the later ones rebuild some of them.
const BEFORE: usize = 2;

/// A row or more of every table that others refer to, in every state that a later migration looks at.
const FILLED: &str = "
INSERT INTO organizations (id, name, slug, template, plan_key, seat_limit, created_at) VALUES ('o', 'Studio', 'studio', 'team', 'p', 5, 1800000000000);
INSERT INTO workspaces (id, organization_id, name, created_at) VALUES ('w1', 'o', 'One', 1800000000000), ('w2', 'o', 'Two', 1800000000000);
WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 3)
  INSERT INTO users (id, email, email_key, name, password_hash, email_verified_at, created_at)
  SELECT 'u' || i, 'A' || i || '@x.test', 'a' || i || '@x.test', 'N' || i, 'h', 1800000000000, 1800000000000 FROM n;
INSERT INTO sessions (id, user_id, token_digest, created_at, expires_at) SELECT 's' || id, id, 'd' || id, 1800000000000, 1900000000000 FROM users;
INSERT INTO members (id, organization_id, user_id, role, name, takes_seat, joined_at) VALUES
  ('m0', 'o', 'u0', 'owner', 'n', 0, 1800000000000), ('m1', 'o', 'u1', 'admin', 'n', 1, 1800000000000),
  ('m2', 'o', 'u2', 'member', 'n', 1, 1800000000000), ('m3', 'o', 'u3', 'client', 'n', 0, 1800000000000);
INSERT INTO memberships (member_id, workspace_id, created_at) VALUES ('m2', 'w1', 1800000000000), ('m3', 'w1', 1800000000000);
INSERT INTO resources (id, organization_id, workspace_id, kind, name, created_at) VALUES ('r1', 'o', 'w1', 'facebook', 'A page', 1800000000000);
INSERT INTO grants (member_id, workspace_id, resource_id, approve, credentials) VALUES ('m3', 'w1', 'r1', 1, 'owner');
WITH d (i, delivery) AS (VALUES (0, 'sent'), (1, 'none'), (2, 'failed'), (3, 'sent'), (4, 'queued'), (5, 'sent'), (6, 'bounced'))
  INSERT INTO invitations (id, organization_id, kind, role, email, email_key, locale, takes_seat, delivery, expires_at, created_at, invited_by)
  SELECT 'i' || i, 'o', 'email', 'member', 'b' || i || '@x.test', 'b' || i || '@x.test', 'en', 1, delivery, 1800604800000, 1800000000000, 'm1' FROM d;
UPDATE invitations SET accepted_at = 1800000000001 WHERE id = 'i1';
UPDATE invitations SET revoked_at = 1800000000001 WHERE id = 'i3';
UPDATE invitations SET declined_at = 1800000000001 WHERE id = 'i5';
INSERT INTO invitation_workspaces (invitation_id, workspace_id) SELECT id, 'w1' FROM invitations;
INSERT INTO jobs (id, kind, organization_id, invitation_id, ver, created_at, due_at, requeue_at, attempts, done_at)
  SELECT 'j' || id, 'invitation_email', 'o', id, 1, 1800000000000, 1800000000000, 1800000000000, 1, iif(id = 'i0', NULL, 1800000000000) FROM invitations;
INSERT INTO jobs (id, kind, organization_id, created_at, due_at, requeue_at) VALUES ('jb', 'bulk_invite', 'o', 1800000000000, 1800000000000, 1800000000000);
INSERT INTO jobs (id, kind, organization_id, member_id, created_at, due_at, requeue_at) VALUES ('jm', 'member_email', 'o', 'm3', 1800000000000, 1800000000000, 1800000000000);
INSERT INTO bulk_imports (job_id, organization_id, invited_by, role, visible, request_id, total, created_at) VALUES ('jb', 'o', 'm1', 'admin', '[]', 'q', 2, 1800000000000);
INSERT INTO bulk_rows (job_id, row, wanted) VALUES ('jb', 1, '{}'), ('jb', 2, NULL);
INSERT INTO redemptions (id, invitation_id, user_id, member_id, redeemed_at) VALUES ('x', 'i1', 'u2', 'm2', 1800000000000);
INSERT INTO audit_events (id, organization_id, at, actor, action, subject, request_id) VALUES ('e', 'o', 1800000000000, 'm1', 'invitation.created', 'i0', 'q');
INSERT INTO notifications (id, user_id, organization_id, kind, about, created_at) VALUES ('n1', 'u2', 'o', 'member.added', '{}', 1800000000000);
";

fn files() -> Vec<PathBuf> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// As D1 applies one: in one transaction, with its references looked at when that ends.
fn apply(database: &Connection, file: &PathBuf) {
    let sql = std::fs::read_to_string(file).unwrap();
    let whole = format!("BEGIN; PRAGMA defer_foreign_keys = on; {sql}\nCOMMIT;");
    database.execute_batch(&whole).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
}

fn names(database: &Connection, kinds: &str) -> Vec<String> {
    let sql = format!(
        "SELECT name FROM sqlite_master WHERE type IN ({kinds}) AND name NOT LIKE 'sqlite_%' ORDER BY name"
    );
    let mut statement = database.prepare(&sql).unwrap();
    let names = statement.query_map([], |row| row.get(0)).unwrap();
    names.map(Result::unwrap).collect()
}

/// Every row of a table, by its columns.
fn rows(database: &Connection, table: &str) -> Vec<BTreeMap<String, Value>> {
    let mut statement = database.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2")).unwrap();
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let read = |row: &rusqlite::Row<'_>| {
        columns.iter().enumerate().map(|(place, name)| Ok((name.clone(), row.get(place)?))).collect()
    };
    let rows = statement.query_map([], read).unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn no_later_migration_loses_what_is_there() {
    let database = Connection::open_in_memory().unwrap();
    database.execute_batch("PRAGMA foreign_keys = on").unwrap();
    let files = files();
    let (earlier, later) = files.split_at(BEFORE);
    for file in earlier {
        apply(&database, file);
    }
    database.execute_batch(FILLED).unwrap();
    let before: Vec<_> =
        names(&database, "'table'").into_iter().map(|table| (rows(&database, &table), table)).collect();
    for file in later {
        // A trigger goes with its table, and silently: whoever rebuilds one writes its triggers again.
        let guards = names(&database, "'trigger'");
        apply(&database, file);
        let kept = names(&database, "'trigger'");
        assert!(
            guards.iter().all(|guard| kept.contains(guard)),
            "{}: {guards:?} of {kept:?}",
            file.display()
        );
    }
    for (was, table) in before {
        let is = rows(&database, &table);
        assert_eq!(was.len(), is.len(), "{table}");
        for (was, is) in was.iter().zip(&is) {
            for (column, value) in was {
                assert_eq!(is.get(column), Some(value), "{table}.{column} of {was:?}");
            }
        }
    }
    assert_eq!(rows(&database, "pragma_foreign_key_check"), []);
    let told = "SELECT count(*) FROM invitations WHERE next_mail = 'withdrawal'";
    let told: i64 = database.query_row(told, [], |row| row.get(0)).unwrap();
    assert_eq!(told, 0, "what was withdrawn long ago is news to nobody");
}

/// How many were invited and mailed today is asked by the next claim: no migration gives anybody a fresh day, and what counts goes
/// on counting.
#[test]
fn what_was_counted_today_still_counts_when_its_table_is_made_again() {
    const COUNTED: usize = 18;
    let database = Connection::open_in_memory().unwrap();
    database.execute_batch("PRAGMA foreign_keys = on").unwrap();
    let files = files();
    let (earlier, later) = files.split_at(COUNTED);
    for file in &earlier[..BEFORE] {
        apply(&database, file);
    }
    database.execute_batch(FILLED).unwrap();
    for file in &earlier[BEFORE..] {
        apply(&database, file);
    }
    let invite = "INSERT INTO invitations (id, organization_id, kind, role, email, email_key, locale, takes_seat, delivery,
                                           expires_at, created_at)
                  SELECT ?1, 'o', 'email', 'member', ?1 || '@x.test', ?1 || '@x.test', 'en', 1, 'none',
                         1800604800000, 1800000000000";
    database.execute(invite, ["c1"]).unwrap();
    for file in later {
        apply(&database, file);
    }
    database.execute(invite, ["c2"]).unwrap();
    let counted: Vec<_> = rows(&database, "daily_counts").iter().map(|row| row["count"].clone()).collect();
    assert_eq!(counted, [Value::Integer(2)]);
}
