//! S0 "How do I invite a client?": an agency makes one branded link and sends it to its clients, who come in by it and pay for
//! a seat only with what they may do. Template `client-links`.
//!
//! What is about a screen (S0-03, S0-04) is with the pages.

use serde_json::{Value, json};

use crate::support::World;
use crate::support::client::{Answer, Client, PASSWORD, Team};
use crate::support::platform::token_in;

/// What the client preset comes to: the role of a Manager.
const MANAGER: [&str; 4] = ["accounts.manage", "posts.view", "posts.edit", "posts.delete"];

fn agency() -> Team {
    Team::of("client-links")
}

fn offer(by: &mut Client, team: &str, more: &Value) -> Answer {
    let mut body = json!({"kind": "link", "role": "client"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    by.post(&format!("/v1/organizations/{team}/invitations"), &body)
}

fn url(team: &mut Team, invitation: &str) -> String {
    team.owner.post(&format!("/v1/invitations/{invitation}/link"), &json!({})).ok().str("/url")
}

/// Makes a link with these details: the invitation, and the token of the URL that is copied.
fn client_link(team: &mut Team, more: &Value) -> (Value, String) {
    let organization = team.organization.clone();
    let made = offer(&mut team.owner, &organization, more).ok().json();
    let url = url(team, made["id"].as_str().unwrap());
    (made, token_in(&url))
}

/// A client opens the link and signs up.
fn sign_up(world: &World, token: &str, email: &str) -> (Client, Answer) {
    let mut client = world.client();
    let body = json!({"token": token, "email": email, "name": "Ana Client", "password": PASSWORD});
    let answer = client.post("/v1/invitations/accept", &body);
    (client, answer)
}

/// What the clients who are in were given, oldest first.
fn given(team: &Team) -> Vec<Value> {
    team.world.state().database.borrow().query(
        "SELECT p.permissions, p.addable_kinds FROM memberships p JOIN members m ON m.id = p.member_id
         WHERE m.role = 'client' ORDER BY m.joined_at, m.id",
    )
}

fn page(team: &Team, token: &str) -> String {
    team.world.client().with_header("accept", "text/html").get(&format!("/i/{token}")).ok().text()
}

fn title(page: &str) -> &str {
    page.split("<title>").nth(1).unwrap().split("</title>").next().unwrap()
}

fn masthead(page: &str) -> &str {
    page.split("class=\"brand\"><bdi>").nth(1).unwrap().split("</bdi>").next().unwrap()
}

/// S0-01: a client is added to the team, in its workspace, to review what they are shown there; they see and manage nobody.
#[test]
fn a_client_is_in_the_team_and_sees_only_what_they_are_shown() {
    let mut team = agency();
    let (_, token) = client_link(&mut team, &json!({}));
    let (mut ana, joined) = sign_up(&team.world, &token, "ana@client.test");
    assert_eq!(joined.ok().str("/role"), "client");
    let reached = ana.get("/v1/me/workspaces").ok().json();
    assert_eq!(reached["data"].as_array().unwrap().len(), 1);
    assert_eq!(reached["data"][0]["organization"]["id"], team.organization);
    for path in ["/members", "/invitations"] {
        assert_eq!(ana.get(&team.path(path)).status, 403, "{path}");
    }
}

/// S0-02: the owner and admins add clients, and nobody else does.
#[test]
fn only_the_owner_and_admins_add_clients() {
    let mut team = agency();
    let organization = team.organization.clone();
    offer(&mut team.owner, &organization, &json!({})).ok();
    let mut admin = team.joined("ada@studio.test", "admin");
    offer(&mut admin, &organization, &json!({})).ok();
    for role in ["member", "client"] {
        let mut person = team.joined(&format!("{role}@studio.test"), role);
        let refused = offer(&mut person, &organization, &json!({})).refusal();
        assert_eq!(refused, (403, "role_not_allowed".to_owned()), "{role}");
    }
}

/// S0-05: a nickname helps the agency to recognize its client; the client never sees it.
#[test]
fn a_nickname_is_for_the_agency_alone() {
    let mut team = agency();
    let (made, token) = client_link(&mut team, &json!({"nickname": "The bakery"}));
    assert_eq!(made["nickname"], "The bakery");
    let found = team.owner.get(&team.path("/invitations?q=the%20bak")).ok().json();
    assert_eq!(found["data"][0]["id"], made["id"]);
    assert!(!page(&team, &token).contains("The bakery"));
    let preview = team.world.client().post("/v1/invitations/preview", &json!({"token": token})).ok();
    assert!(!preview.text().contains("The bakery"));
    let (mut ana, joined) = sign_up(&team.world, &token, "ana@client.test");
    joined.ok();
    assert_eq!(ana.get("/v1/me").ok().str("/user/name"), "Ana Client", "and nobody is called by it");
}

/// S0-06: with organization details the page is the organization's, and the product's name is nowhere on it.
#[test]
fn organization_details_hide_the_product() {
    let world = World::with_settings(&[("PRODUCT_NAME", "Zebraform")]);
    let mut team = Team::make(world, "client-links", None);
    let (_, token) = client_link(&mut team, &json!({"branding": {"name": "Bright Agency"}}));
    let page = page(&team, &token);
    assert_eq!(masthead(&page), "Bright Agency");
    assert!(!page.contains("Zebraform"));
}

/// S0-07: a message invites the client to join.
#[test]
fn a_message_is_shown_to_the_client_as_text() {
    let mut team = agency();
    let (_, token) = client_link(&mut team, &json!({"message": "Welcome to <b>us</b>"}));
    assert!(page(&team, &token).contains("Welcome to &#60;b&#62;us&#60;/b&#62;"));
}

/// S0-08: where the link says nothing, the organization's own details are the default.
#[test]
fn without_details_of_its_own_a_link_has_the_organizations() {
    let mut team = agency();
    team.world.state().database.borrow().change(
        "UPDATE organizations SET branding_name = 'Studio Brand', branding_message = 'Hello from the studio'",
    );
    let (_, token) = client_link(&mut team, &json!({}));
    let page = page(&team, &token);
    assert_eq!(masthead(&page), "Studio Brand");
    assert!(page.contains("Hello from the studio"));
}

/// S0-09: where the organization has saved nothing either, it is the product's name that stands there.
#[test]
fn without_any_details_the_page_is_the_products() {
    let world = World::with_settings(&[("PRODUCT_NAME", "Zebraform")]);
    let mut team = Team::make(world, "client-links", None);
    let (_, token) = client_link(&mut team, &json!({}));
    assert_eq!(masthead(&page(&team, &token)), "Zebraform");
    let preview = team.world.client().post("/v1/invitations/preview", &json!({"token": token})).ok().json();
    assert_eq!(preview["brand"], json!({"name": "Zebraform", "is_product": true}));
}

/// S0-10, S0-11, S0-12: a client is a Manager by default: they manage accounts, and view, edit and delete posts. Every other
/// permission is granted one by one.
#[test]
fn a_client_is_a_manager_and_nothing_more_unless_it_is_granted() {
    let mut team = agency();
    let (made, token) = client_link(&mut team, &json!({}));
    assert_eq!(made["access"]["permissions"], json!({"mode": "default", "keys": MANAGER}));
    sign_up(&team.world, &token, "ana@client.test").1.ok();
    assert_eq!(given(&team)[0]["permissions"], Value::Null, "the default, now and later");
    for special in ["posts.create", "posts.boost", "posts.approve", "inbox.use", "analytics.view"] {
        assert!(!MANAGER.contains(&special));
        let keys: Vec<_> = MANAGER.into_iter().chain([special]).collect();
        let (made, _) = client_link(&mut team, &json!({"access": {"permissions": keys}}));
        let mut granted = made["access"]["permissions"]["keys"].as_array().unwrap().clone();
        granted.retain(|key| !MANAGER.iter().any(|known| key == known));
        assert_eq!(granted, [json!(special)]);
    }
}

/// S0-13: who may create posts counts as a team member, from the moment they come in.
#[test]
fn a_client_who_may_create_posts_takes_a_seat() {
    let mut team = agency();
    for (permission, seats) in [("posts.edit", 0), ("posts.boost", 0), ("posts.create", 1)] {
        let (made, token) = client_link(&mut team, &json!({"access": {"permissions": [permission]}}));
        assert_eq!(made["takes_seat"], seats == 1, "{permission}");
        assert_eq!(
            team.world.count("SELECT seats_used + seats_reserved FROM organizations"),
            0,
            "no link does"
        );
        sign_up(&team.world, &token, &format!("{permission}@client.test")).1.ok();
        assert_eq!(team.world.count("SELECT seats_used FROM organizations"), seats, "{permission}");
    }
}

/// S0-14, the worked example: the plan allows five team members. Five clients with 'Create posts' are added; after this no
/// team member can be, for the limit is reached. Clients without it cost nothing.
#[test]
fn five_seats_five_clients_who_create_posts_and_no_team_member_after_that() {
    let mut team = agency();
    let (_, creators) = client_link(&mut team, &json!({"access": {"permissions": ["posts.create"]}}));
    let (_, managers) = client_link(&mut team, &json!({}));
    for client in 1..=5 {
        sign_up(&team.world, &creators, &format!("creator{client}@client.test")).1.ok();
        sign_up(&team.world, &managers, &format!("manager{client}@client.test")).1.ok();
    }
    let organization = team.organization.clone();
    let full = (409, "seat_limit_reached".to_owned());
    for role in ["member", "admin"] {
        let refused = team.owner.invite(&organization, &format!("{role}@studio.test"), role);
        assert_eq!(refused.refusal(), full, "{role}");
    }
    assert_eq!(sign_up(&team.world, &creators, "creator6@client.test").1.refusal(), full);
    sign_up(&team.world, &managers, "manager6@client.test").1.ok();
    team.owner.invite(&organization, "client@client.test", "client").ok();
    assert_eq!(
        team.world.count("SELECT seats_used + seats_reserved FROM organizations"),
        5,
        "the owner takes none"
    );
}

/// S0-14: nor can the limit be passed by granting 'Create posts' later: neither to who was invited nor by a link's change.
#[test]
fn the_limit_is_not_passed_by_granting_it_later() {
    let mut team = agency();
    let (link, token) = client_link(&mut team, &json!({}));
    for seat in 1..=5 {
        team.invited(&format!("m{seat}@studio.test"), "member");
    }
    let invited = team.invited("client@client.test", "client");
    let create = json!({"access": {"permissions": ["posts.create"]}});
    let full = (409, "seat_limit_reached".to_owned());
    assert_eq!(team.owner.patch(&format!("/v1/invitations/{invited}"), &create).refusal(), full);
    let id = link["id"].as_str().unwrap();
    team.owner.patch(&format!("/v1/invitations/{id}"), &create).ok();
    assert_eq!(
        sign_up(&team.world, &token, "ana@client.test").1.refusal(),
        full,
        "a link is checked when it is used"
    );
}

/// S0-15, S0-16: the platforms that are selected on the link are those for which who comes in by it may add accounts.
#[test]
fn clients_add_accounts_for_the_platforms_that_were_selected() {
    let mut team = agency();
    for kinds in [json!([]), json!(["facebook"]), json!(["instagram", "linkedin"])] {
        let (made, token) = client_link(&mut team, &json!({"access": {"addable_kinds": kinds}}));
        assert_eq!(made["access"]["addable_kinds"], kinds);
        team.world.pass(std::time::Duration::from_secs(1));
        let email = format!("c{}@client.test", kinds.as_array().unwrap().len());
        sign_up(&team.world, &token, &email).1.ok();
        assert_eq!(given(&team).pop().unwrap()["addable_kinds"], kinds.to_string());
    }
    let organization = team.organization.clone();
    let unknown = offer(&mut team.owner, &organization, &json!({"access": {"addable_kinds": ["myspace"]}}));
    assert_eq!(unknown.str("/errors/0/pointer"), "/access/addable_kinds/0");
}

/// S0-19, S0-20: viewing analytics and using the social inbox are given by choice, each by itself.
#[test]
fn analytics_and_the_inbox_are_given_by_choice() {
    let mut team = agency();
    for permission in ["analytics.view", "inbox.use"] {
        let (made, token) = client_link(&mut team, &json!({"access": {"permissions": [permission]}}));
        assert_eq!(made["access"]["permissions"], json!({"mode": "custom", "keys": [permission]}));
        team.world.pass(std::time::Duration::from_secs(1));
        sign_up(&team.world, &token, &format!("{permission}@client.test")).1.ok();
        assert_eq!(given(&team).pop().unwrap()["permissions"], json!([permission]).to_string());
    }
}

/// S0-21, S0-22, S0-23: filling in the details makes the link; it is copied, and nobody is mailed: the agency sends it. The
/// client opens it in the browser and signs up there.
#[test]
fn a_link_is_made_copied_and_opened_and_the_client_signs_up_on_its_page() {
    let mut team = agency();
    let mails = team.world.mailbox().len();
    let (made, token) = client_link(&mut team, &json!({"nickname": "The bakery"}));
    let id = made["id"].as_str().unwrap();
    assert_eq!(token_in(&url(&mut team, id)), token, "copying it again gives the same link");
    team.world.deliver();
    assert_eq!(team.world.mailbox().len(), mails);
    let mut ana = team.world.client().with_header("accept", "text/html");
    let path = format!("/i/{token}");
    let fields = [("name", "Ana Client"), ("email", "ana@client.test"), ("password", PASSWORD)];
    let joined = ana.submit(&path, &path, &fields);
    assert_eq!((joined.status.as_u16(), joined.header("location")), (303, Some("/me")));
    assert!(ana.get("/me").ok().text().contains("Example Studio"));
}

/// S0-24: the client sees the organization's name in the title of the page.
#[test]
fn the_title_of_the_page_names_the_organization() {
    let mut team = agency();
    let (_, plain) = client_link(&mut team, &json!({}));
    let (_, branded) = client_link(&mut team, &json!({"branding": {"name": "Bright Agency"}}));
    assert_eq!(title(&page(&team, &plain)), "Join Example Studio");
    assert_eq!(title(&page(&team, &branded)), "Join Bright Agency");
}

/// S0-26: one link invites many clients, and the agency sees who came in by it.
#[test]
fn one_link_invites_many_clients() {
    let mut team = agency();
    let (made, token) = client_link(&mut team, &json!({}));
    let mut members = Vec::new();
    for client in 1..=7 {
        team.world.pass(std::time::Duration::from_secs(1));
        members
            .push(sign_up(&team.world, &token, &format!("c{client}@client.test")).1.ok().str("/member_id"));
    }
    let path = format!("/v1/invitations/{}", made["id"].as_str().unwrap());
    let link = team.owner.get(&path).ok().json();
    assert_eq!((&link["uses"], &link["status"]), (&json!(7), &json!("pending")));
    let redemptions = team.owner.get(&format!("{path}/redemptions")).ok().json();
    let mut came: Vec<_> =
        redemptions["data"].as_array().unwrap().iter().map(|row| row["member_id"].clone()).collect();
    came.reverse();
    assert_eq!(came, members);
}
