//! A draft that begins with what an invitation offers: to change that while it is open, or to invite somebody once more after
//! it was settled. Either begins at the review, from which every step is one way away.

use super::{KEPT, Open, Step};
use crate::domain::authority::Authority;
use crate::domain::ids::{DraftId, InvitationId};
use crate::error::Code;
use crate::error::{Error, Result};
use crate::flow::Context;
use crate::flow::change_invitation::{Changes, change};
use crate::platform::{Platform, ResultSet};
use crate::store::drafts;
use crate::store::invitations::{self, Record};
use crate::store::offer_page::{self, Around};
use crate::web::pages::form::Form;
use crate::web::pages::invite::answers::Answers;
use crate::web::pages::{said, team};
use crate::web::reply::{self, Reply};
use crate::web::request::Request;
use crate::web::route::Route;

/// `POST /o/{slug}/invitations/{invitation}/draft`: makes the draft, and on to its review.
///
/// # Errors
/// Those of [`Form::read`] and [`team::offer::open`]; `form_expired`.
pub async fn draft<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    id: InvitationId,
) -> Result<Reply> {
    let form = Form::read(ctx, request)?;
    let (desk, record, found) =
        team::offer::open(ctx, request, slug, id, vec![offer_page::around(id)]).await?;
    form.fresh()?;
    let is_open = record.state.status(ctx.now()).is_open();
    let mut answers = Answers::offering(&record, desk.actor.template, is_open);
    let around: Option<Around> = ResultSet::row_of(found.first())?;
    let there: Vec<_> = around.iter().flat_map(|around| &around.resources).map(|given| given.id).collect();
    answers.give_only(&there);
    let draft: DraftId = ctx.id();
    let open = Open { desk, id: Some(draft), answers };
    ctx.platform
        .batch(drafts::insert(draft, open.desk.member, &open.answers.data(), ctx.now().plus(KEPT)))
        .await?;
    Ok(reply::see_other(&open.path(Step::Check)))
}

impl Open {
    /// Changes what the invitation gives, and leads back to its page.
    pub(super) async fn change<P: Platform>(
        &self,
        ctx: &Context<'_, P>,
        id: InvitationId,
        credentials: bool,
    ) -> Result<Reply> {
        let actor = &self.desk.actor;
        let offer = self.answers.invitation(actor, credentials)?.offer;
        let record: Option<Record> = ctx.platform.run(invitations::select(id)).await?.first()?;
        let record = record.filter(|record| record.state.organization_id == actor.organization_id);
        let record = record.ok_or_else(|| Error::from(Code::NotFound))?;
        if !actor.may_invite(record.state.role) {
            return Err(Code::RoleNotAllowed.into());
        }
        if !record.state.status(ctx.now()).is_open() {
            let sentence =
                "It is not open any more, so nothing of yours was saved. This is what became of it.";
            return Ok(said::see_other(&Route::OfferPage(self.slug(), id).path(), sentence));
        }
        let mut access = offer.access;
        // The plan may have no list of their own any more: what they have of it already is not asked for again.
        let before = record.access.clone().read(&actor.template.catalog);
        if self.answers.chosen().permits_as(actor.template, &before) {
            access.permissions = None;
        }
        let changes =
            Changes { workspaces: offer.workspaces, access, seen: self.answers.seen(), ..Changes::default() };
        let after = change(ctx, &Authority::Member(actor.clone()), record.clone(), changes).await?;
        let sentence = if after.revision == record.revision {
            "Nothing was changed."
        } else {
            team::offer::saved(&record, &after)
        };
        Ok(said::see_other(&Route::OfferPage(self.slug(), id).path(), sentence))
    }
}
