//! What is tried by those who are somebody, or say that they are.

use crate::support::World;
use crate::support::client::{Client, PASSWORD, Team};
use crate::{MIA, copied, dump, invited, other_team, refusal, with_token};
use serde_json::{Value, json};

#[test]
fn v03_every_invitation_id_is_checked_against_the_callers_organization() {
    let (team, invitation, _) = invited("member");
    let mut other = other_team(&team.world);
    let before = dump(&team);
    let path = format!("/v1/invitations/{invitation}");
    assert_eq!(other.owner.get(&path).refusal(), refusal(404, "not_found"));
    for action in ["resend", "revoke", "link"] {
        let answer = other.owner.post(&format!("{path}/{action}"), &json!({}));
        assert_eq!(answer.refusal(), refusal(404, "not_found"), "{action}");
    }
    assert_eq!(dump(&team), before);
}

/// An account that somebody made under a victim's address lists, reads and accepts nothing that the victim was sent.
#[test]
fn v05_an_unproved_address_neither_accepts_nor_lists_what_was_sent_to_it() {
    let (mut team, invitation, _) = invited("member");
    let token = copied(&mut team.owner, &invitation);
    let mut squatter = team.world.client();
    squatter.accept(&token, "Not Mia").ok();
    let mut other = other_team(&team.world);
    let id = other.invited(MIA, "admin");
    let token = copied(&mut other.owner, &id);
    assert_eq!(with_token(&mut squatter, "accept", &token).refusal(), refusal(403, "email_unverified"));
    assert_eq!(squatter.get(&format!("/v1/invitations/{id}")).refusal(), refusal(404, "not_found"));
    assert_eq!(squatter.get(&other.path("/invitations")).refusal(), refusal(404, "not_found"));
    for path in ["/v1/me", "/v1/me/workspaces", "/me"] {
        assert!(!squatter.get(path).text().contains("Other Studio"), "{path}");
    }
}

/// Nobody squats an address: what was set up before the mailbox was proved ends with the first proof.
#[test]
fn v06_signing_up_ahead_of_a_victim_gains_nothing() {
    let (mut team, invitation, _) = invited("member");
    let token = copied(&mut team.owner, &invitation);
    let mut squatter = team.world.client();
    squatter.accept(&token, "Not Mia").ok();
    let mut other = other_team(&team.world);
    other.invited(MIA, "admin");
    team.world.deliver();
    let mailed = team.world.mailed_token(MIA);
    let body = json!({"token": mailed, "name": "Mia Member", "password": "another sentence entirely"});
    team.world.client().post("/v1/invitations/accept", &body).ok();
    assert_eq!(squatter.get("/v1/me").refusal(), refusal(401, "unauthenticated"));
    let old = squatter.post("/v1/sessions", &json!({"email": MIA, "password": PASSWORD}));
    assert_eq!(old.refusal(), refusal(401, "invalid_credentials"));
}

#[test]
fn v07_who_has_no_token_is_shown_nothing_and_who_has_one_no_address_and_no_token() {
    let (team, invitation, token) = invited("member");
    let mut eve = team.world.client();
    for body in [json!({"token": ""}), json!({"token": invitation})] {
        let answer = eve.post("/v1/invitations/preview", &body);
        assert_eq!(answer.refusal(), refusal(404, "invitation_invalid"));
    }
    assert_eq!(eve.post("/v1/invitations/preview", &json!({})).refusal(), refusal(422, "required"));
    assert_eq!(eve.get(&format!("/v1/invitations/{invitation}")).refusal(), refusal(401, "unauthenticated"));
    let seen = with_token(&mut eve, "preview", &token).ok().text();
    for secret in [MIA, "olga.owner@studio.test", &token, "eyJ"] {
        assert!(!seen.contains(secret), "{secret}");
    }
}

/// An address is no proof of anything: it takes the token, and then the identity.
#[test]
fn v08_joining_takes_the_token_and_the_identity() {
    let (mut team, _, token) = invited("member");
    let mut eve = team.joined("eve@other.test", "client");
    let by_address = json!({"email": MIA, "name": "Eve Other", "password": PASSWORD});
    let answer = team.world.client().post("/v1/invitations/accept", &by_address);
    assert_eq!(answer.refusal(), refusal(422, "required"));
    let by_another =
        json!({"token": token, "email": "eve@new.test", "name": "Eve Other", "password": PASSWORD});
    let answer = team.world.client().post("/v1/invitations/accept", &by_another);
    assert_eq!(answer.refusal(), refusal(403, "wrong_account"));
    assert_eq!(with_token(&mut eve, "accept", &token).refusal(), refusal(403, "wrong_account"));
}

