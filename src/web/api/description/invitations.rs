//! Invitations: the inviter's side, and what the holder of a link does.

use http::Method;

use super::operation::By::{Holder, Operator, Session};
use super::operation::Operation;
use super::workspaces::GIVING;
use crate::error::Code;
use crate::store::links::Redemption;
use crate::web::api::invitations::{Query, ResendBody, Shown};
use crate::web::api::{Each, HandedOver, Listed, bulk, deliveries, invitee, offer};

/// What is wrong with an invitation's address, or has become of it.
const INVITING: &[Code] = &[
    Code::InvalidEmail,
    Code::AlreadyInvited,
    Code::AlreadyMember,
    Code::LinkHasNoRecipient,
    Code::DailyLimit,
    Code::RateLimited,
];

/// Why a link gets nobody anywhere.
const CLOSED: &[Code] =
    &[Code::InvitationInvalid, Code::InvitationExpired, Code::InvitationReplaced, Code::RateLimited];

pub(super) fn operations() -> Vec<Operation> {
    let all = "/v1/organizations/{organization}/invitations";
    let one = "/v1/invitations/{invitation}";
    let mut operations = vec![
        Operation::new(Method::POST, all, "createInvitation", "Invite somebody, or many people by a link")
            .body::<offer::Body>()
            .answers::<Shown>(201, "The invitation.")
            .refuses(INVITING)
            .refuses(GIVING),
        Operation::new(Method::GET, all, "listInvitations", "List the invitations that one may see")
            .told("Those of roles that the caller may invite.")
            .query::<Query>()
            .answers::<Listed<Shown>>(200, "A page of them."),
        Operation::new(
            Method::POST,
            "/v1/organizations/{organization}/invitations/bulk",
            "createInvitations",
            "Invite many people",
        )
        .told(
            "1 to 1,000 rows, as JSON or as a spreadsheet (`text/csv`); at most 1 MiB. A job makes them; a dry run tells what \
             would become of each.",
        )
        .query::<bulk::Query>()
        .body::<bulk::Body>()
        .or_text("text/csv")
        .answers::<Each<bulk::Row>>(200, "Of a dry run: what would become of each row.")
        .answers::<bulk::Started>(202, "The job that makes them.")
        .refuses(&[Code::InvalidForm, Code::RoleNotAllowed]),
        Operation::new(Method::GET, "/v1/jobs/{job}", "getJob", "Look how far a job is")
            .paged()
            .answers::<bulk::Progress>(200, "The job, with a page of its rows."),
        Operation::new(Method::POST, "/v1/jobs/{job}/undo", "undoJob", "Withdraw what a job made")
            .no_fields()
            .answers::<bulk::Undone>(200, "What that came to.")
            .refuses(&[Code::NotUndoable, Code::RoleNotAllowed, Code::BeyondYourAccess]),
        Operation::new(Method::GET, one, "getInvitation", "Look at an invitation")
            .by(&[Operator, Session])
            .answers::<Shown>(200, "The invitation."),
        Operation::new(Method::PATCH, one, "changeInvitation", "Change an invitation that is open")
            .by(&[Operator, Session])
            .body::<offer::ChangesBody>()
            .answers::<Shown>(200, "The invitation.")
            .refuses(&[Code::NotPending, Code::NotALink])
            .refuses(INVITING)
            .refuses(GIVING),
        Operation::new(
            Method::GET,
            "/v1/invitations/{invitation}/deliveries",
            "listInvitationDeliveries",
            "List how the e-mails of an invitation went",
        )
        .by(&[Operator, Session])
        .paged()
        .answers::<Listed<deliveries::Delivery>>(200, "A page of them."),
        Operation::new(
            Method::GET,
            "/v1/invitations/{invitation}/redemptions",
            "listRedemptions",
            "List who came in by an invitation",
        )
        .by(&[Operator, Session])
        .paged()
        .answers::<Listed<Redemption>>(200, "A page of them."),
        Operation::new(Method::POST, "/v1/invitations/preview", "previewInvitation", "Look at what a link offers")
            .by(&[Holder])
            .body::<invitee::TokenBody>()
            .answers::<invitee::Offered<'_>>(200, "What it offers, and what its holder does next.")
            .refuses(CLOSED),
        Operation::new(Method::POST, "/v1/invitations/accept", "acceptInvitation", "Accept an invitation")
            .told(
                "With a new account the answer sets the session's cookie. A program says in `user` for whom of its own users it \
                 accepts. Whoever is in already is answered with the same member.",
            )
            .by(&[Holder])
            .body::<invitee::AcceptBody>()
            .answers::<invitee::Shown<'_>>(200, "The member.")
            .refuses(CLOSED)
            .refuses(&[
                Code::InvitationRevoked,
                Code::InvitationUsed,
                Code::InvitationDeclined,
                Code::LinkDisabled,
                Code::LinkFull,
                Code::AccessRemoved,
                Code::SeatLimitReached,
                Code::TrialEnded,
                Code::PlanFeatureRequired,
                Code::DailyLimit,
                Code::SignInRequired,
                Code::WrongAccount,
                Code::EmailUnverified,
                Code::InvalidEmail,
                Code::WeakPassword,
                Code::PasswordTooCommon,
            ]),
        Operation::new(Method::POST, "/v1/invitations/decline", "declineInvitation", "Decline an invitation")
            .by(&[Holder])
            .body::<invitee::DeclineBody>()
            .done()
            .refuses(CLOSED)
            .refuses(&[
                Code::InvitationRevoked,
                Code::InvitationUsed,
                Code::LinkDisabled, Code::LinkFull, Code::LinkHasNoRecipient, Code::NotPending,
            ]),
    ];
    for (path, id, summary, codes) in [
        (
            "/v1/invitations/{invitation}/resend",
            "resendInvitation",
            "Send an invitation again",
            &[
                Code::Undeliverable,
                Code::LinkHasNoRecipient,
                Code::AlreadyInvited,
                Code::AlreadyMember,
                Code::DailyLimit,
                Code::SeatLimitReached,
                Code::TrialEnded,
            ][..],
        ),
        ("/v1/invitations/{invitation}/revoke", "revokeInvitation", "Withdraw an invitation", &[]),
        (
            "/v1/invitations/{invitation}/rotate",
            "rotateLink",
            "Make a link new: the old one is dead",
            &[Code::NotALink],
        ),
        ("/v1/invitations/{invitation}/disable", "disableLink", "Turn a link off", &[Code::NotALink]),
        ("/v1/invitations/{invitation}/enable", "enableLink", "Turn a link on again", &[Code::NotALink]),
    ] {
        let operation = Operation::new(Method::POST, path, id, summary);
        let resends = id == "resendInvitation";
        let operation = if resends { operation.maybe_body::<ResendBody>() } else { operation.no_fields() };
        operations.push(
            operation
                .by(&[Operator, Session])
                .answers::<Shown>(200, "The invitation.")
                .refuses(&[
                    Code::NotPending,
                    Code::BeyondYourAccess,
                    Code::PlanFeatureRequired,
                    Code::RateLimited,
                ])
                .refuses(codes),
        );
    }
    operations.push(
        Operation::new(
            Method::POST,
            "/v1/invitations/{invitation}/link",
            "copyLink",
            "Get an invitation's link, to hand over",
        )
        .told("No other answer ever holds a link.")
        .by(&[Operator, Session])
        .no_fields()
        .answers::<HandedOver>(200, "The link.")
        .refuses(&[
            Code::NotPending,
            Code::BeyondYourAccess,
            Code::PlanFeatureRequired,
            Code::RateLimited,
        ]),
    );
    operations
}
