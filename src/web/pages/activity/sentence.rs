//! What an entry says, as a sentence: "Ada Admin invited c••@client.test as a client".

use serde_json::Value;

use self::Of::{Invitation, Link, Named, Nothing};
use self::Rest::{Again, As, AsInvited, Becoming, From, In, Rows, Stop, To};
use crate::domain::authority::Actor;
use crate::domain::email_address::EmailAddress;
use crate::domain::invitation::Kind;
use crate::domain::role::Role;
use crate::store::audit_log::{Invited, Told};
use crate::web::pages::words;

/// How an action is told.
#[derive(Clone, Copy)]
pub struct Action {
    /// As the log has it.
    pub key: &'static str,
    /// As the filter names it.
    pub label: &'static str,
    /// What was done, and what was where it was done to a link for many.
    verb: &'static str,
    verb_of_link: &'static str,
    of: Of,
    rest: Rest,
}

/// Whom or what a sentence names.
#[derive(Clone, Copy)]
enum Of {
    Nothing,
    /// Whoever is invited, or the link for many.
    Invitation,
    /// The link for many, and nobody for one.
    Link,
    /// The member, workspace or account.
    Named,
}

/// How a sentence ends.
#[derive(Clone, Copy)]
enum Rest {
    Stop,
    Again,
    /// With the invitation's role.
    AsInvited,
    /// With the role that somebody has now.
    As,
    Becoming,
    /// With the workspace.
    In,
    To,
    From,
    /// With how many there were.
    Rows,
}

const fn action(key: &'static str, label: &'static str, verb: &'static str, of: Of, rest: Rest) -> Action {
    Action { key, label, verb, verb_of_link: verb, of, rest }
}

const fn or_of_link(action: Action, verb: &'static str) -> Action {
    Action { verb_of_link: verb, ..action }
}

