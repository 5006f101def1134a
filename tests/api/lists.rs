//! Lists: filters, and pages without gaps or repeats, newest first.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::client::Team;
use crate::support::scene::workspace;
use crate::{about, complaint, ids, refusal, remove};

/// A team with some invitations by name; answers their ids, oldest first.
fn with(team: &mut Team, people: &[Value]) -> Vec<String> {
    people
        .iter()
        .map(|person| {
            let mut body = json!({"kind": "email", "role": "client", "send_email": false});
            body.as_object_mut().unwrap().extend(person.as_object().unwrap().clone());
            team.world.pass(Duration::from_millis(1));
            team.owner.post(&team.path("/invitations"), &body).ok().str("/id")
        })
        .collect()
}

fn list(team: &mut Team, query: &str) -> Vec<String> {
    let path = team.path(&format!("/invitations?{query}"));
    ids(&team.owner.get(&path).ok().json())
}

#[test]
fn a_list_shows_the_newest_twenty_five_unless_asked_for_more_or_fewer() {
    let mut team = Team::new();
    let people: Vec<_> = (0..30).map(|number| json!({"email": format!("c{number}@client.test")})).collect();
    let mut made = with(&mut team, &people);
    made.reverse();
    assert_eq!(list(&mut team, ""), made[..25]);
    assert_eq!(list(&mut team, "limit=1"), made[..1]);
    assert_eq!(list(&mut team, "limit=100"), made);
}

#[test]
fn pages_have_no_gaps_and_no_repeats_while_the_list_grows() {
    let mut team = Team::new();
    let people: Vec<_> = (0..7).map(|number| json!({"email": format!("c{number}@client.test")})).collect();
    let mut made = with(&mut team, &people);
    made.reverse();
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = team.owner.get(&team.path(&format!("/invitations?limit=2{cursor}"))).ok().json();
        seen.extend(ids(&page));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
        with(&mut team, &[json!({"email": format!("late{}@client.test", seen.len())})]);
    }
    assert_eq!(seen, made, "what came later is on no later page");
}

#[test]
fn whoever_may_invite_only_some_has_full_pages_of_these_and_of_nobody_else() {
    let mut team = Team::new();
    team.owner.patch(&team.path(""), &json!({"policy": {"invites": {"member": ["client"]}}})).ok();
    let mut mia = team.joined("mia.member@studio.test", "member");
    let people: Vec<_> = ["client", "admin", "client", "member", "client", "admin"]
        .iter()
        .enumerate()
        .map(|(number, role)| json!({"email": format!("c{number}@studio.test"), "role": role}))
        .collect();
    let made = with(&mut team, &people);
    let first = mia.get(&team.path("/invitations?limit=2")).ok().json();
    assert_eq!(ids(&first), [made[4].clone(), made[2].clone()]);
    let cursor = first["next_cursor"].as_str().unwrap();
    let last = mia.get(&team.path(&format!("/invitations?limit=2&cursor={cursor}"))).ok().json();
    assert_eq!((ids(&last), &last["next_cursor"]), (vec![made[0].clone()], &Value::Null));
}

#[test]
fn a_full_last_page_has_no_next() {
    let mut team = Team::new();
    with(&mut team, &[json!({"email": "a@client.test"}), json!({"email": "b@client.test"})]);
    let page = team.owner.get(&team.path("/invitations?limit=2")).ok().json();
    assert_eq!(page["next_cursor"], Value::Null);
}

#[test]
fn a_query_that_can_not_be_used_is_refused_by_name() {
    let mut team = Team::new();
    for list in ["/invitations", "/members", "/workspaces"] {
        for (query, code, pointer) in [
            ("limit=0", "invalid_value", "?limit"),
            ("limit=101", "invalid_value", "?limit"),
            ("limit=-1", "invalid_value", "?limit"),
            ("limit=ten", "invalid_value", "?limit"),
            ("limit=", "invalid_value", "?limit"),
            ("limit=99999999999999999999", "invalid_value", "?limit"),
            ("cursor=nonsense", "invalid_value", "?cursor"),
            ("cursor=job_01h455vb4pex5vsknk084sn02q", "invalid_value", "?cursor"),
            ("stauts=pending", "unknown_field", "?stauts"),
        ] {
            let answer = team.owner.get(&team.path(&format!("{list}?{query}")));
            assert_eq!(complaint(&answer), about(422, code, pointer), "{list}?{query}");
        }
    }
    for (list, query, pointer) in [
        ("/invitations", "status=open", "?status"),
        ("/invitations", "kind=sms", "?kind"),
        ("/invitations", "workspace_id=org_1", "?workspace_id"),
        ("/members", "role=boss", "?role"),
        ("/members", "status=gone", "?status"),
        ("/members", "workspace_id=7", "?workspace_id"),
    ] {
        let answer = team.owner.get(&team.path(&format!("{list}?{query}")));
        assert_eq!(complaint(&answer), about(422, "invalid_value", pointer), "{list}?{query}");
    }
}

