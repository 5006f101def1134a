//! Adding somebody from another workspace (S4-04, S4-09 to S4-16): from which, whom, with what, then once more.

use serde_json::json;

use crate::reading::{seen, text_of};
use crate::scene::{OSCAR, browsing, elsewhere};
use crate::structure::check_page;
use crate::support::client::{Answer, Client, Team};
use crate::support::scene::{plan_of, resource, workspace};

const CARL: &str = "carl.client@client.test";
/// S4-11: what such a workspace may be called.
const PRIVATE: &str = "Client One – Private";

/// A client in the first workspace, and a second one that they are to be added to.
struct Scene {
    team: Team,
    owner: Client,
    carl: Client,
    from: String,
    to: String,
    member: String,
    path: String,
}

impl Scene {
    fn new() -> Self {
        let mut team = Team::make(crate::support::World::new(), "client-portal", Some(plan_of(5)));
        let from = team.workspace();
        let carl = browsing(team.joined(CARL, "client"));
        let member = team.member(CARL);
        let to = workspace(&team, PRIVATE);
        let path = format!("/w/{to}/add");
        Self { owner: browsing(team.owner.clone()), team, carl, from, to, member, path }
    }

    fn open(&mut self, query: &str) -> Answer {
        let page = self.owner.get(&format!("{}?{query}", self.path));
        check_page(&page);
        page
    }

    fn send(&mut self, more: &[(&str, &str)]) -> Answer {
        let page = format!("{}?member={}", self.path, self.member);
        let (path, member, from) = (self.path.clone(), self.member.clone(), self.from.clone());
        let mut fields = vec![("member", member.as_str()), ("from", from.as_str())];
        fields.extend(more);
        let answer = self.owner.submit(&page, &path, &fields);
        if answer.status != 303 {
            check_page(&answer);
        }
        answer
    }
}

/// More workspaces than the page lists are looked for by their names.
#[test]
fn of_many_workspaces_the_one_they_come_from_is_looked_for() {
    let mut scene = Scene::new();
    assert!(!scene.open("").text().contains("role=\"search\""), "of few, all are there");
    let ids: Vec<String> =
        (0..120).map(|number| workspace(&scene.team, &format!("Place {number}"))).collect();
    let all = scene.open("").text();
    assert!(seen(&all).contains("Only the first"), "{}", seen(&all));
    assert!(!all.contains(&ids[119]));
    let found = scene.open("find=PLACE+119").text();
    assert!(found.contains(&format!("from={}", ids[119])) && !found.contains(&ids[0]), "{found}");
    assert!(seen(&scene.open("find=nowhere").text()).contains("No other workspace is called that."));
}

/// S4-12: the workspace they come from, then who.
#[test]
fn one_chooses_the_workspace_and_then_the_person() {
    let mut scene = Scene::new();
    let page = scene.open("");
    assert!(page.text().contains(&format!("{}?from={}", scene.path, scene.from)), "{}", page.text());
    assert!(!page.text().contains(&format!("?from={}", scene.to)), "not from itself");
    let page = scene.open(&format!("from={}", scene.from));
    assert_eq!(text_of(&page.text(), "h1"), format!("Who of Example Studio comes to {PRIVATE}?"));
    assert!(page.text().contains(&format!("member={}", scene.member)));
    let page = scene.open(&format!("from={}&q=nobody", scene.from));
    assert!(seen(&page.text()).contains("Nobody is called that"));
}

/// S4-10: who has not come in yet is there, with the reason.
#[test]
fn who_has_not_come_in_yet_is_listed_with_the_reason() {
    let mut scene = Scene::new();
    scene.team.invited("ida.invited@client.test", "client");
    scene.team.add("nina.new@client.test", "client", json!({"name": "Nina New"})).ok();
    let text = seen(&scene.open(&format!("from={}", scene.from)).text());
    for name in ["Nina New nina.new@client.test Client", "ida.invited@client.test Client"] {
        assert!(
            text.contains(&format!("{name} Has not accepted the first invitation yet")),
            "{name}: {text}"
        );
    }
    let nina = scene.team.member("nina.new@client.test");
    let page = scene.owner.get(&format!("{}?member={nina}", scene.path));
    check_page(&page);
    assert_eq!(page.status, 409);
    assert!(seen(&page.text()).contains("This person has not come in yet, or was removed."));
}