/// Every action that is logged.
pub static ACTIONS: &[Action] = &[
    or_of_link(
        action("invitation.created", "Invitations and links made", "invited", Invitation, AsInvited),
        "made the link",
    ),
    or_of_link(
        action("invitation.accepted", "Invitations accepted", "accepted an invitation", Link, AsInvited),
        "joined by the link",
    ),
    action("invitation.declined", "Invitations declined", "declined an invitation", Nothing, AsInvited),
    action("invitation.resent", "Invitations sent again", "sent the invitation of", Invitation, Again),
    or_of_link(
        action(
            "invitation.revoked",
            "Invitations and links withdrawn",
            "withdrew the invitation of",
            Invitation,
            Stop,
        ),
        "withdrew the link",
    ),
    or_of_link(
        action(
            "invitation.restored",
            "Invitations and links opened again",
            "opened again the invitation of",
            Invitation,
            Stop,
        ),
        "opened again the link",
    ),
    or_of_link(
        action("invitation.changed", "Invitations changed", "changed the invitation of", Invitation, Stop),
        "changed the link",
    ),
    or_of_link(
        action("invitation.link_copied", "Links copied", "copied the link of", Invitation, Stop),
        "copied the link",
    ),
    action("invitation.link_rotated", "Links replaced", "replaced the link", Invitation, Stop),
    action("invitation.link_disabled", "Links turned off", "turned off the link", Invitation, Stop),
    action("invitation.link_enabled", "Links turned on", "turned on the link", Invitation, Stop),
    action("bulk.started", "Lists imported", "imported a list of", Nothing, Rows),
    action("bulk.undone", "Imports taken back", "took an import back", Nothing, Stop),
    action("member.added", "Members added", "added", Named, As),
    action("member.removed", "Members removed", "removed", Named, Stop),
    action("member.restored", "Members put back", "put back", Named, Stop),
    action("member.role_changed", "Roles changed", "made", Named, Becoming),
    action("member.renamed", "Members renamed", "renamed", Named, Stop),
    action("member.password_link_copied", "Password links copied", "copied a password link for", Named, Stop),
    action("member.password_set", "Passwords set", "set a password", Nothing, Stop),
    action("member.email_changed", "Addresses changed", "changed their e-mail address", Nothing, Stop),
    action(
        "member.mfa_removed",
        "Two-step sign-in turned off",
        "turned off two-step sign-in of",
        Named,
        Stop,
    ),
    action("owner.transferred", "Ownership handed over", "handed the organization over to", Named, Stop),
    action("membership.added", "Access given", "gave access to", Named, In),
    action("membership.updated", "Access changed", "changed the access of", Named, In),
    action("membership.removed", "Access taken away", "took away the access of", Named, In),
    action("workspace.created", "Workspaces made", "made the workspace", Named, Stop),
    action("workspace.renamed", "Workspaces renamed", "renamed the workspace", Named, Stop),
    action(
        "workspace.mfa_changed",
        "Two-step sign-in asked for",
        "changed who signs in with two steps in",
        Named,
        Stop,
    ),
    action("resource.added", "Accounts added", "added the account", Named, To),
    action("resource.disconnected", "Accounts disconnected", "disconnected the account", Named, Stop),
    action("resource.reconnected", "Accounts connected again", "connected the account", Named, Again),
    action("resource.deleted", "Accounts deleted", "deleted the account", Named, From),
    action("api_key.created", "API keys made", "made the API key", Named, Stop),
    action("api_key.revoked", "API keys revoked", "revoked the API key", Named, Stop),
    action("webhook.created", "Webhooks made", "made the webhook to", Named, Stop),
    action("webhook.updated", "Webhooks changed", "changed the webhook to", Named, Stop),
    action(
        "webhook.secret_rotated",
        "Secrets of webhooks replaced",
        "replaced the secret of the webhook to",
        Named,
        Stop,
    ),
    action("webhook.tested", "Webhooks tested", "sent a test event to", Named, Stop),
    action("webhook.replayed", "Events delivered again", "had events delivered again to", Named, Stop),
    action("webhook.disabled", "Webhooks turned off", "turned off the webhook to", Named, Stop),
    action("webhook.deleted", "Webhooks deleted", "deleted the webhook to", Named, Stop),
    action("organization.created", "Organization made", "made the organization", Nothing, Stop),
    action("organization.updated", "Settings changed", "changed the settings", Nothing, Stop),
    action("organization.logo_changed", "Logo changed", "changed the logo", Nothing, Stop),
    action("organization.plan_changed", "Plan changed", "changed the plan", Nothing, Stop),
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
        let invited = told.invited.as_ref();
        let for_many = invited.is_some_and(|invited| invited.kind == Kind::Link);
        let known = invited.filter(|invited| reader.may_invite(invited.role)).and_then(called);
        let unknown = || if for_many { "without a name" } else { "somebody" }.to_owned();
        let whose = known.or_else(|| invited.map(|_| unknown()));
        let actor = match (told.actor.as_str(), &told.actor_name) {
            (_, Some(name)) => Some(name.clone()),
            ("operator", None) => Some("The operator".to_owned()),
            ("invitee", None) => whose.clone(),
            ("billing", None) => Some("The subscription".to_owned()),
            ("usher", None) => Some("Usher".to_owned()),
            _ => None,
        };
        let actor = actor.unwrap_or_else(|| "Somebody".to_owned());
        let actor = match &told.key_name {
            Some(key) => format!("{actor} (by the API key {key})"),
            None => actor,
        };
        let Some(action) = ACTIONS.iter().find(|action| action.key == told.action) else {
            let (verb, object) = (words(&told.action).to_lowercase(), told.subject_name.clone());
            return Self { actor, verb, object, rest: String::new() };
        };
        // What people did to themselves.
        let verb = match action.key {
            "member.removed" => "left",
            "owner.transferred" => "became an admin in the place of the owner",
            _ => "",
        };
        if !verb.is_empty() && told.actor == told.subject {
            return Self { actor, verb: verb.to_owned(), object: None, rest: String::new() };
        }
        let object = match action.of {
            Nothing => None,
            Link if !for_many => None,
            Invitation | Link => whose,
            Named => told.subject_name.clone(),
        };
        let verb = if for_many { action.verb_of_link } else { action.verb };
        Self { actor, verb: verb.to_owned(), object, rest: rest(action.rest, told) }
    }
}

fn rest(rest: Rest, told: &Told) -> String {
    let after = |field: &str| told.after.as_ref().and_then(|after| after.get(field));
    let now = || serde_json::from_value::<Role>(after("role")?.clone()).ok();
    let (before, word) = match rest {
        Stop => return String::new(),
        Again => return "again".to_owned(),
        Rows => {
            let rows = after("rows").and_then(Value::as_u64).unwrap_or_default();
            return format!("{rows} {}", if rows == 1 { "person" } else { "people" });
        }
        // A link is for as many as come.
        AsInvited if told.invited.as_ref().is_some_and(|invited| invited.kind == Kind::Link) => {
            return "for clients".to_owned();
        }
        AsInvited => ("as ", told.invited.as_ref().map(|invited| invited.role.with_article())),
        As => ("as ", now().map(Role::with_article)),
        Becoming => ("", now().map(Role::with_article)),
        In => ("in ", told.workspace_name.as_deref()),
        To => ("to ", told.workspace_name.as_deref()),
        From => ("from ", told.workspace_name.as_deref()),
    };
    word.map_or_else(String::new, |word| format!("{before}{word}"))
}

/// What an invitation is called: a link by its name, one for one person by their address, so far as it may be shown.
fn called(invited: &Invited) -> Option<String> {
    match invited.kind {
        Kind::Link => invited.nickname.clone(),
        Kind::Email => invited.email.as_ref().map(EmailAddress::masked),
    }
}
