//! What the holder of a link sees, and what decides what they may do: one read, whoever opens it, and the last statement of
//! each redemption's batch.

use serde::{Deserialize, Serialize};

use super::{json_text, json_text_or_null};
use crate::domain::access::Permissions;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{JobId, MemberId, RedemptionId, UserId};
use crate::domain::invitation::{Invitation, Kind};
use crate::domain::link::Link;
use crate::domain::role::Role;
use crate::domain::standing::{Account, Redeemed, Standing};
use crate::domain::template::Template;
use crate::domain::text::{capitalized, list};
use crate::domain::time::Timestamp;
use crate::platform::Statement;
use crate::store::members::WorkspaceName;
use crate::{params, sql};

/// What the holder of a link needs to be told, and what decides what they may do.
#[allow(clippy::struct_excessive_bools, reason = "a row's columns")]
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct View {
    /// The invitation.
    #[serde(flatten)]
    pub invitation: Invitation,
    /// What the invited person is called.
    pub name: Option<String>,
    /// The inviter's message.
    pub message: Option<String>,
    /// The language of the page.
    pub locale: String,
    /// The organization's name.
    pub organization_name: String,
    /// What it is called in the paths of its pages.
    pub organization_slug: String,
    /// The inviter's name; none if the operator invited, or the inviter is in no more: then the organization speaks.
    pub inviter_name: Option<String>,
    /// The workspaces by name; none for those who reach all.
    #[serde(deserialize_with = "json_text", serialize_with = "as_json_text")]
    pub workspaces: Vec<WorkspaceName>,
    /// What the organization was made from.
    pub template: String,
    /// What the person may do, as keys; null for the default.
    #[serde(deserialize_with = "json_text_or_null", serialize_with = "as_json_text_or_null")]
    pub permissions: Option<Vec<String>>,
    /// On how many of the workspaces' resources; null is all of them, now and later.
    pub resources: Option<usize>,
    /// The kinds of account that a client may add there, as keys (S0-15).
    #[serde(deserialize_with = "json_text", serialize_with = "as_json_text")]
    addable_kinds: Vec<String>,
    /// Whether they approve on any of these.
    #[serde(deserialize_with = "crate::domain::truth")]
    approves: bool,
    /// Whether a second factor is asked of whoever comes in.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub require_mfa: bool,
    branding_name: Option<String>,
    branding_message: Option<String>,
    organization_branding_name: Option<String>,
    /// The organization's colour.
    pub branding_accent: Option<String>,
    organization_branding_message: Option<String>,
    /// The name of the organization's logo.
    pub logo_hash: Option<String>,
    /// Whether a seat is free: the one that is reserved for whoever opens it counts as free, unless the plan was lowered below its use.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub seat_free: bool,
    /// Whether it gives whoever opens it no client's own list of permissions, or the plan has that.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub plan_allows: bool,
    /// Whether the plan keeps the product's name from the organization's pages.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub hides_product: bool,
    /// When the organization's trial ends.
    pub trial_ends_at: Option<Timestamp>,
    account_id: Option<UserId>,
    account_email: Option<EmailAddress>,
    account_verified_at: Option<Timestamp>,
    #[serde(deserialize_with = "crate::domain::truth")]
    account_has_password: bool,
    session_user_id: Option<UserId>,
    session_email: Option<EmailAddress>,
    session_verified_at: Option<Timestamp>,
    /// The active member that the signed-in person already is in the organization.
    pub session_member_id: Option<MemberId>,
    session_removed_at: Option<Timestamp>,
    account_removed_at: Option<Timestamp>,
    redeemed_member_id: Option<MemberId>,
    redeemed_removed_at: Option<Timestamp>,
    #[serde(deserialize_with = "crate::domain::truth")]
    lacks_factor: bool,
}

fn as_json_text<T: Serialize, S: serde::Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&serde_json::to_string(value).map_err(serde::ser::Error::custom)?)
}

#[allow(clippy::ref_option, reason = "what serde passes")]
fn as_json_text_or_null<S: serde::Serializer>(
    value: &Option<Vec<String>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match value {
        None => serializer.serialize_none(),
        Some(keys) => {
            serializer.serialize_str(&serde_json::to_string(keys).map_err(serde::ser::Error::custom)?)
        }
    }
}

