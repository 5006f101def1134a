//! The invitation's e-mail: what it is, who asks, what clicking does, until when, and what to do if it was not expected.

use askama::Template;

use crate::config::Config;
use crate::domain::link::{Link, Via};
use crate::domain::time::Timestamp;
use crate::error::{Error, Result};
use crate::mail::Mail;
use crate::store::jobs::Content;
use crate::web::route::Route;

/// What all three files are written from.
#[derive(Debug)]
pub struct Facts<'a> {
    /// Who invites: the organization.
    pub organization: &'a str,
    /// The person who does, if it was not the operator.
    pub inviter: Option<&'a str>,
    /// What the invited person is called, if the inviter said.
    pub name: Option<&'a str>,
    /// What they will be, with its article: "an admin".
    pub role: &'static str,
    /// Where, by name; empty for those who reach every workspace.
    pub workspaces: Vec<&'a str>,
    /// The inviter's message.
    pub message: Option<&'a str>,
    /// Whom it is for.
    pub recipient: &'a str,
    /// Until when, in words.
    pub expires: String,
    /// The link.
    pub url: String,
    /// What the product is called.
    pub product: &'a str,
}

#[derive(Template)]
#[template(path = "emails/invitation.subject", escape = "none")]
struct Subject<'a>(&'a Facts<'a>);

#[derive(Template)]
#[template(path = "emails/invitation.txt", escape = "none")]
struct Text<'a>(&'a Facts<'a>);

#[derive(Template)]
#[template(path = "emails/invitation.html", escape = "html")]
struct Html<'a>(&'a Facts<'a>);

/// Writes the e-mail of an invitation, with a link that proves the mailbox.
///
/// # Errors
/// The invitation has no address.
pub fn write(config: &Config, content: &Content) -> Result<Mail> {
    let invitation = &content.invitation;
    let recipient = invitation.email.as_ref().ok_or_else(|| Error::Internal("no recipient".to_owned()))?;
    let link = Link {
        invitation_id: invitation.id,
        organization_id: invitation.organization_id,
        ver: invitation.ver,
        via: Via::Email,
    };
    let token = link.sign(&config.keys, invitation.expires_at);
    let facts = Facts {
        organization: &content.organization_name,
        inviter: content.inviter_name.as_deref(),
        name: content.name.as_deref(),
        role: invitation.role.with_article(),
        workspaces: content.workspaces.iter().map(|workspace| workspace.name.as_str()).collect(),
        message: content.message.as_deref(),
        recipient: recipient.as_str(),
        expires: Timestamp::in_words(invitation.expires_at),
        url: Route::Invitation(token).url(&config.origin),
        product: &config.product_name,
    };
    Ok(Mail {
        from: config.sender(&content.organization_name),
        to: recipient.as_str().to_owned(),
        subject: Subject(&facts).render()?.trim().to_owned(),
        text: Text(&facts).render()?,
        html: Html(&facts).render()?,
    })
}

impl From<askama::Error> for Error {
    fn from(error: askama::Error) -> Self {
        Self::Internal(format!("template: {error}"))
    }
}
