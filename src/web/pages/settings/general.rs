//! An organization's name, and what holds there unless somebody says otherwise: who invites whom, whether an e-mail goes out,
//! whether a client who was given nothing stays outside.

use askama::Template;
use serde_json::{Map, Value, json};

use super::{Tab, tabs};
use crate::domain::policy::{Lifetime, Policy};
use crate::domain::role::Role;
use crate::error::{Error, Result};
use crate::flow::Context;
use crate::flow::change_organization as flow;
use crate::platform::Platform;
use crate::store::accounts::At;
use crate::web::api::organizations::read_change;
use crate::web::pages::desk::{Desk, Place, Way};
use crate::web::pages::form::Form;
use crate::web::pages::{Frame, Problems, said};
use crate::web::reply::Reply;
use crate::web::request::Request;
use crate::web::route::Route;

#[allow(clippy::struct_excessive_bools, reason = "each is a box of the form")]
#[derive(Template)]
#[template(path = "pages/settings.html")]
struct Settings<'a> {
    frame: Frame,
    tabs: Vec<Way>,
    nonce: &'a str,
    action: String,
    name: &'a str,
    inviters: Vec<Inviter>,
    send_email: bool,
    reminders: bool,
    clients_need_resource: bool,
    require_mfa: bool,
    /// Whether the organization has accounts that clients are given at all.
    has_accounts: bool,
    lifetimes: [(&'static str, Lives); 2],
    problems: Problems,
}

/// How long something lives, in words.
struct Lives {
    usual: String,
    shortest: String,
    longest: String,
}

impl Lives {
    fn of(lifetime: Lifetime) -> Self {
        Self {
            usual: long(lifetime.default),
            shortest: long(lifetime.shortest),
            longest: long(lifetime.longest),
        }
    }
}

/// Whom people in one role may invite.
struct Inviter {
    role: Role,
    /// The field.
    id: String,
    /// Whether whoever looks may say so, or only the owner.
    open: bool,
    /// The roles there are to invite, and whether they may.
    choices: Vec<(Role, bool)>,
}

impl Inviter {
    fn label(&self) -> &'static str {
        if self.role == Role::Admin { "Admins may invite" } else { "Members may invite" }
    }

    fn told(&self) -> String {
        let may: Vec<&str> =
            self.choices.iter().filter(|(_, may)| *may).map(|(role, _)| several(*role)).collect();
        if may.is_empty() { "nobody".to_owned() } else { may.join(", ") }
    }
}

fn several(role: Role) -> &'static str {
    match role {
        Role::Client => "clients",
        Role::Member => "members",
        Role::Admin => "admins",
        Role::Owner => "owners",
    }
}

/// What is chosen in the form: as it stands, or as it was sent.
#[allow(clippy::struct_excessive_bools, reason = "each is a box of the form")]
struct Chosen {
    name: String,
    invites: Vec<(Role, Vec<Role>)>,
    send_email: bool,
    reminders: bool,
    clients_need_resource: bool,
    require_mfa: bool,
}

impl Chosen {
    fn as_it_is(desk: &Desk) -> Self {
        let policy = &desk.actor.policy;
        Self {
            name: desk.setting.organization_name.clone(),
            invites: INVITERS.map(|role| (role, policy.invitable_by(role).to_vec())).to_vec(),
            send_email: policy.send_email,
            reminders: policy.reminders,
            clients_need_resource: policy.clients_need_resource,
            require_mfa: desk.setting.require_mfa,
        }
    }

    fn sent(desk: &Desk, form: &Form) -> Self {
        let policy = &desk.actor.policy;
        let invites = |inviter: Role| {
            if !may_say(desk, inviter) {
                return policy.invitable_by(inviter).to_vec();
            }
            let sent: Vec<&str> = form.all(&field(inviter)).collect();
            let roles = invitable(desk, inviter);
            roles.into_iter().filter(|role| sent.contains(&role.as_str())).collect()
        };
        Self {
            name: form.text("name").to_owned(),
            invites: INVITERS.map(|role| (role, invites(role))).to_vec(),
            send_email: form.has("policy/send_email"),
            reminders: form.has("policy/reminders"),
            clients_need_resource: if has_accounts(desk) {
                form.has("policy/clients_need_resource")
            } else {
                policy.clients_need_resource
            },
            require_mfa: form.has("require_mfa"),
        }
    }

    /// The same as the body of a PATCH, which says what is to be different; of that, what is as the template says goes back to
    /// following it.
    fn body(&self, desk: &Desk) -> Map<String, Value> {
        let (usual, now): (&Policy, &Policy) = (&desk.actor.template.policy, &desk.actor.policy);
        let or_usual = |is_usual: bool, value: Value| if is_usual { Value::Null } else { value };
        let sorted = |policy: &Policy, inviter: Role| {
            let invitable = policy.invitable_by(inviter);
            Role::ALL.iter().copied().filter(|role| invitable.contains(role)).collect::<Vec<_>>()
        };
        let mut policy = Map::new();
        let mut invites = Map::new();
        for (inviter, roles) in &self.invites {
            if may_say(desk, *inviter) && sorted(now, *inviter) != *roles {
                let roles = or_usual(sorted(usual, *inviter) == *roles, json!(roles));
                invites.insert(inviter.as_str().to_owned(), roles);
            }
        }
        if !invites.is_empty() {
            policy.insert("invites".to_owned(), invites.into());
        }
        for (field, chosen, now, usual) in [
            ("send_email", self.send_email, now.send_email, usual.send_email),
            ("reminders", self.reminders, now.reminders, usual.reminders),
            (
                "clients_need_resource",
                self.clients_need_resource,
                now.clients_need_resource,
                usual.clients_need_resource,
            ),
        ] {
            if chosen != now {
                policy.insert(field.to_owned(), or_usual(chosen == usual, chosen.into()));
            }
        }
        let mut body = Map::new();
        body.insert("name".to_owned(), self.name.clone().into());
        body.insert("policy".to_owned(), policy.into());
        if self.require_mfa != desk.setting.require_mfa {
            body.insert("require_mfa".to_owned(), self.require_mfa.into());
        }
        body
    }
}

