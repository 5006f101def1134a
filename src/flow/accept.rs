//! Accepting an invitation: as whoever is signed in, or with a new account made in the same step.
//!
//! One batch lets the person in (see [`redeem`]). Who is accepting, and so what they must do first, is decided by
//! [`Standing::next`](crate::domain::standing::Standing::next).

use std::time::Duration;

use crate::domain::email_address::EmailAddress;
use crate::domain::ids::OrganizationId;
use crate::domain::invitation::Kind;
use crate::domain::link::Link;
use crate::domain::secret::Bearer;
use crate::domain::standing::Next;
use crate::domain::text::Name;
use crate::error::{Code, Error, Fields, Refusal, Result};
use crate::flow::{Context, ask, check_password, hash_password, look};
use crate::platform::{Platform, ResultSet, Statement};
use crate::store::asking::Word;
use crate::store::redeem::{self, Claim, Joined, NewAccount};
use crate::store::view::{self, View};
use crate::store::{audit, notifications};

/// How long a session lasts.
pub const SESSION: Duration = Duration::from_hours(30 * 24);

/// Who accepts.
#[derive(Debug)]
pub struct Accept {
    /// The link.
    pub link: Link,
    /// The digest of the session on this browser, if it has one.
    pub session: Option<String>,
    /// For a new account that comes by a link for many: its address.
    pub email: Option<EmailAddress>,
    /// For a new account: what the person calls themselves.
    pub name: Option<Name>,
    /// For a new account: its password.
    pub password: Option<String>,
}

/// They are in.
pub struct Accepted {
    /// As what.
    pub joined: Joined,
    /// Where.
    pub organization_id: OrganizationId,
    /// A new account's first session, for its cookie.
    pub session: Option<Bearer>,
}

/// Accepts.
pub async fn accept<P: Platform>(ctx: &Context<'_, P>, accept: Accept) -> Result<Accepted> {
    if let (Some(session), None, None) = (&accept.session, &accept.name, &accept.password) {
        return signed_in(ctx, &accept, session).await;
    }
    let view = look::look(ctx, &accept.link, accept.session.as_deref(), accept.email.as_ref()).await?;
    match (view.standing().next(&accept.link, ctx.now())?, &accept.session) {
        (Next::SignUp, _) => sign_up(ctx, accept, &view).await,
        // Accepting never changes an account whose address is proved: a name and password sent along are left aside.
        (Next::Accept | Next::EnrolMfa | Next::None, Some(session)) => signed_in(ctx, &accept, session).await,
        (next, _) => Err(refusal_of(next, &view, &accept)),
    }
}

async fn signed_in<P: Platform>(ctx: &Context<'_, P>, accept: &Accept, session: &str) -> Result<Accepted> {
    let (link, now) = (&accept.link, ctx.now());
    let claim = Claim { id: ctx.id(), member_id: ctx.id(), now };
    let mut batch = vec![redeem::claim_signed_in(claim, link, session)];
    batch.extend(redeem::let_in(claim, link, &ctx.config.templates.client_defaults()));
    batch.push(audit::of_redemption(ctx.entry(&"invitee"), claim.id));
    let word = ask::word(ctx);
    batch.extend(notifications::of_redemption(word, claim.id));
    batch.push(redeem::joined(link.invitation_id, session, now));
    batch.push(view::select_unless(Some(claim.id), link, Some(session), accept.email.as_ref(), now));
    let (joined, view) = run(ctx, link, word, batch).await?;
    let Some(view) = view else { return came_in(link, joined, None) };
    match (joined, view.standing().next(link, now)) {
        (joined @ Some(_), Ok(Next::EnrolMfa | Next::None)) => came_in(link, joined, None),
        (_, Err(code)) => Err(code.into()),
        (_, Ok(Next::Accept)) => Err(no_room(ctx, link, &view).await),
        // The session is over, or is somebody else's.
        (_, Ok(next)) => Err(refusal_of(next, &view, accept)),
    }
}

