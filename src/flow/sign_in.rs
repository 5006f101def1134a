//! Signing in and out.

use std::time::Duration;

use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{JobId, SessionId, UserId};
use crate::domain::password;
use crate::domain::secret::Bearer;
use crate::domain::time::Timestamp;
use crate::error::{Code, Error, Result};
use crate::flow::accept::SESSION;
use crate::flow::{Context, hash_password};
use crate::jobs::lost_at;
use crate::platform::{Limit, Platform, ResultSet, Statement};
use crate::store::account_mails;
use crate::store::accounts::{self, Credentials, SignedIn};
use crate::store::guesses::{self, Counted, Guesser, Wait};
use crate::store::sessions::{self, NewSession};

/// How long a sign-in waits for its second factor.
const WAIT: Duration = Duration::from_mins(10);
/// How long guesses at a password count.
pub const GUESSES_COUNT: Duration = Duration::from_hours(24);

/// Somebody who showed who they are.
pub struct Entry {
    /// What their browser keeps.
    pub token: Bearer,
    /// Who they are; nobody yet while their account asks for a second factor.
    pub me: Option<SignedIn>,
}

impl Entry {
    /// For how long the browser keeps it.
    #[must_use]
    pub fn lasts(&self) -> Duration {
        if self.me.is_some() { SESSION } else { WAIT }
    }
}

/// A session about to begin, in the batch of what lets somebody in.
pub struct Beginning {
    token: Bearer,
    session: NewSession,
    told: JobId,
}

impl Beginning {
    /// Of whoever sends this request.
    #[must_use]
    pub fn new<P: Platform>(ctx: &Context<'_, P>) -> Self {
        let (token, now) = (Bearer::new(ctx.platform.random()), ctx.now());
        let session = NewSession {
            id: ctx.id(),
            digest: token.digest(),
            device: ctx.device.clone(),
            now,
            ends: now.plus(SESSION),
            waits_until: now.plus(WAIT),
        };
        Self { token, session, told: ctx.id() }
    }

    /// When it begins.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.session.now
    }

    /// The row that it is to be.
    #[must_use]
    pub fn session(&self) -> &NewSession {
        &self.session
    }

    /// The last statements of the batch: it begins, or waits, if the account's password is the one of this hash.
    #[must_use]
    pub fn statements(&self, user: UserId, password_hash: &str) -> [Statement; 3] {
        let [begins, waits] = sessions::begin(&self.session, user, password_hash);
        [begins, waits, accounts::select_signed_in(&self.session.digest, self.session.now)]
    }

    /// Tells the account's holder of it, behind what begins it, if it is with something new.
    #[must_use]
    pub fn notice(&self) -> Statement {
        account_mails::tell_of_session(self.told, self.session.id, lost_at(self.session.now))
    }

    /// Has that mail sent, if there is one: `noticed` is what came of [`notice`](Self::notice).
    pub fn send_notice<P: Platform>(&self, ctx: &Context<'_, P>, noticed: Option<&ResultSet>) {
        if noticed.is_some_and(ResultSet::any) {
            ctx.platform.enqueue(self.told);
        }
    }

    /// It has begun, as this person's.
    #[must_use]
    pub fn of(self, me: SignedIn) -> Entry {
        Entry { token: self.token, me: Some(me) }
    }

    /// What came of them; nothing if the password has changed.
    ///
    /// # Errors
    /// The database's.
    pub fn entry(self, results: &[ResultSet]) -> Result<Option<Entry>> {
        let [.., waits, me] = results else {
            return Err(Error::Internal("a session's results".to_owned()));
        };
        let me: Option<SignedIn> = me.first()?;
        Ok((me.is_some() || waits.any()).then_some(Entry { token: self.token, me }))
    }
}

/// Signs in. A wrong password and an unknown address get one answer, after the same work.
pub async fn sign_in<P: Platform>(
    ctx: &Context<'_, P>,
    by: &Guesser,
    email: &EmailAddress,
    password: &str,
) -> Result<Entry> {
    let now = ctx.now();
    let [count, wait] = guesses::count(by, email, now.minus(GUESSES_COUNT), now);
    let results = ctx.platform.batch(vec![count, wait, accounts::credentials(email)]).await?;
    let [counted, wait, account] = results.as_slice() else {
        return Err(Error::Internal("a guess and an account".to_owned()));
    };
    let Some(counted) = counted.first::<Counted>()? else {
        let next = wait.first::<Wait>()?.map_or(now, |wait| wait.next_at);
        return Err(Error::slow_down_until(next, now));
    };
    // Counted by account too, so that guessing one account's password is slow from any number of networks. That one is for
    // browsers that nobody knows, or else whoever guesses would keep the holder out; and only for what is looked at, or else
    // one network's refused tries would.
    if !counted.known && !ctx.platform.allows(Limit::Account, &format!("sign-in:{}", email.key())).await {
        return Err(Error::slow_down());
    }
    let account: Option<Credentials> = account.first()?;
    let hash = account.as_ref().and_then(|account| account.password_hash.as_deref());
    let right = password::verify(password, hash);
    let (Some(account), Some(hash), true) = (&account, hash, right) else {
        return Err(Code::InvalidCredentials.into());
    };
    let beginning = Beginning::new(ctx);
    let [begins, waits, me] = beginning.statements(account.id, hash);
    let batch = vec![guesses::settle(&counted.id), begins, beginning.notice(), waits, me];
    let results = ctx.platform.batch(batch).await?;
    beginning.send_notice(ctx, results.get(2));
    let entry = beginning.entry(&results)?.ok_or_else(|| Error::from(Code::InvalidCredentials))?;
    // Once for each change of the parameters.
    if password::is_dated(hash) {
        let rehashed = hash_password(ctx, password)?;
        ctx.platform.run(accounts::rehash(account.id, hash, &rehashed)).await?;
    }
    Ok(entry)
}

/// Signs out: the session opens nothing from now on, wherever its cookie is.
pub async fn sign_out<P: Platform>(ctx: &Context<'_, P>, session: &str) -> Result<()> {
    ctx.platform.batch(sessions::end(session, ctx.now()).into()).await?;
    Ok(())
}

/// Signs out somewhere else: ends a session of whoever holds this one.
///
/// # Errors
/// `unauthenticated`; `not_found` for a session that is over, or another person's.
pub async fn sign_out_of<P: Platform>(ctx: &Context<'_, P>, session: &str, id: SessionId) -> Result<()> {
    let now = ctx.now();
    let batch = vec![accounts::select_signed_in(session, now), sessions::end_one(session, id, now)];
    let results = ctx.platform.batch(batch).await?;
    let [me, ended] = results.as_slice() else { return Err(Error::Internal("two results".to_owned())) };
    match (me.any(), ended.any()) {
        (false, _) => Err(Code::Unauthenticated.into()),
        (true, false) => Err(Code::NotFound.into()),
        (true, true) => Ok(()),
    }
}

/// Signs out everywhere else.
///
/// # Errors
/// `unauthenticated`.
pub async fn sign_out_elsewhere<P: Platform>(ctx: &Context<'_, P>, session: &str) -> Result<()> {
    let now = ctx.now();
    let mut batch = vec![accounts::select_signed_in(session, now)];
    batch.extend(sessions::end_elsewhere(session, now));
    let results = ctx.platform.batch(batch).await?;
    if results.first().is_some_and(ResultSet::any) { Ok(()) } else { Err(Code::Unauthenticated.into()) }
}
