//! Staff act with what they hold at the moment of the write, on what is there at that moment: a change of their own access, or
//! of the invitation, that comes between what their request reads and what it writes is not passed over.

use http::Method;
use serde_json::{Value, json};

use crate::overtaking::between_read_and_write;
use crate::support::World;
use crate::support::client::{Answer, Client, Team};
use crate::support::platform::password_token_in;
use crate::support::scene::{resource, workspace};
use crate::{bulk, copied_token, refusal};

const ANA: &str = "ana.client@client.test";
const SAM: &str = "sam.staff@studio.test";

/// An organization whose staff may invite clients, with one of them who holds `access`.
fn with_staff(access: &Value) -> (Team, Client) {
    let plan = json!({"key": "big", "seat_limit": 25, "features": ["custom_client_permissions"]});
    let mut team = Team::make(World::new(), "reporting", Some(plan));
    let sam = team.joined_with(SAM, "member", json!({"access": access}));
    (team, sam)
}

/// What staff hold in most of these tests.
fn views() -> Value {
    json!({"permissions": ["dashboards.view"], "resources": "all"})
}

fn ask(by: &Client, method: &Method, path: &str, body: &Value) -> http::Request<bytes::Bytes> {
    by.request(method, path, Some("application/json"), body.to_string().into_bytes())
}

/// What `by` is answered when the owner's change comes between what their request reads and what it writes.
fn overtaken(team: &Team, by: &mut Client, slow: (&Method, &str, &Value), change: (&str, &Value)) -> Answer {
    let slow = ask(by, slow.0, slow.1, slow.2);
    let fast = ask(&team.owner, &Method::PATCH, change.0, change.1);
    let reply = between_read_and_write(&team.world, slow, fast);
    by.receive(reply)
}

fn offered(team: &mut Team, by: &mut Client, kind: &str, access: &Value) -> String {
    let mut body = json!({"kind": kind, "role": "client", "access": access});
    if kind == "email" {
        body["email"] = json!(ANA);
    }
    by.post(&team.path("/invitations"), &body).ok().str("/id")
}

/// Any change of an access counts: of permissions, of resources alone, of the second factor.
#[test]
fn staff_whose_access_is_changed_in_between_give_nothing_away() {
    for change in
        [json!({"permissions": ["dashboards.view"]}), json!({"resources": []}), json!({"require_mfa": true})]
    {
        let (mut team, mut sam) =
            with_staff(&json!({"permissions": ["dashboards", "reports"], "resources": "all"}));
        let access = json!({"permissions": ["reports"], "resources": "all"});
        let link = offered(&mut team, &mut sam, "link", &access);
        let member = team.add("bo@client.test", "client", json!({"access": access})).ok().str("/id");
        let id = team.member(SAM);
        let place = format!("/v1/workspaces/{}/members/{id}", team.workspace());
        let invitation = json!({"kind": "email", "role": "client", "email": ANA, "access": access});
        let added = json!({"role": "client", "email": ANA, "name": "Ana Client", "notify": false,
                           "access": access});
        let rows = json!({"rows": [{"role": "client", "email": ANA, "access": access}]});
        for (path, body) in [
            (team.path("/invitations"), invitation),
            (team.path("/members"), added),
            (team.path("/invitations/bulk"), rows),
            (format!("/v1/invitations/{link}/rotate"), json!({})),
            (format!("/v1/invitations/{link}/link"), json!({})),
            (format!("/v1/members/{member}/password-link"), json!({})),
        ] {
            let counted = "SELECT (SELECT count(*) FROM invitations) + (SELECT count(*) FROM members)
                             + (SELECT count(*) FROM bulk_imports) + (SELECT sum(ver) FROM invitations)";
            let before = team.world.count(counted);
            let answer = overtaken(
                &team,
                &mut sam,
                (&Method::POST, &path, &body),
                (&place, &json!({"access": change})),
            );
            assert_eq!(answer.refusal(), refusal(403, "beyond_your_access"), "{path} {change}");
            assert!(answer.str("/detail").contains("changed"), "{}", answer.text());
            assert_eq!(team.world.count(counted), before, "{path} {change}");
            let back = json!({"access": {"permissions": ["dashboards", "reports"], "resources": "all", "require_mfa": null}});
            team.owner.patch(&place, &back).ok();
        }
    }
}

