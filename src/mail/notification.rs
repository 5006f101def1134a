//! The mails to those who invite, about somebody who can't go on without them; and to those who run an organization, about a
//! program that is told nothing any more. Each tells what a notification tells in the app,
//! and leads to the page where something can be done; the mail itself does nothing.
//!
//! In their headers people are called by their address, which the organization has entered: a name is what somebody else
//! typed (V33).

use crate::config::Config;
use crate::domain::role::Role;
use crate::domain::text;
use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::mail::Mail;
use crate::mail::letter::{Letter, Word, named};
use crate::store::notifications::Told;
use crate::web::route::Route;

/// Writes it; nothing to somebody who has left the organization since, or of what is never mailed
/// ([`EVENTS`](crate::store::notification_choices::EVENTS) says what may be).
///
/// # Errors
/// A template's, which no input causes.
pub fn write(config: &Config, told: &Told) -> Result<Option<Mail>> {
    let (Some(to), Some(role), true) = (&told.email, told.role, told.inside) else { return Ok(None) };
    let organization = &*told.organization_name;
    let place = place(told);
    let address = told.about_email.as_deref();
    let invited = address.unwrap_or("Somebody");
    let host = told.place();
    let who = host.or(told.asked_by.as_deref()).unwrap_or(invited);
    // Whoever is called by their address only is not named twice.
    let person = match told.member_name.as_deref().or(told.invited.as_deref()) {
        Some(name) if Some(name) != address && address.is_some() => {
            format!("{} ({})", named(name), named(invited))
        }
        _ => named(invited),
    };
    let offer = told.invitation_id.map(|id| Route::OfferPage(told.slug.clone(), id));
    let (after, preview, said, words, route) = match told.kind.as_str() {
        "invitation.asked" => {
            let (after, preview, said) = asked(told, &person);
            (after, preview, said, "See the invitation", offer)
        }
        "access.asked" => (
            " asks for access",
            format!("They are in {place} and were given nothing there."),
            vec![
                format!(
                    "{person} is in {place}, but nothing is shared with them there yet. They ask for access."
                ),
                "Nothing changes until you decide: on their page you choose what they get.".to_owned(),
            ],
            "Review the request",
            told.member_id.map(|id| Route::MemberPage(told.slug.clone(), id)),
        ),
        "invitation.undelivered" => (
            " did not get your invitation",
            format!("The e-mail with your invitation to {} did not arrive.", named(organization)),
            undelivered(organization, &person),
            "Check the address",
            offer,
        ),
        "invitation.accepted" => {
            let joined = format!("{person} joined {} by your invitation.", named(organization));
            let member = told.member_id.map(|id| Route::MemberPage(told.slug.clone(), id));
            let preview = format!("They are in {} now.", named(organization));
            (" accepted your invitation", preview, vec![joined], "See them", member)
        }
        "invitation.declined" => {
            let preview = format!("They do not join {}.", named(organization));
            (" declined your invitation", preview, declined(told, &person), "See the invitation", offer)
        }
        "invitation.no_seat" => (
            " tried to join, but no seat is free",
            seats(told),
            no_seat(told, &person),
            if role >= Role::Admin { "Manage seats" } else { "See the invitation" },
            if role >= Role::Admin { Some(Route::SeatsPage(told.slug.clone())) } else { offer },
        ),
        "invitation.ending" => {
            let end = told.expires_at.map(Timestamp::in_words).unwrap_or_default();
            (
                " has not joined yet",
                format!("The invitation ends on {end}."),
                vec![
                    format!(
                        "{person} has not answered your invitation to {}. It ends on {end}.",
                        named(organization)
                    ),
                    "On its page you send it again, which gives it a new end, or withdraw it.".to_owned(),
                ],
                "Manage the invitation",
                offer,
            )
        }
        "webhook.disabled" => {
            // It may be deleted since, or they run the organization no more.
            let (Some(webhook), Some(host)) = (told.webhook_id, host) else { return Ok(None) };
            let (preview, said) = webhook_off(told, host);
            let there = Route::WebhookPage(told.slug.clone(), webhook);
            (" was turned off", preview, said, "Look at the webhook", Some(there))
        }
        _ => return Ok(None),
    };
    let choose = format!("{}?of={}", Route::NotificationSettings.url(&config.origin), told.slug);
    let letter = Letter {
        to,
        sender: Some(organization),
        accent: told.branding_accent.as_deref(),
        above: named(organization),
        heading: vec![
            Word::Is(if host.is_some() { "The webhook to " } else { "" }),
            Word::Name(who),
            Word::Is(after),
        ],
        preview,
        said,
        action: route.map(|route| (words, route.url(&config.origin))),
        why: why(told),
        no: Some(("Choose what you are told", choose)),
        ..Letter::default()
    };
    letter.mail(config).map(Some)
}

