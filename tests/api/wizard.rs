//! Inviting step by step, for what is counted: the pages themselves are in `tests/pages/wizard/`.

use serde_json::json;

use crate::support::client::{Client, Team, nonce_in};
use crate::support::platform::Cost;

/// Sends the form of a step, and answers where it leads.
fn send(who: &mut Client, at: &str, fields: &[(&str, &str)]) -> String {
    let nonce = nonce_in(&who.get(at).ok().text());
    let mut form = vec![("nonce", nonce.as_str())];
    form.extend(fields);
    who.post_form(at, &form).ok().header("location").unwrap().to_owned()
}

/// Each statement of the wizard: begun, gone back, refused, sent; and what a staff member chooses from.
pub fn walk(team: &mut Team) {
    let slug = team.owner.get(&team.path("")).ok().str("/slug");
    let policy = json!({"policy": {"invites": {"member": ["client"]}}});
    team.owner.patch(&team.path(""), &policy).ok();
    let mut staff = team.joined("staff@studio.test", "member");
    staff.get(&format!("/o/{slug}/team/invite")).ok();
    let mut who = team.owner.clone();
    let person = send(&mut who, &format!("/o/{slug}/team/invite"), &[("who", "client")]);
    let back = send(&mut who, &person, &[("back", "yes")]);
    let person = send(&mut who, &back, &[("who", "client")]);
    send(&mut who, &person, &[("email", "walked@client.test"), ("how", "mail")]);
    let check = person.replace("/person", "/check");
    let nonce = nonce_in(&who.get(&check).ok().text());
    team.invited("walked@client.test", "client");
    assert_eq!(who.post_form(&check, &[("nonce", &nonce)]).status, 409);
    send(&mut who, &person, &[("email", "walked2@client.test"), ("how", "mail")]);
    send(&mut who, &check, &[]);
}

/// What a step costs: who acts with their draft, and what is kept together with what the step needs to know.
#[test]
fn a_step_costs_two_round_trips() {
    let mut team = Team::of("publishing");
    let slug = team.owner.get(&team.path("")).ok().str("/slug");
    let mut who = team.owner.clone();
    let start = format!("/o/{slug}/team/invite");
    let person = send(&mut who, &start, &[("who", "client")]);
    assert_eq!(team.world.last_cost(), Cost { d1: 2, kv: 0 });
    send(&mut who, &person, &[("email", "ana@client.test"), ("how", "mail")]);
    assert_eq!(team.world.last_cost(), Cost { d1: 2, kv: 0 });
    for step in ["who", "person", "accounts", "permissions", "check"] {
        who.get(&person.replace("/person", &format!("/{step}"))).ok();
        assert_eq!(team.world.last_cost(), Cost { d1: 2, kv: 0 }, "{step}");
    }
}
