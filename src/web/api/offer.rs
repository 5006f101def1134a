//! What an invitation's body offers: read once for a single invitation, for each row of many, and for a change of one.

use std::time::Duration;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::domain::authority::{Actor, Authority};
use crate::domain::change::Change;
#[cfg(described)]
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::WorkspaceId;
use crate::domain::invitation::Kind;
use crate::domain::offer::Offer;
use crate::domain::policy::{Lifetime, Policy};
use crate::domain::text::{Message, Name};
use crate::error::{Code, Fields, Result};
use crate::flow::change_invitation::Changes;
use crate::flow::invite::Invite;
#[cfg(described)]
use crate::web::api::by_hand;
use crate::web::api::field::{changed, one_of, optional};
use crate::web::api::{access, field};

/// The most workspaces that one invitation names.
const MOST_WORKSPACES: usize = 100;
/// The most people that one link can be limited to.
const MOST_USES: i64 = 1_000_000;
const FOR_ONE: &str = "An e-mail invitation is for one person. Use kind link for many.";
const FOR_MANY: &str = "A link is for many people, so it goes to nobody by e-mail. Leave this out.";
/// The languages Usher writes in.
pub const LOCALES: [&str; 1] = ["en"];

/// The body of `POST …/invitations`.
#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "NewInvitation"))]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// A link is for many people, and gives the role `client` only.
    #[cfg_attr(described, schemars(with = "Kind"))]
    kind: String,
    /// Nobody is invited as the owner.
    #[cfg_attr(described, schemars(with = "by_hand::GivenRole"))]
    role: String,
    /// Needed for the kind `email`.
    #[cfg_attr(described, schemars(with = "Option<EmailAddress>"))]
    email: Option<String>,
    /// The oldest workspace unless said; at most 100.
    #[cfg_attr(described, schemars(with = "Option<by_hand::Workspaces>"))]
    workspace_ids: Option<Vec<String>>,
    #[cfg_attr(described, schemars(with = "Option<Name>"))]
    name: Option<String>,
    /// What the inviting side calls them; the invited person never sees it.
    #[cfg_attr(described, schemars(with = "Option<Name>"))]
    nickname: Option<String>,
    #[cfg_attr(described, schemars(with = "Option<by_hand::AccessBody>"))]
    access: Option<Value>,
    /// What the mail and the page say besides.
    #[cfg_attr(described, schemars(with = "Option<Message>"))]
    message: Option<String>,
    branding: Option<Branding>,
    /// The language of the mail and the page.
    #[cfg_attr(described, schemars(with = "Option<by_hand::Locale>"))]
    locale: Option<String>,
    /// For how many seconds it can be accepted; the policy says what may be asked for, and what holds unless said.
    expires_in: Option<u64>,
    /// Whether the link is mailed; the policy's unless said.
    send_email: Option<bool>,
    /// How many people may come in by a link, 1 to 1,000,000; any number unless said.
    max_uses: Option<i64>,
}

/// What a link's page says in the place of the organization's own words.
#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "NewInvitationBranding"))]
#[serde(deny_unknown_fields)]
pub struct Branding {
    #[cfg_attr(described, schemars(with = "Option<Name>"))]
    name: Option<String>,
    #[cfg_attr(described, schemars(with = "Option<Message>"))]
    message: Option<String>,
}

/// Reads an offer.
pub fn read(actor: &Actor, body: Body) -> Result<Invite> {
    let mut fields = Fields::default();
    let invite = invite(&mut fields, actor, body);
    fields.finish(invite)
}