async fn sign_up<P: Platform>(ctx: &Context<'_, P>, accept: Accept, view: &View) -> Result<Accepted> {
    // Whoever says that they are somebody else than the invited one is not to think that they joined as that.
    if let (Some(invited), Some(said)) = (&view.invitation.email, &accept.email)
        && invited != said
    {
        let detail = "This invitation is for another address. Leave this out, or ask for one of your own.";
        return Err(Error::field("/email", Code::WrongAccount, detail));
    }
    let email = view.invitation.email.clone().or_else(|| accept.email.clone());
    let (Some(name), Some(password), Some(email)) = (accept.name.clone(), &accept.password, email) else {
        return Err(missing(view, &accept));
    };
    check_password(password, &[email.as_str(), name.as_str(), &view.organization_name])?;
    let password_hash = hash_password(ctx, password)?;

    let now = ctx.now();
    let session = Bearer::new(ctx.platform.random());
    let account = NewAccount {
        user_id: ctx.user_id(),
        email,
        name,
        password_hash,
        session_id: ctx.id(),
        session_digest: session.digest(),
        session_ends_at: now.plus(SESSION),
        device: ctx.device.clone(),
    };
    let link = &accept.link;
    let claim = Claim { id: ctx.id(), member_id: ctx.id(), now };
    let mut batch = vec![redeem::claim_signing_up(claim, link, &account)];
    batch.extend(redeem::reset_unproved(claim, &account));
    batch.extend(redeem::make_account(claim, &account));
    batch.extend(redeem::let_in(claim, link, &ctx.config.templates.client_defaults()));
    batch.push(audit::of_redemption(ctx.entry(&"invitee"), claim.id));
    let word = ask::word(ctx);
    batch.extend(notifications::of_redemption(word, claim.id));
    batch.push(redeem::joined(link.invitation_id, &account.session_digest, now));
    let (at, typed) = (accept.session.as_deref(), Some(&account.email));
    batch.push(view::select_unless(Some(claim.id), link, at, typed, now));
    let (joined, view) = run(ctx, link, word, batch).await?;
    let Some(view) = view else { return came_in(link, joined, Some(session)) };
    match (joined, view.standing().next(link, now)) {
        (joined @ Some(_), _) => came_in(link, joined, Some(session)),
        (None, Err(code)) => Err(code.into()),
        (None, Ok(Next::SignUp)) => Err(no_room(ctx, link, &view).await),
        (None, Ok(next)) => Err(refusal_of(next, &view, &accept)),
    }
}

fn came_in(link: &Link, joined: Option<Joined>, session: Option<Bearer>) -> Result<Accepted> {
    let joined = joined.ok_or_else(|| Error::Internal("a claim without its member".to_owned()))?;
    Ok(Accepted { joined, organization_id: link.organization_id, session })
}

/// Runs a redeeming batch, whose last two statements read what came of it; the one before them writes the inviter's mail. Answers
/// what they joined as, and the view that explains it, unless this very batch let them in.
async fn run<P: Platform>(
    ctx: &Context<'_, P>,
    link: &Link,
    word: Word,
    batch: Vec<Statement>,
) -> Result<(Option<Joined>, Option<View>)> {
    let results = ctx.platform.batch(batch).await?;
    let [claim, .., mail, joined, view] = results.as_slice() else {
        return Err(Error::Internal("a claim, a mail and two reads".to_owned()));
    };
    if mail.any() {
        ctx.platform.enqueue(word.job);
    }
    let (claimed, joined) = (ResultSet::any(claim), joined.first()?);
    if claimed {
        look::forget(ctx, link.invitation_id, link.ver).await;
        return Ok((joined, None));
    }
    let view = view.first()?.ok_or_else(|| Error::from(Code::InvitationInvalid))?;
    Ok((joined, Some(view)))
}

/// The claim was refused to somebody who may accept: there is no room. What can be done about it is not theirs to do, so where
/// it is a seat that lacks, whoever can is told.
pub(super) async fn no_room<P: Platform>(ctx: &Context<'_, P>, link: &Link, view: &View) -> Error {
    if !view.plan_allows {
        Refusal::new(Code::PlanFeatureRequired)
            .because("The organization's plan doesn't allow what this invitation gives at the moment. Tell whoever invited you, then try again.")
            .into()
    } else if view.trial_ends_at.is_some_and(|end| end <= ctx.now()) {
        Refusal::new(Code::TrialEnded)
            .because("There is no room for you yet: their trial has ended. Tell whoever invited you, then try again.")
            .into()
    } else if view.seat_free {
        Error::Internal("a claim was refused and nothing says why".to_owned())
    } else if let Err(error) = ask::for_a_seat(ctx, link).await {
        error
    } else {
        Refusal::new(Code::SeatLimitReached)
            .because("Every seat is taken at the moment. Tell whoever invited you, then try again.")
            .into()
    }
}

/// What must be done first, as a refusal.
fn refusal_of(next: Next, view: &View, accept: &Accept) -> Error {
    match next {
        // There it is nobody's invitation: it is the address that they typed which has an account.
        Next::SignIn if view.invitation.kind == Kind::Link => Error::field(
            "/email",
            Code::SignInRequired,
            "There is an account with this address. Sign in to it, then accept.",
        ),
        Next::SignIn => Code::SignInRequired.into(),
        Next::SwitchAccount => Code::WrongAccount.into(),
        Next::SignUp => missing(view, accept),
        Next::Accept | Next::EnrolMfa | Next::None => {
            Error::Internal("accepting was refused without a reason".to_owned())
        }
    }
}

/// What a new account still needs.
fn missing(view: &View, accept: &Accept) -> Error {
    let mut fields = Fields::default();
    if view.invitation.email.is_none() && accept.email.is_none() {
        fields.refuse("/email", Code::Required, "Say which e-mail address is yours.".to_owned());
    }
    if accept.name.is_none() {
        fields.refuse("/name", Code::Required, "Say what you are called.".to_owned());
    }
    if accept.password.is_none() {
        fields.refuse("/password", Code::Required, "Choose a password for your account.".to_owned());
    }
    if fields.any_refused() {
        fields.refusal()
    } else {
        // What was sent would have been enough for an account, if the session had not been somebody's until just now.
        Code::Unauthenticated.into()
    }
}