#[test]
fn invitations_are_found_by_what_they_are() {
    let mut team = Team::new();
    let made = with(
        &mut team,
        &[
            json!({"email": "open@client.test"}),
            json!({"email": "short@client.test", "expires_in": 3600}),
            json!({"email": "revoked@client.test"}),
            json!({"email": "declined@client.test"}),
            json!({"email": "accepted@client.test"}),
            json!({"email": "lapsed@client.test", "expires_in": 3600}),
        ],
    );
    team.owner.post(&format!("/v1/invitations/{}/revoke", made[2]), &json!({})).ok();
    let token = crate::copied_token(&mut team.owner, &made[3]);
    crate::decline(&mut team.world.client(), &token).ok();
    let token = crate::copied_token(&mut team.owner, &made[4]);
    team.world.client().accept(&token, "Ana Client").ok();
    team.world.pass(Duration::from_secs(3601));
    // One expired invitation is stamped by another write, the other is over by the clock alone.
    with(&mut team, &[json!({"email": "lapsed@client.test"})]);
    for (status, expected) in [
        ("expired", vec![made[5].clone(), made[1].clone()]),
        ("revoked", vec![made[2].clone()]),
        ("declined", vec![made[3].clone()]),
        ("accepted", vec![made[4].clone()]),
        ("disabled", vec![]),
        ("full", vec![]),
    ] {
        assert_eq!(list(&mut team, &format!("status={status}")), expected, "{status}");
    }
    assert_eq!(list(&mut team, "status=pending").len(), 2);
    assert_eq!(list(&mut team, "kind=email").len(), 7);
    assert_eq!(list(&mut team, "kind=link").len(), 0);
}

#[test]
fn invitations_are_found_by_workspace() {
    let mut team = Team::new();
    let second = workspace(&team, "Second");
    let made = with(
        &mut team,
        &[json!({"email": "a@client.test", "workspace_ids": [second]}), json!({"email": "b@client.test"})],
    );
    assert_eq!(list(&mut team, &format!("workspace_id={second}")), made[..1]);
    assert_eq!(list(&mut team, "workspace_id=wsp_01zz55vb4pex5vsknk084sn02r"), Vec::<String>::new());
}

#[test]
fn q_is_a_prefix_of_address_name_or_nickname_without_case() {
    let mut team = Team::new();
    let made = with(
        &mut team,
        &[
            json!({"email": "Ana.Client@client.test", "name": "Zoë Petit", "nickname": "The Bakery"}),
            json!({"email": "zoe@client.test", "name": "Ana Maria"}),
            json!({"email": "third@client.test", "nickname": "Änne"}),
            json!({"email": "fourth@client.test", "name": "Banana"}),
        ],
    );
    for (query, expected) in [
        ("ana", vec![1, 0]),
        ("ANA.c", vec![0]),
        ("zo", vec![1, 0]),
        ("ZO%C3%8B", vec![0]),
        ("the+b", vec![0]),
        ("%C3%84nn", vec![2]),
        ("client", vec![]),
        ("++ana++", vec![1, 0]),
        ("", vec![3, 2, 1, 0]),
    ] {
        let expected: Vec<_> = expected.into_iter().map(|place: usize| made[place].clone()).collect();
        assert_eq!(list(&mut team, &format!("q={query}")), expected, "{query}");
    }
}

#[test]
fn in_q_percent_and_underscore_stand_for_themselves() {
    let mut team = Team::new();
    let made = with(
        &mut team,
        &[
            json!({"email": "a_b@client.test"}),
            json!({"email": "axb@client.test"}),
            json!({"email": "c@client.test", "name": "100% Ana"}),
            json!({"email": "d@client.test", "name": "100 Ana"}),
        ],
    );
    assert_eq!(list(&mut team, "q=a_"), made[..1]);
    assert_eq!(list(&mut team, "q=100%25"), made[2..3]);
    for odd in ["%25", "_", "%27", "%22", "*", "%3F", "%5C", "%00"] {
        assert_eq!(list(&mut team, &format!("q={odd}")), Vec::<String>::new(), "{odd}");
    }
}

#[test]
fn filters_go_together() {
    let mut team = Team::new();
    let made = with(&mut team, &[json!({"email": "ana@client.test"}), json!({"email": "anb@client.test"})]);
    team.owner.post(&format!("/v1/invitations/{}/revoke", made[0]), &json!({})).ok();
    assert_eq!(list(&mut team, "q=an&status=revoked&kind=email&limit=1"), made[..1]);
}

