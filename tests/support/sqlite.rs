//! The database: SQLite in memory, with the migrations that D1 gets.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, StatementStatus, params_from_iter};
use usher::platform::{DatabaseError, Param, ResultSet, Statement};

/// One database.
pub struct Sqlite {
    connection: Connection,
    /// One statement for each SQL that the service ran.
    ran: BTreeMap<&'static str, Statement>,
    /// The steps of SQLite's machine that the service's statements took: what grows with the rows they read.
    steps: u64,
}

impl Sqlite {
    /// A new database, migrated.
    pub fn new() -> Self {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("PRAGMA foreign_keys = ON").unwrap();
        let mut files: Vec<_> = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        for file in files {
            let sql = std::fs::read_to_string(&file).unwrap();
            connection.execute_batch(&sql).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        }
        Self { connection, ran: BTreeMap::new(), steps: 0 }
    }

    /// The database in a file, which the runtime keeps and nobody has open.
    pub fn open(file: &Path) -> Self {
        Self { connection: Connection::open(file).unwrap(), ran: BTreeMap::new(), steps: 0 }
    }

    /// Runs statements as D1's `batch` does: one transaction, all or nothing.
    pub fn batch(&mut self, statements: &[Statement]) -> Result<Vec<ResultSet>, DatabaseError> {
        let failed = |error: rusqlite::Error| DatabaseError(error.to_string());
        for statement in statements {
            self.ran.entry(statement.sql).or_insert_with(|| statement.clone());
        }
        let transaction = self.connection.transaction().map_err(failed)?;
        let results = statements
            .iter()
            .map(|statement| run(&transaction, statement))
            .collect::<Result<Vec<_>, _>>()
            .map_err(failed)?;
        transaction.commit().map_err(failed)?;
        self.steps += results.iter().map(|(_, steps)| steps).sum::<u64>();
        Ok(results.into_iter().map(|(result, _)| result).collect())
    }

    /// The steps of SQLite's machine that the service's statements took so far.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Every different statement that the service ran so far.
    pub fn ran(&self) -> Vec<Statement> {
        self.ran.values().cloned().collect()
    }

    /// The connection itself.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// One statement that only a test asks, outside of any transaction.
    pub fn read(&self, statement: &Statement) -> ResultSet {
        run(&self.connection, statement).unwrap_or_else(|error| panic!("{error}: {}", statement.sql)).0
    }

    /// The rows of one statement that only a test asks.
    pub fn rows(&self, statement: &Statement) -> Vec<serde_json::Value> {
        let mut prepared = self.connection.prepare_cached(statement.sql).unwrap();
        let params: Vec<rusqlite::types::Value> = statement.params.iter().map(value).collect();
        rows(&mut prepared, &params).unwrap_or_else(|error| panic!("{error}: {}", statement.sql))
    }

    /// Rows of a query that only a test asks, as JSON.
    pub fn query(&self, sql: &str) -> Vec<serde_json::Value> {
        let mut prepared = self.connection.prepare(sql).unwrap();
        rows(&mut prepared, &[]).unwrap()
    }

    /// The one number that a query answers.
    pub fn count(&self, sql: &str) -> i64 {
        self.connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// Changes rows behind the service's back, for what no route does yet.
    pub fn change(&self, sql: &str) {
        self.connection.execute_batch(sql).unwrap();
    }

    /// Writes all of it into a new file.
    pub fn copy_to(&self, file: &std::path::Path) {
        self.connection.execute("VACUUM INTO ?1", [file.to_str().unwrap()]).unwrap();
    }

    /// Goes back to what was written so.
    pub fn go_back_to(&mut self, file: &std::path::Path) {
        self.connection = Connection::open(file).unwrap();
        self.connection.execute_batch("PRAGMA foreign_keys = ON").unwrap();
    }

    /// How SQLite would run a statement: its query plan, a line a step.
    pub fn plan(&self, statement: &Statement) -> Vec<String> {
        let mut prepared = self.connection.prepare(&format!("EXPLAIN QUERY PLAN {}", statement.sql)).unwrap();
        let steps = prepared
            .query_map(params_from_iter(statement.params.iter().map(value)), |row| row.get::<_, String>(3))
            .unwrap();
        steps.map(Result::unwrap).collect()
    }

    /// Everything that is stored, as text: for showing what is nowhere in it.
    pub fn dump(&self) -> String {
        let mut text = String::new();
        for table in self.query("SELECT name FROM sqlite_schema WHERE type = 'table'") {
            let name = table["name"].as_str().unwrap();
            for row in self.query(&format!("SELECT * FROM {name}")) {
                writeln!(text, "{name}: {row}").unwrap();
            }
        }
        text
    }
}

/// What a statement answers, and the steps it took.
fn run(connection: &Connection, statement: &Statement) -> rusqlite::Result<(ResultSet, u64)> {
    let mut prepared = connection.prepare_cached(statement.sql)?;
    let params: Vec<rusqlite::types::Value> = statement.params.iter().map(value).collect();
    let rows = rows(&mut prepared, &params)?;
    let steps = u64::try_from(prepared.reset_status(StatementStatus::VmStep)).unwrap();
    let json = serde_json::Value::from(rows).to_string();
    Ok((ResultSet { json, rows_read: 0, rows_written: 0 }, steps))
}

fn rows(
    prepared: &mut rusqlite::Statement<'_>,
    params: &[rusqlite::types::Value],
) -> rusqlite::Result<Vec<serde_json::Value>> {
    let columns: Vec<String> = prepared.column_names().map(str::to_owned).collect();
    let mut found = prepared.query(params_from_iter(params))?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        let mut object = serde_json::Map::new();
        for (place, column) in columns.iter().enumerate() {
            let value = match row.get_ref(place)? {
                ValueRef::Null => serde_json::Value::Null,
                ValueRef::Integer(number) => number.into(),
                ValueRef::Real(number) => number.into(),
                ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned().into(),
                ValueRef::Blob(bytes) => bytes.to_vec().into(),
            };
            object.insert(column.clone(), value);
        }
        rows.push(object.into());
    }
    Ok(rows)
}

/// As D1 binds it: a number is one of JavaScript's, so a whole one too comes as a real.
#[allow(clippy::cast_precision_loss, reason = "exact up to 2⁵³, as everywhere")]
fn value(param: &Param) -> rusqlite::types::Value {
    match param {
        Param::Null => rusqlite::types::Value::Null,
        Param::Integer(number) => (*number as f64).into(),
        Param::Text(text) => text.clone().into(),
    }
}
