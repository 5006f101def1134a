//! Who may do what: every route and method of [`Route::PATTERNS`], as every kind of caller. A route without a row fails.

use http::Method;
use serde_json::Value;
use usher::web::route::Route;

use crate::cast::{CALLERS, Cast};
use crate::rows::{self, Answers, ELSEWHERE, FORBIDDEN, NOBODY};
use crate::support::client::{Answer, Team};

/// What the callers get, in the order of [`CALLERS`]: a status, or a status and a code.
const TABLE: &[Answers] = &[
    // Pages: anybody may open them; no form works without its nonce.
    ("GET", "/", ["303"; 9]),
    ("GET", "/sign-in", ["200"; 9]),
    ("POST", "/sign-in", ["403"; 9]),
    ("POST", "/sign-out", ["403"; 9]),
    ("GET", "/brand/{organization}/{hash}", ["404"; 9]),
    ("GET", "/me", ["303", "303", "200", "200", "200", "200", "200", "200", "303"]),
    ("GET", "/i/{token}", ["200"; 9]),
    ("POST", "/i/{token}", ["403"; 9]),
    ("GET", "/i/{token}/decline", ["200"; 9]),
    ("POST", "/i/{token}/decline", ["403"; 9]),
    ("POST", "/i/{token}/ask", ["403"; 9]),
    // For developers, only where nobody else comes.
    ("GET", "/dev/mailbox", ["200"; 9]),
    ("GET", "/dev/mailbox/{job}", ["200"; 9]),
    ("POST", "/dev/probe", ["200"; 9]),
    ("GET", "/healthz", ["200"; 9]),
    ("GET", "/readyz", ["200"; 9]),
    // The operator's own. A cookie is refused unread, so a dead one too gets 403.
    ("GET", "/v1/organizations", OPERATORS_OWN_200),
    ("POST", "/v1/organizations", OPERATORS_OWN_201),
    // An organization's.
    ("GET", "/v1/organizations/{organization}/invitations", INVITERS_200),
    (
        "POST",
        "/v1/organizations/{organization}/invitations",
        [
            NOBODY,
            FORBIDDEN,
            ELSEWHERE,
            "403 role_not_allowed",
            "403 role_not_allowed",
            "201",
            "201",
            ELSEWHERE,
            NOBODY,
        ],
    ),
    (
        "GET",
        "/v1/organizations/{organization}/members",
        [NOBODY, FORBIDDEN, ELSEWHERE, FORBIDDEN, "200", "200", "200", ELSEWHERE, NOBODY],
    ),
    (
        "GET",
        "/v1/organizations/{organization}/workspaces",
        [NOBODY, FORBIDDEN, ELSEWHERE, "200", "200", "200", "200", ELSEWHERE, NOBODY],
    ),
    (
        "PUT",
        "/v1/organizations/{organization}/logo",
        [NOBODY, FORBIDDEN, ELSEWHERE, FORBIDDEN, FORBIDDEN, "200", "200", ELSEWHERE, NOBODY],
    ),
    (
        "DELETE",
        "/v1/organizations/{organization}/logo",
        [NOBODY, FORBIDDEN, ELSEWHERE, FORBIDDEN, FORBIDDEN, "204", "204", ELSEWHERE, NOBODY],
    ),
    // An invitation's, by its link: the token decides, and who is signed in only says what comes next.
    ("POST", "/v1/invitations/preview", ["200"; 9]),
    (
        "POST",
        "/v1/invitations/accept",
        ["422 required", "422 required", WRONG, WRONG, WRONG, WRONG, WRONG, WRONG, "422 required"],
    ),
    ("POST", "/v1/invitations/decline", ["204"; 9]),
    // An invitation's, by its id.
    ("GET", "/v1/invitations/{invitation}", INVITERS_200),
    ("POST", "/v1/invitations/{invitation}/resend", INVITERS_200),
    ("POST", "/v1/invitations/{invitation}/revoke", INVITERS_200),
    ("POST", "/v1/invitations/{invitation}/link", INVITERS_200),
    // One's own.
    ("GET", "/v1/me", ONES_OWN_200),
    ("GET", "/v1/me/workspaces", ONES_OWN_200),
    ("POST", "/v1/sessions", ["401 invalid_credentials"; 9]),
    // Signing out a session that is over already is what its holder wants.
    ("DELETE", "/v1/sessions/current", [NOBODY, FORBIDDEN, "204", "204", "204", "204", "204", "204", "204"]),
];

