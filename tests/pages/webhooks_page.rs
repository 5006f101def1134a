//! The webhooks of an organization: added, tried out, changed, looked through and deleted by those who run it.

use std::time::Duration;

use serde_json::{Value, json};
use usher::domain::webhook::EVENTS;
use usher::jobs::webhook_delivery::MOST_ATTEMPTS;

use crate::reading::{seen, tags, text_of};
use crate::scene::{browsing, elsewhere, page_of};
use crate::structure::check_page;
use crate::support::client::{PASSWORD, Team, nonce_in};
use crate::support::webhooks::{Hooked, Said, URL, header, is_signed_with, says, sent};
use crate::support::{Answer, Client};

const DAY: Duration = Duration::from_hours(24);

/// A webhook that is told everything, and its owner's browser.
struct Scene {
    hooked: Hooked,
    owner: Client,
    /// Where its page is.
    path: String,
}

impl Scene {
    fn new() -> Self {
        let mut hooked = Hooked::of("client-links");
        let path = page_of(&mut hooked.team, &format!("/settings/webhooks/{}", hooked.id));
        let owner = browsing(hooked.team.owner.clone());
        Self { hooked, owner, path }
    }

    fn open(&mut self) -> String {
        let page = self.owner.get(&self.path).ok();
        check_page(&page);
        page.text()
    }

    fn press(&mut self, button: &str) -> Answer {
        self.owner.submit(&self.path.clone(), &self.path.clone(), &[("do", button)])
    }

    /// Sends a test, which is answered so. The page of that delivery.
    fn tested(&mut self, answers: impl IntoIterator<Item = Said>) -> String {
        let there = self.press("test").header("location").unwrap().to_owned();
        self.hooked.answers(answers);
        there
    }

    fn stored(&self) -> String {
        self.hooked.team.world.state().database.borrow().dump()
    }
}

fn value_of(page: &str, id: &str) -> String {
    tags(page).into_iter().find(|tag| tag.get("id") == id).unwrap().get("value").to_owned()
}

fn is_checked(page: &str, id: &str) -> bool {
    tags(page).into_iter().find(|tag| tag.get("id") == id).unwrap().has("checked")
}

/// The ways from a page to below this path.
fn ways(page: &str, path: &str) -> Vec<String> {
    let below = |tag: &crate::reading::Tag| {
        [tag.get("href"), tag.get("action")].iter().any(|to| to.starts_with(&format!("{path}/")))
    };
    tags(page)
        .iter()
        .filter(|tag| below(tag))
        .map(|tag| format!("{}{}", tag.get("href"), tag.get("action")))
        .collect()
}

#[test]
fn a_webhook_is_added_its_secret_shown_once_and_tried_out() {
    let mut team = Team::of("client-links");
    let path = page_of(&mut team, "/settings/webhooks");
    let mut owner = browsing(team.owner.clone());
    let empty = owner.get(&path);
    check_page(&empty);
    let text = seen(&empty.text());
    assert!(
        text.contains("No webhook yet") && text.contains("tells your own program what happens here"),
        "{text}"
    );
    assert!(is_checked(&empty.text(), "everything"), "it is told everything unless something is chosen");
    let made = owner.submit(&path, &path, &[("url", URL), ("events", "all")]);
    check_page(&made);
    assert_eq!(made.header("cache-control"), Some("no-store"));
    let text = seen(&made.text());
    for told in [
        "The signing secret of app.example.com/webhooks/usher",
        "Copy this secret now. You will not see it again.",
        "Standard Webhooks",
        "Send a test event",
    ] {
        assert!(text.contains(told), "{told} in {text}");
    }
    let secret = value_of(&made.text(), "secret");
    let page = ways(&made.text(), &path).remove(0);
    // The button on that page.
    let sent_to = owner.submit(&page, &page, &[("do", "test")]);
    let delivery = sent_to.header("location").unwrap().to_owned();
    team.world.state().answers.borrow_mut().push_back(says(204));
    team.world.deliver();
    let [request] = &*sent(&team.world) else { panic!("one request") };
    assert!(is_signed_with(&secret, request));
    let shown = owner.get(&delivery);
    check_page(&shown);
    assert!(seen(&shown.text()).contains("Delivered 204"), "{}", seen(&shown.text()));
    let listed = owner.get(&path);
    check_page(&listed);
    let text = seen(&listed.text());
    for told in ["app.example.com/webhooks/usher", &format!("All {} types", EVENTS.len()), "Active"] {
        assert!(text.contains(told), "{told} in {text}");
    }
    for page in [listed, owner.get(&page), shown] {
        assert!(!page.text().contains(&secret), "never again");
        assert!(!seen(&page.text()).contains("tenant=7"), "what stands after the path may be a secret");
    }
}

