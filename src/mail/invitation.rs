//! The invitation's e-mail: what it is, who asks, what clicking does, until when, and what to do if it was not expected.

use askama::Template;

use crate::config::Config;
use crate::domain::link::{Link, Via};
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::error::{Error, Result};
use crate::mail::Mail;
use crate::store::jobs::Content;
use crate::web::route::Route;

/// The plain text's width: what quoted answers to it still fit a terminal with (RFC 3676, section 4.2).
const COLUMNS: usize = 72;

/// As many workspaces as the mail names; of the others it says how many there are.
const MOST_NAMED: usize = 8;

/// What all three files are written from.
#[derive(Debug)]
pub struct Facts<'a> {
    /// Who invites: the organization.
    pub organization: &'a str,
    /// The person who does, if it was not the operator.
    pub inviter: Option<&'a str>,
    /// What the invited person is called, if the inviter said.
    pub name: Option<&'a str>,
    /// What they will be.
    pub role: Role,
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
    /// Where it is declined.
    pub decline_url: String,
}

impl Facts<'_> {
    /// The first line, which is the subject too.
    fn heading(&self) -> String {
        match self.inviter {
            Some(inviter) => format!("{inviter} invited you to {}", self.organization),
            None => format!("You are invited to {}", self.organization),
        }
    }

    /// Who entered the address and wrote the message.
    fn from(&self) -> &str {
        self.inviter.unwrap_or(self.organization)
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
    let token = Link::to(invitation, Via::Email).sign(&config.keys, invitation.expires_at);
    let facts = Facts {
        organization: &content.organization_name,
        inviter: content.inviter_name.as_deref(),
        name: content.name.as_deref(),
        role: invitation.role,
        workspaces: content.workspaces.iter().map(|workspace| workspace.name.as_str()).collect(),
        message: content.message.as_deref(),
        recipient: recipient.as_str(),
        expires: Timestamp::in_words(invitation.expires_at),
        decline_url: Route::InvitationDecline(token.clone()).url(&config.origin),
        url: Route::Invitation(token).url(&config.origin),
    };
    Ok(Mail {
        from: config.sender(&content.organization_name),
        to: recipient.as_str().to_owned(),
        subject: Subject(&facts).render()?.trim().to_owned(),
        text: fold(&Text(&facts).render()?),
        html: Html(&facts).render()?,
    })
}

/// Folds lines at blanks. What holds none, such as a link, stays whole; a folded quotation stays one.
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len() + 16);
    for line in text.lines() {
        let indent =
            ["> ", "- "].into_iter().find(|mark| line.starts_with(mark)).map_or("", |mark| match mark {
                "- " => "  ",
                quotation => quotation,
            });
        let mut width = 0;
        for (place, word) in line.split(' ').enumerate() {
            let long = word.chars().count();
            if place == 0 {
                width = long;
            } else if width + 1 + long > COLUMNS && width > indent.len() {
                folded.truncate(folded.trim_end_matches(' ').len());
                folded.push('\n');
                folded.push_str(indent);
                width = indent.len() + long;
            } else {
                folded.push(' ');
                width += 1 + long;
            }
            folded.push_str(word);
        }
        folded.push('\n');
    }
    folded
}

impl From<askama::Error> for Error {
    fn from(error: askama::Error) -> Self {
        Self::Internal(format!("template: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_folded_at_blanks_and_what_has_none_stays_whole() {
        let link = format!("https://usher.test/i/{}", "a".repeat(200));
        assert_eq!(fold(&link), format!("{link}\n"));
        let words = "word ".repeat(40);
        for mark in ["", "> ", "- "] {
            let folded = fold(&format!("{mark}{words}"));
            assert!(folded.lines().count() == 3, "{folded}");
            assert!(folded.lines().all(|line| line.chars().count() <= COLUMNS), "{folded}");
        }
        assert!(fold(&format!("> {words}")).lines().all(|line| line.starts_with("> ")));
        assert_eq!(fold("a\n\nb"), "a\n\nb\n");
    }
}
