//! S0 "How do I invite a client?": an agency makes one branded link and sends it to its clients, who come in by it and pay for
//! a seat only with what they may do. Template `client-links`.
//!
//! What is about a screen (S0-03, S0-04) is with the pages.

use http::Method;
use serde_json::{Value, json};

use crate::support::World;
use crate::support::client::{Answer, Client, PASSWORD, Team};
use crate::support::platform::token_in;
use crate::support::scene::{resource, seats};

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

/// A logo, as the organization's owner uploads it.
fn upload_logo(team: &mut Team) -> Vec<u8> {
    let png = b"\x89PNG\r\n\x1a\n and what follows it".to_vec();
    let path = team.path("/logo");
    team.owner.send(&Method::PUT, &path, Some("image/png"), png.clone()).ok();
    png
}

/// The picture that a page shows as the organization's logo.
fn logo(team: &Team, page: &str) -> Vec<u8> {
    let path = page.split("<img class=\"logo\" src=\"").nth(1).unwrap().split('"').next().unwrap();
    team.world.client().get(path).ok().body.to_vec()
}

/// S0-06: with organization details the page is the organization's, with its name and its logo, and the product's name is
/// nowhere on it. What the link says goes before what the organization saved.
#[test]
fn organization_details_hide_the_product() {
    let world = World::with_settings(&[("PRODUCT_NAME", "Zebraform")]);
    let mut team = Team::make(world, "client-links", None);
    let saved = upload_logo(&mut team);
    let details = json!({"branding": {"name": "Studio Brand", "message": "Hello from the studio"}});
    team.owner.patch(&team.path(""), &details).ok();
    let own = json!({"branding": {"name": "Bright Agency", "message": "Hello from the agency"}});
    let (_, token) = client_link(&mut team, &own);
    let page = page(&team, &token);
    assert_eq!(masthead(&page), "Bright Agency");
    assert!(page.contains("Hello from the agency"));
    for hidden in ["Zebraform", "Studio Brand", "Hello from the studio"] {
        assert!(!page.contains(hidden), "{hidden}");
    }
    assert_eq!(logo(&team, &page), saved);
}

/// S0-07: a message invites the client to join.
#[test]
fn a_message_is_shown_to_the_client_as_text() {
    let mut team = agency();
    let (_, token) = client_link(&mut team, &json!({"message": "Welcome to <b>us</b>"}));
    assert!(page(&team, &token).contains("Welcome to &#60;b&#62;us&#60;/b&#62;"));
}

/// S0-08: where the link says nothing, the organization's own name, words and logo are the default, each by itself.
#[test]
fn without_details_of_its_own_a_link_has_the_organizations() {
    let mut team = agency();
    let saved = upload_logo(&mut team);
    let details = json!({"branding": {"name": "Studio Brand", "message": "Hello from the studio"}});
    team.owner.patch(&team.path(""), &details).ok();
    for (own, name, message) in [
        (json!({}), "Studio Brand", "Hello from the studio"),
        (json!({"name": "Bright Agency"}), "Bright Agency", "Hello from the studio"),
        (json!({"message": "Hello, Ana"}), "Studio Brand", "Hello, Ana"),
    ] {
        let (_, token) = client_link(&mut team, &json!({"branding": own}));
        let page = page(&team, &token);
        assert_eq!(masthead(&page), name);
        assert!(page.contains(message), "{message}");
        assert_eq!(logo(&team, &page), saved);
    }
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
        let (mut client, joined) = sign_up(&team.world, &token, &email);
        let path = format!("/v1/workspaces/{}/resources", joined.ok().str("/workspace_ids/0"));
        for kind in ["facebook", "instagram", "linkedin"] {
            let added = client.post(&path, &json!({"kind": kind, "name": "Ana's bakery"}));
            if kinds.as_array().unwrap().contains(&json!(kind)) {
                assert_eq!((added.status.as_u16(), added.str("/kind")), (201, kind.to_owned()));
            } else {
                assert_eq!(added.refusal(), (403, "kind_not_allowed".to_owned()), "{kind} of {kinds}");
            }
        }
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
    assert!(ana.get(joined.led_into()).ok().text().contains("Example Studio"));
}

