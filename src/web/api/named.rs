//! Rows of many invitations that say workspaces and accounts by their names, as people know them: each name is looked up
//! among what whoever sends them reaches, and stands for the one that is called exactly so, whether or not in capitals.
//!
//! A row names workspaces in `workspaces`, in the place of `workspace_ids`; and a resource of one of these, or of the oldest,
//! by `name` in the place of its `id`. Which one is meant is never guessed: of several that are called alike the row says so.

use std::collections::HashMap;

use serde_json::Value;

use crate::domain::authority::Actor;
use crate::domain::ids::{Id, Kind, WorkspaceId};
use crate::domain::order;
use crate::error::{Code, Error, Result};
use crate::flow::Context;
use crate::json::Json;
use crate::platform::Platform;
use crate::store::choices::{self, Called, OLDEST};

/// As many different names as one request looks up.
const MOST_NAMES: usize = 2_000;

/// Whether a row says anything by its name.
#[must_use]
pub fn says_names(row: &Json) -> bool {
    field(row, "workspaces").is_some() || resources(row).iter().any(|each| field(each, "name").is_some())
}

/// Puts ids in the place of the names in these rows; a row whose names can't be told becomes the reason.
///
/// # Errors
/// 422 for more names than are looked up.
pub async fn resolve<P: Platform>(
    ctx: &Context<'_, P>,
    actor: &Actor,
    mut rows: Vec<Json>,
) -> Result<Vec<Result<Json>>> {
    let names = rows.iter().flat_map(workspaces).map(|name| ("", name)).collect();
    let found = look_up(ctx, actor, names).await?;
    let mut refused: Vec<Option<Error>> =
        rows.iter_mut().map(|row| put_workspaces(row, &found).err()).collect();
    let places: Vec<Vec<String>> = rows.iter().map(|row| places(actor, row)).collect();
    let mut names = Vec::new();
    for (row, places) in rows.iter().zip(&places) {
        let said = resources(row).iter().filter_map(|each| text(field(each, "name")?));
        names.extend(said.flat_map(|name| places.iter().map(move |place| (place.as_str(), name))));
    }
    let found = look_up(ctx, actor, names).await?;
    for ((row, places), refused) in rows.iter_mut().zip(&places).zip(&mut refused) {
        if refused.is_none() {
            *refused = put_resources(row, places, &found).err();
        }
    }
    Ok(rows.into_iter().zip(refused).map(|(row, refused)| refused.map_or(Ok(row), Err)).collect())
}

/// What is called so, by the workspace that it is in, nothing for workspaces themselves, and its name as it was asked for.
type Found = HashMap<(String, String), Vec<String>>;

async fn look_up<P: Platform>(
    ctx: &Context<'_, P>,
    actor: &Actor,
    names: Vec<(&str, &str)>,
) -> Result<Found> {
    let asked: Vec<(&str, &str)> = order::set(names).into_iter().collect();
    if asked.len() > MOST_NAMES {
        let detail =
            format!("These rows name more than {MOST_NAMES} workspaces and accounts. Send them in parts.");
        return Err(Error::field("/rows", Code::InvalidValue, detail));
    }
    if asked.is_empty() {
        return Ok(Found::new());
    }
    let called: Vec<Called> = ctx.platform.run(choices::called(actor, &asked)).await?.rows()?;
    let mut found = Found::new();
    for Called { place, id, workspace_id } in called {
        let Some((of, name)) = asked.get(place) else { continue };
        let theirs = match (id.parse(), workspace_id) {
            (Ok(resource), Some(workspace)) => actor.is_given(workspace, resource),
            _ => parsed::<crate::domain::ids::Workspace>(&id).is_some_and(|id| actor.reaches(id)),
        };
        if theirs {
            found.entry(((*of).to_owned(), (*name).to_owned())).or_default().push(id);
        }
    }
    Ok(found)
}

fn parsed<K: Kind>(id: &str) -> Option<Id<K>> {
    id.parse().ok()
}

