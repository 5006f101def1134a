//! The `policy` of an organization's PATCH: what differs from its template.

use serde_json::{Map, Value};

use crate::domain::change::Change;
use crate::domain::order;
use crate::domain::policy::{Changes, Policy};
use crate::domain::role::Role;
use crate::error::{Code, Fields, below};
use crate::store::organizations::OfAdmins;
use crate::web::api::field::one_of;

/// Checks changes, which are a JSON merge patch of those made before: what is not in them stays, and null goes back to the
/// template's. What is wrong is noted, with its place.
pub fn check(fields: &mut Fields, policy: &Policy, changes: &Map<String, Value>) {
    for (field, value) in changes {
        match (field.as_str(), value) {
            ("invites" | "clients_need_resource" | "send_email" | "reminders", Value::Null)
            | ("clients_need_resource" | "send_email" | "reminders", Value::Bool(_)) => {}
            ("clients_need_resource" | "send_email" | "reminders", _) => {
                let detail = "Use true or false, or null for what the template says.";
                fields.refuse(&format!("/policy/{field}"), Code::InvalidType, detail);
            }
            ("invites", Value::Object(invites)) => {
                for (role, invited) in invites {
                    check_role(fields, policy, role, invited);
                }
            }
            ("invites", _) => {
                let detail = "Use an object such as {\"member\": [\"client\"]}.";
                fields.refuse("/policy/invites", Code::InvalidType, detail);
            }
            (unknown, _) => {
                fields.refuse_unknown(&below("/policy", unknown));
            }
        }
    }
}

/// What changes say of whom admins may invite.
pub fn of_admins(changes: &Change<Map<String, Value>>) -> OfAdmins {
    let invites = match changes {
        Change::Keep => return OfAdmins::Unsaid,
        Change::Clear => return OfAdmins::Cleared,
        Change::Set(changes) => changes.get("invites"),
    };
    match invites {
        Some(Value::Null) => OfAdmins::Cleared,
        Some(invites) if invites.get(Role::Admin.as_str()).is_some() => OfAdmins::Said,
        _ => OfAdmins::Unsaid,
    }
}

/// Whom one role may invite: not the owner, who always may invite whom the template lets them. What is said of one role can't make what is said of another wrong, so that changes which were
/// right by themselves are right together.
fn check_role(fields: &mut Fields, policy: &Policy, inviting: &str, invited: &Value) {
    let pointer = below("/policy/invites", inviting);
    if !Role::ALL.iter().any(|role| role.as_str() == inviting) {
        let detail = "There is no such role. Use admin, member or client.";
        return fields.refuse(&pointer, Code::UnknownField, detail);
    }
    if inviting == Role::Owner.as_str() {
        let detail = "The owner may always invite whom the template lets them: leave this out.";
        return fields.refuse(&pointer, Code::InvalidValue, detail);
    }
    let listed = match invited {
        Value::Null => return,
        Value::Array(listed) => listed,
        _ => return fields.refuse(&pointer, Code::InvalidType, "Use a list of roles."),
    };
    let mut roles: Vec<Role> = Vec::new();
    for (place, role) in listed.iter().enumerate() {
        let pointer = format!("{pointer}/{place}");
        let word = role.as_str().unwrap_or_default();
        match one_of::<Role>(fields, &pointer, Some(word), "admin, member, client") {
            Some(role) if roles.contains(&role) => {
                fields.refuse(&pointer, Code::InvalidValue, "This role is listed twice.");
            }
            Some(role) => roles.push(role),
            None => {}
        }
    }
    let changes = Changes { invites: Some(order::map([(inviting.to_owned(), roles)])), ..Changes::default() };
    if let Some(flaw) = policy.with(changes).flaw() {
        fields.refuse(&pointer, Code::InvalidValue, flaw);
    }
}
