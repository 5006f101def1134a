//! The `access` of a body: the one shape that invitations, direct adds and memberships share.

use serde_json::{Map, Value};

use crate::domain::access::{Credentials, Grant, Resources};
use crate::domain::catalog::{MOST_LEAVES, PermissionSet};
use crate::domain::ids::{MemberId, ResourceId};
use crate::domain::template::Template;
use crate::error::{Code, Fields, below};
use crate::flow::access::{Wanted, WantedPermissions};
use crate::web::api::field;

/// The most resources that one access lists.
const MOST_GRANTS: usize = 500;

/// Reads an access. What is not in it stays as it was; null is the default. What is wrong is noted, with its place.
pub fn read(fields: &mut Fields, template: &Template, body: Option<&Value>) -> Wanted {
    let mut wanted = Wanted::default();
    let access = match body {
        None | Some(Value::Null) => return wanted,
        Some(Value::Object(access)) => access,
        Some(_) => {
            fields.refuse("/access", Code::InvalidType, "This must be an object.");
            return wanted;
        }
    };
    for (field, value) in access {
        match field.as_str() {
            "permissions" => wanted.permissions = permissions(fields, template, value),
            "resources" => wanted.resources = resources(fields, value),
            "addable_kinds" => wanted.addable_kinds = kinds(fields, template, value),
            "require_mfa" => match value {
                Value::Null => wanted.require_mfa = Some(false),
                Value::Bool(required) => wanted.require_mfa = Some(*required),
                _ => fields.refuse("/access/require_mfa", Code::InvalidType, "Use true or false."),
            },
            unknown => fields.refuse_unknown(&below("/access", unknown)),
        }
    }
    wanted
}

fn permissions(fields: &mut Fields, template: &Template, value: &Value) -> Option<WantedPermissions> {
    const PLACE: &str = "/access/permissions";
    match value {
        Value::Null => Some(WantedPermissions::Default),
        Value::String(word) if word == "default" => Some(WantedPermissions::Default),
        // No entry is looked at before the list is known to be one that somebody could mean.
        Value::Array(keys) if keys.len() > MOST_LEAVES => {
            let detail = format!("List at most {MOST_LEAVES}. A node stands for all that is under it.");
            fields.refuse(PLACE, Code::InvalidValue, detail);
            None
        }
        Value::Array(keys) => {
            let mut set = PermissionSet::NONE;
            for (place, key) in keys.iter().enumerate() {
                match key.as_str().and_then(|key| template.catalog.under(key)) {
                    Some(under) => set = set | under,
                    None => fields.refuse(
                        &format!("{PLACE}/{place}"),
                        Code::InvalidValue,
                        "The catalog has no such permission. Its list is at …/catalog.",
                    ),
                }
            }
            Some(WantedPermissions::These(set))
        }
        Value::Object(clone) => {
            for field in clone.keys().filter(|field| *field != "clone_of") {
                fields.refuse_unknown(&below(PLACE, field));
            }
            let named = clone.get("clone_of").and_then(Value::as_str);
            let source = named.and_then(|id| id.parse::<MemberId>().ok());
            if source.is_none() {
                let detail = match named {
                    Some("") => "Choose whose permissions to copy.",
                    _ => "This is not a member's id.",
                };
                fields.refuse(&format!("{PLACE}/clone_of"), Code::InvalidValue, detail);
            }
            source.map(WantedPermissions::CloneOf)
        }
        _ => {
            let detail = "Use \"default\", a list of permission keys, or {\"clone_of\": \"mbr_…\"}.";
            fields.refuse(PLACE, Code::InvalidType, detail);
            None
        }
    }
}

fn resources(fields: &mut Fields, value: &Value) -> Option<Resources> {
    const PLACE: &str = "/access/resources";
    let listed = match value {
        Value::Null => return Some(Resources::default()),
        Value::String(word) if word == "all" => return Some(Resources::All),
        Value::Array(listed) if listed.len() <= MOST_GRANTS => listed,
        Value::Array(_) => {
            fields.refuse(PLACE, Code::InvalidValue, "List at most 500, or give \"all\".");
            return None;
        }
        _ => {
            fields.refuse(PLACE, Code::InvalidType, "Use \"all\" or a list of {\"id\": \"res_…\"}.");
            return None;
        }
    };
    let mut grants: Vec<Grant> = Vec::with_capacity(listed.len());
    for (place, value) in listed.iter().enumerate() {
        let pointer = format!("{PLACE}/{place}");
        let Some(object) = value.as_object() else {
            fields.refuse(&pointer, Code::InvalidType, "This must be an object such as {\"id\": \"res_…\"}.");
            continue;
        };
        let Some(grant) = grant(fields, &pointer, object) else { continue };
        if grants.iter().any(|known| known.id == grant.id) {
            fields.refuse(&format!("{pointer}/id"), Code::InvalidValue, "This resource is listed twice.");
        }
        grants.push(grant);
    }
    Some(Resources::Listed(grants))
}

fn grant(fields: &mut Fields, pointer: &str, object: &Map<String, Value>) -> Option<Grant> {
    for field in object.keys().filter(|field| !["id", "approve", "credentials"].contains(&field.as_str())) {
        fields.refuse_unknown(&below(pointer, field));
    }
    let id = object.get("id").and_then(Value::as_str).and_then(|id| id.parse::<ResourceId>().ok());
    if id.is_none() {
        fields.refuse(&format!("{pointer}/id"), Code::InvalidValue, "This is not a resource's id.");
    }
    let approve = match object.get("approve") {
        None | Some(Value::Null) => false,
        Some(Value::Bool(approve)) => *approve,
        Some(_) => {
            fields.refuse(&format!("{pointer}/approve"), Code::InvalidType, "Use true or false.");
            false
        }
    };
    let credentials = match object.get("credentials").map(|value| (value, value.as_str())) {
        None | Some((Value::Null, _)) => None,
        Some((_, Some("owner"))) => Some(Credentials::Owner),
        Some((_, Some("member"))) => Some(Credentials::Member),
        Some(_) => {
            fields.refuse(&format!("{pointer}/credentials"), Code::InvalidValue, "Use owner or member.");
            None
        }
    };
    Some(Grant { id: id?, approve, credentials })
}

fn kinds(fields: &mut Fields, template: &Template, value: &Value) -> Option<Vec<String>> {
    const PLACE: &str = "/access/addable_kinds";
    // Of a template without kinds, the first entry tells so.
    let most = template.kinds.len().max(1);
    let listed = match value {
        Value::Null => return Some(Vec::new()),
        Value::Array(listed) if listed.len() <= most => listed,
        Value::Array(_) => {
            let detail = format!("List each kind once: there are no more than {most}.");
            fields.refuse(PLACE, Code::InvalidValue, detail);
            return None;
        }
        _ => {
            fields.refuse(PLACE, Code::InvalidType, "Use a list of kinds.");
            return None;
        }
    };
    let mut kinds: Vec<String> = Vec::new();
    for (place, kind) in listed.iter().enumerate() {
        let kind = field::kind(fields, &format!("{PLACE}/{place}"), template, kind.as_str());
        kinds.extend(kind.filter(|kind| !kinds.contains(kind)));
    }
    Some(kinds)
}