/// What owner and admins may give doesn't hang on any membership of theirs.
#[test]
fn admins_are_not_stopped_by_a_change_of_what_they_were_once_given() {
    let (mut team, _) = with_staff(&views());
    let mut ada = team.joined("ada.admin@studio.test", "client");
    let id = team.member("ada.admin@studio.test");
    team.owner.patch(&format!("/v1/members/{id}"), &json!({"role": "admin"})).ok();
    let touch = format!("UPDATE memberships SET require_mfa = 1 WHERE member_id = '{id}'");
    let slow = ask(
        &ada,
        &Method::POST,
        &team.path("/invitations"),
        &json!({"kind": "email", "role": "client", "email": ANA}),
    );
    let before = format!("SELECT access_rev FROM members WHERE id = '{id}'");
    let rev = team.world.count(&before);
    team.world.state().database.borrow().change(&touch);
    assert!(team.world.count(&before) > rev, "each change counts");
    let fast = ask(&team.owner, &Method::PATCH, &team.path(""), &json!({"name": "Studio"}));
    let reply = between_read_and_write(&team.world, slow, fast);
    ada.receive(reply).ok();
}

/// A file of rows is checked against what its sender holds; the job runs later.
#[test]
fn a_bulk_job_makes_nothing_with_an_access_that_its_sender_has_no_longer() {
    let (mut team, mut sam) =
        with_staff(&json!({"permissions": ["dashboards", "reports"], "resources": "all"}));
    let access = json!({"permissions": ["reports"], "resources": "all"});
    let rows = json!([{"role": "client", "email": ANA, "access": access}]);
    let job = bulk::send(&mut sam, &team.organization.clone(), &rows, false).ok().str("/job_id");
    let id = team.member(SAM);
    let place = format!("/v1/workspaces/{}/members/{id}", team.workspace());
    team.owner.patch(&place, &json!({"access": {"permissions": ["dashboards.view"], "resources": []}})).ok();
    team.world.deliver();
    let row = bulk::job(&mut sam, &job)["data"][0].clone();
    assert_eq!((&row["outcome"], &row["problem"]["code"]), (&json!("refused"), &json!("beyond_your_access")));
    assert_eq!(team.world.count(&format!("SELECT count(*) FROM invitations WHERE email = '{ANA}'")), 0);
    // Sent again, it is judged by what they hold now.
    let again = json!([{"role": "client", "email": ANA, "access": {"permissions": ["dashboards.view"], "resources": []}}]);
    let foreseen = bulk::send(&mut sam, &team.organization, &again, true).ok().json();
    assert_eq!(bulk::outcomes(&foreseen), ["would_create"]);
}

/// Whoever holds a copied password link is that person, so it gives what they could have given when they copied it.
#[test]
fn a_copied_password_link_dies_with_any_change_of_the_access_it_was_made_for() {
    for change in [
        json!({"permissions": ["reports", "dashboards"]}),
        json!({"resources": "all"}),
        json!({"addable_kinds": ["campaign"]}),
    ] {
        let (mut team, mut sam) = with_staff(&views());
        let first = team.workspace();
        let access = json!({"permissions": ["dashboards.view"], "resources": []});
        let member = team.add(ANA, "client", json!({"access": access})).ok().str("/id");
        let path = format!("/v1/members/{member}/password-link");
        let token = password_token_in(&sam.post(&path, &json!({})).ok().str("/url"));
        let place = format!("/v1/workspaces/{first}/members/{member}");
        team.owner.patch(&place, &json!({"access": change})).ok();
        let set = json!({"token": token, "password": "another sentence entirely"});
        let answer = team.world.client().post("/v1/password-resets/redeem", &set);
        assert_eq!(answer.refusal(), refusal(410, "password_link_used"), "{change}");
        let anew = password_token_in(&team.owner.post(&path, &json!({})).ok().str("/url"));
        let set = json!({"token": anew, "password": "another sentence entirely"});
        team.world.client().post("/v1/password-resets/redeem", &set).ok();
    }
}

/// In a further workspace too.
#[test]
fn a_copied_password_link_dies_when_somebody_is_put_in_a_further_workspace() {
    let (mut team, mut sam) = with_staff(&views());
    let second = workspace(&team, "Second");
    let member = team.add(ANA, "client", json!({"access": views()})).ok().str("/id");
    let path = format!("/v1/members/{member}/password-link");
    let token = password_token_in(&sam.post(&path, &json!({})).ok().str("/url"));
    // Only somebody who came in is put in a further workspace.
    team.world.state().database.borrow().change(&format!(
        "INSERT INTO memberships (member_id, workspace_id, created_at) VALUES ('{member}', '{second}', 1)"
    ));
    let set = json!({"token": token, "password": "another sentence entirely"});
    let answer = team.world.client().post("/v1/password-resets/redeem", &set);
    assert_eq!(answer.refusal(), refusal(410, "password_link_used"));
}