/// Every row.
fn rows() -> impl Iterator<Item = &'static Answers> {
    TABLE.iter().chain(rows::ANSWERS.iter().copied().flatten())
}

const WRONG: &str = "403 wrong_account";
const OPERATORS_OWN_200: [&str; 9] =
    [NOBODY, "200", FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN];
const OPERATORS_OWN_201: [&str; 9] =
    [NOBODY, "201", FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN];
const INVITERS_200: [&str; 9] =
    [NOBODY, FORBIDDEN, ELSEWHERE, FORBIDDEN, FORBIDDEN, "200", "200", ELSEWHERE, NOBODY];
const ONES_OWN_200: [&str; 9] = [NOBODY, FORBIDDEN, "200", "200", "200", "200", "200", "200", NOBODY];

fn shown(answer: &Answer) -> String {
    match answer.refusal() {
        (status, code) if code.is_empty() => status.to_string(),
        (status, code) => format!("{status} {code}"),
    }
}

#[test]
fn every_route_answers_every_caller_as_the_table_says() {
    let mut cast = Cast::new();
    let mut wrong = Vec::new();
    for (pattern, methods) in Route::PATTERNS {
        for method in *methods {
            let row = rows().find(|(m, p, _)| m == method && p == pattern);
            let (_, _, expected) = row.unwrap_or_else(|| panic!("no row for {method} {pattern}"));
            for (kind, expected) in CALLERS.iter().zip(expected) {
                let answer = shown(&cast.ask(method.as_str(), pattern, kind));
                if answer != *expected {
                    wrong.push(format!("{method} {pattern} as {kind}: {answer}, not {expected}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_has_no_row_for_a_route_that_is_gone() {
    for (method, pattern, _) in rows() {
        let known = Route::PATTERNS
            .iter()
            .any(|(known, methods)| known == pattern && methods.iter().any(|known| known == method));
        assert!(known, "{method} {pattern}");
    }
}

/// An id of another organization is answered exactly as one that never was.
#[test]
fn every_id_of_another_organization_is_as_if_it_did_not_exist() {
    let mut cast = Cast::new();
    let nowhere = [
        ("{organization}", "org_01h455vb4pex5vsknk084sn02q"),
        ("{invitation}", "inv_01h455vb4pex5vsknk084sn02q"),
        ("{workspace}", "wsp_01h455vb4pex5vsknk084sn02q"),
        ("{member}", "mbr_01h455vb4pex5vsknk084sn02q"),
        ("{resource}", "res_01h455vb4pex5vsknk084sn02r"),
        ("{session}", "ses_01h455vb4pex5vsknk084sn02r"),
        ("{job}", "job_01h455vb4pex5vsknk084sn02q"),
        ("{key}", "key_01h455vb4pex5vsknk084sn02q"),
        ("{webhook}", "whk_01h455vb4pex5vsknk084sn02q"),
    ];
    for (pattern, methods) in Route::PATTERNS.iter().filter(|(pattern, _)| pattern.starts_with("/v1/")) {
        if !nowhere.iter().any(|(name, _)| pattern.contains(name)) {
            continue;
        }
        let (theirs, token) = cast.path(pattern);
        let unknown = nowhere.iter().fold((*pattern).to_owned(), |path, (name, id)| path.replace(name, id));
        for method in *methods {
            let body = cast.body(method.as_str(), pattern, &token).to_string();
            let mut foreigner = cast.other.owner.clone();
            let mut told = |path: &str| {
                let answer = foreigner.send(method, path, Some("application/json"), body.clone().into());
                let mut told = answer.json();
                told["request_id"] = Value::Null;
                (answer.status.as_u16(), told)
            };
            // What the cast was given behind the service's back is nobody's request.
            let database = || cast.team.world.state().database.borrow();
            database().change("DELETE FROM webhook_events WHERE at IS NULL");
            let before = database().dump();
            let foreign = told(&theirs);
            assert_eq!(foreign.0, 404, "{method} {pattern}");
            assert_eq!(foreign, told(&unknown), "{method} {pattern}");
            assert_eq!(cast.team.world.state().database.borrow().dump(), before, "{method} {pattern}");
        }
    }
}

#[test]
fn an_id_of_another_kind_is_nowhere() {
    let mut team = Team::new();
    let member = team.owner.get(&team.path("/members")).ok().str("/data/0/id");
    let invitation = team.invited("ana@client.test", "client");
    for path in [
        format!("/v1/organizations/{invitation}/members"),
        format!("/v1/invitations/{member}"),
        format!("/v1/invitations/{}", team.organization),
        format!("/v1/invitations/{}", invitation.to_uppercase()),
        format!("/v1/invitations/{invitation}x"),
        format!("/v1/invitations/{invitation}/"),
        "/v1/invitations/inv_".to_owned(),
        "/v1/organizations/%2e%2e/members".to_owned(),
        "/v1/nothing".to_owned(),
    ] {
        let answer = team.owner.get(&path);
        assert_eq!(shown(&answer), "404 not_found", "{path}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{path}");
    }
}

#[test]
fn every_other_method_is_405_and_allow_lists_those_that_are() {
    let mut cast = Cast::new();
    for (pattern, methods) in Route::PATTERNS {
        let (path, _) = cast.path(pattern);
        for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS]
        {
            if methods.contains(&method) {
                continue;
            }
            let answer = cast.team.world.operator().send(&method, &path, None, Vec::new());
            assert_eq!(answer.status, 405, "{method} {pattern}");
            let allow = answer.header("allow").unwrap();
            assert!(methods.iter().all(|method| allow.contains(method.as_str())), "{pattern}: {allow}");
            assert_eq!(allow.contains("HEAD"), methods.contains(&Method::GET), "{pattern}: {allow}");
        }
    }
}

#[test]
fn head_answers_as_get_does_without_a_body() {
    let mut cast = Cast::new();
    for (pattern, methods) in Route::PATTERNS.iter().filter(|(_, methods)| methods.contains(&Method::GET)) {
        let (path, _) = cast.path(pattern);
        let mut owner = cast.caller("owner");
        let get = owner.get(&path);
        let head = owner.send(&Method::HEAD, &path, None, Vec::new());
        assert_eq!(head.status, get.status, "{pattern} {methods:?}");
        assert!(head.body.is_empty(), "{pattern}");
        assert_eq!(head.header("content-type"), get.header("content-type"), "{pattern}");
    }
}

/// Half a sign-in is nobody's, on every route there is: it gets what a dead session gets. What it is for, and taking it back,
/// is all that it may.
#[test]
fn a_session_that_lacks_its_second_factor_is_nobodys_on_every_route() {
    const OTHERWISE: [(&str, &str, &str); 2] =
        [("POST", "/v1/sessions/mfa", "422 invalid_code"), ("GET", "/me/security/two-step/off", "303")];
    let mut cast = Cast::new();
    let mut wrong = Vec::new();
    for (pattern, methods) in Route::PATTERNS {
        for method in *methods {
            let (_, _, answers) = rows().find(|(m, p, _)| m == method && p == pattern).unwrap();
            let otherwise = OTHERWISE.iter().find(|(m, p, _)| m == method && p == pattern);
            let expected = otherwise.map_or(answers[8], |(_, _, expected)| expected);
            let answer = shown(&cast.ask(method.as_str(), pattern, "half"));
            if answer != expected {
                wrong.push(format!("{method} {pattern}: {answer}, not {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A key that nobody has is refused, or counts for nothing where nobody needs one; a cookie beside it doesn't help.
#[test]
fn a_key_that_nobody_has_gets_nothing_on_any_route() {
    let mut cast = Cast::new();
    let mut wrong = Vec::new();
    for (pattern, methods) in Route::PATTERNS.iter().filter(|(pattern, _)| pattern.starts_with("/v1/")) {
        for method in *methods {
            let (_, _, answers) = rows().find(|(m, p, _)| m == method && p == pattern).unwrap();
            // What asks nobody who they are reads no key either; an invitation's link asks who is signed in.
            let of_link = ["preview", "accept", "decline"].iter().any(|what| pattern.ends_with(what));
            let is_closed = Route::parse(&cast.path(pattern).0).unwrap().scope(method).is_none();
            let expected = match answers[0] {
                // Where no key may call, nobody looks whose it is.
                NOBODY if is_closed => FORBIDDEN,
                NOBODY => NOBODY,
                _ if of_link => NOBODY,
                open => open,
            };
            let answer = shown(&cast.ask(method.as_str(), pattern, "unknown_key"));
            if answer != expected {
                wrong.push(format!("{method} {pattern}: {answer}, not {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What a program gets that differs from what an admin gets, who is somebody by themself.
const PROGRAMS: &[(&str, &str, &str)] = &[
    ("POST", "/v1/invitations/accept", "422 required"),
    ("POST", "/v1/organizations/{organization}/owner", FORBIDDEN),
];

/// What a program may not, whatever its scopes: what is a person's own, the operator's, and the organization's keys. What asks
/// nobody who they are it gets as anybody does.
fn closed(answers: &[&'static str; 9]) -> &'static str {
    if answers[0] == NOBODY { FORBIDDEN } else { answers[0] }
}

/// V21: every route as a program, with every scope, without the one that it needs, of another organization, and revoked.
#[test]
fn a_program_gets_on_every_route_what_its_key_says() {
    let mut cast = Cast::new();
    let mut wrong = Vec::new();
    for (pattern, methods) in Route::PATTERNS.iter().filter(|(pattern, _)| pattern.starts_with("/v1/")) {
        for method in *methods {
            let (_, _, answers) = rows().find(|(m, p, _)| m == method && p == pattern).unwrap();
            let route = Route::parse(&cast.path(pattern).0).unwrap();
            let mut expect = |kind: &str, expected: &str| {
                let answer = shown(&cast.ask(method.as_str(), pattern, kind));
                if answer != expected {
                    wrong.push(format!("{method} {pattern} as {kind}: {answer}, not {expected}"));
                }
            };
            let Some(scope) = route.scope(method) else {
                let expected = closed(answers);
                for kind in ["key", "foreign_key", "revoked_key"] {
                    expect(kind, expected);
                }
                continue;
            };
            let of_link = ["preview", "accept", "decline"].iter().any(|what| pattern.ends_with(what));
            let differs = PROGRAMS.iter().find(|(m, p, _)| m == method && p == pattern);
            expect("key", differs.map_or(answers[5], |(.., expected)| expected));
            expect(&format!("without {}", scope.as_str()), "403 insufficient_scope");
            expect("foreign_key", if of_link { "404 invitation_invalid" } else { ELSEWHERE });
            expect("revoked_key", NOBODY);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Pages are for people: a key opens none that nobody opens.
#[test]
fn a_key_opens_no_page() {
    let mut cast = Cast::new();
    for (pattern, methods) in Route::PATTERNS.iter().filter(|(pattern, _)| !pattern.starts_with("/v1/")) {
        for method in *methods {
            let (_, _, answers) = rows().find(|(m, p, _)| m == method && p == pattern).unwrap();
            assert_eq!(shown(&cast.ask(method.as_str(), pattern, "key")), answers[0], "{method} {pattern}");
        }
    }
}
