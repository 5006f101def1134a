//! Team & Clients: its lists, and the page of each thing in them.
//!
//! The rule: whoever may see a list sees what is in it and what they may do; who may not, sees that there is nothing.

use std::time::Duration;

use serde_json::{Value, json};

use crate::reading::{seen, tags, text_of};
use crate::scene::browsing;
use crate::structure::check_page;
use crate::support::client::Team;
use crate::support::platform::Cost;
use crate::support::scene::{plan, workspace};
use crate::support::{Answer, Client, World};

pub const ANA: &str = "ana@client.test";

/// A team of the system with links for many, its owner at a browser, and the path of its pages.
pub struct Desk {
    pub team: Team,
    pub owner: Client,
    pub path: String,
}

impl Desk {
    pub fn new() -> Self {
        Self::of("client-links")
    }

    pub fn of(template: &str) -> Self {
        Self::over(Team::make(World::new(), template, None))
    }

    /// The same for a team that there is.
    pub fn over(mut team: Team) -> Self {
        plan(&team, None, "[\"custom_client_permissions\"]");
        let slug = team.owner.get(&team.path("")).ok().str("/slug");
        let owner = browsing(team.owner.clone());
        Self { team, owner, path: format!("/o/{slug}") }
    }

    /// A page below the organization's, checked, which must be there.
    #[track_caller]
    pub fn page(&mut self, path: &str) -> String {
        let answer = self.owner.get(&format!("{}{path}", self.path));
        assert_eq!(answer.status, 200, "{path}: {}", seen(&answer.text()));
        check_page(&answer);
        answer.text()
    }

    /// What a person sees of it.
    #[track_caller]
    pub fn seen(&mut self, path: &str) -> String {
        seen(&self.page(path))
    }

    /// Sends a form of the page at the first path to the second.
    pub fn submit(&mut self, page: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
        let (page, action) = (format!("{}{page}", self.path), format!("{}{action}", self.path));
        self.owner.submit(&page, &action, fields)
    }

    /// What the next page says of a form that worked, and where it is.
    #[track_caller]
    pub fn after(&mut self, answer: &Answer) -> (String, String) {
        assert_eq!(answer.status, 303, "{}", answer.text());
        let path = answer.header("location").unwrap().to_owned();
        let page = self.owner.get(&path);
        check_page(&page);
        (path, said(&page.text()))
    }

    pub fn invited(&mut self, email: &str, more: &Value) -> String {
        let mut body = json!({"kind": "email", "role": "client", "email": email});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.team.owner.post(&self.team.path("/invitations"), &body).ok().str("/id")
    }

