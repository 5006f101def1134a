//! Organizations, workspaces, resources, seats, audit.

use super::{Answers, Costs, ELSEWHERE, FORBIDDEN, NOBODY};

pub const ANSWERS: &[Answers] = &[
    (
        "GET",
        "/v1/organizations/{organization}",
        [NOBODY, "200", ELSEWHERE, "200", "200", "200", "200", ELSEWHERE, NOBODY],
    ),
    ("PATCH", "/v1/organizations/{organization}", ADMINS_200),
    (
        "PUT",
        "/v1/organizations/{organization}/plan",
        [NOBODY, "200", ELSEWHERE, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, ELSEWHERE, NOBODY],
    ),
    ("GET", "/v1/organizations/{organization}/seats", ADMINS_200),
    ("GET", "/v1/organizations/{organization}/seats/holders", ADMINS_200),
    ("GET", "/v1/organizations/{organization}/catalog", INSIDE_200),
    ("GET", "/v1/organizations/{organization}/audit", ADMINS_200),
    (
        "POST",
        "/v1/organizations/{organization}/workspaces",
        [NOBODY, FORBIDDEN, ELSEWHERE, FORBIDDEN, FORBIDDEN, "201", "201", ELSEWHERE, NOBODY],
    ),
    // The client and the member are in this workspace.
    ("GET", "/v1/workspaces/{workspace}", INSIDE_200),
    ("PATCH", "/v1/workspaces/{workspace}", ADMINS_200),
    // A team has no kinds of resource, so nobody gets further than that.
    (
        "POST",
        "/v1/workspaces/{workspace}/resources",
        [NOBODY, FORBIDDEN, ELSEWHERE, NO_KIND, NO_KIND, NO_KIND, NO_KIND, ELSEWHERE, NOBODY],
    ),
    ("GET", "/v1/workspaces/{workspace}/resources", INSIDE_200),
    // The resource was given to nobody: it exists for owner and admins only.
    ("GET", "/v1/resources/{resource}", UNGIVEN_200),
    (
        "DELETE",
        "/v1/resources/{resource}",
        [NOBODY, FORBIDDEN, ELSEWHERE, ELSEWHERE, ELSEWHERE, "204", "204", ELSEWHERE, NOBODY],
    ),
    ("POST", "/v1/resources/{resource}/disconnect", UNGIVEN_200),
    ("POST", "/v1/resources/{resource}/reconnect", UNGIVEN_200),
];

const NO_KIND: &str = "422 invalid_value";
const INSIDE_200: [&str; 9] = [NOBODY, FORBIDDEN, ELSEWHERE, "200", "200", "200", "200", ELSEWHERE, NOBODY];
const ADMINS_200: [&str; 9] =
    [NOBODY, FORBIDDEN, ELSEWHERE, FORBIDDEN, FORBIDDEN, "200", "200", ELSEWHERE, NOBODY];
const UNGIVEN_200: [&str; 9] =
    [NOBODY, FORBIDDEN, ELSEWHERE, ELSEWHERE, ELSEWHERE, "200", "200", ELSEWHERE, NOBODY];

pub const COSTS: &[Costs] = &[
    ("GET", "/v1/organizations/{organization}", "owner", 1, 0),
    ("GET", "/v1/organizations/{organization}", "operator", 1, 0),
    ("GET", "/v1/organizations/{organization}", "client", 1, 0),
    ("PATCH", "/v1/organizations/{organization}", "owner", 2, 0),
    ("PUT", "/v1/organizations/{organization}/plan", "operator", 1, 0),
    ("GET", "/v1/organizations/{organization}/seats", "owner", 1, 0),
    ("GET", "/v1/organizations/{organization}/seats/holders", "owner", 2, 0),
    ("GET", "/v1/organizations/{organization}/catalog", "client", 1, 0),
    ("GET", "/v1/organizations/{organization}/audit", "owner", 2, 0),
    ("POST", "/v1/organizations/{organization}/workspaces", "owner", 2, 0),
    ("GET", "/v1/workspaces/{workspace}", "client", 1, 0),
    ("PATCH", "/v1/workspaces/{workspace}", "owner", 2, 0),
    // Refused: a team has no kinds. What adding costs is with the resources.
    ("POST", "/v1/workspaces/{workspace}/resources", "owner", 1, 0),
    ("GET", "/v1/workspaces/{workspace}/resources", "owner", 2, 0),
    ("GET", "/v1/workspaces/{workspace}/resources", "client", 2, 0),
    ("GET", "/v1/resources/{resource}", "owner", 1, 0),
    ("DELETE", "/v1/resources/{resource}", "owner", 2, 0),
    ("POST", "/v1/resources/{resource}/disconnect", "owner", 2, 0),
    ("POST", "/v1/resources/{resource}/reconnect", "owner", 2, 0),
];
