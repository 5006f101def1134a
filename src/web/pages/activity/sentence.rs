//! What an entry says, as a sentence: "Ada Admin invited c••@client.test as a client".

use crate::domain::authority::Actor;
use crate::domain::invitation::Kind;
use crate::domain::role::Role;
use crate::store::audit_log::{Invited, Told};
use crate::web::pages::words;

/// Every action that is logged, as the filter names it.
pub const ACTIONS: &[(&str, &str)] = &[
    ("invitation.created", "Invitations and links made"),
    ("invitation.accepted", "Invitations accepted"),
    ("invitation.declined", "Invitations declined"),
    ("invitation.resent", "Invitations sent again"),
    ("invitation.revoked", "Invitations and links withdrawn"),
    ("invitation.changed", "Invitations changed"),
    ("invitation.link_copied", "Links copied"),
    ("invitation.link_rotated", "Links replaced"),
    ("invitation.link_disabled", "Links turned off"),
    ("invitation.link_enabled", "Links turned on"),
    ("bulk.started", "Lists imported"),
    ("bulk.undone", "Imports taken back"),
    ("member.added", "Members added"),
    ("member.removed", "Members removed"),
    ("member.role_changed", "Roles changed"),
    ("member.renamed", "Members renamed"),
    ("member.password_link_copied", "Password links copied"),
    ("member.password_set", "Passwords set"),
    ("owner.transferred", "Ownership handed over"),
    ("membership.added", "Access given"),
    ("membership.updated", "Access changed"),
    ("membership.removed", "Access taken away"),
    ("workspace.created", "Workspaces made"),
    ("workspace.renamed", "Workspaces renamed"),
    ("resource.added", "Accounts added"),
    ("resource.disconnected", "Accounts disconnected"),
    ("resource.reconnected", "Accounts connected again"),
    ("resource.deleted", "Accounts deleted"),
    ("organization.created", "Organization made"),
    ("organization.updated", "Settings changed"),
    ("organization.logo_changed", "Logo changed"),
    ("organization.plan_changed", "Plan changed"),
];

/// A sentence in its parts, so that names stay names.
#[derive(Debug, PartialEq, Eq)]
pub struct Sentence {
    /// Who.
    pub actor: String,
    /// Did what.
    pub verb: String,
    /// To whom or what, if it has a name.
    pub object: Option<String>,
    /// And how.
    pub rest: String,
}