#[test]
fn what_was_typed_comes_back_with_what_is_wrong() {
    let mut team = Team::new();
    let path = page_of(&mut team, "/settings/webhooks");
    let mut owner = browsing(team.owner.clone());
    for (fields, field, told) in [
        (vec![("url", "http://app.example.com/"), ("events", "member.added")], "url", "begins with https://"),
        (
            vec![("url", "https://10.0.0.1/"), ("events", "member.added")],
            "url",
            "the public name of a server",
        ),
        (vec![("url", "https://app.example.com/")], "events", "at least one type of event"),
        (vec![("url", "https://app.example.com/"), ("events", "member.gone")], "events", "Use some of"),
    ] {
        let refused = owner.submit(&path, &path, &fields);
        check_page(&refused);
        assert_eq!(refused.status, 422, "{fields:?}");
        let page = refused.text();
        assert!(seen(&page).contains(told), "{told} in {}", seen(&page));
        assert!(
            page.contains(&format!("href=\"#{field}\"")) && page.contains(&format!("id=\"{field}-wrong\""))
        );
        assert_eq!(value_of(&page, "url"), fields[0].1);
        assert_eq!(is_checked(&page, "member.added"), fields.contains(&("events", "member.added")));
        assert!(!is_checked(&page, "everything"));
    }
    assert_eq!(team.world.count("SELECT count(*) FROM webhooks"), 0);
}

#[test]
fn whoever_signed_in_a_while_ago_types_their_password_for_a_new_one_and_for_another_url() {
    let mut scene = Scene::new();
    let list = scene.path.rsplit_once('/').unwrap().0.to_owned();
    assert!(!scene.open().contains("type=\"password\""));
    scene.hooked.team.world.pass(Duration::from_mins(6));
    let fields = [("url", "https://new.example.com/"), ("events", "all"), ("enabled", "yes"), ("do", "save")];
    for path in [list, scene.path.clone()] {
        let before = scene.stored();
        let refused = scene.owner.submit(&path, &path, &fields);
        check_page(&refused);
        assert_eq!(refused.status, 403);
        assert!(refused.text().contains("id=\"password-wrong\""), "{}", refused.text());
        assert_eq!(value_of(&refused.text(), "url"), "https://new.example.com/");
        assert_eq!(scene.stored(), before);
        let with = [fields.as_slice(), &[("password", PASSWORD)]].concat();
        assert!([200, 303].contains(&scene.owner.submit(&path, &path, &with).status.as_u16()));
    }
    // What leads nowhere else needs none.
    let saved = scene.owner.submit(
        &scene.path.clone(),
        &scene.path.clone(),
        &[
            ("url", "https://new.example.com/"),
            ("events", "member.added"),
            ("enabled", "yes"),
            ("do", "save"),
        ],
    );
    assert_eq!(saved.status, 303);
    assert_eq!(scene.hooked.shown()["events"], json!(["member.added"]));
}

#[test]
fn what_it_is_told_and_whether_is_changed_by_one_form() {
    let mut scene = Scene::new();
    let path = scene.path.clone();
    let page = scene.open();
    assert_eq!(value_of(&page, "url").replace("&#38;", "&"), URL);
    assert!(is_checked(&page, "everything") && is_checked(&page, "enabled"));
    let some = [("url", URL), ("events", "member.added"), ("events", "seats.limit_reached"), ("do", "save")];
    let saved = scene.owner.submit(&path, &path, &some);
    assert_eq!(saved.header("location"), Some(&*path));
    let page = scene.open();
    assert!(seen(&page).contains("The webhook is saved, and turned off."));
    assert!(
        seen(&page).contains("Turned off by choice. It is told nothing until you turn it on"),
        "{}",
        seen(&page)
    );
    assert!(!is_checked(&page, "everything") && !is_checked(&page, "enabled"));
    assert!(is_checked(&page, "member.added") && !is_checked(&page, "member.removed"));
    let shown = scene.hooked.shown();
    assert_eq!(
        (&shown["events"], &shown["status"]),
        (&json!(["member.added", "seats.limit_reached"]), &json!("disabled"))
    );
    let refused = scene.press("test");
    check_page(&refused);
    assert_eq!(refused.status, 409);
    assert!(seen(&refused.text()).contains("Turn it on first."));
    assert!(!scene.open().contains("value=\"test\""), "no button that is refused");
    assert_eq!(scene.press("on").header("location"), Some(&*path));
    assert!(seen(&scene.open()).contains("The webhook is turned on."));
    assert_eq!(scene.hooked.shown()["status"], "active");
    assert_eq!(scene.press("anything else").status, 400);
}