    pub fn link(&mut self, more: &Value) -> String {
        let mut body = json!({"kind": "link", "role": "client"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.team.owner.post(&self.team.path("/invitations"), &body).ok().str("/id")
    }

    pub fn stored(&self) -> String {
        self.team.world.state().database.borrow().dump()
    }
}

/// What a page says was just done.
pub fn said(page: &str) -> String {
    match page.split_once("<div class=\"said\"") {
        Some((_, rest)) => text_of(rest.split("</div>").next().unwrap(), "p"),
        None => String::new(),
    }
}

/// The words of each control in a row of a list: its buttons and what looks like one.
fn controls(page: &str) -> Vec<String> {
    let rows = page.split("class=\"acts\">").skip(1).map(|row| row.split("</td>").next().unwrap());
    rows.flat_map(|row| {
        row.split("small\"").skip(1).map(|control| {
            let words = control.split_once('>').unwrap().1;
            words.split("<span").next().unwrap().to_owned()
        })
    })
    .collect()
}

/// S1-02: the team has a page, with a list of each.
#[test]
fn members_are_staff_and_clients_are_clients() {
    let mut desk = Desk::new();
    for (who, role) in [("adam@studio.test", "admin"), ("mia@studio.test", "member"), (ANA, "client")] {
        desk.team.joined(who, role);
    }
    let members = desk.seen("/team");
    for who in ["olga.owner@studio.test", "adam@studio.test", "mia@studio.test"] {
        assert!(members.contains(who), "{who} in {members}");
    }
    assert!(!members.contains(ANA), "{members}");
    let clients = desk.seen("/team?tab=clients");
    assert!(clients.contains(ANA) && !clients.contains("mia@studio.test"), "{clients}");
    assert!(members.contains("Members 3") && members.contains("Clients 1"), "{members}");
}

#[test]
fn a_list_is_narrowed_by_role_by_workspace_and_by_what_names_begin_with() {
    let mut desk = Desk::new();
    for (who, role) in [("adam@studio.test", "admin"), ("mia@studio.test", "member"), (ANA, "client")] {
        desk.team.joined(who, role);
    }
    assert!(!desk.page("/team").contains("id=\"workspace\""), "there is but one");
    let other = workspace(&desk.team, "Other <b>place");
    desk.team.joined_with("bo@client.test", "client", json!({"workspace_ids": [other]}));
    let admins = desk.seen("/team?role=admin");
    assert!(admins.contains("adam@studio.test") && !admins.contains("mia@studio.test"), "{admins}");
    // A role that is in another list asks for nothing here.
    assert!(!desk.seen("/team?role=client").contains(ANA));
    let there = desk.page(&format!("/team?tab=clients&workspace={other}"));
    assert!(there.contains("bo@client.test") && !there.contains(ANA), "{there}");
    assert!(there.contains(&format!("value=\"{other}\" selected>Other &#60;b&#62;place")), "{there}");
    let found = desk.seen("/team?tab=clients&q=BO@");
    assert!(found.contains("bo@client.test") && !found.contains(ANA), "{found}");
    assert!(found.contains("1 found."), "{found}");
    assert!(!desk.seen("/team?tab=clients").contains("found."), "all of them are no find");
    let nobody = desk.seen("/team?tab=clients&q=zz");
    assert!(nobody.contains("None found."), "{nobody}");
    assert!(nobody.contains("Nobody is like that") && nobody.contains("Show all"), "{nobody}");
    // What is nonsense narrows nothing, and nothing breaks.
    desk.page("/team?tab=clients&role=x&workspace=y&status=z&cursor=w&q=%F0%9F%98%80");
    desk.page("/team?tab=nowhere");
}

#[test]
fn a_list_goes_on_where_its_page_ends() {
    let mut desk = Desk::new();
    for number in 0..30 {
        desk.invited(&format!("c{number:02}@client.test"), &json!({}));
        // What is newest is told by its time.
        desk.team.world.pass(Duration::from_millis(1));
    }
    let first = desk.page("/team?tab=invitations&role=client");
    assert!(first.contains("c29@client.test") && !first.contains("c04@client.test"), "newest first");
    assert!(first.contains("More than 25 found, the newest first."), "{first}");
    let next = first.split("Next page").next().unwrap().rsplit("href=\"").next().unwrap();
    let next = next.split('"').next().unwrap().replace("&#38;", "&");
    assert!(next.contains("role=client"), "{next} keeps what was asked for");
    let second = desk.owner.get(&next);
    check_page(&second);
    let second = second.text();
    assert!(second.contains("c04@client.test") && !second.contains("c05@client.test"));
    assert!(second.contains("First page") && !second.contains("Next page"));
}

#[test]
fn each_row_says_what_can_be_done() {
    let mut desk = Desk::new();
    desk.team.joined(ANA, "client");
    let invitation = desk.invited("bo@client.test", &json!({"name": "Bo"}));
    desk.link(&json!({"nickname": "Spring"}));
    assert_eq!(controls(&desk.page("/team")), Vec::<String>::new(), "nobody removes the owner, or themself");
    assert_eq!(controls(&desk.page("/team?tab=clients")), ["Remove"]);
    let waiting = ["Copy link", "Send again", "Withdraw"];
    assert_eq!(controls(&desk.page("/team?tab=invitations")), waiting);
    let on = ["Copy link", "QR code", "Turn off", "Replace link"];
    assert_eq!(controls(&desk.page("/team?tab=links")), on);
    desk.team.owner.post(&format!("/v1/invitations/{invitation}/revoke"), &json!({})).ok();
    assert_eq!(controls(&desk.page("/team?tab=invitations&status=revoked")), ["Invite again"]);
    let ana = desk.team.member(ANA);
    desk.team.owner.delete(&format!("/v1/members/{ana}")).ok();
    let removed = desk.page("/team?tab=removed");
    assert_eq!(controls(&removed), ["Put back", "Invite again"]);
    assert!(removed.contains(&format!("{}/team/invite?email=ana%40client.test", desk.path)), "{removed}");
}

/// S3-05: staff who may invite nobody see neither invitations nor links, and no button.
#[test]
fn staff_who_may_not_invite_see_people_and_nothing_to_press() {
    let mut desk = Desk::new();
    desk.invited(ANA, &json!({}));
    desk.owner = browsing(desk.team.joined("mia@studio.test", "member"));
    let page = desk.page("/team?tab=invitations");
    assert!(!page.contains(ANA), "{page}");
    let words = seen(&page);
    assert!(words.contains("olga.owner@studio.test") && !words.contains("Invite people"), "{words}");
    for absent in ["Links", "Removed", "seats"] {
        assert!(!words.contains(absent), "{absent} in {words}");
    }
    assert_eq!(controls(&page), Vec::<String>::new());
    assert!(!page.contains("type=\"checkbox\""), "{page}");
}

/// S3-02: where nobody is yet, the way to invite somebody stands in the middle.
#[test]
fn empty_lists_say_what_to_do() {
    let mut desk = Desk::new();
    for (tab, words) in [
        ("clients", "Invite one by e-mail, or make a link that you can share."),
        ("invitations", "Whoever was invited and has not answered yet is listed here."),
        ("links", "One link invites many clients"),
        ("removed", "Nobody was removed"),
    ] {
        let page = desk.seen(&format!("/team?tab={tab}"));
        assert!(page.contains(words), "{words} in {page}");
    }
    let page = desk.page("/team?tab=clients");
    for (words, who) in [("Invite a client", "client"), ("Make a link", "link")] {
        let way = format!("/team/invite?who={who}\">{words}</a>");
        assert!(page.contains(&way), "{way} in {page}");
        let start = desk.page(&format!("/team/invite?who={who}"));
        assert!(start.contains(&format!("value=\"{who}\" autocomplete=\"off\" checked")), "{start}");
    }
}

#[test]
fn a_list_costs_two_round_trips_whatever_it_is_narrowed_by() {
    let mut desk = Desk::new();
    let place = workspace(&desk.team, "Other");
    for query in [
        "",
        "?tab=clients",
        "?role=admin",
        "?tab=removed&role=client",
        &format!("?tab=clients&workspace={place}"),
        "?tab=invitations&status=expired",
        "?tab=links&q=sp",
    ] {
        desk.page(&format!("/team{query}"));
        assert_eq!(desk.team.world.last_cost(), Cost { d1: 2, kv: 0 }, "{query}");
    }
}

#[test]
fn a_person_has_a_page() {
    let mut desk = Desk::new();
    desk.team.joined(ANA, "client");
    let ana = desk.team.member(ANA);
    let path = format!("/members/{ana}");
    let page = desk.page(&path);
    let words = seen(&page);
    for fact in ["Somebody New", ANA, "Client", "Remove"] {
        assert!(words.contains(fact), "{fact} in {words}");
    }
    assert!(page.contains(&format!("{}/team/remove?member={ana}", desk.path)), "{page}");
    desk.team.owner.delete(&format!("/v1/members/{ana}")).ok();
    assert!(desk.seen(&path).contains("Invite again"));
    let elsewhere = desk.owner.get(&format!("/o/elsewhere{path}"));
    assert_eq!(elsewhere.status, 404, "another organization's path");
}

#[test]
fn a_client_sees_their_own_page_and_nobody_elses() {
    let mut desk = Desk::new();
    let mut ana = browsing(desk.team.joined(ANA, "client"));
    let (own, other) = (desk.team.member(ANA), desk.team.member("olga.owner@studio.test"));
    let page = ana.get(&format!("{}/members/{own}", desk.path));
    check_page(&page);
    let words = seen(&page.text());
    assert!(!words.contains("Remove") && !words.contains("Back to the list"), "{words}");
    assert_eq!(ana.get(&format!("{}/members/{other}", desk.path)).status, 403);
    assert_eq!(ana.get(&format!("{}/team", desk.path)).status, 403);
}

/// S4-06: who was invited stands in the list at once, and names are text whatever they hold.
#[test]
fn whoever_is_invited_stands_in_the_list_at_once_by_whatever_name() {
    let mut desk = Desk::new();
    desk.invited(ANA, &json!({"name": "Ana \"A\" <b>x", "nickname": "مؤسسة"}));
    let page = desk.page("/team?tab=invitations");
    assert!(page.contains("<bdi>Ana &#34;A&#34; &#60;b&#62;x</bdi>"), "{page}");
    assert!(page.contains("<bdi>مؤسسة</bdi>"), "{page}");
    let boxes = tags(&page).iter().filter(|tag| tag.get("type") == "checkbox").count();
    assert_eq!(boxes, 0);
}