/// A workspace, which is often called what its organization is.
fn place(told: &Told) -> String {
    let organization = named(&told.organization_name);
    match told.workspace_name.as_deref() {
        Some(workspace) if workspace != told.organization_name => {
            format!("{} of {organization}", named(workspace))
        }
        _ => organization,
    }
}

/// Why they get it.
fn why(told: &Told) -> String {
    let too = if told.in_app { " It is in your notifications too." } else { "" };
    format!(
        "You received this because you invite people to {}, or run it.{too}",
        named(&told.organization_name)
    )
}

fn undelivered(organization: &str, person: &str) -> Vec<String> {
    let organization = named(organization);
    vec![
        format!("We could not deliver your invitation to {organization}, which is for {person}."),
        "The invitation still works. Check the address and send it again, or copy the link and hand it over \
         yourself."
            .to_owned(),
    ]
}

fn declined(told: &Told, person: &str) -> Vec<String> {
    let why = match told.reason.as_deref() {
        Some("unknown_sender") => ": they say that they don't know who sent it",
        _ => "",
    };
    vec![
        format!("{person} declined your invitation to {}{why}.", named(&told.organization_name)),
        "Its link stopped working. If that was a mistake, invite them again.".to_owned(),
    ]
}

/// Whoever has an invitation's link asks: for a new one, or from another address for one of their own.
fn asked(told: &Told, person: &str) -> (&'static str, String, Vec<String>) {
    let organization = named(&told.organization_name);
    match &told.asked_by {
        Some(other) => (
            " asks for an invitation",
            format!("They opened one to {organization} that is for somebody else."),
            vec![
                format!(
                    "{} opened the invitation to {organization} that is for {person}, and asks for one of their own.",
                    named(other)
                ),
                "Nothing was sent to them, and the invitation is what it was. If you want them in, invite that address."
                    .to_owned(),
            ],
        ),
        None => (
            " asks for a new invitation",
            format!("The link they have to {organization} does not work any more."),
            vec![
                format!(
                    "{person} has an invitation to {organization} that does not work any more, and asks for a new one."
                ),
                "Nothing was sent to them yet. On the page of the invitation you send it again, or leave it.".to_owned(),
            ],
        ),
    }
}

/// A webhook was turned off by itself.
fn webhook_off(told: &Told, host: &str) -> (String, Vec<String>) {
    let (host, organization) = (named(host), named(&told.organization_name));
    let (why, then) = match told.reason.as_deref() {
        Some("gone") => (
            format!("{host} answered that it is gone for good (410)"),
            "If it has moved, give the webhook its new address. Then turn it on and deliver again what failed.",
        ),
        _ => (
            format!("Every delivery to {host} failed for 5 days"),
            "Fix the receiver, then turn the webhook on and deliver again what failed.",
        ),
    };
    let said = vec![
        format!("{why}, so it is not told any more what happens in {organization}."),
        format!("{then} What happens while it is off is not told later."),
    ];
    (format!("It was turned off {}.", told.why_turned_off()), said)
}

fn no_seat(told: &Told, person: &str) -> Vec<String> {
    let organization = named(&told.organization_name);
    let tried = match told.about_email {
        Some(_) => format!("{person} tried to join {organization}, but no seat is free."),
        None => format!(
            "Somebody tried to join {organization} by the link {}, but no seat is free.",
            named(told.invited.as_deref().unwrap_or("for many people"))
        ),
    };
    vec![
        tried,
        format!("{} The invitation still works: they can try again once a seat is free.", seats(told)),
    ]
}

fn seats(told: &Told) -> String {
    match (told.seats_taken, told.seat_limit) {
        (Some(taken), Some(limit)) => text::seats(taken, limit),
        _ => "No seat is free.".to_owned(),
    }
}
