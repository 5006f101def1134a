//! Workspaces, resources and memberships.

use http::Method;

use super::operation::Operation;
use crate::error::Code;
use crate::store::resources::Resource;
use crate::store::workspaces::Workspace;
use crate::web::api::{Listed, check, memberships, resources, workspaces};

/// What stands in the way of whoever gives somebody access.
pub(super) const GIVING: &[Code] = &[
    Code::BeyondYourAccess,
    Code::PlanFeatureRequired,
    Code::CredentialsNotApplicable,
    Code::SeatLimitReached,
    Code::TrialEnded,
    Code::RoleNotAllowed,
];

pub(super) fn operations() -> Vec<Operation> {
    let path = "/v1/organizations/{organization}/workspaces";
    vec![
        Operation::new(Method::POST, path, "createWorkspace", "Make a workspace")
            .body::<workspaces::New>()
            .answers::<Workspace>(201, "The workspace."),
        Operation::new(Method::GET, path, "listWorkspaces", "List the workspaces that one reaches")
            .query::<workspaces::Query>()
            .answers::<Listed<Workspace>>(200, "A page of them."),
        Operation::new(Method::GET, "/v1/workspaces/{workspace}", "getWorkspace", "Look at a workspace")
            .answers::<Workspace>(200, "The workspace."),
        Operation::new(Method::PATCH, "/v1/workspaces/{workspace}", "changeWorkspace", "Change a workspace")
            .body::<workspaces::Changed>()
            .answers::<Workspace>(200, "The workspace."),
        Operation::new(
            Method::POST,
            "/v1/workspaces/{workspace}/resources",
            "createResource",
            "Register a resource in a workspace",
        )
        .told("What a client adds is given to them.")
        .body::<resources::Body>()
        .answers::<Resource>(201, "The resource.")
        .refuses(&[Code::KindNotAllowed, Code::ResourceExists, Code::TooManyResources]),
        Operation::new(
            Method::GET,
            "/v1/workspaces/{workspace}/resources",
            "listResources",
            "List the resources that one was given in a workspace",
        )
        .query::<resources::Query>()
        .answers::<Listed<Resource>>(200, "A page of them."),
        Operation::new(Method::GET, "/v1/resources/{resource}", "getResource", "Look at a resource")
            .answers::<Resource>(200, "The resource."),
        Operation::new(
            Method::DELETE,
            "/v1/resources/{resource}",
            "deleteResource",
            "Delete a resource for good",
        )
        .done()
        .refuses(&[Code::ClientsCannotDelete]),
        Operation::new(
            Method::POST,
            "/v1/resources/{resource}/disconnect",
            "disconnectResource",
            "Disconnect a resource for a while",
        )
        .no_fields()
        .answers::<Resource>(200, "The resource."),
        Operation::new(
            Method::POST,
            "/v1/resources/{resource}/reconnect",
            "reconnectResource",
            "Connect a resource again",
        )
        .no_fields()
        .answers::<Resource>(200, "The resource."),
        Operation::new(
            Method::POST,
            "/v1/workspaces/{workspace}/members",
            "addMembership",
            "Put a member into a workspace",
        )
        .body::<memberships::New>()
        .answers::<memberships::Shown>(201, "What they have there.")
        .refuses(&[Code::MemberNotActive, Code::MembershipExists, Code::RateLimited])
        .refuses(GIVING),
        Operation::new(
            Method::PATCH,
            "/v1/workspaces/{workspace}/members/{member}",
            "changeMembership",
            "Change what a member was given in a workspace",
        )
        .body::<memberships::Changed>()
        .answers::<memberships::Shown>(200, "What they have there.")
        .refuses(&[Code::MemberNotActive, Code::MembershipExists, Code::RateLimited])
        .refuses(GIVING),
        Operation::new(
            Method::DELETE,
            "/v1/workspaces/{workspace}/members/{member}",
            "endMembership",
            "Take a member out of a workspace",
        )
        .done()
        .refuses(&[Code::BeyondYourAccess, Code::MemberNotActive, Code::MembershipExists]),
        Operation::new(
            Method::GET,
            "/v1/workspaces/{workspace}/members/{member}/access",
            "getAccess",
            "Look at what a member was given in a workspace",
        )
        .answers::<memberships::Shown>(200, "What they have there, and what stands between them and it."),
        Operation::new(Method::POST, "/v1/check", "check", "Ask whether a member may do something")
            .told(
                "What a host product asks on each of its own requests. An unknown permission is not allowed.",
            )
            .body::<check::Body>()
            .answers::<check::Decided>(200, "Whether, and why.")
            .refuses(&[Code::NotFound, Code::MfaRequired]),
    ]
}