/// Saving what is there already must not look to the webhook as if it were turned on anew.
#[test]
fn saving_a_webhook_that_fails_forgets_nothing_of_its_failures() {
    let mut scene = Scene::new();
    scene.tested([says(500)]);
    let path = scene.path.clone();
    let since = scene.hooked.shown()["failing_since"].clone();
    assert_ne!(since, Value::Null);
    let same = [("url", URL), ("events", "all"), ("enabled", "yes"), ("do", "save")];
    assert_eq!(scene.owner.submit(&path, &path, &same).status, 303);
    assert_eq!(scene.hooked.shown()["failing_since"], since);
}

#[test]
fn each_delivery_says_what_came_of_it() {
    let mut scene = Scene::new();
    let page = scene.open();
    assert!(seen(&page).contains("Nothing was delivered yet"));
    let delivered = scene.tested([says(200)]);
    let page = scene.open();
    assert!(seen(&page).contains("Delivered 200") && seen(&page).contains("1 of 11"), "{}", seen(&page));
    let failing = scene.tested([says(503)]);
    let page = scene.open();
    let text = seen(&page);
    assert!(
        text.contains("Retrying 503") && text.contains("Failing since 21 November 2026, 22:00 UTC"),
        "{text}"
    );
    assert!(text.contains(&format!("1 of {MOST_ATTEMPTS}, next at 21 November 2026, 22:00 UTC")), "{text}");
    // What was delivered can be delivered again, and what waits for its next try now.
    assert_eq!(tags(&page).iter().filter(|tag| tag.get("action").ends_with(&delivered)).count(), 1);
    assert_eq!(tags(&page).iter().filter(|tag| tag.get("action").ends_with(&failing)).count(), 1);
    let shown = scene.owner.get(&failing);
    check_page(&shown);
    assert!(seen(&shown.text()).contains("answered 503"), "{}", seen(&shown.text()));
    assert!(!shown.text().contains("what a receiver says"), "nothing of the answer but its status");
    let replayed = scene.owner.submit(&failing, &failing, &[]);
    assert_eq!(replayed.header("location"), Some(&*failing), "it, and no other");
    scene.hooked.answers([says(503)]);
    assert!(seen(&scene.open()).contains("2 of 11, next at"), "{}", seen(&scene.open()));
    // A new one, before it goes out.
    let waiting = scene.press("test").header("location").unwrap().to_owned();
    let shown = scene.owner.get(&waiting).ok();
    check_page(&shown);
    assert!(seen(&shown.text()).contains("Waiting") && seen(&shown.text()).contains("0 of 11, next at"));
    assert!(shown.text().contains("data-fresh"), "it looks again by itself");
    scene.hooked.team.world.pass(Duration::from_mins(1));
    assert!(!scene.owner.get(&waiting).text().contains("data-fresh"), "for a minute");
}

/// What stands on a delivery's page is what was sent, byte for byte but for the space between; and no secret.
#[test]
fn a_delivery_shows_what_was_sent_and_no_secret() {
    let mut scene = Scene::new();
    scene.hooked.team.invited("ana@client.test", "client");
    scene.hooked.answers([says(200)]);
    let request = sent(&scene.hooked.team.world).remove(0);
    let is_its = |one: &&serde_json::Value| one["event_id"] == header(&request, "webhook-id");
    let delivery = scene.hooked.deliveries().iter().find(is_its).unwrap()["id"].clone();
    let shown = scene.owner.get(&format!("{}/deliveries/{}", scene.path, delivery.as_str().unwrap()));
    check_page(&shown);
    let text = text_of(&shown.text(), "pre");
    let squeezed = |text: &str| text.split_whitespace().collect::<String>();
    assert_eq!(squeezed(&text), squeezed(std::str::from_utf8(request.body()).unwrap()));
    for (name, value) in request.headers() {
        assert!(seen(&shown.text()).contains(name.as_str()), "{name}");
        let is_made_anew = ["webhook-signature", "webhook-timestamp"].contains(&name.as_str());
        assert_eq!(seen(&shown.text()).contains(value.to_str().unwrap()), !is_made_anew, "{name}");
    }
    assert!(!shown.text().contains(&scene.hooked.secret));
}

