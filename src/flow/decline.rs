//! Declining: whoever holds the link of an open e-mail invitation may say no, and the inviter sees it.

use crate::domain::invitation::{Kind, Reason};
use crate::domain::link::Link;
use crate::error::{Code, Error, Refusal, Result};
use crate::flow::{Context, ask, look};
use crate::platform::{Platform, ResultSet};
use crate::store::view::{self, View};
use crate::store::{audit, invitations, notifications};

/// Declines. Declining again is no error: it is what the person wants.
pub async fn decline<P: Platform>(
    ctx: &Context<'_, P>,
    link: &Link,
    reason: Option<Reason>,
    session: Option<&str>,
) -> Result<()> {
    let now = ctx.now();
    let entry = ctx.entry(&"invitee");
    let word = ask::word(ctx);
    let [told, mail] = notifications::of_decline(word, entry.id);
    let results = ctx
        .platform
        .batch(vec![
            audit::of_invitation(
                audit::Entry { at: now, ..entry },
                link.invitation_id,
                audit::Event::Declined(*link, reason),
            ),
            invitations::decline(link, now),
            told,
            mail,
            view::select(link, session, None, now),
        ])
        .await?;
    let [_, declined, _, mail, view] = results.as_slice() else {
        return Err(Error::Internal("five results".to_owned()));
    };
    if mail.any() {
        ctx.platform.enqueue(word.job);
    }
    if ResultSet::any(declined) {
        look::forget(ctx, link.invitation_id, link.ver).await;
        return Ok(());
    }
    let view = view.first::<View>()?.ok_or_else(|| Error::from(Code::InvitationInvalid))?;
    match view.standing().next(link, now) {
        Err(Code::InvitationDeclined) => Ok(()),
        Err(code) => Err(code.into()),
        Ok(_) if view.invitation.kind == Kind::Link => Err(Refusal::new(Code::LinkHasNoRecipient)
            .because("A link for many people has nobody who could decline it. Leave it unused.")
            .into()),
        // They are in already; leaving is another thing than declining.
        Ok(_) => Err(Code::InvitationUsed.into()),
    }
}