/// Those whose inviting is a matter of rules: the owner always may, a client never.
const INVITERS: [Role; 2] = [Role::Admin, Role::Member];

fn field(inviter: Role) -> String {
    format!("policy/invites/{inviter}")
}

/// The roles that people in this one could be let invite, lowest first: those that the template has, up to their own.
fn invitable(desk: &Desk, inviter: Role) -> Vec<Role> {
    let known = desk.actor.template.policy.invitable_by(Role::Owner);
    Role::ALL.into_iter().filter(|role| known.contains(role) && *role <= inviter).collect()
}

/// Whom admins may invite is for the owner to say.
fn may_say(desk: &Desk, inviter: Role) -> bool {
    inviter != Role::Admin || desk.actor.role == Role::Owner
}

fn has_accounts(desk: &Desk) -> bool {
    !desk.actor.template.kinds.is_empty()
}

/// `GET /o/{slug}/settings`, for owner and admins.
pub async fn show<P: Platform>(ctx: &Context<'_, P>, request: &Request, slug: &str) -> Result<Reply> {
    let (desk, _) = Desk::open(ctx, request, At::Slug(slug), Vec::new()).await?;
    let desk = desk.administered()?;
    page(&desk, &Chosen::as_it_is(&desk), None)
}

/// `POST`: changes them.
pub async fn change<P: Platform>(ctx: &Context<'_, P>, request: &Request, slug: &str) -> Result<Reply> {
    let form = Form::read(ctx, request)?;
    let (desk, _) = Desk::open(ctx, request, At::Slug(slug), Vec::new()).await?;
    let desk = desk.administered()?;
    let chosen = Chosen::sent(&desk, &form);
    let changed = match form.fresh().and_then(|()| read_change(&desk.actor, chosen.body(&desk))) {
        Ok(to) => flow::change(ctx, &desk.actor, &to).await,
        Err(error) => Err(error),
    };
    match changed {
        Ok(_) => Ok(said::see_other(&path(&desk), "The settings are saved.")),
        Err(error @ Error::Refused(_)) => page(&desk, &chosen, Some(&error)),
        Err(error) => Err(error),
    }
}

fn path(desk: &Desk) -> String {
    Route::SettingsPage(desk.setting.slug.clone()).path()
}

fn page(desk: &Desk, chosen: &Chosen, refused: Option<&Error>) -> Result<Reply> {
    let policy = &desk.actor.policy;
    let inviter = |(role, roles): &(Role, Vec<Role>)| Inviter {
        role: *role,
        id: field(*role),
        open: may_say(desk, *role),
        choices: invitable(desk, *role).into_iter().map(|other| (other, roles.contains(&other))).collect(),
    };
    let template = Settings {
        frame: desk.frame(Place::Settings),
        tabs: tabs(&desk.setting.slug, Tab::General),
        nonce: &desk.key.nonce,
        action: path(desk),
        name: &chosen.name,
        inviters: chosen.invites.iter().map(inviter).filter(|inviter| !inviter.choices.is_empty()).collect(),
        send_email: chosen.send_email,
        reminders: chosen.reminders,
        clients_need_resource: chosen.clients_need_resource,
        require_mfa: chosen.require_mfa,
        has_accounts: has_accounts(desk),
        lifetimes: [
            ("An invitation by e-mail works for", Lives::of(policy.email_lifetime)),
            ("A link for many works for", Lives::of(policy.link_lifetime)),
        ],
        problems: Problems::of(refused),
    };
    match refused {
        Some(error) => desk.refused(error, &template),
        None => desk.reply(&template),
    }
}

/// A length of time in words: the largest unit that it is a whole number of.
fn long(seconds: u64) -> String {
    let (count, unit) = match seconds {
        days if days >= 86_400 && days.is_multiple_of(86_400) => (days / 86_400, "day"),
        hours if hours >= 3600 && hours.is_multiple_of(3600) => (hours / 3600, "hour"),
        other => (other / 60, "minute"),
    };
    if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") }
}

#[cfg(test)]
mod tests {
    use super::long;

    #[test]
    fn a_length_of_time_is_told_in_the_largest_unit_that_fits() {
        for (seconds, told) in [
            (604_800, "7 days"),
            (86_400, "1 day"),
            (90_000, "25 hours"),
            (3600, "1 hour"),
            (5400, "90 minutes"),
        ] {
            assert_eq!(long(seconds), told);
        }
    }
}