/// What is wrong is noted; then there is none.
fn invite(fields: &mut Fields, actor: &Actor, body: Body) -> Option<Invite> {
    let kind: Option<Kind> = one_of(fields, "/kind", Some(&body.kind), "email, link");
    let role = one_of(fields, "/role", Some(&body.role), "admin, member, client");
    let email = if kind == Some(Kind::Link) {
        if body.email.is_some() || body.send_email == Some(true) {
            let place = if body.email.is_some() { "/email" } else { "/send_email" };
            fields.refuse(place, Code::LinkHasNoRecipient, FOR_MANY);
        }
        None
    } else {
        if body.max_uses.is_some_and(|uses| uses != 1) {
            fields.refuse("/max_uses", Code::InvalidValue, FOR_ONE);
        }
        fields.required("/email", body.email).and_then(|email| field::email(fields, "/email", &email))
    };
    let limit = body.max_uses.filter(|_| kind == Some(Kind::Link));
    check_limit(fields, limit);
    check_lifetime(fields, life_of(&actor.policy, kind.unwrap_or(Kind::Email)), body.expires_in);
    let branding = body.branding.unwrap_or(Branding { name: None, message: None });
    let offer = Offer {
        role: role?,
        workspaces: body.workspace_ids.and_then(|ids| workspaces(fields, &ids)),
        access: access::read(fields, actor.template, body.access.as_ref()),
        name: optional(fields, "/name", body.name.as_deref(), Name::parse),
        nickname: optional(fields, "/nickname", body.nickname.as_deref(), Name::parse),
        message: optional(fields, "/message", body.message.as_deref(), Message::parse),
        branding_name: optional(fields, "/branding/name", branding.name.as_deref(), Name::parse),
        branding_message: optional(fields, "/branding/message", branding.message.as_deref(), Message::parse),
        locale: locale(fields, body.locale),
    };
    if kind? == Kind::Email && email.is_none() {
        return None;
    }
    Some(Invite {
        email,
        offer,
        lifetime: body.expires_in.map(Duration::from_secs),
        max_uses: limit,
        send_email: body.send_email.unwrap_or(actor.policy.send_email),
    })
}

/// The body of `PATCH /v1/invitations/{inv}`. What is not in it stays; null takes away what there need not be.
#[derive(Default, Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "InvitationChanges"))]
#[serde(deny_unknown_fields, default)]
pub struct ChangesBody {
    #[serde(deserialize_with = "given")]
    #[cfg_attr(described, schemars(with = "by_hand::GivenRole"))]
    role: Option<String>,
    /// Another address: the link that was mailed to the old one is dead.
    #[serde(deserialize_with = "given")]
    #[cfg_attr(described, schemars(with = "EmailAddress"))]
    email: Option<String>,
    #[serde(deserialize_with = "given")]
    #[cfg_attr(described, schemars(with = "by_hand::Workspaces"))]
    workspace_ids: Option<Vec<String>>,
    #[cfg_attr(described, schemars(with = "Change<Name>"))]
    name: Change<String>,
    #[cfg_attr(described, schemars(with = "Change<Name>"))]
    nickname: Change<String>,
    #[serde(deserialize_with = "given")]
    #[cfg_attr(described, schemars(with = "Option<by_hand::AccessBody>"))]
    access: Option<Value>,
    #[cfg_attr(described, schemars(with = "Change<Message>"))]
    message: Change<String>,
    branding: Change<BrandingChanges>,
    #[cfg_attr(described, schemars(with = "Change<by_hand::Locale>"))]
    locale: Change<String>,
    /// For how many seconds from now it can be accepted.
    #[serde(deserialize_with = "given")]
    #[cfg_attr(described, schemars(with = "u64"))]
    expires_in: Option<u64>,
    /// How many people may come in by a link; null is any number.
    max_uses: Change<i64>,
}

/// What changes of a link's own words.
#[derive(Default, Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "InvitationBrandingChanges"))]
#[serde(deny_unknown_fields, default)]
struct BrandingChanges {
    #[cfg_attr(described, schemars(with = "Change<Name>"))]
    name: Change<String>,
    #[cfg_attr(described, schemars(with = "Change<Message>"))]
    message: Change<String>,
}

/// A field that may be left out, but not be null.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> std::result::Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Reads what is to change of an invitation.
pub fn read_changes(by: &Authority, kind: Kind, body: ChangesBody) -> Result<Changes> {
    let mut fields = Fields::default();
    let changes = changes(&mut fields, by, kind, body);
    fields.finish(Some(changes))
}

