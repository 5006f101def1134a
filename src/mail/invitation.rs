//! What is mailed to whoever is invited: the invitation, the one reminder of it, and that it was withdrawn. They tell what its
//! page tells: as what, what one can do there, until when, who asks, and what to do if it was not expected.

use crate::config::Config;
use crate::domain::link::{Link, Via};
use crate::domain::role::Role;
use crate::domain::text::capitalized;
use crate::error::{Error, Result};
use crate::mail::Mail;
use crate::mail::letter::{Letter, Word, entered, first_of, named, places};
use crate::store::view::View;
use crate::web::route::Route;

/// Writes the e-mail of an invitation, or its reminder, with a link that proves the mailbox: the same link in both.
///
/// # Errors
/// The invitation has no address.
pub fn write(config: &Config, view: &View, is_reminder: bool) -> Result<Mail> {
    let invitation = &view.invitation;
    let until = invitation.expires_at.in_words();
    let token = Link::to(invitation, Via::Email).sign(&config.keys, invitation.expires_at);
    let as_what = invitation.role.with_article();
    let mut said = Vec::new();
    if let Some(name) = &view.name {
        said.push(format!("Hello {},", named(name)));
    }
    if is_reminder {
        said.push("You have not answered this invitation yet. This is the only reminder.".to_owned());
    }
    said.push(format!("You will join as {as_what}. {}", invitation.role.may()));
    said.extend(details(config, view));
    if invitation.role == Role::Client && !is_reminder {
        said.push("You do not need to pay or install anything.".to_owned());
    }
    let quote = view.shown_message().map(|message| (named(view.message_by()), message));
    let preview = if is_reminder {
        format!("Your invitation works until {until}.")
    } else {
        format!("Join as {as_what}. The invitation works until {until}.")
    };
    let mut why = entered(view.inviter_name.as_deref(), view.shown_name());
    why.push_str(" If you did not expect it, do nothing: nothing happens unless you accept.");
    let letter = Letter {
        preview,
        said,
        places: places(invitation.role, &view.workspaces),
        quote,
        action: Some(("View invitation", Route::Invitation(token.clone()).url(&config.origin))),
        terms: format!(
            "Only for {}, until {until}. Please do not forward it. Opening it accepts nothing yet.",
            named(recipient(view)?)
        ),
        why,
        no: Some(("Decline the invitation", Route::InvitationDecline(token).url(&config.origin))),
        ..frame(view, is_reminder)?
    };
    letter.mail(config)
}

/// Writes the e-mail that an invitation was withdrawn, to whoever was mailed it. There is nothing for them to do.
///
/// # Errors
/// The invitation has no address.
pub fn withdrawn(config: &Config, view: &View) -> Result<Mail> {
    let when = view.invitation.revoked_at.map(|at| format!(" on {}", at.date_in_words())).unwrap_or_default();
    let organization =
        |name| vec![Word::Is("Your invitation to "), Word::Name(name), Word::Is(" was withdrawn")];
    let letter = Letter {
        heading: organization(view.shown_name()),
        subject: Some(organization(view.own_name())),
        preview: "The link no longer works. There is nothing for you to do.".to_owned(),
        said: vec![
            format!("{} withdrew it{when}. The link no longer works.", named(view.shown_name())),
            "There is nothing for you to do. If you still need access, ask your contact there.".to_owned(),
        ],
        why: "You received this because you were sent the invitation.".to_owned(),
        ..frame(view, false)?
    };
    letter.mail(config)
}

/// Whose it is, and its first line. To a client it is the organization that speaks, to staff a person.
fn frame(view: &View, is_reminder: bool) -> Result<Letter<'_>> {
    let to_client = view.invitation.role == Role::Client;
    let line = |organization| {
        let mut line = if is_reminder { vec![Word::Is("Reminder: ")] } else { Vec::new() };
        match view.inviter_name.as_deref() {
            _ if to_client => {
                line.extend([Word::Name(organization), Word::Is(" invited you to join")]);
                return line;
            }
            Some(by) => line.extend([Word::Name(by), Word::Is(" invited you to ")]),
            None => {
                line.push(Word::Is(if is_reminder { "you are invited to " } else { "You are invited to " }));
            }
        }
        line.push(Word::Name(organization));
        line
    };
    Ok(Letter {
        to: recipient(view)?,
        sender: Some(view.own_name()),
        accent: view.branding_accent.as_deref(),
        above: named(view.shown_name()),
        heading: line(view.shown_name()),
        subject: Some(line(view.own_name())),
        ..Letter::default()
    })
}

/// What they are given, in sentences.
fn details(config: &Config, view: &View) -> Vec<String> {
    let mut told = Vec::new();
    let Some(template) = config.templates.named(&view.template) else { return told };
    let may = first_of(view.may(template));
    if !may.is_empty() {
        told.push(format!("Your access: {}.", may.join(", ").replace(", and ", " and ")));
    }
    let accounts = view.accounts(template);
    if !accounts.is_empty() {
        told.push(format!("{}: {accounts}.", capitalized(&template.noun().1)));
    }
    let kinds = view.kinds(template);
    if !kinds.is_empty() {
        told.push(format!("What you can connect: {kinds}."));
    }
    if view.require_mfa {
        told.push(
            "Signing in asks for a second step: a code from an app on your phone. You set it up after you join."
                .to_owned(),
        );
    }
    told
}

fn recipient(view: &View) -> Result<&str> {
    let email = view.invitation.email.as_ref().ok_or_else(|| Error::Internal("no recipient".to_owned()))?;
    Ok(email.as_str())
}
