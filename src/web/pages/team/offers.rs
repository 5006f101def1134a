//! The lists of what was offered: e-mail invitations, and links for many.

use super::offer::heading;
use super::{Query, Tab};
use crate::domain::ids::InvitationId;
use crate::domain::invitation::{Delivery, Kind, Status};
use crate::domain::template::Template;
use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::platform::{ResultSet, Statement};
use crate::store::invitation_list::{self, Filter};
use crate::store::invitations::Record;
use crate::web::pages::access::words;
use crate::web::pages::desk::Desk;

/// An invitation or a link, as its row shows it.
pub struct OfferRow {
    pub id: InvitationId,
    /// Whom it is for, or what the link is called.
    pub title: String,
    /// Their address; none where it is a link.
    pub email: Option<String>,
    /// The same where the title is another name.
    pub also: Option<String>,
    /// What only the inviter's side calls it.
    pub nickname: Option<String>,
    pub role: &'static str,
    /// On how many accounts, in words.
    pub accounts: String,
    /// Who invited.
    pub inviter: Option<String>,
    pub status: Told,
    pub takes_seat: bool,
    /// How many came in by a link: "7 of 25".
    pub uses: String,
    pub expires_at: Timestamp,
    /// The same in words.
    pub until: String,
    pub state: Status,
    /// Whether it can be sent again.
    pub sendable: bool,
    /// Whether the person can be invited anew, since this one comes to nothing.
    pub settled: bool,
}

impl OfferRow {
    /// Who can use a link for many.
    pub(super) fn whose(&self) -> &'static str {
        super::acts::for_many(self.state)
    }
}

/// Whether an invitation can be sent again: not to an address that takes no mail.
pub(super) fn sendable(kind: Kind, status: Status, delivery: Delivery) -> bool {
    kind == Kind::Email && matches!(status, Status::Pending | Status::Expired) && !delivery.is_refusal()
}

/// Whether nothing comes of an invitation any more, so that its person is invited anew.
pub(super) fn is_settled(kind: Kind, status: Status, delivery: Delivery) -> bool {
    kind == Kind::Email
        && match status {
            Status::Declined | Status::Revoked => true,
            Status::Expired => delivery.is_refusal(),
            _ => false,
        }
}

/// A state in words, and how it is marked.
pub struct Told {
    pub words: &'static str,
    /// `good`, `warn`, `bad`, or nothing.
    pub mark: &'static str,
}

/// The statement of a page of the list.
pub(super) fn select(desk: &Desk, tab: Tab, query: &Query, most: i64, now: Timestamp) -> Statement {
    let known = serde_json::from_value(serde_json::Value::from(query.status.as_str())).ok();
    let roles = desk.actor.invitable().iter().copied();
    let filter = Filter {
        roles: roles.filter(|role| query.role().is_none_or(|asked| asked == *role)).collect(),
        status: if tab == Tab::Invitations && query.status.is_empty() {
            Some(Status::Pending)
        } else {
            known
        },
        kind: Some(if tab == Tab::Links { Kind::Link } else { Kind::Email }),
        workspace: query.workspace.parse().ok(),
        prefix: query.prefix(),
        with_inviters: true,
    };
    invitation_list::page(desk.actor.organization_id, &filter, query.cursor.parse().ok(), most, now)
}

/// Its rows, and the cursor of the next page.
pub(super) fn rows(
    found: &ResultSet,
    template: &'static Template,
    now: Timestamp,
) -> Result<(Vec<OfferRow>, Option<String>)> {
    let mut records: Vec<Record> = found.rows()?;
    let next = super::cut(&mut records, |record| record.state.id.to_string());
    Ok((records.into_iter().map(|record| row(record, template, now)).collect(), next))
}

fn row(record: Record, template: &'static Template, now: Timestamp) -> OfferRow {
    let access = record.access.clone().of(template, record.state.role);
    let title = heading(&record).to_owned();
    let state = record.state;
    let status = state.status(now);
    let email = state.email.map(|email| email.as_str().to_owned());
    OfferRow {
        id: state.id,
        nickname: record.nickname.filter(|nickname| *nickname != title),
        also: email.clone().filter(|email| *email != title),
        email,
        title,
        role: state.role.label(),
        accounts: words::accounts(template, state.role, &access.resources),
        inviter: record.inviter_name,
        status: told(state.kind, status, record.delivery),
        takes_seat: state.takes_seat,
        uses: match state.max_uses {
            Some(most) => format!("{} of {most}", state.uses),
            None => state.uses.to_string(),
        },
        until: state.expires_at.end_in_words(now),
        expires_at: state.expires_at,
        state: status,
        sendable: sendable(state.kind, status, record.delivery),
        settled: is_settled(state.kind, status, record.delivery),
    }
}

/// The columns of an invitation or a link in a file.
pub(super) const COLUMNS: [&str; 11] = [
    "email",
    "name",
    "nickname",
    "role",
    "status",
    "state",
    "takes_seat",
    "uses",
    "expires_at",
    "created_at",
    "invitation_id",
];

/// One of them as a line of a file.
pub(super) fn cells(record: Record, template: &'static Template, now: Timestamp) -> [String; 11] {
    let (name, created_at) = (record.name.clone().unwrap_or_default(), record.state.created_at);
    let nickname = record.nickname.clone().unwrap_or_default();
    let (role, expires_at) = (record.state.role, record.state.expires_at);
    let row = row(record, template, now);
    [
        row.email.unwrap_or_default(),
        name,
        nickname,
        role.as_str().to_owned(),
        row.state.as_str().to_owned(),
        row.status.words.to_owned(),
        if row.takes_seat { "yes" } else { "no" }.to_owned(),
        row.uses,
        expires_at.to_string(),
        created_at.to_string(),
        row.id.to_string(),
    ]
}

/// What became of it; of one that waits, how far its e-mail got.
pub(super) fn told(kind: Kind, status: Status, delivery: Delivery) -> Told {
    let (words, mark) = match (status, delivery) {
        (Status::Pending, _) if kind == Kind::Link => ("On", "good"),
        (Status::Pending, Delivery::None) => ("Not sent by e-mail", ""),
        (Status::Pending, Delivery::Queued) => ("Queued", ""),
        (Status::Pending, Delivery::Sent) => ("Sent", ""),
        (Status::Pending, Delivery::Delivered) => ("Delivered", "good"),
        (Status::Pending, Delivery::Delayed) => ("Delayed", "warn"),
        (Status::Pending, Delivery::Bounced | Delivery::Failed) => ("Not delivered", "bad"),
        (Status::Pending, Delivery::Complained) => ("Reported as unwanted", "bad"),
        (Status::Accepted, _) => ("Accepted", "good"),
        (Status::Declined, _) => ("Declined", ""),
        (Status::Revoked, _) => ("Withdrawn", ""),
        (Status::Expired, _) => ("Expired", "warn"),
        (Status::Disabled, _) => ("Turned off", "warn"),
        (Status::Full, _) => ("Full", "warn"),
    };
    Told { words, mark }
}
