//! Accepting for somebody whom a program vouches for: the host product's own user, who is signed in there and nowhere here
//! (headless mode).

use crate::domain::api_key::Scope;
use crate::domain::link::{Link, Via};
use crate::domain::quota;
use crate::error::{Code, Error, Refusal, Result};
use crate::flow::accept::no_room;
use crate::flow::access::lacks;
use crate::flow::{Context, ask, look};
use crate::platform::Platform;
use crate::store::identities::{self, Obstacle, Vouched};
use crate::store::redeem::{self, Claim, Joined};
use crate::store::view::{self, View};
use crate::store::{audit, notifications};

/// Accepts for them. Accepting again for the same subject answers the same member.
///
/// # Errors
/// What [`accept`](crate::flow::accept::accept) refuses of the invitation; `wrong_account` for another address than the
/// invited one, or than the subject's; `insufficient_scope` for an admin's invitation without the scope for
/// admins; `email_unverified` where somebody else set an account up under this address.
pub async fn accept<P: Platform>(ctx: &Context<'_, P>, link: &Link, vouched: &Vouched) -> Result<Joined> {
    let now = ctx.now();
    let claim = Claim { id: ctx.id(), member_id: ctx.id(), now };
    // Whatever a host product says, no mailbox of ours is proved by it.
    let unproving = Link { via: Via::Copy, ..*link };
    let mut batch = vec![identities::claim(claim, link, vouched, ctx.config.quota)];
    let entry = audit::Entry { at: now, ..ctx.entry(&"invitee") };
    batch.extend(identities::moves(claim, &entry, vouched));
    batch.push(identities::make_account(claim, vouched));
    batch.extend(redeem::let_in(claim, &unproving, &ctx.config.templates.client_defaults()));
    batch.extend(identities::keep(claim, ctx.id(), link, vouched));
    batch.push(audit::of_redemption(ctx.entry(&"invitee"), claim.id));
    let word = ask::word(ctx);
    batch.extend(notifications::of_redemption(word, claim.id));
    batch.push(identities::select_obstacle(link, vouched, ctx.config.quota, now));
    batch.push(identities::joined(link, vouched));
    batch.push(view::select_unless(Some(claim.id), link, None, Some(&vouched.email), now));
    let results = ctx.platform.batch(batch).await?;
    let [claim, .., mail, obstacle, joined, view] = results.as_slice() else {
        return Err(Error::Internal("a claim, a mail and three reads".to_owned()));
    };
    if mail.any() {
        ctx.platform.enqueue(word.job);
    }
    if claim.any() {
        look::forget(ctx, link.invitation_id, link.ver).await;
    }
    if let Some(joined) = joined.first()? {
        return Ok(joined);
    }
    let view: View = view.first()?.ok_or_else(|| Error::from(Code::InvitationInvalid))?;
    let obstacle: Obstacle =
        obstacle.first()?.ok_or_else(|| Error::Internal("a claim was refused unseen".to_owned()))?;
    view.standing().next(link, now)?;
    if view.invitation.role.reaches_every_workspace() && !vouched.makes_admins {
        return Err(lacks(Scope::AdminsWrite));
    }
    let invited = view.invitation.email.as_ref();
    Err(if invited.is_some_and(|invited| *invited != vouched.email) {
        because(
            Code::WrongAccount,
            "This invitation is for another address than that of your user. Invite that one.",
        )
    } else if obstacle.another_subject {
        because(
            Code::WrongAccount,
            "This address came in as another subject before. Send that subject with it.",
        )
    } else if obstacle.another_account {
        because(
            Code::WrongAccount,
            "This subject came in under another address before, and the new one has an account already. Send the address that it was, or another subject for the account of the new one.",
        )
    } else if obstacle.stays {
        because(
            Code::WrongAccount,
            "This subject came in under another address before, which only its holder changes here: they proved it, are in another organization too, or run this one (an admin's follows a key with the scope admins:write). Have them change it on their own page, or send the address that it was.",
        )
    } else if obstacle.unproved {
        because(
            Code::EmailUnverified,
            "Somebody set an account up under this address and never proved that it is theirs. Send the invitation by e-mail and let them open it from there.",
        )
    } else if obstacle.removed {
        Code::AccessRemoved.into()
    } else if !obstacle.within_day {
        quota::refusal(now)
    } else {
        no_room(ctx, link, &view).await
    })
}

fn because(code: Code, detail: &'static str) -> Error {
    Refusal::new(code).because(detail).into()
}
