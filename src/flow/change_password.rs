//! Another password for whoever is signed in and types the one that they have.

use crate::domain::password;
use crate::error::{Code, Error, Result};
use crate::flow::second_factor::wrong_password;
use crate::flow::{Context, check_password, hash_password};
use crate::jobs::lost_at;
use crate::platform::{Limit, Platform, ResultSet};
use crate::store::account_mails::{self, Notice};
use crate::store::accounts::{self, Credentials, SignedIn};
use crate::store::sessions;

/// Changes the password of whoever holds the session: every other session ends, and they are told.
///
/// # Errors
/// `invalid_credentials` with a pointer for a wrong password, `weak_password` for the new one.
pub async fn change_password<P: Platform>(
    ctx: &Context<'_, P>,
    session: &str,
    current: &str,
    new: &str,
) -> Result<()> {
    let now = ctx.now();
    let batch = vec![accounts::select_signed_in(session, now), accounts::select_credentials_of(session, now)];
    let results = ctx.platform.batch(batch).await?;
    let [me, credentials] = results.as_slice() else {
        return Err(Error::Internal("two results".to_owned()));
    };
    let (Some(me), Some(credentials)) = (me.first::<SignedIn>()?, credentials.first::<Credentials>()?) else {
        return Err(Code::Unauthenticated.into());
    };
    // Whoever has the session guesses here too. Not under the limit of signing in, which strangers use up.
    if !ctx.platform.allows(Limit::Account, &format!("password:{}", me.user_id)).await {
        return Err(Error::slow_down());
    }
    check_password(new, &credentials.known)?;
    let old = credentials.password_hash.unwrap_or_default();
    if !password::verify(current, Some(&old)) {
        return Err(Error::field("/current_password", Code::InvalidCredentials, wrong_password().detail()));
    }
    let hash = hash_password(ctx, new)?;
    let (told, now) = (ctx.id(), ctx.now());
    let batch = vec![
        accounts::set_password(me.user_id, &old, &hash),
        sessions::end_others(me.user_id, Some(session), &hash, now),
        account_mails::tell(told, me.user_id, Notice::PasswordChanged, &hash, now, lost_at(now)),
    ];
    let results = ctx.platform.batch(batch).await?;
    if !results.first().is_some_and(ResultSet::any) {
        // Another was set since.
        return Err(Code::Unauthenticated.into());
    }
    ctx.platform.enqueue(told);
    Ok(())
}