#[test]
fn v09_a_member_reads_no_invitation_and_uses_no_link_of_a_rank_above_theirs() {
    let (mut team, invitation, _) = invited("admin");
    let mut low = team.joined("low@studio.test", "member");
    assert_eq!(low.get(&team.path("/invitations")).refusal(), refusal(403, "forbidden"));
    let path = format!("/v1/invitations/{invitation}");
    assert_eq!(low.get(&path).refusal(), refusal(403, "forbidden"));
    assert_eq!(low.post(&format!("{path}/link"), &json!({})).refusal(), refusal(403, "forbidden"));
    let taken = low.invite(&team.organization, MIA, "member");
    assert_eq!(taken.json()["invitation_id"], Value::Null);
}

#[test]
fn v20_nobody_invites_above_their_own_role() {
    let mut team = Team::new();
    let mut admin = team.joined("ada.admin@studio.test", "admin");
    let mut member = team.joined(MIA, "member");
    let mut client = team.joined("ana@client.test", "client");
    let before = dump(&team);
    for (by, roles) in [
        (&mut team.owner, vec!["owner"]),
        (&mut admin, vec!["owner"]),
        (&mut member, vec!["owner", "admin", "member", "client"]),
        (&mut client, vec!["owner", "admin", "member", "client"]),
    ] {
        for role in roles {
            let answer = by.invite(&team.organization, "friend@studio.test", role);
            assert_eq!(answer.refusal(), refusal(403, "role_not_allowed"), "{role}");
        }
    }
    assert_eq!(dump(&team), before);
}

#[test]
fn v20_nobody_invites_above_their_own_role_among_many() {
    let rows: Vec<Value> = ["owner", "admin", "member", "client"]
        .iter()
        .map(|role| json!({"email": format!("{role}@friends.test"), "role": role}))
        .collect();
    for (template, by, made) in [
        ("team", "admin", &["admin", "member", "client"][..]),
        ("reporting", "admin", &["admin", "member", "client"]),
        ("reporting", "member", &["client"]),
        ("team", "member", &[]),
        ("reporting", "client", &[]),
    ] {
        let mut team = Team::of(template);
        let mut caller = team.joined(MIA, by);
        let path = team.path("/invitations/bulk");
        let before = dump(&team);
        let told = caller.post(&path, &json!({"rows": rows, "dry_run": true}));
        assert_eq!(dump(&team), before);
        let started = caller.post(&path, &json!({"rows": rows}));
        team.world.deliver();
        if made.is_empty() {
            assert_eq!(told.refusal(), refusal(403, "role_not_allowed"), "{template} {by}");
            assert_eq!(started.refusal(), refusal(403, "role_not_allowed"), "{template} {by}");
            assert_eq!(dump(&team), before);
            continue;
        }
        let job = team.owner.get(&format!("/v1/jobs/{}", started.ok().str("/job_id"))).ok().json();
        for (row, role) in ["owner", "admin", "member", "client"].iter().enumerate() {
            let (told, made_it) = (&told.json()["data"][row], &job["data"][row]);
            let exists = format!("SELECT count(*) FROM invitations WHERE email = '{role}@friends.test'");
            let expected = i64::from(made.contains(role));
            assert_eq!(team.world.count(&exists), expected, "{template} {by} {role}");
            for shown in [told, made_it] {
                let code = shown["problem"]["code"].as_str();
                assert_eq!(code, (expected == 0).then_some("role_not_allowed"), "{template} {by} {role}");
            }
        }
    }
}

