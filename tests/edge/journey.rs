//! The main job, end to end: from the operator's request through the queue and the mailbox to a member.

use serde_json::json;

use crate::harness::{Client, PASSWORD, SESSION_COOKIE, Team, shared, wait_for};

#[test]
fn an_invitation_travels_from_a_request_to_an_inbox_to_a_member() {
    let server = shared();
    let team = Team::new(&server);
    let address = server.address("mia.member");
    let invitation = team.invite(&address, "member").ok();
    assert_eq!(invitation.status, 201);
    assert_eq!(invitation.str("/status"), "pending");
    let id = invitation.str("/id");

    let mail = server.mail(&address, 1);
    assert!(mail["subject"].as_str().unwrap().contains("Example Studio"), "{}", mail["subject"]);
    assert!(mail["from"].as_str().unwrap().contains("Example Studio"), "{}", mail["from"]);
    let token = server.token_in(mail["text"].as_str().unwrap());
    assert_eq!(server.token_in(mail["html"].as_str().unwrap()), token, "both parts have one link");

    let mut mia = server.client();
    let preview = mia.preview(&token).ok().json();
    assert_eq!(preview["organization"]["name"], "Example Studio");
    assert_eq!(preview["invited_by"]["name"], "Olga Owner");
    assert_eq!(preview["email_hint"], "m••@studio.test");
    assert_eq!(preview["next"], "sign_up");
    let page = mia.get(&format!("/i/{token}")).ok().text();
    assert!(page.contains("Example Studio") && !page.contains(&address), "{page}");

    let accepted = mia.sign_up(&token, "Mia Member").ok();
    assert_eq!(accepted.str("/role"), "member");
    let me = mia.get("/v1/me").ok().json();
    assert_eq!(me["user"]["email"], address);
    assert_eq!(me["user"]["email_verified"], true);
    let reached = mia.get("/v1/me/workspaces").ok().json();
    assert_eq!(reached["data"][0]["organization"]["id"], team.organization);

    let workspaces = team.owner.clone().get(&team.path("/workspaces")).ok().json();
    assert_eq!(workspaces["data"][0]["id"], reached["data"][0]["workspace"]["id"]);
    let members = team.owner.clone().get(&team.path("/members")).ok().json();
    assert_eq!(members["data"][0]["user"]["name"], "Mia Member");
    assert_eq!(members["data"].as_array().unwrap().len(), 2);
    let settled = wait_for("the mail's job to be settled", || {
        Some(team.invitation(&id)).filter(|invitation| invitation["delivery"] == "sent")
    });
    assert_eq!(settled["status"], "accepted");
    assert_eq!(settled["accepted_by"], accepted.str("/member_id"));
    let again = mia.accept(&token).ok();
    assert_eq!(again.json(), accepted.json(), "accepting again as the same person answers the same");
}

#[test]
fn a_person_joins_by_the_page_alone() {
    let server = shared();
    let team = Team::new(&server);
    let address = server.address("mia.member");
    let id = team.invite(&address, "client").ok().str("/id");
    let token = server.mailed_token(&address, 1);
    let page = format!("/i/{token}");
    let mut mia =
        server.client().with_header("accept", "text/html").with_header("sec-fetch-site", "same-origin");
    for _ in 0..3 {
        mia.get(&page).ok();
    }
    assert_eq!(team.invitation(&id)["status"], "pending", "looking changes nothing");
    let joined = mia.submit(&page, &page, &[("name", "Mia Member"), ("password", PASSWORD)]);
    assert!(mia.get(joined.led_into()).ok().text().contains("Mia Member"));
    assert_eq!(team.invitation(&id)["status"], "accepted");
    let opened = mia.get(&page);
    let inside = opened.header("location").unwrap_or_default();
    assert!(opened.status == 303 && inside.ends_with("/workspaces"), "it leads who accepted it in: {inside}");
    assert_eq!(server.client().get(&page).status, 410, "to anybody else it is dead");
}

#[test]
fn sending_again_kills_the_link_that_was_sent_before() {
    let server = shared();
    let team = Team::new(&server);
    let address = server.address("mia.member");
    let id = team.invite(&address, "member").ok().str("/id");
    let first = server.mailed_token(&address, 1);
    server.client().get(&format!("/i/{first}")).ok();
    team.owner.clone().post(&format!("/v1/invitations/{id}/resend"), &json!({})).ok();
    let second = server.mailed_token(&address, 2);
    assert_ne!(first, second);
    let replaced = (410, "invitation_replaced".to_owned());
    assert_eq!(server.client().preview(&first).refusal(), replaced);
    assert_eq!(server.client().sign_up(&first, "Mia Member").refusal(), replaced);
    assert_eq!(server.client().get(&format!("/i/{first}")).status, 410);
    server.client().sign_up(&second, "Mia Member").ok();
}

