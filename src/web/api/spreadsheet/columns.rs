//! What stands in which column, and the JSON that says the same.

use csv::StringRecord;
use serde_json::{Map, Value, json};

use crate::error::{Code, Error, Result};

/// What columns there may be.
pub const COLUMNS: [&str; 17] = [
    "email",
    "role",
    "name",
    "nickname",
    "message",
    "workspaces",
    "workspace_ids",
    "locale",
    "expires_in",
    "send_email",
    "permissions",
    "accounts",
    "resources",
    "addable_kinds",
    "require_mfa",
    LINE,
    PROBLEM,
];

/// Where a row stood in the file that it is from, and what is wrong with it.
pub const LINE: &str = "line";
pub const PROBLEM: &str = "problem";

/// The most entries of a list in a cell that are read: more than any list may have, so that a longer one is refused as such.
pub const MOST_LISTED: usize = 501;

/// The columns that the first line names.
///
/// # Errors
/// 422 for one that is not known or is there twice, and where one is missing that every row needs.
pub fn named(header: &StringRecord) -> Result<Vec<&'static str>> {
    let mut columns: Vec<&'static str> = Vec::new();
    for (place, name) in header.iter().enumerate() {
        let pointer = format!("/columns/{place}");
        let shown: String = name.chars().filter(|letter| !letter.is_control()).take(40).collect();
        let name = name.to_lowercase();
        let Some(known) = COLUMNS.into_iter().find(|known| *known == name) else {
            let detail = format!("The column “{shown}” is not known. Use {}.", COLUMNS.join(", "));
            return Err(Error::field(pointer, Code::UnknownField, detail));
        };
        if columns.contains(&known) {
            return Err(Error::field(
                pointer,
                Code::InvalidValue,
                format!("The column “{shown}” is there twice."),
            ));
        }
        columns.push(known);
    }
    match ["email", "role"].into_iter().find(|needed| !columns.contains(needed)) {
        Some(needed) => {
            let detail = format!("The first line must name a column {needed}.");
            Err(Error::field("/columns", Code::Required, detail))
        }
        None => Ok(columns),
    }
}

/// The JSON that says the same as a row.
///
/// # Errors
/// 422 for more cells than there are columns.
pub fn row(columns: &[&'static str], record: &StringRecord) -> Result<Value> {
    if record.len() > columns.len() {
        let detail = format!(
            "This line has {} cells, and there are {} columns. Put a cell with a delimiter in it in quotes.",
            record.len(),
            columns.len()
        );
        return Err(Error::field("", Code::InvalidType, detail));
    }
    let mut row = Map::new();
    let mut access = Map::new();
    for (column, cell) in columns.iter().zip(record).filter(|(_, cell)| !cell.is_empty()) {
        let cell = super::bare(cell);
        match *column {
            LINE | PROBLEM => None,
            "role" => row.insert("role".to_owned(), cell.to_lowercase().into()),
            "workspaces" => row.insert("workspaces".to_owned(), names(cell).collect::<Vec<_>>().into()),
            "workspace_ids" => row.insert("workspace_ids".to_owned(), list(cell).into()),
            // What is no number or truth stays a text, and is refused as one.
            "expires_in" => {
                row.insert("expires_in".to_owned(), cell.parse::<u64>().map_or(json!(cell), Value::from))
            }
            "send_email" => row.insert("send_email".to_owned(), truth(cell)),
            "permissions" if cell.eq_ignore_ascii_case("default") => None,
            "permissions" if cell.starts_with("mbr_") => {
                access.insert("permissions".to_owned(), json!({"clone_of": cell}))
            }
            "permissions" | "addable_kinds" => access.insert((*column).to_owned(), list(cell).into()),
            "require_mfa" => access.insert("require_mfa".to_owned(), truth(cell)),
            "accounts" | "resources" if cell.eq_ignore_ascii_case("all") => {
                access.insert("resources".to_owned(), "all".into())
            }
            "resources" => {
                let resources = list(cell).into_iter().map(|cell| resource(cell, "id"));
                add(&mut access, resources)
            }
            "accounts" => add(&mut access, names(cell).map(|cell| resource(cell, "name"))),
            column => row.insert(column.to_owned(), cell.into()),
        };
    }
    if !access.is_empty() {
        row.insert("access".to_owned(), access.into());
    }
    Ok(row.into())
}

fn list(cell: &str) -> Vec<&str> {
    cell.split(|sign: char| sign == ';' || sign.is_whitespace())
        .filter(|part| !part.is_empty())
        .take(MOST_LISTED)
        .collect()
}

/// More resources of a row: some may be said by their ids, others by their names.
fn add(access: &mut Map<String, Value>, more: impl Iterator<Item = Value>) -> Option<Value> {
    // All of them leaves no more.
    if let Value::Array(resources) = access.entry("resources").or_insert_with(|| json!([])) {
        resources.extend(more);
    }
    None
}

fn names(cell: &str) -> impl Iterator<Item = &str> {
    cell.split([';', '\n']).map(str::trim).filter(|name| !name.is_empty()).take(MOST_LISTED)
}

/// A resource, with what stands behind it. What is not known there stays with what it is told by, which is refused for it.
fn resource(text: &str, told_by: &str) -> Value {
    let (mut id, mut given) = (text, Map::new());
    while let Some((rest, word)) = id.rsplit_once(':') {
        match word {
            "approve" => given.insert("approve".to_owned(), true.into()),
            "owner" | "member" => given.insert("credentials".to_owned(), word.into()),
            _ => break,
        };
        id = rest;
    }
    given.insert(told_by.to_owned(), id.trim().into());
    given.into()
}

/// As spreadsheets and people write it.
fn truth(cell: &str) -> Value {
    match cell.to_lowercase().as_str() {
        "true" | "yes" | "1" => true.into(),
        "false" | "no" | "0" => false.into(),
        _ => cell.into(),
    }
}
