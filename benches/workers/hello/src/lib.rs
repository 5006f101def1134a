//! A Worker that asks its D1 once, as `one` of `limits.js` does, written as the documentation of `worker` shows it.

use serde::{Deserialize, Serialize};
use worker::{Context, Env, Request, Response, Result, event};

#[derive(Deserialize, Serialize)]
struct Item {
    id: String,
    value: String,
}

#[event(fetch)]
async fn fetch(request: Request, env: Env, _: Context) -> Result<Response> {
    if request.path() != "/one" {
        return Response::error("There is nothing here", 404);
    }
    let query =
        env.d1("DB")?.prepare("SELECT id, value FROM items WHERE id = ?1").bind(&["item-50".into()])?;
    match query.first::<Item>(None).await? {
        Some(item) => Response::from_json(&item),
        None => Response::error("There is no such item", 404),
    }
}
