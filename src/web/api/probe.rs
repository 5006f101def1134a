//! `/dev/probe`: asks the platform what only the real runtime can answer. For the tests on it; exists only in
//! development, like the mailbox.

use http::StatusCode;
use serde::Deserialize;

use crate::error::{Code, Error, Result};
use crate::flow::Context;
use crate::platform::{Param, Platform, Statement};
use crate::sql;
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum Question {
    /// Which values come back out of the database, and as what.
    Values(Vec<Value>),
    /// What a batch of these steps leaves behind.
    Batch(Vec<Step>),
    /// What KV answers for a key before it is put, after, and after it is forgotten.
    Cache(String, String),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Value {
    Truth(bool),
    Number(i64),
    Text(String),
    Nothing(()),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Step {
    /// Fails where there is one already.
    Parent,
    /// Hangs on the parent by a deferred foreign key.
    Child,
    /// A parent whose guard refuses it.
    RefusedParent,
    /// As many children as the guard let parents in.
    ItsChild,
}

/// `POST /dev/probe`.
pub async fn ask<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    if !ctx.config.is_development() {
        return Err(Code::NotFound.into());
    }
    let answer = match request::json(request)? {
        Question::Values(values) => come_back(ctx.platform, values).await?,
        Question::Batch(steps) => left_behind(ctx.platform, steps).await?,
        Question::Cache(key, value) => {
            let before = ctx.platform.get(&key).await;
            ctx.platform.put(&key, &value, 60).await;
            let kept = ctx.platform.get(&key).await;
            ctx.platform.forget(&key).await;
            serde_json::json!([before, kept, ctx.platform.get(&key).await]).to_string()
        }
    };
    Ok(reply::with_body(StatusCode::OK, "application/json", answer))
}

fn plain(sql: &'static str) -> Statement {
    Statement::new(sql, Vec::new())
}

/// Makes a table, fills it, reads it and takes it away, in one batch.
async fn come_back(platform: &impl Platform, values: Vec<Value>) -> Result<String> {
    let mut batch = vec![plain("CREATE TABLE probe_values (number INTEGER, text TEXT) STRICT")];
    batch.extend(values.into_iter().map(|value| {
        let (number, text) = match value {
            Value::Truth(truth) => (truth.into(), Param::Null),
            Value::Number(number) => (number.into(), Param::Null),
            Value::Text(text) => (Param::Null, text.into()),
            Value::Nothing(()) => (Param::Null, Param::Null),
        };
        Statement::new(sql!("INSERT INTO probe_values VALUES (?1, ?2)"), vec![number, text])
    }));
    batch.push(plain(
        "SELECT coalesce(number, text) AS value, typeof(coalesce(number, text)) AS type FROM probe_values
         ORDER BY rowid",
    ));
    batch.push(plain("DROP TABLE probe_values"));
    let results = platform.batch(batch).await?;
    let [.., rows, _] = results.as_slice() else { return Err(Error::Internal("no rows".to_owned())) };
    Ok(rows.json.clone())
}

async fn left_behind(platform: &impl Platform, steps: Vec<Step>) -> Result<String> {
    platform
        .batch(vec![
            plain("DROP TABLE IF EXISTS probe_children"),
            plain("DROP TABLE IF EXISTS probe_parents"),
            plain("CREATE TABLE probe_parents (id INTEGER PRIMARY KEY) STRICT"),
            plain(
                "CREATE TABLE probe_children (
                   parent INTEGER NOT NULL REFERENCES probe_parents (id) DEFERRABLE INITIALLY DEFERRED) STRICT",
            ),
        ])
        .await?;
    let steps = steps.into_iter().map(|step| {
        plain(match step {
            Step::Parent => "INSERT INTO probe_parents VALUES (1)",
            Step::Child => "INSERT INTO probe_children VALUES (1)",
            Step::RefusedParent => "INSERT INTO probe_parents SELECT 2 WHERE 1 = 0 RETURNING id",
            Step::ItsChild => "INSERT INTO probe_children SELECT id FROM probe_parents WHERE id = 2",
        })
    });
    let committed = platform.batch(steps.collect()).await.is_ok();
    let results = platform
        .batch(vec![
            Statement::new(
                sql!(
                    "SELECT ?1 AS committed, (SELECT count(*) FROM probe_parents) AS parents,
                        (SELECT count(*) FROM probe_children) AS children"
                ),
                vec![committed.into()],
            ),
            plain("DROP TABLE probe_children"),
            plain("DROP TABLE probe_parents"),
        ])
        .await?;
    Ok(results.first().map(|rows| rows.json.clone()).unwrap_or_default())
}