fn put_workspaces(row: &mut Json, found: &Found) -> Result<()> {
    let names: Vec<String> = workspaces(row).map(str::to_owned).collect();
    let Json::Object(fields) = row else { return Ok(()) };
    if !fields.iter().any(|(field, _)| field == "workspaces") {
        return Ok(());
    }
    if fields.iter().any(|(field, _)| field == "workspace_ids") {
        let detail = "Say where either by workspaces or by workspace_ids. Leave one of them out.";
        return Err(Error::field("/workspaces", Code::InvalidValue, detail));
    }
    let mut ids = Vec::new();
    for (place, name) in names.iter().enumerate() {
        let key = (String::new(), name.clone());
        let id = the_one(found.get(&key), &format!("/workspaces/{place}"), "workspace", name)?;
        ids.push(Json::Scalar(id.into()));
    }
    fields.retain(|(field, _)| field != "workspaces");
    fields.push(("workspace_ids".to_owned(), Json::List(ids)));
    Ok(())
}

fn put_resources(row: &mut Json, places: &[String], found: &Found) -> Result<()> {
    let Json::Object(fields) = row else { return Ok(()) };
    let access = fields.iter_mut().find(|(field, _)| field == "access");
    let Some((_, Json::Object(access))) = access else { return Ok(()) };
    let resources = access.iter_mut().find(|(field, _)| field == "resources");
    let Some((_, Json::List(resources))) = resources else { return Ok(()) };
    for (place, resource) in resources.iter_mut().enumerate() {
        let Json::Object(resource) = resource else { continue };
        let Some((field, value)) = resource.iter_mut().find(|(field, _)| field == "name") else { continue };
        let Some(name) = text(value).map(str::to_owned) else { continue };
        let called = places.iter().filter_map(|of| found.get(&(of.clone(), name.clone()))).flatten();
        let called: Vec<String> = called.cloned().collect();
        let id = the_one(Some(&called), &format!("/access/resources/{place}"), "account", &name)?;
        "id".clone_into(field);
        *value = Json::Scalar(id.into());
    }
    Ok(())
}

/// The only one of those that are called so.
fn the_one(called: Option<&Vec<String>>, pointer: &str, what: &str, name: &str) -> Result<String> {
    let refuse = |detail| Err(Error::field(pointer, Code::InvalidValue, detail));
    match called.map(Vec::as_slice).unwrap_or_default() {
        [id] => Ok(id.clone()),
        [] => refuse(format!("No {what} here is called “{name}”. Write its name as it is there.")),
        _ => refuse(format!(
            "More than one {what} is called “{name}”. Rename one of them, or say which by its id."
        )),
    }
}

/// The workspaces that a row is about, once their names are ids: those that it says, else the oldest, or the sender's own.
fn places(actor: &Actor, row: &Json) -> Vec<String> {
    let said = field(row, "workspace_ids").map(|ids| match ids {
        Json::List(ids) => ids.iter().filter_map(text).filter_map(|id| id.parse().ok()).collect(),
        _ => Vec::new(),
    });
    let meant: Option<Vec<WorkspaceId>> = actor.workspaces_meant(said);
    meant.map_or_else(|| vec![OLDEST.to_owned()], |ids| ids.iter().map(ToString::to_string).collect())
}

fn workspaces(row: &Json) -> impl Iterator<Item = &str> {
    let names = match field(row, "workspaces") {
        Some(Json::List(names)) => names.as_slice(),
        _ => &[],
    };
    names.iter().map(|name| text(name).unwrap_or_default())
}

fn resources(row: &Json) -> &[Json] {
    match field(row, "access").and_then(|access| field(access, "resources")) {
        Some(Json::List(resources)) => resources,
        _ => &[],
    }
}

fn field<'a>(json: &'a Json, name: &str) -> Option<&'a Json> {
    match json {
        Json::Object(fields) => fields.iter().find(|(field, _)| field == name).map(|(_, value)| value),
        _ => None,
    }
}

fn text(json: &Json) -> Option<&str> {
    match json {
        Json::Scalar(Value::String(text)) => Some(text.trim()),
        _ => None,
    }
}
