//! A lost second factor, or one that a thief set up first: the operator takes it off, and the account's holder comes in again by
//! their mailbox.

use crate::domain::email_address::EmailAddress;
use crate::error::{Code, Error, Refusal, Result};
use crate::flow::Context;
use crate::jobs::lost_at;
use crate::platform::{Platform, ResultSet};
use crate::store::mfa_reset::{self, Whose};

/// Takes the second factor off the account with this address, ends every session of it and its password, and has its holder told.
///
/// # Errors
/// `not_found` for an address without an account, `mfa_not_enabled` for an account without a second factor.
pub async fn take_off<P: Platform>(ctx: &Context<'_, P>, email: &EmailAddress) -> Result<Whose> {
    let (told, entry) = (ctx.id(), ctx.entry(&"operator"));
    // Its entries are those of whatever organizations they are in: maybe of none.
    ctx.is_done_with_mail(told);
    let batch = mfa_reset::take_off(email, told, &entry, lost_at(entry.at));
    let results = ctx.platform.batch(batch).await?;
    let whose: Option<Whose> = ResultSet::row_of(results.last())?;
    let whose = whose.ok_or_else(|| {
        Error::from(
            Refusal::new(Code::NotFound).because("No account has this address. Check how it is written."),
        )
    })?;
    if !results.first().is_some_and(ResultSet::any) {
        let detail =
            "This account has no second factor. If its holder can't sign in, they ask for a new password.";
        return Err(Refusal::new(Code::MfaNotEnabled).because(detail).into());
    }
    ctx.platform.enqueue(told);
    Ok(whose)
}