/// S4-13: it is asked once more, and says what follows; S4-14, S4-15, S4-16: they are in at once, without a mail.
#[test]
fn somebody_is_added_after_being_asked_once_more_and_shows_at_once() {
    let mut scene = Scene::new();
    let account = resource(&scene.team, &scene.to, "facebook");
    let mails = scene.team.world.mailbox().len();
    let review = scene.send(&[("do", "review"), ("resources", "listed"), ("resource", &account)]);
    assert_eq!(review.status, 200);
    let text = seen(&review.text());
    assert_eq!(text_of(&review.text(), "h1"), format!("Add Somebody New to {PRIVATE}?"));
    for words in [
        "Somebody New gets access now. No e-mail invitation is sent. The workspace appears in their list.",
        "The team in Client One – Private will see their name.",
        "A facebook",
    ] {
        assert!(text.contains(words), "{words} in {text}");
    }
    assert!(!seen(&scene.carl.get("/me").text()).contains(PRIVATE), "nothing has happened yet");
    let done = scene.send(&[("do", "add"), ("resources", "listed"), ("resource", &account)]);
    assert_eq!(done.status, 303, "{}", done.text());
    let page = scene.owner.get(done.header("location").unwrap());
    check_page(&page);
    let text = seen(&page.text());
    assert!(text.contains("Somebody New is in Client One – Private now. No e-mail was sent"), "{text}");
    assert!(text.contains("Somebody New carl.client@client.test Client Ready Change access"), "{text}");
    assert!(seen(&scene.carl.get("/me").text()).contains(PRIVATE), "without signing in again");
    scene.team.world.deliver();
    assert_eq!(scene.team.world.mailbox().len(), mails);
    // Once is enough.
    let again = scene.send(&[("do", "add")]);
    assert_eq!(again.status, 409);
    assert!(seen(&again.text()).contains("This person is in the workspace already."));
}

#[test]
fn going_back_keeps_what_was_chosen() {
    let mut scene = Scene::new();
    let account = resource(&scene.team, &scene.to, "facebook");
    let form = scene.send(&[("do", "edit"), ("resource", &account), ("require_mfa", "yes")]);
    assert_eq!(form.status, 200);
    let html = form.text();
    assert!(html.contains(&format!("value=\"{account}\" autocomplete=\"off\" checked")), "{html}");
    assert!(html.contains("name=\"require_mfa\" value=\"yes\" autocomplete=\"off\" checked"), "{html}");
}

#[test]
fn a_refusal_is_the_form_again_with_what_was_chosen() {
    let mut scene = Scene::new();
    let elsewhere = resource(&scene.team, &scene.from, "facebook");
    let refused = scene.send(&[("do", "add"), ("resource", &elsewhere), ("require_mfa", "yes")]);
    assert_eq!(refused.status, 422);
    let html = refused.text();
    assert!(seen(&html).contains("This resource is not in this workspace."), "{}", seen(&html));
    assert!(html.contains("name=\"require_mfa\" value=\"yes\" autocomplete=\"off\" checked"), "{html}");
}

#[test]
fn the_page_is_for_those_who_may_add_somebody() {
    let mut scene = Scene::new();
    let path = scene.path.clone();
    assert_eq!(scene.carl.get(&path).status, 403, "a client adds nobody");
    let mut other = elsewhere(&scene.team.world);
    let mut stranger = browsing(other.owner.clone());
    assert_eq!(stranger.get(&path).status, 404);
    let theirs = other.member(OSCAR);
    assert_eq!(scene.owner.get(&format!("{path}?member={theirs}")).status, 404);
    let there = other.workspace();
    assert_eq!(scene.owner.get(&format!("{path}?from={there}")).status, 404);
    scene.team.joined("adam.admin@studio.test", "admin");
    let adam = scene.team.member("adam.admin@studio.test");
    assert_eq!(
        scene.owner.get(&format!("{path}?member={adam}")).status,
        403,
        "who is in all is added to none"
    );
}
