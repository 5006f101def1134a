//! One migrated database for many histories: migrating anew and preparing every statement anew would cost more than the
//! history itself.

use std::ops::Deref;

use rusqlite::config::DbConfig;
use usher::platform::{DatabaseError, ResultSet, Statement};

use super::super::sqlite::Sqlite;

/// A database that is emptied between histories, and keeps its prepared statements.
pub struct Reused {
    sqlite: Sqlite,
    /// In an order in which they can be emptied; found out as it goes.
    tables: Vec<String>,
}

impl Deref for Reused {
    type Target = Sqlite;

    fn deref(&self) -> &Sqlite {
        &self.sqlite
    }
}

impl Reused {
    /// A migrated database.
    pub fn new() -> Self {
        let sqlite = Sqlite::new();
        let connection = sqlite.connection();
        connection.set_prepared_statement_cache_capacity(512);
        // A plan stands for every parameter; else SQLite would prepare a statement anew for each.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).unwrap();
        // Rows that never go would stand in the way of the next history; that they never go has a test of its own.
        for guard in sqlite.query(
            "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND sql LIKE '%BEFORE DELETE%RAISE(ABORT%'",
        ) {
            sqlite.change(&format!("DROP TRIGGER {}", guard["name"].as_str().unwrap()));
        }
        let tables = sqlite.query("SELECT name FROM sqlite_schema WHERE type = 'table'");
        let tables = tables.iter().map(|table| table["name"].as_str().unwrap().to_owned()).collect();
        Self { sqlite, tables }
    }

    /// Without foreign keys: for showing what the rules find by themselves.
    pub fn without_foreign_keys() -> Self {
        let database = Self::new();
        database.sqlite.change("PRAGMA foreign_keys = OFF");
        database
    }

    /// Empties every table. A table that another still points to waits for its turn, and keeps it from then on.
    pub fn empty(&mut self) {
        self.sqlite.change("BEGIN");
        let (mut place, mut postponed) = (0, 0);
        while place < self.tables.len() {
            let sql = format!("DELETE FROM {}", self.tables[place]);
            match self.sqlite.connection().prepare_cached(&sql).unwrap().execute([]) {
                Ok(_) => place += 1,
                Err(error) => {
                    postponed += 1;
                    assert!(postponed < 10_000, "no order empties the tables: {error}");
                    let table = self.tables.remove(place);
                    self.tables.push(table);
                }
            }
        }
        self.sqlite.change("COMMIT");
    }

    /// One transaction, as D1's `batch` is; and whether it changed anything.
    pub fn commit(&mut self, statements: &[Statement]) -> (Result<Vec<ResultSet>, DatabaseError>, bool) {
        let before = self.sqlite.connection().total_changes();
        let results = self.sqlite.batch(statements);
        (results, self.sqlite.connection().total_changes() != before)
    }

    /// The rows of a query that the simulation asks.
    pub fn read(&self, statement: &Statement) -> Vec<serde_json::Value> {
        self.sqlite.rows(statement)
    }

    /// Whether a query that the simulation asks has any row.
    pub fn any(&self, statement: &Statement) -> bool {
        !self.sqlite.rows(statement).is_empty()
    }
}