/// What a workspace's list is filtered by is a copy, which every write keeps.
#[test]
fn a_workspaces_list_knows_what_its_invitations_and_members_became() {
    let mut team = Team::new();
    let workspace = team.workspace();
    let made = with(&mut team, &[json!({"email": "a@client.test"}), json!({"email": "b@client.test"})]);
    let here = format!("workspace_id={workspace}");
    assert_eq!(list(&mut team, &format!("{here}&status=pending")).len(), 2);
    team.owner.post(&format!("/v1/invitations/{}/revoke", made[0]), &json!({})).ok();
    assert_eq!(list(&mut team, &format!("{here}&status=pending")), made[1..]);
    assert_eq!(list(&mut team, &format!("{here}&status=revoked")), made[..1]);

    let link = json!({"kind": "link", "role": "client", "max_uses": 1, "expires_in": 3600});
    let link = team.owner.post(&team.path("/invitations"), &link).ok().str("/id");
    assert_eq!(list(&mut team, &format!("{here}&kind=link&status=pending")), vec![link.clone()]);
    team.owner.post(&format!("/v1/invitations/{link}/disable"), &json!({})).ok();
    assert_eq!(list(&mut team, &format!("{here}&kind=link&status=disabled")), vec![link.clone()]);
    assert_eq!(list(&mut team, "status=disabled"), vec![link.clone()]);
    team.world.pass(Duration::from_secs(3601));
    assert_eq!(list(&mut team, &format!("{here}&status=disabled")), Vec::<String>::new());
    assert_eq!(list(&mut team, &format!("{here}&status=expired")), vec![link.clone()], "by the clock");
    team.world.tick();
    assert_eq!(list(&mut team, &format!("{here}&status=expired")), vec![link], "stamped");

    team.joined("ana@client.test", "client");
    let ana = team.member("ana@client.test");
    let members = |team: &mut Team, query: &str| {
        ids(&team.owner.get(&team.path(&format!("/members?{here}&{query}"))).ok().json())
    };
    assert_eq!(members(&mut team, "role=client"), vec![ana.clone()]);
    team.owner.patch(&format!("/v1/members/{ana}"), &json!({"role": "member"})).ok();
    assert_eq!(members(&mut team, "role=client"), Vec::<String>::new());
    assert_eq!(members(&mut team, "role=member"), vec![ana.clone()]);
    remove(&team, "ana@client.test");
    assert_eq!(members(&mut team, "role=member"), Vec::<String>::new());
    assert_eq!(members(&mut team, "role=member&status=removed"), vec![ana]);
    let added = team.add("dan@client.test", "client", json!({})).ok().str("/id");
    assert_eq!(members(&mut team, "role=client"), vec![added]);
}

#[test]
fn an_owners_invitation_is_in_no_members_list() {
    let mut team = Team::new();
    assert_eq!(list(&mut team, ""), Vec::<String>::new(), "the owner came in by one");
}

#[test]
fn seeing_invitations_needs_the_right_to_invite_some_role() {
    let mut team = Team::new();
    let invitation = team.invited("ana@client.test", "client");
    let mut member = team.joined("mia.member@studio.test", "member");
    assert_eq!(member.get(&team.path("/invitations")).refusal(), refusal(403, "forbidden"));
    let one = member.get(&format!("/v1/invitations/{invitation}"));
    assert_eq!(one.refusal(), refusal(403, "forbidden"));
}

#[test]
fn members_are_found_by_role_workspace_name_and_address() {
    let mut team = Team::new();
    let workspace = team.owner.get(&team.path("/workspaces")).ok().str("/data/0/id");
    team.joined("mia.member@studio.test", "member");
    team.joined("ana@client.test", "client");
    let count = |team: &mut Team, query: &str| {
        ids(&team.owner.get(&team.path(&format!("/members?{query}"))).ok().json()).len()
    };
    for (query, expected) in [
        ("", 3),
        ("role=client", 1),
        ("role=admin", 0),
        ("status=active", 3),
        ("status=removed", 0),
        ("q=MIA", 1),
        ("q=olga+o", 1),
        ("q=%25", 0),
        ("q=_", 0),
        ("limit=2", 2),
        ("role=client&q=ana", 1),
    ] {
        assert_eq!(count(&mut team, query), expected, "{query}");
    }
    assert_eq!(count(&mut team, &format!("workspace_id={workspace}")), 2, "owner and admins are in none");
    remove(&team, "ana@client.test");
    assert_eq!(count(&mut team, ""), 2);
    assert_eq!(count(&mut team, "status=removed"), 1);
}

#[test]
fn a_member_is_shown_as_the_contract_says() {
    let mut team = Team::new();
    team.joined("Mia.Member@Studio.test", "member");
    let mia = team.owner.get(&team.path("/members?role=member")).ok().json()["data"][0].clone();
    assert_eq!(mia["user"]["email"], "Mia.Member@Studio.test");
    assert_eq!(mia["status"], "active");
    assert_eq!(mia["takes_seat"], true);
    assert_eq!(mia["workspaces"][0]["name"], "Example Studio");
    assert_eq!(mia["joined_at"], team.world.now().to_string());
    assert_eq!(mia["removed_at"], Value::Null);
}

#[test]
fn a_client_sees_their_own_workspaces_and_nobody_else() {
    let mut team = Team::new();
    workspace(&team, "Second");
    let mut ana = team.joined("ana@client.test", "client");
    assert_eq!(ids(&ana.get(&team.path("/workspaces")).ok().json()).len(), 1);
    assert_eq!(ids(&team.owner.get(&team.path("/workspaces")).ok().json()).len(), 2);
    assert_eq!(ana.get(&team.path("/members")).refusal(), refusal(403, "forbidden"));
    assert_eq!(ana.get("/v1/me/workspaces").ok().json()["data"].as_array().unwrap().len(), 1);
}