/// S0-15: which accounts they may connect is read before they join.
#[test]
fn the_client_reads_which_accounts_they_may_connect() {
    let mut team = agency();
    let access = json!({"access": {"addable_kinds": ["facebook", "linkedin"]}});
    let (_, token) = client_link(&mut team, &access);
    let mut browser = team.world.client().with_header("accept", "text/html");
    let page = browser.get(&format!("/i/{token}")).ok().text();
    assert!(page.contains("<dt>You can connect</dt><dd>Facebook and LinkedIn</dd>"), "{page}");
    let invitation =
        json!({"kind": "email", "role": "client", "email": "ana@client.test", "access": access["access"]});
    team.owner.post(&team.path("/invitations"), &invitation).ok();
    team.world.deliver();
    let mail = team.world.mailbox().pop().unwrap();
    let text = mail["text"].as_str().unwrap();
    assert!(text.contains("What you can connect: Facebook and LinkedIn."), "{text}");
    let (_, none) = client_link(&mut team, &json!({"access": {"addable_kinds": []}}));
    assert!(!browser.get(&format!("/i/{none}")).ok().text().contains("You can connect"));
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

const ANA: &str = "ana.client@client.test";

/// A client who may connect Facebook pages, and the page that they connected.
fn with_connected_page() -> (Team, Client, String) {
    let mut team = Team::of("client-links");
    let workspace = team.workspace();
    let mut ana = team.joined_with(ANA, "client", json!({"access": {"addable_kinds": ["facebook"]}}));
    let page = json!({"kind": "facebook", "name": "Ana's bakery", "external_id": "1234"});
    let id = ana.post(&format!("/v1/workspaces/{workspace}/resources"), &page).ok().str("/id");
    (team, ana, id)
}

fn act(by: &mut Client, resource: &str, action: &str) -> Answer {
    by.post(&format!("/v1/resources/{resource}/{action}"), &json!({}))
}

/// S0-27: the owner or an admin disconnects a client's account, and connects it again.
#[test]
fn those_who_run_the_organization_disconnect_a_clients_account() {
    let (mut team, mut ana, page) = with_connected_page();
    assert_eq!(act(&mut team.owner, &page, "disconnect").ok().str("/status"), "disconnected");
    assert_eq!(ana.get(&format!("/v1/resources/{page}")).ok().str("/status"), "disconnected");
    let mut admin = team.joined("ada.admin@studio.test", "admin");
    assert_eq!(act(&mut admin, &page, "reconnect").ok().str("/status"), "connected");
    let mut carl = team.joined("carl.client@client.test", "client");
    assert_eq!(act(&mut carl, &page, "disconnect").status, 404, "another client doesn't even see it");
}

/// S0-27: a client who was given an account that another connected works with it, and doesn't disconnect it.
#[test]
fn a_client_does_not_disconnect_the_account_that_another_connected() {
    let (mut team, _, page) = with_connected_page();
    let access =
        json!({"access": {"permissions": ["posts.edit"], "resources": [{"id": page, "approve": true}]}});
    let mut carl = team.joined_with("carl.client@client.test", "client", access);
    let forbidden = (403, "forbidden".to_owned());
    assert_eq!(act(&mut carl, &page, "disconnect").refusal(), forbidden);
    act(&mut team.owner, &page, "disconnect").ok();
    assert_eq!(act(&mut carl, &page, "reconnect").refusal(), forbidden);
    assert_eq!(carl.get(&format!("/v1/resources/{page}")).ok().str("/status"), "disconnected");
}

/// S0-28: a client disconnects their account for a while and loses nothing; for good, only the owner or an admin deletes it.
#[test]
fn a_client_can_not_delete_the_account_they_connected() {
    let (mut team, mut ana, page) = with_connected_page();
    let path = format!("/v1/resources/{page}");
    assert_eq!(ana.delete(&path).refusal(), (403, "clients_cannot_delete".to_owned()));
    let before = ana.get(&path).ok().json();
    act(&mut ana, &page, "disconnect").ok();
    act(&mut ana, &page, "reconnect").ok();
    assert_eq!(ana.get(&path).ok().json(), before);
    assert_eq!(team.owner.delete(&path).status, 204);
    assert_eq!(ana.get(&path).status, 404);
}

/// S0-28: the account stays when the client who connected it is removed, under their name.
#[test]
fn the_account_stays_when_its_client_is_gone() {
    let (mut team, _, page) = with_connected_page();
    let before = team.owner.get(&format!("/v1/resources/{page}")).ok().json();
    team.world.state().database.borrow().change(&format!(
        "UPDATE members SET removed_at = {} WHERE email_key = '{ANA}'",
        team.world.now().millis()
    ));
    assert_eq!(team.owner.get(&format!("/v1/resources/{page}")).ok().json(), before);
    assert_ne!(before["connected_by"], Value::Null);
}

/// Whether somebody may do this on an account.
fn may(person: &mut Client, member: &str, place: &str, permission: &str, account: &str) -> bool {
    let question = json!({
        "member_id": member, "workspace_id": place, "permission": permission, "resource_id": account,
    });
    person.post("/v1/check", &question).ok().json()["allowed"].as_bool().unwrap()
}

/// S0-17: *Create Post* lets a client create, edit and schedule posts, for their own accounts.
#[test]
fn creating_posts_counts_on_the_clients_own_accounts() {
    let mut team = Team::of("client-links");
    let place = team.workspace();
    let (own, other) = (resource(&team, &place, "facebook"), resource(&team, &place, "facebook"));
    let access = json!({"permissions": ["posts.create"], "resources": [{"id": own}]});
    let mut ana = team.joined_with(ANA, "client", json!({"access": access}));
    let id = team.member(ANA);
    assert!(may(&mut ana, &id, &place, "posts.create", &own));
    assert!(!may(&mut ana, &id, &place, "posts.create", &other));
}

/// S0-18: *Boost Post* boosts Facebook posts, and no others.
#[test]
fn boosting_counts_on_facebook_only() {
    let mut team = Team::of("client-links");
    let place = team.workspace();
    let accounts = ["facebook", "instagram", "linkedin"].map(|kind| resource(&team, &place, kind));
    let access = json!({"permissions": ["posts.boost"], "resources": "all"});
    let mut ana = team.joined_with(ANA, "client", json!({"access": access}));
    let id = team.member(ANA);
    let boosts = accounts.map(|account| may(&mut ana, &id, &place, "posts.boost", &account));
    assert_eq!(boosts, [true, false, false]);
}

/// S0-29: clients are deleted by the owner or an admin, and by nobody else.
#[test]
fn the_owner_and_admins_delete_clients() {
    let mut team = Team::of("client-links");
    let mut admin = team.joined("admin@studio.test", "admin");
    let mut staff = team.joined("mia.member@studio.test", "member");
    let mut carl = team.joined("carl@client.test", "client");
    team.joined(ANA, "client");
    team.joined("ben@client.test", "client");
    let (ana, ben) = (team.member(ANA), team.member("ben@client.test"));
    for person in [&mut staff, &mut carl] {
        let one = person.delete(&format!("/v1/members/{ana}"));
        assert_eq!(one.refusal(), (403, "forbidden".to_owned()));
        let several = person.post(&team.path("/members/remove"), &json!({"member_ids": [ana]}));
        assert_eq!(several.refusal(), (403, "forbidden".to_owned()));
    }
    assert_eq!(admin.delete(&format!("/v1/members/{ana}")).status, 204);
    assert_eq!(team.owner.delete(&format!("/v1/members/{ben}")).status, 204);
}

/// S0-30: a client who is deleted is out of the team at once, and the seat that creating posts took is free.
#[test]
fn a_deleted_client_is_out_of_the_team() {
    let mut team = Team::of("client-links");
    let mut ana = team.joined_with(ANA, "client", json!({"access": {"permissions": ["posts.create"]}}));
    let (id, place) = (team.member(ANA), team.workspace());
    assert_eq!(seats(&team), (1, 0));
    team.owner.delete(&format!("/v1/members/{id}")).ok();
    assert_eq!(seats(&team), (0, 0));
    assert_eq!(ana.get("/v1/me/workspaces").ok().json()["data"], json!([]));
    let question = json!({"member_id": id, "workspace_id": place, "permission": "posts.create"});
    assert_eq!(team.owner.post("/v1/check", &question).ok().str("/reason"), "removed");
    let left = team.owner.get(&team.path("/members?role=client")).ok().json();
    assert_eq!(left["data"], json!([]));
}

/// S0-31: several clients are selected and deleted in one go.
#[test]
fn several_clients_are_deleted_in_one_go() {
    let mut team = Team::of("client-links");
    let clients = [ANA, "ben@client.test", "carl@client.test"].map(|email| {
        team.joined(email, "client");
        team.member(email)
    });
    let path = team.path("/members/remove");
    let answer = team.owner.post(&path, &json!({"member_ids": clients[..2]})).ok().json();
    let removed = |id: &String| json!({"member_id": id, "outcome": "removed"});
    assert_eq!(answer["data"], Value::from(clients[..2].iter().map(removed).collect::<Vec<_>>()));
    let left = team.owner.get(&team.path("/members?role=client")).ok().json();
    assert_eq!(
        (left["data"].as_array().unwrap().len(), left["data"][0]["id"].as_str()),
        (1, Some(clients[2].as_str()))
    );
}

/// S0-25: a client who signed up by the link connects their own accounts, of the platforms that were selected, and sees
/// their posts.
#[test]
fn after_signing_up_a_client_connects_accounts_and_watches_their_posts() {
    let mut team = agency();
    let (_, token) = client_link(&mut team, &json!({"access": {"addable_kinds": ["instagram"]}}));
    let (mut ana, joined) = sign_up(&team.world, &token, ANA);
    let joined = joined.ok().json();
    let (member, workspace) = (&joined["member_id"], joined["workspace_ids"][0].as_str().unwrap());
    let path = format!("/v1/workspaces/{workspace}/resources");
    let account = ana.post(&path, &json!({"kind": "instagram", "name": "Ana's bakery"})).ok().json();
    assert_eq!(ana.get(&path).ok().str("/data/0/id"), account["id"]);
    let question = json!({
        "member_id": member, "workspace_id": workspace, "permission": "posts.view", "resource_id": account["id"],
    });
    assert_eq!(ana.post("/v1/check", &question).ok().json()["allowed"], true);
}
