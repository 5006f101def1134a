//! The form that accepts: it makes the account and joins, or signs in and joins, or joins.

use serde::Deserialize;

use super::{Visit, landing};
use crate::domain::email_address::EmailAddress;
use crate::domain::keys::Opened;
use crate::domain::link::{Link, Via};
use crate::domain::password;
use crate::domain::standing::Next;
use crate::domain::text::Name;
use crate::error::{Code, Error, Fields, Result};
use crate::flow::accept::{Accept, accept};
use crate::flow::sign_in::Entry;
use crate::flow::{Context, look, sign_in};
use crate::platform::Platform;
use crate::store::guesses::Guesser;
use crate::store::view::View;
use crate::web::guard;
use crate::web::pages::apart::apart;
use crate::web::pages::check_form;
use crate::web::pages::said;
use crate::web::pages::sign_in::onward;
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Form {
    nonce: String,
    /// What the person calls themselves. The form that signs in doesn't have it, and by that is told from the one that makes
    /// an account.
    pub(super) name: Option<String>,
    /// On a link for many: which address is theirs.
    #[serde(default)]
    pub(super) email: String,
    #[serde(default)]
    password: String,
    /// Holds the address for password managers; what it says is not looked at.
    #[serde(default, rename = "username")]
    _username: String,
}

/// `POST /i/{token}`: makes the account and joins, or signs in and joins, or joins.
pub async fn submit<P: Platform>(ctx: &Context<'_, P>, request: &Request, token: &str) -> Result<Reply> {
    let mut visit = Visit::of(ctx, request, token);
    if let Err(error) = guard::limit_network(ctx, request, "accept").await {
        return visit.wait(error);
    }
    let body: Form = request::form(request)?;
    let link = match visit.open() {
        Opened::Live(link) => link,
        dead => return visit.dead(dead),
    };
    if let Err(error) = check_form(ctx, request, &body.nonce) {
        return visit.again(&link, &body, error).await;
    }
    let typed = body.typed();
    let view = look::look(ctx, &link, visit.session.as_deref(), typed.as_ref()).await?;
    let mut fresh = None;
    let outcome = match view.standing().next(&link, ctx.now()) {
        Err(code) => Err(code.into()),
        Ok(Next::SignUp) => visit.join_as_new(&link, &view, &body).await,
        // They chose a password for a new account: it is not tried on the one that there is.
        Ok(Next::SignIn) if view.invitation.email.is_none() && body.name.is_some() => Err(Error::field(
            "/password",
            Code::SignInRequired,
            "There is an account with this address already. Type its password to sign in and join.",
        )),
        Ok(Next::SignIn) => {
            let by = guard::guesser(request);
            let email = view.invitation.email.as_ref().or(typed.as_ref());
            match sign_in(ctx, &by, email, &body.password).await {
                // Their second factor first: from there they come back to the invitation, signed in.
                Ok(entry) if entry.me.is_none() => return Ok(onward(&entry, &visit.path())),
                Ok(entry) => {
                    // Whether or not they can join now, they have signed in: they needn't type it again.
                    visit.session = Some(entry.token.digest());
                    fresh = Some(entry);
                    visit.join(&link, &view).await
                }
                Err(error) => Err(error),
            }
        }
        Ok(_) => visit.join(&link, &view).await,
    };
    let mut reply = match outcome {
        Ok(reply) => reply,
        Err(error) => visit.again(&link, &body, error).await?,
    };
    if let Some(entry) = fresh {
        reply::let_in(&mut reply, &entry);
    }
    Ok(reply)
}

impl Form {
    /// The address that was typed, if it is one.
    fn typed(&self) -> Option<EmailAddress> {
        self.email.parse().ok()
    }
}

/// Signs in to the account of the invited address, or of the one that was typed.
async fn sign_in<P: Platform>(
    ctx: &Context<'_, P>,
    by: &Guesser,
    email: Option<&EmailAddress>,
    password: &str,
) -> Result<Entry> {
    if password.is_empty() {
        return Err(Error::field("/password", Code::Required, "Type your password."));
    }
    let email = email.ok_or_else(|| Error::from(Code::SignInRequired))?;
    sign_in::sign_in(ctx, by, email, password).await.map_err(|error| match error.code() {
        Code::InvalidCredentials => Error::field(
            "/password",
            Code::InvalidCredentials,
            "That password does not match this address. Check it, and try again.",
        ),
        _ => error,
    })
}

impl<P: Platform> Visit<'_, P> {
    async fn join(&self, link: &Link, view: &View) -> Result<Reply> {
        let session = self.session.clone();
        let by = Accept { link: *link, session, email: None, name: None, password: None };
        self.accept(by, view).await
    }

    async fn join_as_new(&self, link: &Link, view: &View, body: &Form) -> Result<Reply> {
        let mut fields = Fields::default();
        // A field left empty is told what to do rather than what is wrong with it.
        let typed_name = body.name.as_deref().unwrap_or_default();
        let name = if typed_name.trim().is_empty() {
            fields.refuse("/name", Code::Required, "Type your name.");
            None
        } else {
            fields.take("/name", Code::InvalidValue, Name::parse(typed_name))
        };
        let email = match &view.invitation.email {
            Some(_) => None,
            None if body.email.trim().is_empty() => {
                fields.refuse("/email", Code::Required, "Type your e-mail address.");
                None
            }
            None => fields.take("/email", Code::InvalidEmail, body.email.parse::<EmailAddress>()),
        };
        let known = view.invitation.email.as_ref().or(email.as_ref()).map(EmailAddress::key);
        if body.password.is_empty() {
            fields.refuse("/password", Code::Required, "Choose a password.");
        } else {
            let known = [known.as_deref().unwrap_or_default(), typed_name, &view.organization_name];
            if let Err(why) = password::check(&body.password, &known) {
                fields.refuse("/password", why.code(), why.to_string());
            }
        }
        let name = fields.finish(name)?;
        let by = Accept {
            link: *link,
            session: self.session.clone(),
            email,
            name: Some(name),
            password: Some(body.password.clone()),
        };
        self.accept(by, view).await
    }

    async fn accept(&self, by: Accept, view: &View) -> Result<Reply> {
        let via = by.link.via;
        let accepted = accept(self.ctx, by).await?;
        // Where a second step is asked for, the invitation's own page goes on with it.
        let mut reply = if accepted.joined.lacks_factor {
            reply::see_other(&self.path())
        } else {
            let mut told = format!("You joined {}.", apart(view.shown_name()));
            // By a link that was passed on: nobody knows yet whose address it is.
            if accepted.session.is_some() && via != Via::Email {
                told.push_str(
                    " Your address is not confirmed yet: a link for a new password, sent there, confirms it.",
                );
            }
            said::see_other(&landing(view, accepted.joined.role).path(), &told)
        };
        if let Some(session) = accepted.session {
            reply::keep_session(&mut reply, &session);
        }
        Ok(reply)
    }

    /// After a refusal: what the page shows again is how things are now, since the refusal may be because they changed.
    async fn again(&self, link: &Link, body: &Form, error: Error) -> Result<Reply> {
        // Another site's form gets no form of ours in return, and what is our own fault no second try here.
        if matches!(error.code(), Code::CrossSiteRequest | Code::Internal) {
            return Err(error);
        }
        let typed = body.typed();
        let view = look::look(self.ctx, link, self.session.as_deref(), typed.as_ref()).await?;
        let mut reply = self.face(link, &view, Some((body, &error)))?;
        if let Error::Refused(refusal) = &error {
            reply::tell(&mut reply, refusal);
        }
        Ok(reply)
    }
}
