//! S3 "Create client accounts": an agency makes accounts for staff and clients, which exist before anybody has accepted
//! anything. Template `reporting`.

use serde_json::{Value, json};

use crate::support::client::{PASSWORD, Team};

const ANA: &str = "ana.client@client.test";

fn addresses(team: &mut Team, query: &str) -> Vec<String> {
    let listed = team.owner.get(&team.path(&format!("/members{query}"))).ok().json();
    let of = |row: &Value| row["user"]["email"].as_str().unwrap().to_owned();
    listed["data"].as_array().unwrap().iter().map(of).collect()
}

/// S3-01: the list of users has all staff and clients who have an account now: also those who have not signed in yet, not
/// those who were only invited.
#[test]
fn the_users_page_lists_staff_and_clients_who_have_an_account() {
    let mut team = Team::of("reporting");
    team.add("sam.staff@studio.test", "member", json!({})).ok();
    team.world.pass(std::time::Duration::from_secs(1));
    team.add(ANA, "client", json!({})).ok();
    team.invited("cem.client@client.test", "client");
    assert_eq!(addresses(&mut team, "?role=member"), ["sam.staff@studio.test"]);
    assert_eq!(addresses(&mut team, "?role=client"), [ANA]);
    assert_eq!(addresses(&mut team, ""), [ANA, "sam.staff@studio.test", "olga.owner@studio.test"]);
}

/// S3-06, S3-20: with the address and the campaigns the account is made, and it is there before anybody accepts anything.
#[test]
fn finishing_the_wizard_makes_the_account_with_its_campaigns() {
    let mut team = Team::of("reporting");
    let campaigns = [1, 2, 3].map(|n| team.made_resource(n, "campaign"));
    let access = json!({"resources": [{"id": campaigns[0]}, {"id": campaigns[2]}]});
    let made = team.add(ANA, "client", json!({"name": "Ana Client", "access": access})).ok();
    assert_eq!((made.status.as_u16(), made.str("/status")), (201, "active".to_owned()));
    let given =
        team.world.state().database.borrow().query("SELECT resource_id FROM grants ORDER BY resource_id");
    assert_eq!(given, [&campaigns[0], &campaigns[2]].map(|id| json!({"resource_id": id})));
    assert_eq!(
        team.world.count("SELECT count(*) FROM invitations WHERE email_key = 'ana.client@client.test'"),
        0
    );
}

/// S3-08: the tick-box "Invite users via email": with it, one e-mail brings a link to set a password and sign in.
#[test]
fn with_the_box_ticked_the_client_gets_an_e_mail_and_signs_in_by_it() {
    let mut team = Team::of("reporting");
    team.add(ANA, "client", json!({"name": "Ana Client", "notify": true})).ok();
    team.world.deliver();
    let page = format!("/reset/{}", team.world.mailed_password_token(ANA));
    let mut ana = team.world.client().with_header("accept", "text/html");
    let set = ana.submit(&page, &page, &[("password", PASSWORD)]);
    assert_eq!((set.status.as_u16(), set.header("location")), (303, Some("/me")));
    let mut later = team.world.client();
    later.post("/v1/sessions", &json!({"email": ANA, "password": PASSWORD})).ok();
    assert_eq!(later.get("/v1/me").ok().json()["user"]["email_verified"], true);
}

/// S3-09: without it nobody is told by e-mail; whoever made the account hands over a link to set its password.
#[test]
fn with_the_box_unticked_no_e_mail_goes_out_and_the_maker_hands_over_a_link() {
    let mut team = Team::of("reporting");
    let before = team.world.mailbox().len();
    let mut staff = team.joined("sam.staff@studio.test", "member");
    let mails = team.world.mailbox().len();
    assert_eq!(mails, before + 1, "the staff member's own invitation");
    let body = json!({"email": ANA, "name": "Ana Client", "role": "client", "notify": false});
    let member = staff.post(&team.path("/members"), &body).ok().str("/id");
    team.world.deliver();
    assert_eq!(team.world.mailbox().len(), mails);
    let link = staff.post(&format!("/v1/members/{member}/password-link"), &json!({})).ok();
    let token = crate::support::platform::password_token_in(&link.str("/url"));
    let mut ana = team.world.client();
    ana.set_password(&token).ok();
    assert_eq!(ana.get("/v1/me/workspaces").ok().json()["data"].as_array().unwrap().len(), 1);
    let told = ana.get("/v1/me/notifications").ok().json();
    assert_eq!(told["data"][0]["kind"], "member.added", "every direct add leaves a notification");
}
