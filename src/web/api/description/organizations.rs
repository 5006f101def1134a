//! `/v1/organizations` and what there is one of in each.

use http::Method;

use super::operation::By::{Operator, Session};
use super::operation::Operation;
use crate::error::Code;
use crate::store::api_keys::Shown as ApiKey;
use crate::store::audit_log::Logged;
use crate::store::seat_holders::Holder;
use crate::web::api::by_hand::{MadeApiKey, SeenOrganization};
use crate::web::api::{Listed, api_keys, audit, catalog, logo, organizations, seats};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(Method::POST, "/v1/organizations", "createOrganization", "Make an organization")
            .told("Its owner gets an invitation by e-mail, like anybody else.")
            .by(&[Operator])
            .body::<organizations::Body>()
            .answers::<organizations::Shown>(201, "The organization.")
            .refuses(&[Code::InvalidEmail, Code::SlugTaken]),
        Operation::new(Method::GET, "/v1/organizations", "listOrganizations", "List all organizations")
            .by(&[Operator])
            .paged()
            .answers::<Listed<organizations::Shown>>(200, "A page of them."),
        Operation::new(
            Method::GET,
            "/v1/organizations/{organization}",
            "getOrganization",
            "Look at an organization",
        )
        .told("All of it for the operator, its owner and admins; its name and brand for everybody else who is in.")
        .by(&[Operator, Session])
        .answers::<SeenOrganization>(200, "The organization."),
        Operation::new(
            Method::PATCH,
            "/v1/organizations/{organization}",
            "changeOrganization",
            "Change an organization's name, brand and policy",
        )
        .told("For its owner and admins. Whom admins may invite only the owner changes.")
        .body::<organizations::Changed>()
        .answers::<organizations::Shown>(200, "The organization."),
        Operation::new(Method::PUT, "/v1/organizations/{organization}/plan", "setPlan", "Set an organization's plan")
            .by(&[Operator])
            .body::<organizations::PlanBody>()
            .answers::<organizations::Shown>(200, "The organization."),
        Operation::new(Method::PUT, "/v1/organizations/{organization}/logo", "setLogo", "Set an organization's logo")
            .told("The body is the picture, at most 1 MiB.")
            .bytes("image/png")
            .bytes("image/jpeg")
            .bytes("image/webp")
            .answers::<logo::Shown>(200, "Where it is shown from.")
            .refuses(&[Code::NotALogo]),
        Operation::new(
            Method::DELETE,
            "/v1/organizations/{organization}/logo",
            "removeLogo",
            "Take an organization's logo away",
        )
        .done(),
        Operation::new(
            Method::POST,
            "/v1/organizations/{organization}/api-keys",
            "createApiKey",
            "Make a key for an organization's programs",
        )
        .told("The key itself is in `secret`, this once.")
        .by(&[Operator, Session])
        .body::<api_keys::Body>()
        .answers::<MadeApiKey>(201, "The key.")
        .refuses(&[Code::ReauthenticationRequired, Code::InvalidCredentials, Code::RateLimited]),
        Operation::new(
            Method::GET,
            "/v1/organizations/{organization}/api-keys",
            "listApiKeys",
            "List an organization's keys",
        )
        .by(&[Operator, Session])
        .paged()
        .answers::<Listed<ApiKey>>(200, "A page of them, without the keys themselves."),
        Operation::new(
            Method::DELETE,
            "/v1/organizations/{organization}/api-keys/{key}",
            "revokeApiKey",
            "Revoke a key",
        )
        .by(&[Operator, Session])
        .done(),
        Operation::new(
            Method::GET,
            "/v1/organizations/{organization}/seats",
            "getSeats",
            "Count an organization's seats",
        )
        .answers::<seats::Counted>(200, "The seats."),
        Operation::new(
            Method::GET,
            "/v1/organizations/{organization}/seats/holders",
            "listSeatHolders",
            "List who holds an organization's seats",
        )
        .paged()
        .answers::<Listed<Holder>>(200, "A page of them: open invitations first, then members."),
        Operation::new(
            Method::GET,
            "/v1/organizations/{organization}/catalog",
            "getCatalog",
            "Look at what can be granted in an organization",
        )
        .answers::<catalog::Shown<'_>>(200, "The tree of permissions, and the kinds of resource."),
        Operation::new(
            Method::GET,
            "/v1/organizations/{organization}/audit",
            "listAuditEntries",
            "List who changed what",
        )
        .query::<audit::Query>()
        .answers::<Listed<Logged>>(200, "A page of entries."),
    ]
}
