//! Signing in and out.

use crate::domain::email_address::EmailAddress;
use crate::domain::password;
use crate::domain::secret::Bearer;
use crate::error::{Code, Error, Result};
use crate::flow::Context;
use crate::flow::accept::SESSION;
use crate::platform::{Limit, Platform};
use crate::store::accounts;

/// Signs in. A wrong password and an unknown address get one answer, after the same work.
pub async fn sign_in<P: Platform>(
    ctx: &Context<'_, P>,
    email: &EmailAddress,
    password: &str,
) -> Result<Bearer> {
    // Counted by account, so that guessing one account's password is slow from any number of networks.
    if !ctx.platform.allows(Limit::Account, &format!("sign-in:{}", email.key())).await {
        return Err(Error::slow_down());
    }
    let account = accounts::credentials(ctx.platform, email).await?;
    let hash = account.as_ref().and_then(|account| account.password_hash.as_deref());
    let right = password::verify(password, hash);
    let (Some(account), Some(hash), true) = (&account, hash, right) else {
        return Err(Code::InvalidCredentials.into());
    };
    let (now, session) = (ctx.now(), Bearer::new(ctx.platform.random()));
    let ends = now.plus(SESSION);
    let start = accounts::start_session(ctx.id(), account.id, &session.digest(), now, ends, hash);
    if !ctx.platform.run(start).await?.any() {
        return Err(Code::InvalidCredentials.into());
    }
    Ok(session)
}

/// Signs out: the session opens nothing from now on, wherever its cookie is.
pub async fn sign_out<P: Platform>(ctx: &Context<'_, P>, session: &str) -> Result<()> {
    ctx.platform.run(accounts::end_session(session, ctx.now())).await?;
    Ok(())
}