#[test]
fn an_event_is_delivered_again_under_its_id() {
    let mut scene = Scene::new();
    let there = scene.tested([says(200)]);
    let first = sent(&scene.hooked.team.world).remove(0);
    let again = scene.owner.submit(&there, &there, &[]);
    let newer = again.header("location").unwrap().to_owned();
    assert_ne!(newer, there);
    scene.hooked.answers([says(200)]);
    let second = sent(&scene.hooked.team.world).remove(1);
    assert_eq!(header(&first, "webhook-id"), header(&second, "webhook-id"));
    let shown = scene.owner.get(&newer);
    check_page(&shown);
    assert!(seen(&shown.text()).contains("The event is on its way again, under the same id."));
}

#[test]
fn what_failed_is_looked_through_and_delivered_again_at_once() {
    let mut scene = Scene::new();
    let path = scene.path.clone();
    for _ in 0..28 {
        scene.press("test");
    }
    scene.tested((0..29).map(|_| says(200)));
    let failed = "UPDATE jobs SET done_at = NULL, failed_at = created_at, failure = 'answered 500'
                  WHERE kind = 'webhook_delivery' AND id IN (SELECT id FROM jobs WHERE webhook_id IS NOT NULL ORDER BY id LIMIT 27)";
    scene.hooked.team.world.state().database.borrow().change(failed);
    let rows = |page: &str| tags(page).iter().filter(|tag| tag.name == "tr").count() - 1;
    let all = scene.open();
    assert_eq!(rows(&all), 25);
    assert!(seen(&all).contains("the newest 100 of it"), "{}", seen(&all));
    let older = scene.owner.get(&ways_with(&all, "cursor="));
    check_page(&older);
    assert_eq!(rows(&older.text()), 4);
    let only = scene.owner.get(&format!("{path}?status=failed"));
    check_page(&only);
    assert_eq!(rows(&only.text()), 25);
    assert!(!seen(&only.text()).contains("Delivered"), "{}", seen(&only.text()));
    let older = scene.owner.get(&ways_with(&only.text(), "status=failed&#38;cursor=").replace("&#38;", "&"));
    check_page(&older);
    assert_eq!(rows(&older.text()), 2);
    assert_eq!(scene.press("again").header("location"), Some(&*path));
    assert!(seen(&scene.open()).contains("27 events are on their way again."));
    scene.hooked.answers((0..27).map(|_| says(200)));
    scene.press("again");
    assert!(seen(&scene.open()).contains("Nothing is left to deliver again."));
}

fn ways_with(page: &str, query: &str) -> String {
    let tags = tags(page);
    tags.iter().map(|tag| tag.get("href")).find(|href| href.contains(query)).unwrap().to_owned()
}

#[test]
fn one_that_failed_for_days_says_what_to_do() {
    let mut scene = Scene::new();
    scene.tested([says(500)]);
    for _ in 0..12 {
        scene.hooked.team.world.pass(DAY);
        scene.press("test");
        scene.hooked.team.world.tick();
        scene.hooked.answers((0..20).map(|_| says(500)));
        scene.owner.submit(
            "/sign-in",
            "/sign-in",
            &[("email", "olga.owner@studio.test"), ("password", PASSWORD)],
        );
        if scene.hooked.shown()["status"] == "disabled" {
            break;
        }
    }
    let page = scene.open();
    let text = seen(&page);
    let told = "Turned off after 5 days of failures. Fix the receiver, then turn it on and deliver again what failed.";
    assert!(text.contains(told), "{text}");
    assert!(!page.contains("Replay<"), "nothing is delivered to it");
    let told = scene.owner.get("/me/notifications");
    check_page(&told);
    let text = seen(&told.text());
    assert!(
        text.contains(
            "The webhook to app.example.com of Example Studio was turned off after 5 days of failures."
        ),
        "{text}"
    );
    assert!(told.text().contains(&format!("href=\"{}\"", scene.path)), "{}", told.text());
    let activity = page_of(&mut scene.hooked.team, "/activity?action=webhook.disabled");
    let text = seen(&scene.owner.get(&activity).ok().text());
    assert!(text.contains("Usher turned off the webhook to https://app.example.com"), "{text}");
    assert!(text.contains("Reason After 5 days of failures"), "{text}");
    scene.press("on");
    scene.press("again");
    assert!(
        seen(&scene.open()).contains("on their way again")
            || seen(&scene.open()).contains("on its way again")
    );
}

