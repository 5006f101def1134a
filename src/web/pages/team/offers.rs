//! The lists of what was offered: e-mail invitations, and links for many.

use super::{ON_A_PAGE, Query, Tab};
use crate::domain::ids::InvitationId;
use crate::domain::invitation::{Delivery, Kind, Status};
use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::flow::Context;
use crate::platform::Platform;
use crate::store::invitation_list::{self, Filter};
use crate::store::invitations::Record;
use crate::web::pages::desk::Desk;

/// An invitation or a link, as its row shows it.
pub struct OfferRow {
    pub id: InvitationId,
    /// Whom it is for, or what the link is called.
    pub title: String,
    /// Their address.
    pub email: Option<String>,
    /// What only the inviter's side calls it.
    pub nickname: Option<String>,
    pub role: &'static str,
    pub status: Told,
    pub takes_seat: bool,
    /// How many came in by a link: "7 of 25".
    pub uses: String,
    pub expires_at: Timestamp,
    pub is_open: bool,
    pub is_disabled: bool,
}

/// A state in words, and how it is marked.
pub struct Told {
    pub words: &'static str,
    /// `good`, `warn`, `bad`, or nothing.
    pub mark: &'static str,
}

/// A page of the list, and the cursor of the next one.
pub(super) async fn page<P: Platform>(
    ctx: &Context<'_, P>,
    desk: &Desk,
    tab: Tab,
    query: &Query,
) -> Result<(Vec<OfferRow>, Option<String>)> {
    let known = serde_json::from_value(serde_json::Value::from(query.status.as_str())).ok();
    let filter = Filter {
        roles: desk.actor.invitable().to_vec(),
        status: if tab == Tab::Invitations && query.status.is_empty() {
            Some(Status::Pending)
        } else {
            known
        },
        kind: Some(if tab == Tab::Links { Kind::Link } else { Kind::Email }),
        workspace: None,
        prefix: Some(query.q.trim().to_lowercase()).filter(|prefix| !prefix.is_empty()),
    };
    let before = query.cursor.parse().ok();
    let most = i64::try_from(ON_A_PAGE).unwrap_or(i64::MAX);
    let (organization, now) = (desk.actor.organization_id, ctx.now());
    let mut rows = invitation_list::page(ctx.platform, organization, &filter, before, most + 1, now).await?;
    let more = rows.len() > ON_A_PAGE;
    rows.truncate(ON_A_PAGE);
    let last = rows.last().filter(|_| more).map(|record| record.state.id.to_string());
    Ok((rows.into_iter().map(|record| row(record, now)).collect(), last))
}

fn row(record: Record, now: Timestamp) -> OfferRow {
    let state = record.state;
    let status = state.status(now);
    let email = state.email.map(|email| email.as_str().to_owned());
    let title = match (state.kind, &record.name, &record.nickname) {
        (Kind::Link, _, Some(nickname)) | (Kind::Email, None, Some(nickname)) => nickname.clone(),
        (Kind::Link, Some(name), None) | (Kind::Email, Some(name), _) => name.clone(),
        (Kind::Link, None, None) => "A link without a name".to_owned(),
        (Kind::Email, None, None) => email.clone().unwrap_or_default(),
    };
    OfferRow {
        id: state.id,
        nickname: record.nickname.filter(|nickname| *nickname != title),
        email: email.filter(|email| *email != title),
        title,
        role: state.role.label(),
        status: told(status, record.delivery),
        takes_seat: state.takes_seat,
        uses: match state.max_uses {
            Some(most) => format!("{} of {most}", state.uses),
            None => state.uses.to_string(),
        },
        expires_at: state.expires_at,
        is_open: matches!(status, Status::Pending | Status::Disabled | Status::Full),
        is_disabled: status == Status::Disabled,
    }
}

/// What became of it; of one that waits, how far its e-mail got.
fn told(status: Status, delivery: Delivery) -> Told {
    let (words, mark) = match (status, delivery) {
        (Status::Pending, Delivery::None) => ("Not sent by e-mail", ""),
        (Status::Pending, Delivery::Queued) => ("Waiting to be sent", ""),
        (Status::Pending, Delivery::Sent) => ("Sent", ""),
        (Status::Pending, Delivery::Delivered) => ("Delivered", "good"),
        (Status::Pending, Delivery::Delayed) => ("Delayed", "warn"),
        (Status::Pending, Delivery::Bounced) => ("Not delivered", "bad"),
        (Status::Pending, Delivery::Complained) => ("Reported as unwanted", "bad"),
        (Status::Pending, Delivery::Failed) => ("Could not be sent", "bad"),
        (Status::Accepted, _) => ("Accepted", "good"),
        (Status::Declined, _) => ("Declined", ""),
        (Status::Revoked, _) => ("Withdrawn", ""),
        (Status::Expired, _) => ("Expired", "warn"),
        (Status::Disabled, _) => ("Turned off", "warn"),
        (Status::Full, _) => ("Full", "warn"),
    };
    Told { words, mark }
}