/// The link is made for what was read; if that was changed meanwhile, it is decided anew.
#[test]
fn a_password_link_overtaken_by_a_raised_access_is_given_only_to_who_could_give_that() {
    let (mut team, mut sam) = with_staff(&views());
    let first = team.workspace();
    let access = json!({"permissions": ["dashboards.view"], "resources": []});
    let member = team.add(ANA, "client", json!({"access": access})).ok().str("/id");
    let (path, place) =
        (format!("/v1/members/{member}/password-link"), format!("/v1/workspaces/{first}/members/{member}"));
    let mut owner = team.owner.clone();
    for (by_owner, raised, status) in [
        (false, json!({"resources": "all"}), 200),
        (true, json!({"permissions": ["reports"]}), 200),
        (false, json!({"permissions": ["reports", "dashboards"]}), 403),
    ] {
        let by = if by_owner { &mut owner } else { &mut sam };
        let slow = (&Method::POST, path.as_str(), &json!({}));
        let answer = overtaken(&team, by, slow, (&place, &json!({"access": raised})));
        assert_eq!(answer.status, status, "{raised} {}", answer.text());
        if status == 200 {
            let page = format!("/reset/{}", password_token_in(&answer.str("/url")));
            team.world.client().get(&page).ok();
            team.owner.patch(&place, &json!({"access": access})).ok();
        }
    }
}

/// Sent again, opened, made new or copied: always as it is then, and by who could make it so.
#[test]
fn what_is_done_with_an_invitation_that_was_raised_in_between_is_decided_anew() {
    let raised = json!({"access": {"permissions": ["reports"]}});
    for (kind, action) in
        [("email", "resend"), ("email", "link"), ("link", "link"), ("link", "rotate"), ("link", "enable")]
    {
        let (mut team, mut sam) = with_staff(&views());
        let id = offered(&mut team, &mut sam, kind, &json!({"permissions": ["dashboards.view"]}));
        if action == "enable" {
            team.owner.post(&format!("/v1/invitations/{id}/disable"), &json!({})).ok();
        }
        let (of, path) = (format!("/v1/invitations/{id}"), format!("/v1/invitations/{id}/{action}"));
        let row = |team: &Team| {
            let sql = format!("SELECT ver, disabled_at FROM invitations WHERE id = '{id}'");
            team.world.state().database.borrow().query(&sql)
        };
        let before = row(&team);
        let answer = overtaken(&team, &mut sam, (&Method::POST, &path, &json!({})), (&of, &raised));
        assert_eq!(answer.refusal(), refusal(403, "beyond_your_access"), "{kind} {action}");
        assert_eq!(row(&team), before, "{kind} {action}");
        assert_eq!(
            team.world.count(
                "SELECT count(*) FROM audit_events WHERE action IN ('invitation.resent',
            'invitation.link_copied', 'invitation.link_rotated', 'invitation.link_enabled')"
            ),
            0
        );
        // For who holds that much it is done, and with the same request.
        let again = json!({"access": {"permissions": ["dashboards"]}});
        let mut owner = team.owner.clone();
        overtaken(&team, &mut owner, (&Method::POST, &path, &json!({})), (&of, &again)).ok();
    }
}

/// A link that is copied while its access is changed gives what it gives then.
#[test]
fn a_link_copied_while_the_access_changes_is_good() {
    let (mut team, _) = with_staff(&views());
    let mut owner = team.owner.clone();
    let id = offered(&mut team, &mut owner, "email", &views());
    let (of, path) = (format!("/v1/invitations/{id}"), format!("/v1/invitations/{id}/link"));
    let change = json!({"access": {"permissions": ["dashboards"]}});
    let answer = overtaken(&team, &mut owner, (&Method::POST, &path, &json!({})), (&of, &change)).ok();
    let token = crate::support::platform::token_in(&answer.str("/url"));
    crate::preview(&mut team.world.client(), &token).ok();
}