#[test]
fn one_whose_receiver_is_gone_says_what_to_do_and_only_those_who_run_the_organization_learn_where_it_led() {
    let mut scene = Scene::new();
    scene.tested([says(410)]);
    let text = seen(&scene.open());
    assert!(
        text.contains("Turned off because its receiver is gone. If it has moved, change the URL below."),
        "{text}"
    );
    let of_olga = "UPDATE members SET role = 'member' WHERE role = 'owner'";
    let text = seen(&scene.owner.get("/me/notifications").ok().text());
    assert!(text.contains("because its receiver is gone."), "{text}");
    scene.hooked.team.world.state().database.borrow().change(of_olga);
    let page = scene.owner.get("/me/notifications").ok().text();
    assert!(seen(&page).contains("A webhook of Example Studio was turned off"), "{}", seen(&page));
    assert!(!page.contains("app.example.com") && !page.contains("/webhooks/"), "{page}");
}

#[test]
fn replacing_the_secret_is_asked_once_more_and_the_old_one_counts_for_a_day() {
    let mut scene = Scene::new();
    let path = format!("{}/secret", scene.path);
    let question = scene.owner.get(&path);
    check_page(&question);
    assert!(seen(&question.text()).contains("The old secret works for 24 more hours"));
    assert!(!seen(&question.text()).contains("It was replaced not long ago"));
    let replaced = scene.owner.submit(&path, &path, &[]);
    check_page(&replaced);
    let secret = value_of(&replaced.text(), "secret");
    assert_ne!(secret, scene.hooked.secret);
    let text = seen(&replaced.text());
    assert!(
        text.contains("Until 22 November 2026, 22:00 UTC, deliveries are signed with the old secret too."),
        "{text}"
    );
    scene.tested([says(200)]);
    let request = sent(&scene.hooked.team.world).remove(0);
    assert!(is_signed_with(&secret, &request) && is_signed_with(&scene.hooked.secret, &request));
    assert!(seen(&scene.open()).contains("The old one counts until 22 November 2026, 22:00 UTC."));
    let again = seen(&scene.owner.get(&path).text());
    assert!(again.contains("the one before works until its own 24 hours are over, too"), "{again}");
}

#[test]
fn deleting_is_asked_once_more_and_then_it_is_told_nothing() {
    let mut scene = Scene::new();
    let path = format!("{}/delete", scene.path);
    let question = scene.owner.get(&path);
    check_page(&question);
    assert!(
        text_of(&question.text(), "h1").contains("Delete the webhook to app.example.com/webhooks/usher?")
    );
    let list = scene.path.rsplit_once('/').unwrap().0.to_owned();
    assert_eq!(scene.owner.submit(&path, &path, &[]).header("location"), Some(&*list));
    assert!(seen(&scene.owner.get(&list).text()).contains("No webhook yet"));
    for gone in ["", "/secret", "/delete"] {
        assert_eq!(scene.owner.get(&format!("{}{gone}", scene.path)).status, 404);
    }
    scene.hooked.team.invited("ana@client.test", "client");
    assert_eq!(scene.hooked.hears_of(), Vec::<String>::new());
}