impl View {
    /// What decides what the holder of the link does next.
    #[must_use]
    pub fn standing(&self) -> Standing<'_> {
        let account =
            |id: Option<UserId>, email: &Option<EmailAddress>, verified: Option<Timestamp>, has_password| {
                Some(Account { id: id?, email: email.clone()?, verified: verified.is_some(), has_password })
            };
        Standing {
            invitation: &self.invitation,
            addressee: account(
                self.account_id,
                &self.account_email,
                self.account_verified_at,
                self.account_has_password,
            ),
            // Whoever is signed in has one.
            session: account(self.session_user_id, &self.session_email, self.session_verified_at, true),
            redeemed: self
                .redeemed_member_id
                .map(|member_id| Redeemed { member_id, active: self.redeemed_removed_at.is_none() }),
            removed_at: self.session_removed_at,
            addressee_removed_at: self.account_removed_at,
            lacks_factor: self.lacks_factor,
        }
    }

    /// What the page calls the organization: as the link says, else as the organization does, else by its name.
    #[must_use]
    pub fn shown_name(&self) -> &str {
        self.brand().unwrap_or(&self.organization_name)
    }

    /// The brand that stands on the page; none where nobody set one up: then it is the product's (S0-06 to S0-09).
    #[must_use]
    pub fn brand(&self) -> Option<&str> {
        self.branding_name.as_deref().or(self.organization_branding_name.as_deref())
    }

    /// Whose name stands above the page: the brand's. Without one, on a link for many it is the product's (S0-09) unless the
    /// plan keeps that from the page, and on the invitation of one person the organization's.
    #[must_use]
    pub fn masthead<'a>(&'a self, product: &'a str) -> &'a str {
        let unbranded = match self.invitation.kind {
            Kind::Link if !self.hides_product => product,
            Kind::Link | Kind::Email => &self.organization_name,
        };
        self.brand().unwrap_or(unbranded)
    }

    /// What the organization is called where no single invitation may say it: in what its mails are headed with (V33).
    #[must_use]
    pub fn own_name(&self) -> &str {
        self.organization_branding_name.as_deref().unwrap_or(&self.organization_name)
    }

    /// What the invited person may do there, in the catalog's words; nothing for those who may do everything.
    #[must_use]
    pub fn may(&self, template: &Template) -> Vec<String> {
        let role = self.invitation.role;
        if role.reaches_every_workspace() {
            return Vec::new();
        }
        let permissions = Permissions::from_row(self.permissions.as_deref(), &template.catalog);
        let mut set = permissions.effective(template, role);
        if self.resources != Some(0) {
            set = set | template.catalog.from_grant(self.approves);
        }
        let mut told = template.catalog.in_words(set);
        if let Some(first) = told.first_mut() {
            *first = capitalized(first);
        }
        told
    }

    /// The kinds of account that they may connect, in words; empty for staff, who connect any, and where there is none.
    #[must_use]
    pub fn kinds(&self, template: &Template) -> String {
        let is_client = self.invitation.role == Role::Client;
        let kinds = template.kinds.iter().filter(|kind| is_client && self.addable_kinds.contains(&kind.key));
        list(&kinds.map(|kind| kind.label.clone()).collect::<Vec<_>>())
    }

    /// On how many of the organization's accounts, as nouns; empty where there are none, and for those who reach all.
    #[must_use]
    pub fn accounts(&self, template: &Template) -> String {
        match self.resources {
            _ if self.invitation.role.reaches_every_workspace() => String::new(),
            Some(0) if template.kinds.is_empty() => String::new(),
            Some(0) => "None yet".to_owned(),
            many => template.so_many(many),
        }
    }

    /// Whether the page says below whose product it is: under the organization's own name, where nobody set a brand up
    /// (S0-06) and the plan doesn't keep the product's name from the page.
    #[must_use]
    pub fn names_product(&self) -> bool {
        self.brand().is_none() && !self.hides_product && self.invitation.kind == Kind::Email
    }

    /// Whose that is: the inviter's where they wrote one, else the organization's.
    #[must_use]
    pub fn message_by(&self) -> &str {
        self.message.as_ref().and(self.inviter_name.as_deref()).unwrap_or_else(|| self.shown_name())
    }

    /// What the page says to the invited person.
    #[must_use]
    pub fn shown_message(&self) -> Option<&str> {
        let texts = [&self.message, &self.branding_message, &self.organization_branding_message];
        texts.into_iter().find_map(Option::as_deref)
    }

    /// The address that is signed in on this browser.
    #[must_use]
    pub fn session_email(&self) -> Option<&EmailAddress> {
        self.session_email.as_ref()
    }

    /// The same, if somebody proved that it is theirs.
    #[must_use]
    pub fn proved_email(&self) -> Option<&EmailAddress> {
        self.session_email.as_ref().filter(|_| self.session_verified_at.is_some())
    }
}