/// What is wrong is noted.
fn changes(fields: &mut Fields, by: &Authority, kind: Kind, body: ChangesBody) -> Changes {
    if body.email.is_some() && kind == Kind::Link {
        fields.refuse("/email", Code::LinkHasNoRecipient, FOR_MANY);
    }
    match (kind, body.max_uses) {
        (_, Change::Keep) | (Kind::Link, Change::Clear) | (Kind::Email, Change::Set(1)) => {}
        (Kind::Link, Change::Set(limit)) => check_limit(fields, Some(limit)),
        (Kind::Email, _) => fields.refuse("/max_uses", Code::InvalidValue, FOR_ONE),
    }
    check_lifetime(fields, life_of(by.policy(), kind), body.expires_in);
    let branding = match body.branding {
        Change::Keep => BrandingChanges::default(),
        Change::Clear => BrandingChanges { name: Change::Clear, message: Change::Clear },
        Change::Set(branding) => branding,
    };
    Changes {
        seen: None,
        role: one_of(fields, "/role", body.role.as_deref(), "admin, member, client"),
        email: body.email.and_then(|email| field::email(fields, "/email", &email)),
        name: changed(fields, "/name", body.name, Name::parse),
        nickname: changed(fields, "/nickname", body.nickname, Name::parse),
        message: changed(fields, "/message", body.message, Message::parse),
        branding_name: changed(fields, "/branding/name", branding.name, Name::parse),
        branding_message: changed(fields, "/branding/message", branding.message, Message::parse),
        locale: match body.locale {
            Change::Keep => None,
            Change::Clear => Some(locale(fields, None)),
            Change::Set(named) => Some(locale(fields, Some(named))),
        },
        workspaces: body.workspace_ids.and_then(|ids| workspaces(fields, &ids)),
        clear_access: body.access == Some(Value::Null),
        access: access::read(fields, by.template(), body.access.as_ref()),
        lifetime: body.expires_in.map(Duration::from_secs),
        max_uses: body.max_uses,
    }
}

fn check_limit(fields: &mut Fields, limit: Option<i64>) {
    if limit.is_some_and(|uses| !(1..=MOST_USES).contains(&uses)) {
        let detail = "Use 1 to 1,000,000, or leave this out for any number.";
        fields.refuse("/max_uses", Code::InvalidValue, detail);
    }
}

fn life_of(policy: &Policy, kind: Kind) -> Lifetime {
    match kind {
        Kind::Link => policy.link_lifetime,
        Kind::Email => policy.email_lifetime,
    }
}

fn check_lifetime(fields: &mut Fields, life: Lifetime, seconds: Option<u64>) {
    if seconds.is_some_and(|seconds| !(life.shortest..=life.longest).contains(&seconds)) {
        let detail = format!("Use {} to {} seconds.", life.shortest, life.longest);
        fields.refuse("/expires_in", Code::InvalidValue, detail);
    }
}

/// Reads a locale, `en` unless said.
pub fn locale(fields: &mut Fields, locale: Option<String>) -> String {
    let locale = locale.unwrap_or_else(|| "en".to_owned());
    if !LOCALES.contains(&locale.as_str()) {
        fields.refuse("/locale", Code::InvalidValue, format!("Use one of {}.", LOCALES.join(", ")));
    }
    locale
}

/// Reads `workspace_ids`: each once, however often it is named.
pub fn workspaces(fields: &mut Fields, ids: &[String]) -> Option<Vec<WorkspaceId>> {
    if ids.is_empty() || ids.len() > MOST_WORKSPACES {
        let detail = "Name 1 to 100 workspaces, or leave this out.";
        fields.refuse("/workspace_ids", Code::InvalidValue, detail);
        return None;
    }
    let mut known: Vec<WorkspaceId> = Vec::with_capacity(ids.len());
    for (place, id) in ids.iter().enumerate() {
        let id = field::workspace(fields, &format!("/workspace_ids/{place}"), id);
        known.extend(id.filter(|id| !known.contains(id)));
    }
    Some(known)
}