/// A webhook of another organization isn't there, neither by its own path nor by that of one's own organization.
#[test]
fn another_organizations_webhook_is_not_there() {
    let mut scene = Scene::new();
    let there = scene.tested([says(200)]);
    let mut other = elsewhere(&scene.hooked.team.world);
    let of_other = page_of(&mut other, "");
    let mut oscar = browsing(other.owner.clone());
    let of_ours = there.split("/settings").next().unwrap().to_owned();
    let before = scene.stored();
    for path in
        [scene.path.clone(), format!("{}/secret", scene.path), format!("{}/delete", scene.path), there]
    {
        let under_his = path.replace(&of_ours, &of_other);
        let list = format!("{of_other}/settings/webhooks");
        assert_eq!(oscar.get(&path).status, 404);
        assert_eq!(oscar.get(&under_his).status, 404, "{under_his}");
        for path in [&path, &under_his] {
            for act in ["test", "again", "on", "save"] {
                assert_eq!(
                    oscar.submit(&list, path, &[("do", act), ("url", URL), ("events", "all")]).status,
                    404
                );
            }
        }
    }
    let without = |dump: &str| {
        dump.lines().filter(|line| !line.starts_with("sessions:")).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(without(&scene.stored()), without(&before));
}

#[test]
fn what_is_done_with_webhooks_is_told_in_the_activity() {
    let mut scene = Scene::new();
    let there = scene.tested([says(200)]);
    scene.owner.submit(&there, &there, &[]);
    let path = scene.path.clone();
    scene.owner.submit(
        &path,
        &path,
        &[("url", "https://new.example.com/"), ("events", "member.added"), ("do", "save")],
    );
    for act in ["/secret", "/delete"] {
        let path = format!("{path}{act}");
        scene.owner.submit(&path, &path, &[]).text();
    }
    let activity = page_of(&mut scene.hooked.team, "/activity");
    let page = scene.owner.get(&activity);
    check_page(&page);
    let text = seen(&page.text());
    for told in [
        "The operator made the webhook to https://app.example.com",
        "Olga Owner sent a test event to https://app.example.com",
        "Olga Owner had events delivered again to https://app.example.com",
        "Olga Owner changed the webhook to https://new.example.com",
        "Olga Owner replaced the secret of the webhook to https://new.example.com",
        "Olga Owner deleted the webhook to https://new.example.com",
    ] {
        assert!(text.contains(told), "{told} in {text}");
    }
    let actions =
        scene.hooked.team.world.state().database.borrow().query("SELECT DISTINCT action FROM audit_events");
    for action in actions {
        let option = format!("<option value=\"{}\">", action["action"].as_str().unwrap());
        assert!(page.text().contains(&option), "{option}");
    }
    assert!(!text.contains("tenant=7"));
}

#[test]
fn as_many_webhooks_as_there_may_be_are_listed_and_the_next_is_refused_with_a_reason() {
    let mut team = Team::new();
    let path = page_of(&mut team, "/settings/webhooks");
    let mut owner = browsing(team.owner.clone());
    for number in 0..20 {
        let url = format!("https://app{number}.example.com/");
        owner.submit(&path, &path, &[("url", &url), ("events", "member.added")]).ok();
    }
    let listed = seen(&owner.get(&path).text());
    assert!((0..20).all(|number| listed.contains(&format!("app{number}.example.com"))), "{listed}");
    assert!(listed.contains(&format!("1 of {} types", EVENTS.len())), "{listed}");
    let refused = owner.submit(&path, &path, &[("url", URL), ("events", "all")]);
    check_page(&refused);
    assert_eq!(refused.status, 409);
    assert!(seen(&refused.text()).contains("as many webhooks as one may have: 20"));
}

/// Who reloads the page that shows a secret sends the form again: that adds nothing, replaces nothing, and shows no secret.
#[test]
fn a_form_that_is_sent_twice_shows_one_secret() {
    let mut scene = Scene::new();
    let list = scene.path.rsplit_once('/').unwrap().0.to_owned();
    let replace = format!("{}/secret", scene.path);
    for (path, fields, leads, words) in [
        (
            &list,
            vec![("url", "https://another.example/hook"), ("events", "member.added")],
            &list,
            "That webhook was added already",
        ),
        (&replace, vec![], &scene.path.clone(), "The secret was replaced already"),
    ] {
        let nonce = nonce_in(&scene.owner.get(path).ok().text());
        let mut form = vec![("nonce", nonce.as_str())];
        form.extend(fields);
        let shown = scene.owner.post_form(path, &form);
        let secret = value_of(&shown.ok().text(), "secret");
        let before = scene.hooked.team.world.count("SELECT count(*) FROM audit_events");
        let again = scene.owner.post_form(path, &form);
        assert_eq!((again.status.as_u16(), again.header("location")), (303, Some(leads.as_str())));
        let page = scene.owner.get(leads).ok().text();
        assert!(seen(&page).contains(words), "{}", seen(&page));
        assert!(!page.contains(&secret));
        assert_eq!(scene.hooked.team.world.count("SELECT count(*) FROM audit_events"), before, "{path}");
    }
}