#[test]
fn the_inviter_lists_copies_and_revokes() {
    let server = shared();
    let team = Team::new(&server);
    let mut owner = team.owner.clone();
    let address = server.address("mia.member");
    let id = team.invite(&address, "member").ok().str("/id");
    let mailed = server.mailed_token(&address, 1);
    let (other, _) = team.invited(&server.address("cleo.client"), "client");

    let first = owner.get(&team.path("/invitations?status=pending&limit=1")).ok().json();
    assert_eq!(first["data"][0]["id"], other, "newest first");
    let cursor = first["next_cursor"].as_str().unwrap();
    let next =
        owner.get(&team.path(&format!("/invitations?status=pending&limit=1&cursor={cursor}"))).ok().json();
    assert_eq!(next["data"][0]["id"], id);

    let url = owner.post(&format!("/v1/invitations/{id}/link"), &json!({})).ok().str("/url");
    let copied = server.token_in(&url);
    assert_ne!(copied, mailed, "a copied link is not a mailed one: it proves no mailbox");
    server.client().preview(&copied).ok();

    assert_eq!(
        owner.post(&format!("/v1/invitations/{id}/revoke"), &json!({})).ok().str("/status"),
        "revoked"
    );
    for token in [&mailed, &copied] {
        let refusal = server.client().sign_up(token, "Mia Member").refusal();
        assert_eq!(refusal, (410, "invitation_revoked".to_owned()));
    }
    let again = owner.post(&format!("/v1/invitations/{id}/revoke"), &json!({}));
    assert_eq!(again.refusal(), (409, "not_pending".to_owned()));
    let left = owner.get(&team.path("/invitations?status=pending")).ok().json();
    assert_eq!(left["data"].as_array().unwrap().len(), 2 - 1);
}

#[test]
fn who_declines_is_seen_by_the_inviter() {
    let server = shared();
    let team = Team::new(&server);
    let (id, token) = team.invited(&server.address("mia.member"), "member");
    let answer = server.client().post("/v1/invitations/decline", &json!({"token": token})).ok();
    assert_eq!((answer.status.as_u16(), answer.body.len()), (204, 0));
    assert_eq!(team.invitation(&id)["status"], "declined");
    let refusal = server.client().sign_up(&token, "Mia Member").refusal();
    assert_eq!(refusal, (410, "invitation_declined".to_owned()));
}

fn attributes(answer: &crate::harness::Answer) -> Vec<String> {
    let cookie = answer.header("set-cookie").unwrap_or_else(|| panic!("no cookie with {}", answer.status));
    let (name, rest) = cookie.split_once('=').unwrap();
    let mut parts: Vec<_> = rest.split("; ").skip(1).chain([name]).map(str::to_owned).collect();
    parts.sort();
    parts
}

#[test]
fn a_session_begins_and_ends_with_its_cookie_and_dies_with_it() {
    let server = shared();
    let team = Team::new(&server);
    let credentials = json!({"email": team.owner_address, "password": PASSWORD});
    let mut olga = server.client();
    let began = olga.post("/v1/sessions", &credentials).ok();
    assert_eq!(began.status, 201);
    let month = "Max-Age=2592000";
    let expected = ["HttpOnly", month, "Path=/", "SameSite=Lax", "Secure", SESSION_COOKIE];
    assert_eq!(attributes(&began), expected);
    olga.get("/v1/me").ok();

    let stolen: Client<'_> = olga.clone();
    let ended = olga.send("DELETE", "/v1/sessions/current", None, b"").ok();
    assert_eq!(ended.status, 204);
    assert_eq!(
        attributes(&ended),
        ["HttpOnly", "Max-Age=0", "Path=/", "SameSite=Lax", "Secure", SESSION_COOKIE]
    );
    assert_eq!(
        stolen.clone().get("/v1/me").refusal(),
        (401, "unauthenticated".to_owned()),
        "wherever the cookie is"
    );
    team.owner.clone().get("/v1/me").ok();

    let wrong = server
        .client()
        .post("/v1/sessions", &json!({"email": team.owner_address, "password": "wrong wrong wrong"}));
    assert_eq!(wrong.refusal(), (401, "invalid_credentials".to_owned()));
    assert_eq!(wrong.header("set-cookie"), None);
}

#[test]
fn a_page_signs_in_and_out_by_form() {
    let server = shared();
    let team = Team::new(&server);
    let mut olga = server.client().with_header("accept", "text/html").with_header("origin", "null");
    let olga = &mut olga;
    let fields = [("email", team.owner_address.as_str()), ("password", PASSWORD)];
    let foreign =
        olga.clone().with_header("sec-fetch-site", "cross-site").submit("/sign-in", "/sign-in", &fields);
    assert_eq!(foreign.status, 403, "from another site");
    let mut olga = olga.clone().with_header("sec-fetch-site", "same-origin");
    let signed_in = olga.submit("/sign-in", "/sign-in", &fields);
    assert_eq!(
        (signed_in.status.as_u16(), signed_in.header("location")),
        (303, Some("/me")),
        "{}",
        signed_in.text()
    );
    let signed_out = olga.submit("/me", "/sign-out", &[]);
    assert_eq!((signed_out.status.as_u16(), signed_out.header("location")), (303, Some("/sign-in")));
    assert_eq!(olga.cookie(SESSION_COOKIE), None);
}