/// Staff take away only invitations of those roles that they may invite, whatever an invitation was when they sent it.
#[test]
fn staff_withdraw_nothing_that_was_made_an_invitation_of_a_role_above_theirs() {
    let admin = json!({"role": "admin"});
    let pending = |team: &mut Team, id: &str| {
        let now = team.owner.get(&format!("/v1/invitations/{id}")).ok();
        assert_eq!((now.str("/role"), now.str("/status")), ("admin".to_owned(), "pending".to_owned()));
    };

    let (mut team, mut sam) = with_staff(&views());
    let id = offered(&mut team, &mut sam, "email", &views());
    let (of, path) = (format!("/v1/invitations/{id}"), format!("/v1/invitations/{id}/revoke"));
    let answer = overtaken(&team, &mut sam, (&Method::POST, &path, &json!({})), (&of, &admin));
    assert_eq!(answer.refusal(), refusal(403, "forbidden"));
    pending(&mut team, &id);
    let member = team.member(SAM);
    sam.delete(&format!("/v1/members/{member}?revoke_their_invitations=true")).ok();
    pending(&mut team, &id);

    let (mut team, mut sam) = with_staff(&views());
    let rows = json!([{"role": "client", "email": ANA, "access": views()},
                      {"role": "client", "email": "bo@client.test", "access": views()}]);
    let job = bulk::send(&mut sam, &team.organization.clone(), &rows, false).ok().str("/job_id");
    team.world.deliver();
    let id = bulk::job(&mut sam, &job)["data"][0]["invitation_id"].as_str().unwrap().to_owned();
    team.owner.patch(&format!("/v1/invitations/{id}"), &admin).ok();
    let undo = format!("/v1/jobs/{job}/undo");
    assert_eq!(sam.post(&undo, &json!({})).refusal(), refusal(403, "role_not_allowed"));
    pending(&mut team, &id);
    assert_eq!(team.owner.post(&undo, &json!({})).ok().json()["revoked"], 2, "who may, undoes all of it");
}

/// S2-13: like approving, the owner's credentials are lent on by whoever works with them.
#[test]
fn staff_who_work_with_their_own_credentials_let_nobody_work_with_the_owners() {
    let mut team = Team::make(World::new(), "publishing", None);
    let first = team.workspace();
    let (own, lent) = (resource(&team, &first, "facebook"), resource(&team, &first, "facebook"));
    team.owner.patch(&team.path(""), &json!({"policy": {"invites": {"member": ["client"]}}})).ok();
    let resources = json!([{"id": own, "credentials": "member"}, {"id": lent, "credentials": "owner"}]);
    let mut sam = team.joined_with(
        SAM,
        "member",
        json!({"access": {"permissions": ["posts"], "resources": resources}}),
    );
    let mut offer = |number: usize, id: &str, credentials: Value| {
        let mut grant = json!({"id": id});
        if !credentials.is_null() {
            grant["credentials"] = credentials;
        }
        let access = json!({"permissions": ["posts.write"], "resources": [grant]});
        let email = format!("client{number}@client.test");
        sam.post(
            &team.path("/invitations"),
            &json!({"kind": "email", "role": "client", "email": email, "access": access}),
        )
    };
    assert_eq!(offer(0, &own, json!("owner")).refusal(), refusal(403, "beyond_your_access"));
    assert_eq!(
        offer(1, &own, Value::Null).refusal(),
        refusal(403, "beyond_your_access"),
        "the owner's, if nobody says"
    );
    offer(2, &own, json!("member")).ok();
    offer(3, &lent, json!("owner")).ok();
    offer(4, &lent, json!("member")).ok();
}

/// Like its members: what is in a workspace that staff don't come into is nothing to them.
#[test]
fn the_invitations_of_a_workspace_are_listed_to_who_comes_into_it() {
    let (mut team, mut sam) = with_staff(&views());
    let (first, second) = (team.workspace(), workspace(&team, "Second"));
    for (email, there) in [(ANA, &first), ("bo@client.test", &second)] {
        let body = json!({"kind": "email", "role": "client", "email": email, "workspace_ids": [there]});
        team.owner.post(&team.path("/invitations"), &body).ok();
    }
    for query in ["", "&status=pending", "&q=b"] {
        let of = |there: &str| team.path(&format!("/invitations?workspace_id={there}{query}"));
        let listed = sam.get(&of(&second)).ok().json();
        assert_eq!((&listed["data"], &listed["next_cursor"]), (&json!([]), &Value::Null), "{query}");
        let path = of(&second);
        assert_eq!(team.owner.get(&path).ok().json()["data"].as_array().unwrap().len(), 1, "{query}");
    }
    let path = team.path(&format!("/invitations?workspace_id={first}"));
    assert_eq!(sam.get(&path).ok().json()["data"].as_array().unwrap().len(), 1);
    // A link that is copied by who comes into it still is.
    let id = sam.get(&path).json()["data"][0]["id"].as_str().unwrap().to_owned();
    copied_token(&mut team.owner, &id);
}
