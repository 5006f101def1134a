//! Members.

use http::Method;

use super::operation::Operation;
use super::workspaces::GIVING;
use crate::error::Code;
use crate::web::api::members::{self, Shown};
use crate::web::api::{Each, HandedOver, Listed, adding};

pub(super) fn operations() -> Vec<Operation> {
    let all = "/v1/organizations/{organization}/members";
    let one = "/v1/members/{member}";
    vec![
        Operation::new(Method::POST, all, "addMember", "Add somebody at once")
            .told("The answer is the same whether their address had an account or not.")
            .body::<adding::Body>()
            .answers::<Shown>(201, "The member.")
            .refuses(&[
                Code::InvalidEmail,
                Code::AlreadyInvited,
                Code::AlreadyMember,
                Code::DailyLimit,
                Code::RateLimited,
            ])
            .refuses(GIVING),
        Operation::new(Method::GET, all, "listMembers", "List an organization's members")
            .told("For staff: a client doesn't see who else there is.")
            .query::<members::Query>()
            .answers::<Listed<Shown>>(200, "A page of them."),
        Operation::new(
            Method::POST,
            "/v1/organizations/{organization}/members/remove",
            "removeMembers",
            "Remove several members",
        )
        .body::<members::Several>()
        .answers::<Each<members::Fate<'_>>>(200, "What became of each, in their order."),
        Operation::new(
            Method::POST,
            "/v1/organizations/{organization}/owner",
            "transferOwnership",
            "Hand an organization over",
        )
        .told("For its owner, who becomes an admin.")
        .body::<members::NewOwner>()
        .answers::<Shown>(200, "The new owner.")
        .refuses(&[
            Code::ReauthenticationRequired,
            Code::InvalidCredentials,
            Code::RateLimited,
            Code::EmailUnverified,
            Code::MemberNotActive,
            Code::SeatLimitReached,
            Code::TrialEnded,
        ]),
        Operation::new(Method::GET, one, "getMember", "Look at a member")
            .answers::<Shown>(200, "The member."),
        Operation::new(Method::PATCH, one, "changeMember", "Change a member's role or name")
            .body::<members::Body>()
            .answers::<Shown>(200, "The member.")
            .refuses(&[
                Code::LastOwner,
                Code::MemberNotActive,
                Code::PlanFeatureRequired,
                Code::RoleNotAllowed,
                Code::SeatLimitReached,
                Code::TrialEnded,
                Code::RateLimited,
            ]),
        Operation::new(Method::DELETE, one, "removeMember", "Remove a member, or leave")
            .query::<members::RemovalQuery>()
            .done()
            .refuses(&[Code::LastOwner, Code::MemberNotActive]),
        Operation::new(
            Method::POST,
            "/v1/members/{member}/restore",
            "restoreMember",
            "Undo a member's removal",
        )
        .told("For ten minutes after it, by whoever may remove them.")
        .no_fields()
        .answers::<members::Shown>(200, "The member, as they were.")
        .refuses(&[
            Code::NotUndoable,
            Code::SeatLimitReached,
            Code::TrialEnded,
            Code::AlreadyInvited,
        ]),
        Operation::new(
            Method::POST,
            "/v1/members/{member}/password-link",
            "copyPasswordLink",
            "Get the link with which a member sets a password, to hand over",
        )
        .no_fields()
        .answers::<HandedOver>(200, "The link.")
        .refuses(&[
            Code::MemberNotActive,
            Code::PasswordAlreadySet,
            Code::RoleNotAllowed,
            Code::BeyondYourAccess,
            Code::RateLimited,
        ]),
    ]
}
