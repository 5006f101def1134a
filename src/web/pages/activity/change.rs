//! What an entry changed, as a list that a person reads: what it was, and what it became.

use serde_json::Value;

use crate::domain::invitation::{Kind, Reason};
use crate::domain::role::Role;
use crate::domain::template::Template;
use crate::domain::time::Timestamp;
use crate::domain::webhook::turned_off;
use crate::store::audit_log::Told;
use crate::web::pages::words;

/// One thing that changed.
#[derive(Debug, PartialEq, Eq)]
pub struct Change {
    /// What.
    pub what: String,
    /// What it was; nothing if there was none.
    pub was: Option<String>,
    /// What it became.
    pub is: Option<String>,
}

/// What changed, in the order the log has it. What stayed is left out.
pub fn changes(told: &Told, template: &Template) -> Vec<Change> {
    let read = |side: &Option<Value>| {
        let mut facts = Vec::new();
        if let Some(side) = side {
            tell(&mut facts, "", side, told, template);
        }
        facts
    };
    let (before, after) = (read(&told.before), read(&told.after));
    let find = |facts: &[(String, String)], what: &str| {
        facts.iter().find(|(known, _)| known == what).map(|(_, text)| text.clone())
    };
    let mut changes: Vec<Change> = after
        .iter()
        .map(|(what, is)| Change { what: what.clone(), was: find(&before, what), is: Some(is.clone()) })
        .collect();
    for (what, was) in &before {
        if find(&after, what).is_none() {
            changes.push(Change { what: what.clone(), was: Some(was.clone()), is: None });
        }
    }
    changes.retain(|change| change.was != change.is);
    // What is new is told by what it is, not by what it isn't; the sentence has said the rest.
    if told.before.is_none() {
        let is_said = |change: &Change| ["Kind", "Role", "Status", "Member"].contains(&change.what.as_str());
        let is_nothing = |change: &Change| matches!(change.is.as_deref(), Some("No" | "None"));
        changes.retain(|change| !is_said(change) && !is_nothing(change));
    }
    changes
}

/// Adds what a value says under this name. What is in an object is told by itself.
fn tell(facts: &mut Vec<(String, String)>, name: &str, value: &Value, told: &Told, template: &Template) {
    match value {
        Value::Null => {}
        // An invitation of one is for one.
        Value::Number(_) if name == "Uses at most" && told.is_for_one() => {}
        Value::Object(fields) => {
            for (field, value) in fields {
                let label = label(field);
                let name = if name.is_empty() || label.is_empty() {
                    format!("{name}{label}")
                } else {
                    format!("{name}, {}", label.to_lowercase())
                };
                tell(facts, &name, value, told, template);
            }
        }
        Value::Array(list) if name == "Features" => {
            let features: Vec<String> = list.iter().filter_map(Value::as_str).map(words).collect();
            facts.push((name.to_owned(), features.join(", ")));
        }
        Value::Array(list) if name.ends_with("ermissions") => {
            let keys: Vec<String> = list.iter().filter_map(Value::as_str).map(str::to_owned).collect();
            let may = template.catalog.in_words(template.catalog.read_keys(&keys)).join(", ");
            facts.push((name.to_owned(), if may.is_empty() { "None".to_owned() } else { may }));
        }
        Value::String(why) if name == "Reason" && told.action == "webhook.disabled" => {
            facts.push((name.to_owned(), words(turned_off(why))));
        }
        other => facts.push((name.to_owned(), text(other, told))),
    }
}

impl Told {
    fn is_for_one(&self) -> bool {
        self.invited.as_ref().is_some_and(|invited| invited.kind == Kind::Email)
    }
}

/// What a field is called.
fn label(field: &str) -> String {
    match field {
        // What stands in them says what they are.
        "access" | "plan" | "policy" => String::new(),
        "key" => "Plan".to_owned(),
        "seat_limit" => "Seats".to_owned(),
        "gained" => "Access".to_owned(),
        "ver" => "Version of the link".to_owned(),
        "max_uses" => "Uses at most".to_owned(),
        "expires_at" => "Works until".to_owned(),
        "email" => "E-mail address".to_owned(),
        "mfa_enabled" | "require_mfa" => "Two-step sign-in".to_owned(),
        "workspace_id" => "Workspace".to_owned(),
        "workspace_ids" => "Workspaces".to_owned(),
        "member_id" => "Member".to_owned(),
        "delivery_id" => "Delivery".to_owned(),
        "resources" => "Accounts".to_owned(),
        "addable_kinds" => "Accounts they may add".to_owned(),
        "clients_need_resource" => "Clients without an account stay outside".to_owned(),
        "send_email" => "E-mail to whoever is invited".to_owned(),
        "reminders" => "Reminder to whoever has not answered".to_owned(),
        field => words(field),
    }
}

fn text(value: &Value, told: &Told) -> String {
    match value {
        Value::Bool(true) => "Yes".to_owned(),
        Value::Bool(false) => "No".to_owned(),
        Value::String(text) if text == Reason::UnknownSender.as_str() => {
            "They don't know who sent it".to_owned()
        }
        Value::String(text) => named(text, told),
        Value::Array(list) if list.is_empty() => "None".to_owned(),
        Value::Array(list) => list.iter().map(|each| text_of(each, told)).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// One of a list. Of an object its fields, those that say something.
fn text_of(value: &Value, told: &Told) -> String {
    let Value::Object(fields) = value else { return text(value, told) };
    let fields = fields.iter().filter(|(_, value)| !value.is_null() && **value != Value::Bool(false));
    let told: Vec<String> = fields
        .map(|(field, value)| match (field.as_str(), value) {
            ("id", value) => text(value, told),
            (field, Value::Bool(true)) => label(field).to_lowercase(),
            (field, value) => format!("{}: {}", label(field).to_lowercase(), text_of(value, told)),
        })
        .collect();
    told.join(", ")
}

/// A word of the log as a person says it: a time, a role, a name that is known.
fn named(text: &str, told: &Told) -> String {
    if let Some(at) = Timestamp::parse(text) {
        return at.in_words();
    }
    if let Ok(role) = serde_json::from_value::<Role>(text.into()) {
        return role.label().to_owned();
    }
    told.names.get(text).cloned().flatten().unwrap_or_else(|| text.to_owned())
}