/// Neither by what goes along with accepting nor by the route that changes roles; and the owner can't be put aside, one by
/// one or among many.
#[test]
fn v22_nobody_changes_their_own_role_or_removes_the_owner() {
    let (mut team, _, token) = invited("client");
    let mut mia = team.world.client();
    let body = json!({"token": token, "name": "Mia", "password": PASSWORD, "role": "owner"});
    assert_eq!(mia.post("/v1/invitations/accept", &body).refusal(), refusal(422, "unknown_field"));
    mia.accept(&token, "Mia Member").ok();
    let own = team.owner.get(&team.path("/members?role=client")).ok().str("/data/0/id");
    let owner = team.owner.get(&team.path("/members?role=owner")).ok().str("/data/0/id");
    let mut admin = team.joined("ada.admin@studio.test", "admin");
    let admins = team.owner.get(&team.path("/members?role=admin")).ok().str("/data/0/id");
    for role in ["member", "admin", "owner"] {
        let answer = mia.patch(&format!("/v1/members/{own}"), &json!({"role": role}));
        assert_eq!(answer.refusal(), refusal(403, "forbidden"), "{role}");
    }
    let raised = admin.patch(&format!("/v1/members/{admins}"), &json!({"role": "owner"}));
    assert_eq!(raised.refusal(), refusal(403, "forbidden"));
    let lowered = admin.patch(&format!("/v1/members/{owner}"), &json!({"role": "client"}));
    assert_eq!(lowered.refusal(), refusal(409, "last_owner"));
    for person in [&mut mia, &mut admin] {
        assert!(!person.delete(&format!("/v1/members/{owner}")).status.is_success());
    }
    let several = admin.post(&team.path("/members/remove"), &json!({"member_ids": [owner]})).ok().json();
    assert_eq!(several["data"][0]["problem"]["code"], "last_owner");
    assert_eq!(
        team.world.count("SELECT count(*) FROM members WHERE role = 'owner' AND removed_at IS NULL"),
        1
    );
}

#[test]
fn v25_an_invitation_is_no_way_around_the_seat_limit() {
    let (team, _, token) = invited("member");
    team.world.state().database.borrow().change("UPDATE organizations SET seat_limit = 0");
    let answer = team.world.client().accept(&token, "Mia Member");
    assert_eq!(answer.refusal(), refusal(409, "seat_limit_reached"));
    assert_eq!(team.world.count("SELECT count(*) FROM members WHERE takes_seat = 1"), 0);
}

/// What an access names is checked against the catalog, the kinds and the resources there are; nothing passes unread.
#[test]
fn v21_an_access_names_only_what_there_is() {
    let world = World::new();
    let mut team = Team::make(world.clone(), "client-links", None);
    let mut other = Team { organization: String::new(), ..other_team(&world) };
    other.organization = world
        .operator()
        .post(
            "/v1/organizations",
            &json!({
                "name": "Third", "template": "client-links",
                "owner": {"email": "oscar.owner@other.test", "name": "Oscar Owner"},
            }),
        )
        .ok()
        .str("/id");
    other.owner.join("oscar.owner@other.test", "Oscar Owner").ok();
    let foreign = other.resource("facebook");
    let before = dump(&team);
    for (access, pointer) in [
        (json!({"permissions": ["*"]}), "/access/permissions/0"),
        (json!({"permissions": ["posts.view", "admin"]}), "/access/permissions/1"),
        (json!({"permissions": ["posts.create\u{0}"]}), "/access/permissions/0"),
        (json!({"permissions": [1]}), "/access/permissions/0"),
        (json!({"addable_kinds": ["myspace"]}), "/access/addable_kinds/0"),
        (json!({"resources": [{"id": foreign}]}), "/access/resources/0/id"),
        (json!({"resources": [{"id": "res_1"}]}), "/access/resources/0/id"),
        (json!({"role": "owner"}), "/access/role"),
    ] {
        let body = json!({"kind": "link", "role": "client", "access": access});
        let answer = team.owner.post(&team.path("/invitations"), &body);
        assert_eq!(answer.status, 422, "{access}");
        assert_eq!(answer.json()["errors"][0]["pointer"], pointer, "{access}");
    }
    assert_eq!(dump(&team), before);
}

