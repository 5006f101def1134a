//! Another password for whoever is signed in and types the one that they have.

use crate::domain::password;
use crate::error::{Code, Error, Result};
use crate::flow::again::check_counted;
use crate::flow::second_factor::wrong_password;
use crate::flow::sign_in::GUESSES_COUNT;
use crate::flow::{Context, check_password, hash_password};
use crate::jobs::lost_at;
use crate::platform::{Limit, Platform, ResultSet};
use crate::store::account_mails::{self, Notice};
use crate::store::accounts::{self, Credentials, SignedIn};
use crate::store::{guesses, sessions};

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
    // Whoever has the session guesses here too; a code is not asked for.
    let [count, wait] = guesses::count_own(session, true, now.minus(GUESSES_COUNT), now);
    let batch = vec![
        count,
        wait,
        accounts::select_signed_in(session, now),
        accounts::select_credentials_of(session, now),
    ];
    let results = ctx.platform.batch(batch).await?;
    let [counted, wait, me, credentials] = results.as_slice() else {
        return Err(Error::Internal("four results".to_owned()));
    };
    let (Some(me), Some(credentials)) = (me.first::<SignedIn>()?, credentials.first::<Credentials>()?) else {
        return Err(Code::Unauthenticated.into());
    };
    check_counted(counted, wait, now)?;
    // Not under the limit of signing in, which strangers use up.
    if !ctx.platform.allows(Limit::Account, &format!("password:{}", me.user_id)).await {
        return Err(Error::slow_down());
    }
    let old = credentials.password_hash.unwrap_or_default();
    if !password::verify(current, Some(&old)) {
        return Err(Error::field("/current_password", Code::InvalidCredentials, wrong_password().detail()));
    }
    let settle = guesses::settle(&me.user_id.to_string());
    if let Err(weak) = check_password(new, &credentials.known) {
        ctx.platform.run(settle).await?;
        return Err(weak);
    }
    let hash = hash_password(ctx, new)?;
    let (told, now) = (ctx.id(), ctx.now());
    let batch = vec![
        accounts::set_password(me.user_id, &old, &hash),
        sessions::end_others(me.user_id, Some(session), &hash, now),
        account_mails::tell(told, me.user_id, Notice::PasswordChanged, &hash, now, lost_at(now)),
        settle,
    ];
    let results = ctx.platform.batch(batch).await?;
    if !results.first().is_some_and(ResultSet::any) {
        // Another was set since.
        return Err(Code::Unauthenticated.into());
    }
    ctx.platform.enqueue(told);
    Ok(())
}