impl Sentence {
    /// Tells an entry. Of an invitation whose role whoever reads may not invite, it doesn't say whose it is.
    pub fn of(told: &Told, reader: &Actor) -> Self {
        let entry = &told.logged;
        let invited = told.invited.as_ref();
        let known = invited.filter(|invited| reader.may_invite(invited.role)).and_then(called);
        let for_many = invited.is_some_and(|invited| invited.kind == Kind::Link);
        let whose = known
            .or_else(|| invited.map(|_| if for_many { "without a name" } else { "somebody" }.to_owned()));
        let as_role = invited.map_or_else(String::new, |invited| format!("as {}", a(invited.role)));
        let after = |field: &str| entry.after.as_ref().and_then(|after| after.get(field));
        let name = || told.subject_name.clone();
        let place = |preposition: &str| {
            let workspace = told.workspace_name.as_deref();
            workspace.map_or_else(String::new, |workspace| format!("{preposition} {workspace}"))
        };
        let it = if for_many { "the link" } else { "the invitation of" };
        let actor = match (entry.actor.as_str(), &told.actor_name) {
            (_, Some(name)) => name.clone(),
            ("operator", None) => "The operator".to_owned(),
            ("invitee", None) => whose.clone().unwrap_or_else(|| "Somebody".to_owned()),
            _ => "Somebody".to_owned(),
        };
        let (verb, object, rest) = match entry.action.as_str() {
            "invitation.created" if for_many => ("made the link".to_owned(), whose, as_role),
            "invitation.created" => ("invited".to_owned(), whose, as_role),
            "invitation.accepted" if for_many => ("joined by the link".to_owned(), whose, as_role),
            "invitation.accepted" => ("accepted an invitation".to_owned(), None, as_role),
            "invitation.declined" => ("declined an invitation".to_owned(), None, as_role),
            "invitation.resent" => ("sent the invitation of".to_owned(), whose, "again".to_owned()),
            "invitation.revoked" => (format!("withdrew {it}"), whose, String::new()),
            "invitation.changed" => (format!("changed {it}"), whose, String::new()),
            "invitation.link_copied" if for_many => ("copied the link".to_owned(), whose, String::new()),
            "invitation.link_copied" => ("copied the link of".to_owned(), whose, String::new()),
            "invitation.link_rotated" => ("replaced the link".to_owned(), whose, String::new()),
            "invitation.link_disabled" => ("turned off the link".to_owned(), whose, String::new()),
            "invitation.link_enabled" => ("turned on the link".to_owned(), whose, String::new()),
            "bulk.started" => {
                let rows = after("rows").and_then(serde_json::Value::as_u64).unwrap_or_default();
                let many = if rows == 1 { "person" } else { "people" };
                (format!("imported a list of {rows} {many}"), None, String::new())
            }
            "bulk.undone" => ("took an import back".to_owned(), None, String::new()),
            "member.added" => ("added".to_owned(), name(), becoming(after("role"), "as ")),
            "member.removed" if entry.actor == entry.subject => ("left".to_owned(), None, String::new()),
            "member.removed" => ("removed".to_owned(), name(), String::new()),
            "member.role_changed" => ("made".to_owned(), name(), becoming(after("role"), "")),
            "member.renamed" => ("renamed".to_owned(), name(), String::new()),
            "member.password_link_copied" => ("copied a password link for".to_owned(), name(), String::new()),
            "member.password_set" => ("set a password".to_owned(), None, String::new()),
            "owner.transferred" => ("handed the organization over to".to_owned(), name(), String::new()),
            "membership.added" => ("gave access to".to_owned(), name(), place("in")),
            "membership.updated" => ("changed the access of".to_owned(), name(), place("in")),
            "membership.removed" => ("took away the access of".to_owned(), name(), place("in")),
            "workspace.created" => ("made the workspace".to_owned(), name(), String::new()),
            "workspace.renamed" => ("renamed the workspace".to_owned(), name(), String::new()),
            "resource.added" => ("added the account".to_owned(), name(), place("to")),
            "resource.disconnected" => ("disconnected the account".to_owned(), name(), String::new()),
            "resource.reconnected" => ("connected the account".to_owned(), name(), "again".to_owned()),
            "resource.deleted" => ("deleted the account".to_owned(), name(), place("from")),
            "organization.created" => ("made the organization".to_owned(), None, String::new()),
            "organization.updated" => ("changed the settings".to_owned(), None, String::new()),
            "organization.logo_changed" => ("changed the logo".to_owned(), None, String::new()),
            "organization.plan_changed" => ("changed the plan".to_owned(), None, String::new()),
            other => (words(other).to_lowercase(), name(), String::new()),
        };
        Self { actor, verb, object, rest }
    }
}

/// What an invitation is called: a link by its name, one for one person by their address, so far as it may be shown.
fn called(invited: &Invited) -> Option<String> {
    match invited.kind {
        Kind::Link => invited.nickname.clone(),
        Kind::Email => invited.email.as_ref().map(crate::domain::email_address::EmailAddress::masked),
    }
}

/// The owner is one; an invitation is to become it.
fn a(role: Role) -> &'static str {
    role.with_article()
}

fn becoming(role: Option<&serde_json::Value>, by: &str) -> String {
    let role = role.and_then(|role| serde_json::from_value::<Role>(role.clone()).ok());
    role.map_or_else(String::new, |role| format!("{by}{}", a(role)))
}