/// Where a second factor is asked for, nothing is read before there is one.
#[test]
fn v30_a_workspace_that_asks_for_a_second_factor_shows_nothing_before_it() {
    let mut team = Team::make(World::new(), "publishing", None);
    let workspace = team.workspace();
    team.resource("facebook");
    let access = json!({"access": {"require_mfa": true, "resources": "all", "addable_kinds": ["facebook"]}});
    let mut ana = team.joined_with("ana@client.test", "client", access);
    let member = team.member("ana@client.test");
    assert_eq!(ana.get(&format!("/v1/workspaces/{workspace}")).refusal(), refusal(403, "mfa_required"));
    assert_eq!(
        ana.get(&format!("/v1/workspaces/{workspace}/resources")).refusal(),
        refusal(403, "mfa_required")
    );
    let page = json!({"kind": "facebook", "name": "Mine"});
    let added = ana.post(&format!("/v1/workspaces/{workspace}/resources"), &page);
    assert_eq!(added.refusal(), refusal(403, "mfa_required"));
    let question = json!({"member_id": member, "workspace_id": workspace, "permission": "posts.view"});
    let told = ana.post("/v1/check", &question).ok().json();
    assert_eq!(told, json!({"allowed": false, "reason": "mfa_required"}));
}

/// Who is removed takes along what was addressed to them, and what they sent if that is asked for.
#[test]
fn v32_removing_somebody_ends_the_invitations_to_them_and_by_them() {
    let mut team = Team::new();
    let mut ada = team.joined("ada.admin@studio.test", "admin");
    let organization = team.organization.clone();
    let friend = ada.invite(&organization, "friend@outside.test", "admin").ok().str("/id");
    let token = copied(&mut ada, &friend);
    let ada_id = team.member("ada.admin@studio.test");
    let body = json!({"member_ids": [ada_id], "revoke_their_invitations": true});
    team.owner.post(&team.path("/members/remove"), &body).ok();
    let late = team.world.client().accept(&token, "Some Friend").refusal();
    assert_eq!(late, refusal(410, "invitation_revoked"));
    assert_eq!(ada.get(&team.path("/members")).refusal(), refusal(404, "not_found"));
}

fn program(team: &Team, scopes: &[&str]) -> Client {
    let body = json!({"name": "Backend", "scopes": scopes});
    let made = team.world.operator().post(&team.path("/api-keys"), &body).ok();
    team.world.client().bearer(&made.str("/secret"))
}

/// V21: what a key may is what its scopes and the member that it acts for both allow, and no more.
#[test]
fn v21_a_key_is_no_more_than_its_scopes_and_its_member() {
    let mut team = Team::new();
    team.joined("mia.member@studio.test", "member");
    let mia = team.member("mia.member@studio.test");
    let admin = json!({"kind": "email", "role": "admin", "email": "new.admin@studio.test"});
    let before = team.world.count("SELECT count(*) FROM invitations");
    for mut caller in [
        program(&team, &["members:read", "audit:read"]),
        program(&team, &["invitations:write"]).with_header("usher-actor", &mia),
        program(&team, &["invitations:write", "invitations:read"])
            .with_header("usher-actor", "mbr_01h455vb4pex5vsknk084sn02q"),
    ] {
        assert_eq!(caller.post(&team.path("/invitations"), &admin).status, 403);
    }
    assert_eq!(team.world.count("SELECT count(*) FROM invitations"), before);
    // And no key makes keys, or hands the organization over.
    let mut any = program(&team, &["organizations:write", "members:write"]);
    let more = json!({"name": "More", "scopes": ["invitations:write"]});
    assert_eq!(any.post(&team.path("/api-keys"), &more).status, 403);
    assert_eq!(any.post(&team.path("/owner"), &json!({"member_id": mia})).status, 403);
}

/// V24: an address that a host product only was told is nobody's.
#[test]
fn v24_an_address_that_no_host_product_proved_accepts_nothing() {
    let mut team = Team::new();
    let id = team.invited("ana@client.test", "client");
    let link = team.owner.post(&format!("/v1/invitations/{id}/link"), &json!({})).ok().str("/url");
    let token = link.rsplit('/').next().unwrap();
    let mut program = program(&team, &["invitations:accept"]);
    let mut body = json!({"token": token, "user": {
        "subject": "42", "email": "ana@client.test", "name": "Ana Client", "email_verified": false,
    }});
    assert_eq!(program.post("/v1/invitations/accept", &body).refusal(), (403, "email_unverified".to_owned()));
    body["user"]["email_verified"] = json!(true);
    body["user"]["email"] = json!("mallory@client.test");
    assert_eq!(program.post("/v1/invitations/accept", &body).refusal(), (403, "wrong_account".to_owned()));
    assert_eq!(team.world.count("SELECT count(*) FROM members WHERE role = 'client'"), 0);
}
