//! The e-mail to somebody who was added at once: that they are in, where, and how they get there (S2-17).

use askama::Template;

use crate::config::Config;
use crate::domain::link::Via;
use crate::domain::password_link::PasswordLink;
use crate::domain::role::Role;
use crate::error::Result;
use crate::mail::Mail;
use crate::mail::invitation::fold;
use crate::store::jobs::Added;
use crate::web::route::Route;

/// As many workspaces as the mail names; of the others it says how many there are.
const MOST_NAMED: usize = 8;

/// What all three files are written from.
#[derive(Debug)]
pub struct Facts<'a> {
    /// Where they were added.
    pub organization: &'a str,
    /// Who added them.
    pub adder: Option<&'a str>,
    /// What the organization calls them.
    pub name: &'a str,
    /// What they are.
    pub role: Role,
    /// Where, by name; empty for those who reach every workspace.
    pub workspaces: Vec<&'a str>,
    /// Whom it is for.
    pub recipient: &'a str,
    /// Where they set their password, or sign in.
    pub url: String,
    /// Until when they can set a password there, in words; none to those who sign in.
    pub expires: Option<String>,
}

impl Facts<'_> {
    /// The first line, which is the subject too.
    fn heading(&self) -> String {
        match self.adder {
            Some(adder) => format!("{adder} added you to {}", self.organization),
            None => format!("You were added to {}", self.organization),
        }
    }

    /// Who entered the address.
    fn from(&self) -> &str {
        self.adder.unwrap_or(self.organization)
    }

    /// What the button does.
    fn action(&self) -> &'static str {
        if self.expires.is_some() { "Set your password" } else { "Sign in" }
    }

    /// The workspaces to name: none to those who reach every one.
    fn named(&self) -> &[&str] {
        let named = if self.role.reaches_every_workspace() { &[] } else { self.workspaces.as_slice() };
        named.get(..MOST_NAMED).unwrap_or(named)
    }

    /// How many more there are.
    fn unnamed(&self) -> usize {
        if self.role.reaches_every_workspace() { 0 } else { self.workspaces.len().saturating_sub(MOST_NAMED) }
    }
}

#[derive(Template)]
#[template(path = "emails/member_added.subject", escape = "none")]
struct Subject<'a>(&'a Facts<'a>);

#[derive(Template)]
#[template(path = "emails/member_added.txt", escape = "none")]
struct Text<'a>(&'a Facts<'a>);

#[derive(Template)]
#[template(path = "emails/member_added.html", escape = "html")]
struct Html<'a>(&'a Facts<'a>);

/// Writes the e-mail. To somebody who can't sign in yet, with a link to set a password, which proves the mailbox; its end
/// counts from when they were added, so that a mail that is tried again is the same mail. To anybody else, with the way to
/// sign in.
///
/// # Errors
/// A template's, which no input causes.
pub fn write(config: &Config, added: &Added) -> Result<Mail> {
    let (route, expires) = if added.can_sign_in {
        (Route::SignIn, None)
    } else {
        let link = PasswordLink {
            user_id: added.user_id,
            organization_id: added.organization_id,
            ver: added.password_ver,
            via: Via::Email,
            of: None,
        };
        let expires_at = PasswordLink::ends(Via::Email, added.added_at);
        (Route::Reset(link.sign(&config.keys, expires_at)), Some(expires_at.in_words()))
    };
    let facts = Facts {
        organization: &added.organization_name,
        adder: added.adder_name.as_deref(),
        name: &added.name,
        role: added.role,
        workspaces: added.workspaces.iter().map(|workspace| workspace.name.as_str()).collect(),
        recipient: added.email.as_str(),
        url: route.url(&config.origin),
        expires,
    };
    Ok(Mail {
        from: config.sender(&added.organization_name),
        to: added.email.as_str().to_owned(),
        subject: Subject(&facts).render()?.trim().to_owned(),
        text: fold(&Text(&facts).render()?),
        html: Html(&facts).render()?,
    })
}