/// What a [`View`] tells of the invitation `i` of the organization `o` by the member `n`: by nobody, if they were removed.
macro_rules! told_columns {
    () => {
        concat!(
            state_columns!(),
            ", i.name, i.message, i.locale, max(i.require_mfa, o.require_mfa, EXISTS (SELECT 1 FROM invitation_workspaces y
                  JOIN workspaces w ON w.id = y.workspace_id AND w.require_mfa = 1 WHERE y.invitation_id = i.id),
                  i.role IN ('admin', 'owner') AND EXISTS (SELECT 1 FROM workspaces w
                    WHERE w.organization_id = o.id AND w.require_mfa = 1)) AS require_mfa, i.branding_name, i.branding_message, o.template, i.permissions, i.addable_kinds,
                iif(i.all_resources, NULL, json_array_length(i.grants)) AS resources,
                EXISTS (SELECT 1 FROM json_each(i.grants) g WHERE g.value ->> 'approve') AS approves,
                o.branding_name AS organization_branding_name, o.branding_accent, o.logo_hash,
                o.branding_message AS organization_branding_message, o.name AS organization_name, o.slug AS organization_slug,
                n.name AS inviter_name, ",
            workspaces_by_name!(),
            " AS workspaces"
        )
    };
}

/// Reads the [`View`] that an invitation's mail is written from: what its page tells, to whom nobody is known to be.
#[must_use]
pub fn of_job(id: JobId) -> Statement {
    Statement::new(
        sql!(concat!(
            "SELECT ",
            told_columns!(),
            ", 1 AS seat_free, 1 AS plan_allows, 0 AS account_has_password, 0 AS lacks_factor, ",
            has_feature!("hide_product_name"),
            " AS hides_product
             FROM jobs j
             JOIN invitations i ON i.id = j.invitation_id
             JOIN organizations o ON o.id = i.organization_id
             LEFT JOIN members n ON n.id = i.invited_by AND n.removed_at IS NULL
             WHERE j.id = ?1"
        )),
        params![id],
    )
}

/// Reads the [`View`] for a link and whoever is signed in; for a link that is for many, with the address that somebody
/// typed.
#[must_use]
pub fn select(link: &Link, session: Option<&str>, typed: Option<&EmailAddress>, now: Timestamp) -> Statement {
    select_unless(None, link, session, typed, now)
}

/// The same, unless this claim was let through: whoever is in needs no view of what they came by.
#[must_use]
pub fn select_unless(
    claim: Option<RedemptionId>,
    link: &Link,
    session: Option<&str>,
    typed: Option<&EmailAddress>,
    now: Timestamp,
) -> Statement {
    Statement::new(
        sql!(concat!(
            "SELECT ",
            told_columns!(),
            ", o.trial_ends_at, ",
            within_limit!("?4", concat!("1 - max(i.reserves, ", reserved_for!("u.id", "?4"), ")")),
            " AS seat_free,
                (i.permissions IS NULL OR ",
            may_customize!(),
            " OR coalesce((SELECT m.role FROM members m WHERE m.organization_id = i.organization_id AND m.removed_at IS NULL
                             AND m.user_id = coalesce(u.id, a.id)), i.role) <> 'client') AS plan_allows, ",
            has_feature!("hide_product_name"),
            " AS hides_product,
                a.id AS account_id, a.email AS account_email, a.email_verified_at AS account_verified_at,
                a.password_hash IS NOT NULL AS account_has_password,
                u.id AS session_user_id, u.email AS session_email, u.email_verified_at AS session_verified_at,
                (SELECT m.id FROM members m WHERE m.organization_id = i.organization_id AND m.user_id = u.id
                   AND m.removed_at IS NULL) AS session_member_id,
                (SELECT max(m.removed_at) FROM members m WHERE m.organization_id = i.organization_id
                   AND m.user_id = u.id) AS session_removed_at,
                (SELECT max(m.removed_at) FROM members m WHERE m.organization_id = i.organization_id
                   AND m.user_id = a.id) AS account_removed_at,
                r.member_id AS redeemed_member_id,
                (SELECT removed_at FROM members WHERE id = r.member_id) AS redeemed_removed_at, ",
            lacks_factor!("i.id"),
            " AS lacks_factor
         FROM invitations i
         JOIN organizations o ON o.id = i.organization_id
         LEFT JOIN members n ON n.id = i.invited_by AND n.removed_at IS NULL
         LEFT JOIN users a ON a.email_key = coalesce(i.email_key, ?5)
         LEFT JOIN sessions s ON s.token_digest = ?3 AND s.expires_at > ?4 AND s.ended_at IS NULL
         LEFT JOIN users u ON u.id = s.user_id
         LEFT JOIN redemptions r ON r.invitation_id = i.id AND r.user_id = u.id
         WHERE i.id = ?1 AND i.organization_id = ?2 AND NOT EXISTS (SELECT 1 FROM redemptions WHERE id = ?6)"
        )),
        params![link.invitation_id, link.organization_id, session, now, typed.map(EmailAddress::key), claim],
    )
}
