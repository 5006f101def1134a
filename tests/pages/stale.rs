//! A form that was sent too late: its page lay open for longer than a form lives, or whoever sent it was signed out meanwhile.
//!
//! The rule: nothing is done, nothing is written, and nothing that was typed is lost but what is secret. Every route that
//! takes a form has a row here; one without a row fails.

use std::time::Duration;

use serde_json::json;
use usher::domain::nonce;
use usher::domain::secret::Bearer;
use usher::web::route::Route;

use crate::reading::{seen, tags, text_of};
use crate::scene::{browser, browsing, elsewhere};
use crate::structure::check_page;
use crate::support::client::{PASSWORD, Team, nonce_in};
use crate::support::scene::{place, plan_of, resource, second_factor};
use crate::support::totp::App;
use crate::support::webhooks::{URL, make};
use crate::support::{Answer, Client};

const OLGA: &str = "olga.owner@studio.test";
const TOO_OLD: &str = "This page had been open for too long";
const SIGNED_OUT: &str = "You were signed out before this was sent";

/// What no page shows again.
const SECRETS: [&str; 4] = ["password", "current_password", "code", "nonce"];

/// Who sends it.
#[derive(Clone, Copy, PartialEq)]
enum Who {
    Anybody,
    Owner,
    /// A client who was given nothing.
    Client,
    /// Somebody with a second factor.
    Careful,
}
use Who::{Anybody, Careful, Client as AClient, Owner};

/// A form: its route, who sends it, its fields, and what of them stands in the page that comes back. Ids stand in braces.
type Row = (&'static str, Who, &'static [(&'static str, &'static str)], &'static [&'static str]);

const TABLE: &[Row] = &[
    (
        "/sign-in",
        Anybody,
        &[("email", "typed@studio.test"), ("password", "the secret")],
        &["value=\"typed@studio.test\""],
    ),
    (
        "/sign-in/code",
        Anybody,
        &[("code", "the secret"), ("to", "/me/security")],
        &["value=\"/me/security\""],
    ),
    ("/forgot-password", Anybody, &[("email", "typed@studio.test")], &["value=\"typed@studio.test\""]),
    ("/sign-out", Owner, &[("invitation", "a.b.c")], &["Sign out?", "value=\"a.b.c\""]),
    ("/i/{token}", Anybody, &[("name", "Typed Name"), ("password", "the secret")], &["value=\"Typed Name\""]),
    ("/i/{token}/decline", Anybody, &[], &["Decline the invitation"]),
    ("/i/{token}/ask", Anybody, &[], &[]),
    ("/reset/{token}", Anybody, &[("password", "the secret")], &["id=\"password\""]),
    ("/email/{token}", Anybody, &[("act", "confirm")], &["name=\"act\""]),
    ("/me/notifications", Owner, &[], &["Mark all as read"]),
    (
        "/me/notifications/settings",
        Owner,
        &[("on", "invitation.accepted/by_email")],
        &["value=\"invitation.accepted/by_email\" autocomplete=\"off\" checked"],
    ),
    (
        "/me/security/password",
        Owner,
        &[("current_password", "the secret"), ("password", "the secret")],
        &["id=\"current_password\""],
    ),
    (
        "/me/security/email",
        Owner,
        &[("email", "typed@studio.test"), ("password", "the secret")],
        &["value=\"typed@studio.test\""],
    ),
    ("/me/security/two-step", Owner, &[("password", "the secret"), ("to", "/me")], &["value=\"/me\""]),
    ("/me/security/two-step/off", Careful, &[("code", "the secret")], &["id=\"code\""]),
    (
        "/me/security/two-step/codes",
        Careful,
        &[("code", "the secret"), ("password", "the secret")],
        &["id=\"code\""],
    ),
    ("/me/security/sessions", Owner, &[("session", "{session}")], &["value=\"{session}\""]),
    ("/o/{slug}/team/remove", Owner, &[("member", "{member}")], &["value=\"{member}\""]),
    (
        "/o/{slug}/team/restore",
        Owner,
        &[("member", "{removed}"), ("at", "{then}")],
        &["value=\"{removed}\"", "value=\"{then}\""],
    ),
    (
        "/o/{slug}/members/{member}",
        Owner,
        &[("name", "Typed Name"), ("role", "member")],
        &["value=\"Typed Name\"", "value=\"member\" autocomplete=\"off\" checked"],
    ),
    ("/o/{slug}/members/{member}/owner", Owner, &[], &["the owner?"]),
    ("/o/{slug}/members/{client}/leave", AClient, &[], &["Leave Example Studio?"]),
    ("/me/invitations", Owner, &[("invitation", "{waiting}")], &["value=\"{waiting}\""]),
    ("/o/{slug}/members/{member}/password", Owner, &[], &["Make a password link"]),
    ("/o/{slug}/workspaces", Owner, &[("name", "Typed Name")], &["value=\"Typed Name\""]),
    (
        "/o/{slug}/workspaces",
        Owner,
        &[("name", "Typed Name"), ("workspace", "{workspace}")],
        &["value=\"Typed Name\"", "value=\"{workspace}\""],
    ),
    (
        "/o/{slug}/invitations/{invitation}",
        Owner,
        &[("nickname", "Typed Name"), ("message", "Typed words")],
        &["value=\"Typed Name\"", "Typed words"],
    ),
    (
        "/o/{slug}/invitations/{invitation}/link",
        Owner,
        &[("back", "/o/{slug}/team?tab=invitations")],
        &["value=\"/o/{slug}/team?tab=invitations\""],
    ),
    ("/o/{slug}/invitations/{invitation}/send", Owner, &[], &["again?"]),
    ("/o/{slug}/invitations/{invitation}/draft", Owner, &[], &[]),
    ("/o/{slug}/invitations/{invitation}/withdraw", Owner, &[], &["Withdraw the invitation"]),
    ("/o/{slug}/invitations/{invitation}/replace", Owner, &[], &["Replace the link"]),
    ("/o/{slug}/invitations/{invitation}/off", Owner, &[], &["Turn off the link"]),
    ("/o/{slug}/invitations/{invitation}/on", Owner, &[], &["Turn on the link"]),
    (
        "/o/{slug}/team/invite",
        Owner,
        &[("who", "client"), ("email", "typed@client.test")],
        &["value=\"client\"", "value=\"typed@client.test\""],
    ),
    (
        "/o/{slug}/team/invite/{draft}/{step}",
        Owner,
        &[("name", "Typed Name"), ("email", "typed@client.test")],
        &["value=\"Typed Name\"", "value=\"typed@client.test\""],
    ),
    (
        "/o/{slug}/settings",
        Owner,
        &[("name", "Typed Name"), ("require_mfa", "yes")],
        &["value=\"Typed Name\""],
    ),
    (
        "/o/{slug}/settings/keys",
        Owner,
        &[("name", "Typed Name"), ("scopes", "audit:read"), ("life", "30"), ("password", "the secret")],
        &["value=\"Typed Name\"", "value=\"audit:read\" autocomplete=\"off\" checked"],
    ),
    ("/o/{slug}/settings/keys/{key}/revoke", Owner, &[], &["Revoke the API key"]),
    (
        "/o/{slug}/settings/webhooks",
        Owner,
        &[
            ("url", "https://typed.example.com/"),
            ("events", "seats.limit_reached"),
            ("password", "hidden words"),
        ],
        &[
            "value=\"https://typed.example.com/\"",
            "value=\"seats.limit_reached\" autocomplete=\"off\" checked",
        ],
    ),
    (
        "/o/{slug}/settings/webhooks/{webhook}",
        Owner,
        &[
            ("do", "save"),
            ("url", "https://typed.example.com/"),
            ("events", "member.added"),
            ("password", "hidden words"),
        ],
        &["value=\"https://typed.example.com/\"", "value=\"member.added\" autocomplete=\"off\" checked"],
    ),
    ("/o/{slug}/settings/webhooks/{webhook}", Owner, &[("do", "test")], &["Send test"]),
    ("/o/{slug}/settings/webhooks/{webhook}", Owner, &[("do", "again")], &["Deliver again what failed"]),
    ("/o/{slug}/settings/webhooks/{webhook}/secret", Owner, &[], &["Replace the secret"]),
    ("/o/{slug}/settings/webhooks/{webhook}/delete", Owner, &[], &["Delete the webhook"]),
    ("/o/{slug}/settings/webhooks/{webhook}/deliveries/{delivery}", Owner, &[], &["Replay"]),
    (
        "/o/{slug}/settings/branding",
        Owner,
        &[("do", "save"), ("branding/name", "Typed Name"), ("branding/message", "Typed words")],
        &["value=\"Typed Name\"", "Typed words"],
    ),
    (
        "/o/{slug}/team/import",
        Owner,
        &[("do", "check"), ("rows", "email,role\ntyped@client.test,client")],
        &["email,role\ntyped@client.test,client"],
    ),
    ("/o/{slug}/team/import/{job}", Owner, &[("do", "undo")], &["Take the import back?"]),
    (
        "/w/{workspace}/accounts",
        Owner,
        &[("kind", "instagram"), ("name", "Typed Name")],
        &["value=\"Typed Name\"", "value=\"instagram\" selected"],
    ),
    ("/w/{workspace}/accounts/{resource}", Owner, &[("do", "delete")], &["Delete the account"]),
    ("/w/{workspace}/accounts/{resource}", Owner, &[("do", "disconnect")], &["Disconnect"]),
    (
        "/w/{workspace}/add",
        Owner,
        &[
            ("member", "{other}"),
            ("from", "{elsewhere}"),
            ("require_mfa", "yes"),
            ("resource", "{resource}"),
            ("do", "add"),
        ],
        &[
            "value=\"{other}\"",
            "value=\"yes\" autocomplete=\"off\" checked",
            "value=\"{resource}\" autocomplete=\"off\" checked",
        ],
    ),
    (
        "/w/{workspace}/members/{member}",
        Owner,
        &[("seen", ""), ("require_mfa", "yes"), ("resource", "{resource}"), ("do", "save")],
        &["value=\"yes\" autocomplete=\"off\" checked", "value=\"{resource}\" autocomplete=\"off\" checked"],
    ),
    ("/w/{workspace}/members/{member}/remove", Owner, &[], &["Take them out"]),
    ("/w/{workspace}/ask", AClient, &[], &["Ask for access"]),
];

/// An organization with one of everything that a form is about.
struct Stage {
    team: Team,
    ids: Vec<(&'static str, String)>,
    client: Client,
    careful: Client,
}

impl Stage {
    fn new() -> Self {
        let world = crate::support::platform::World::new();
        let mut team = Team::make(world, "client-links", Some(plan_of(None)));
        let slug = team.owner.get(&team.path("")).ok().str("/slug");
        let workspace = team.workspace();
        let account = resource(&team, &workspace, "facebook");
        // A client who was given nothing asks for something.
        team.owner.patch(&team.path(""), &json!({"policy": {"clients_need_resource": true}})).ok();
        let mut careful = team.joined("careful.admin@studio.test", "admin");
        second_factor(&mut careful);
        let client = team.joined("ana@client.test", "client");
        let member = team.add("mia.member@studio.test", "client", json!({"notify": false})).ok().str("/id");
        let (away, _) = place(&team, "facebook");
        let other = team.joined_with("otto@client.test", "client", json!({"workspace_ids": [away]}));
        drop(other);
        let other = team.member("otto@client.test");
        team.invited("typed.before@client.test", "client");
        let invitation = team.invited("ida@client.test", "client");
        let mut elsewhere = elsewhere(&team.world);
        let waiting = elsewhere.invited(OLGA, "client");
        team.joined("rita.removed@client.test", "client");
        let removed = team.member("rita.removed@client.test");
        team.owner.delete(&format!("/v1/members/{removed}")).ok();
        let then = team.owner.get(&format!("/v1/members/{removed}")).ok().str("/removed_at");
        let own = team.member("ana@client.test");
        let link = team
            .owner
            .post(&team.path("/invitations"), &json!({"kind": "link", "role": "client"}))
            .ok()
            .str("/id");
        let row = json!({"rows": [{"email": "bulk@client.test", "role": "client"}]});
        let job = team.owner.post(&team.path("/invitations/bulk"), &row).ok().str("/job_id");
        let key = json!({"name": "Backend", "scopes": ["access:check"]});
        let key = team.owner.post(&team.path("/api-keys"), &key).ok().str("/id");
        let (webhook, _) = make(&mut team, URL, &["seats.limit_reached"]);
        let test = team.path(&format!("/webhooks/{webhook}/test"));
        let delivery = team.owner.post(&test, &json!({})).ok().str("/id");
        let failed = format!(
            "UPDATE jobs SET failed_at = created_at, failure = 'answered 500' WHERE id = '{delivery}'"
        );
        team.world.state().database.borrow().change(&failed);
        let mut owner = browsing(team.owner.clone());
        browser(&team.world).submit("/sign-in", "/sign-in", &[("email", OLGA), ("password", PASSWORD)]).ok();
        let session = team.owner.get("/v1/sessions").ok();
        let session =
            session.json()["data"].as_array().unwrap().iter().find(|each| each["current"] == false).unwrap()
                ["id"]
                .as_str()
                .unwrap()
                .to_owned();
        let start = format!("/o/{slug}/team/invite");
        let begun = owner.submit(&start, &start, &[("who", "client")]);
        let draft = begun.header("location").unwrap().split('/').nth(5).unwrap().to_owned();
        let ids = vec![
            ("{slug}", slug),
            ("{workspace}", workspace),
            ("{elsewhere}", away),
            ("{resource}", account),
            ("{member}", member),
            ("{other}", other),
            ("{job}", job),
            ("{draft}", draft),
            ("{step}", "person".to_owned()),
            ("{session}", session),
            ("{invitation}", invitation),
            ("{link}", link),
            ("{key}", key),
            ("{webhook}", webhook),
            ("{delivery}", delivery),
            ("{waiting}", waiting),
            ("{removed}", removed),
            ("{then}", then),
            ("{client}", own),
        ];
        let (client, careful) = (browsing(client), browsing(careful));
        Self { team, ids, client, careful }
    }

    fn filled(&self, text: &str) -> String {
        self.ids.iter().fold(text.to_owned(), |text, (name, id)| text.replace(name, id))
    }

    /// The path of a row, with what its link needs.
    fn path(&mut self, pattern: &str) -> String {
        let of_link = ["/replace", "/off", "/on"].iter().any(|end| pattern.ends_with(end));
        let pattern = if of_link { pattern.replace("{invitation}", "{link}") } else { pattern.to_owned() };
        let path = self.filled(&pattern);
        let invitation = self.filled("{invitation}");
        if path.starts_with("/i/") {
            let copied = self.team.owner.post(&format!("/v1/invitations/{invitation}/link"), &json!({})).ok();
            path.replace("{token}", copied.str("/url").rsplit('/').next().unwrap())
        } else if path.starts_with("/reset/") {
            let member = self.filled("{member}");
            path.replace("{token}", &self.team.password_token(&member))
        } else if path.starts_with("/email/") {
            self.team
                .owner
                .post("/v1/me/email", &json!({"email": "olga@new.test", "password": PASSWORD}))
                .ok();
            self.team.world.deliver();
            path.replace("{token}", &self.team.world.mailed_email_token("olga@new.test"))
        } else {
            path
        }
    }

    fn caller(&self, who: Who) -> Client {
        match who {
            Anybody => browser(&self.team.world),
            Owner => browsing(self.team.owner.clone()),
            AClient => self.client.clone(),
            Careful => self.careful.clone(),
        }
    }

    /// A nonce of this browser's, of a page that it was shown so long ago.
    fn nonce(&self, client: &mut Client, ago: Duration) -> String {
        client.get("/forgot-password");
        let state = self.team.world.state();
        let keys = &state.config.as_ref().ok().unwrap().keys;
        let cookie = Bearer::parse(client.cookie("__Host-usher_form").unwrap()).unwrap();
        nonce::issue(keys, &cookie, self.team.world.now().minus(ago))
    }

    fn stored(&self) -> String {
        self.team.world.state().database.borrow().dump()
    }

    /// The same without what signing in writes.
    fn done(&self) -> String {
        let theirs =
            ["sessions:", "pending_sessions:", "users:", "guesses:", "second_factors:", "recovery_codes:"];
        let stored = self.stored();
        stored
            .lines()
            .filter(|line| !theirs.iter().any(|table| line.starts_with(table)))
            .collect::<Vec<_>>()
            .join("\n")
    }

    fn send(client: &mut Client, path: &str, nonce: &str, fields: &[(String, String)]) -> Answer {
        let mut form = vec![("nonce", nonce)];
        form.extend(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        client.post_form(path, &form)
    }

    fn fields(&self, row: &Row) -> Vec<(String, String)> {
        row.2.iter().map(|(name, value)| ((*name).to_owned(), self.filled(value))).collect()
    }
}

/// The form again: what was typed, a nonce that works, no secret.
#[track_caller]
fn check_shown(stage: &Stage, row: &Row, path: &str, answer: &Answer, why: &str) {
    let (pattern, _, fields, shown) = row;
    let page = answer.text();
    assert_eq!(answer.status, 403, "{pattern}: {page}");
    check_page(answer);
    if shown.is_empty() {
        return;
    }
    assert!(seen(&page).contains(why), "{pattern}: {}", seen(&page));
    let form = tags(&page).into_iter().any(|tag| tag.name == "form" && tag.get("action") == path);
    assert!(form, "{pattern}: the form again: {page}");
    for text in *shown {
        let text = stage.filled(text);
        assert!(page.contains(&text), "{pattern}: {text} in {page}");
    }
    for (name, value) in *fields {
        assert!(!SECRETS.contains(name) || !page.contains(value), "{pattern}: {name} stands in the page");
    }
}

#[test]
fn every_form_that_is_too_old_is_shown_again_with_what_was_typed_and_does_nothing() {
    let mut stage = Stage::new();
    for (pattern, methods) in Route::PATTERNS {
        let is_form = !["/v1/", "/hooks/"].iter().any(|programs| pattern.starts_with(programs))
            && *pattern != "/dev/probe"
            && methods.contains(&http::Method::POST);
        assert_eq!(
            is_form,
            TABLE
                .iter()
                .any(|row| row.0.replace("{client}", "{member}").replace("{delivery}", "{job}") == *pattern),
            "a row for {pattern}"
        );
    }
    for row in TABLE {
        let path = stage.path(row.0);
        let (mut client, fields) = (stage.caller(row.1), stage.fields(row));
        let old = stage.nonce(&mut client, Duration::from_hours(13));
        let before = stage.stored();
        let late = Stage::send(&mut client, &path, &old, &fields);
        check_shown(&stage, row, &path, &late, TOO_OLD);
        assert!(!late.text().contains(&old), "{}: a fresh nonce", row.0);
        assert_eq!(stage.stored(), before, "{}: nothing is written", row.0);
        let none = client
            .post_form(&path, &fields.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect::<Vec<_>>());
        assert_eq!(none.status, 400, "{}: no form of ours is without one", row.0);
        let mut evil = client.clone().with_header("origin", "https://evil.test");
        let foreign = Stage::send(&mut evil, &path, &old, &fields);
        assert_eq!(foreign.status, 403, "{}", row.0);
        let echoed = row.2.iter().any(|(_, value)| {
            value.len() > 8 && value.starts_with(['t', 'T']) && foreign.text().contains(value)
        });
        assert!(!echoed, "{}: another site's form gets no page of ours", row.0);
        assert_eq!(stage.stored(), before, "{}: nothing is written", row.0);
    }
}

/// The hidden fields of the sign-in, as a browser sends them back.
fn carried(page: &str) -> Vec<(String, String)> {
    let unescaped = |text: &str| {
        [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")]
            .into_iter()
            .fold(text.to_owned(), |text, (entity, letter)| text.replace(entity, letter))
    };
    tags(page)
        .into_iter()
        .filter(|tag| tag.name == "input" && tag.get("type") == "hidden")
        .map(|tag| (tag.get("name").to_owned(), unescaped(tag.get("value"))))
        .collect()
}

/// Signs in at a page that carries something.
fn sign_in(client: &mut Client, page: &str, email: &str) -> Answer {
    let mut form = carried(page);
    form.extend([("email".to_owned(), email.to_owned()), ("password".to_owned(), PASSWORD.to_owned())]);
    client.post_form("/sign-in", &form.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect::<Vec<_>>())
}

/// A form that its sender's browser was shown, after their session ended.
fn signed_out(stage: &Stage, row: &Row, path: &str) -> (Client, Answer) {
    let mut client = stage.caller(row.1);
    let fresh = stage.nonce(&mut client, Duration::ZERO);
    let mut client = client.with_cookie("__Host-usher_session", &"x".repeat(43));
    let answer = Stage::send(&mut client, path, &fresh, &stage.fields(row));
    (client, answer)
}

#[test]
fn whoever_was_signed_out_signs_in_and_finds_the_form_as_they_left_it() {
    let mut stage = Stage::new();
    for row in TABLE.iter().filter(|row| matches!(row.1, Owner | AClient) && row.0 != "/sign-out") {
        let path = stage.path(row.0);
        let before = stage.done();
        let (mut client, asked) = signed_out(&stage, row, &path);
        if row.2.iter().all(|(name, _)| SECRETS.contains(name)) {
            let way = asked.header("location").unwrap_or_default();
            assert!(asked.status == 303 && way.starts_with("/sign-in"), "{}: nothing to keep: {way}", row.0);
            continue;
        }
        assert_eq!(asked.status, 401, "{}: {}", row.0, asked.text());
        check_page(&asked);
        assert_eq!(text_of(&asked.text(), "h1"), "Sign in");
        assert!(seen(&asked.text()).contains("what you typed is shown again"), "{}", seen(&asked.text()));
        assert!(!asked.text().contains("the secret"), "{}", row.0);
        let wrong = client.post_form(
            "/sign-in",
            &carried(&asked.text())
                .iter()
                .map(|(a, b)| (a.as_str(), b.as_str()))
                .chain([("email", OLGA), ("password", "not this one")])
                .collect::<Vec<_>>(),
        );
        assert_eq!(wrong.status, 401, "{}: it stays through a mistake", row.0);
        let again = sign_in(&mut client, &wrong.text(), OLGA);
        check_shown(&stage, row, &path, &again, SIGNED_OUT);
        assert_eq!(stage.done(), before, "{}: only shown", row.0);
        assert_eq!(client.get("/me").status, 200, "{}: they are signed in", row.0);
    }
}

#[test]
fn what_comes_back_is_sent_by_another_press_of_the_button() {
    let mut stage = Stage::new();
    let row = TABLE.iter().find(|row| row.0 == "/o/{slug}/settings").unwrap();
    let path = stage.path(row.0);
    let (mut client, asked) = signed_out(&stage, row, &path);
    let again = sign_in(&mut client, &asked.text(), OLGA);
    let sent = client.post_form(&path, &[("nonce", &nonce_in(&again.text())), ("name", "Typed Name")]);
    assert_eq!(sent.status, 303);
    assert_eq!(stage.team.owner.get(&stage.team.path("")).ok().str("/name"), "Typed Name");
}

/// Whoever signs in on that browser may be somebody else: they send nothing of what the first one typed.
#[test]
fn another_person_who_signs_in_sends_nothing() {
    let mut stage = Stage::new();
    let row = TABLE.iter().find(|row| row.0 == "/o/{slug}/settings").unwrap();
    let path = stage.path(row.0);
    let before = stage.done();
    for (email, comes) in [(crate::scene::OSCAR, 303), ("ana@client.test", 303)] {
        let (mut client, asked) = signed_out(&stage, row, &path);
        let led = sign_in(&mut client, &asked.text(), email);
        assert_eq!((led.status.as_u16(), led.header("location")), (comes, Some(path.as_str())), "{email}");
        assert!(!led.text().contains("Typed Name"), "{email}");
        assert_eq!(stage.done(), before, "{email}");
    }
}

#[test]
fn a_second_factor_on_the_way_loses_nothing_either() {
    let mut stage = Stage::new();
    let mut careful = stage.team.joined("cora.admin@studio.test", "admin");
    let (app, codes): (App, _) = second_factor(&mut careful);
    let row = TABLE.iter().find(|row| row.0 == "/o/{slug}/settings").unwrap();
    let path = stage.path(row.0);
    let (client, asked) = signed_out(&stage, row, &path);
    for recovery in [false, true] {
        let mut client = client.clone();
        let mut step = sign_in(&mut client, &asked.text(), "cora.admin@studio.test");
        assert_eq!(step.status, 200);
        check_page(&step);
        let code = if recovery {
            let form: Vec<_> =
                carried(&step.text()).into_iter().chain([("other".to_owned(), "yes".to_owned())]).collect();
            step = client.post_form(
                "/sign-in/code",
                &form.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect::<Vec<_>>(),
            );
            check_page(&step);
            assert_eq!(text_of(&step.text(), "h1"), "Type a recovery code");
            codes[0].clone()
        } else {
            app.code(stage.team.world.now())
        };
        let send = |client: &mut Client, page: &str, code: &str| {
            let form: Vec<_> =
                carried(page).into_iter().chain([("code".to_owned(), code.to_owned())]).collect();
            client.post_form(
                "/sign-in/code",
                &form.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect::<Vec<_>>(),
            )
        };
        let wrong = send(&mut client, &step.text(), "000000");
        assert_eq!(wrong.status, 422, "{}", wrong.text());
        check_page(&wrong);
        let again = send(&mut client, &wrong.text(), &code);
        check_shown(&stage, row, &path, &again, SIGNED_OUT);
        assert_eq!(stage.team.owner.get(&stage.team.path("")).ok().str("/name"), "Example Studio");
    }
}

/// What is carried leads to a form of ours, or nowhere.
#[test]
fn what_is_carried_goes_nowhere_else() {
    let stage = Stage::new();
    for to in [
        "https://evil.test/me",
        "//evil.test",
        "/v1/organizations",
        "/healthz",
        "/me",
        "/sign-in/code",
        "/nowhere",
        "",
    ] {
        let mut client = browser(&stage.team.world);
        let nonce = nonce_in(&client.get("/sign-in").text());
        let form = [
            ("nonce", nonce.as_str()),
            ("to", to),
            ("kept.name", "Typed Name"),
            ("email", OLGA),
            ("password", PASSWORD),
        ];
        let led = client.post_form("/sign-in", &form);
        if to == "/sign-in/code" {
            assert_eq!(led.status, 403, "a page of ours, which shows nothing of it");
        } else {
            assert_eq!(led.status, 303, "{to}: {}", led.text());
            assert!(led.header("location").unwrap().starts_with("/me"), "{to}");
        }
        assert!(!led.text().contains("Typed Name"), "{to}");
    }
}

/// A file is chosen again, and so is what is longer than a page takes.
#[test]
fn what_is_too_long_to_be_carried_is_said_to_be() {
    let mut stage = Stage::new();
    let path = stage.path("/o/{slug}/team/import");
    let mut client = stage.caller(Owner);
    let fresh = stage.nonce(&mut client, Duration::ZERO);
    let mut client = client.with_cookie("__Host-usher_session", &"x".repeat(43));
    let long = "somebody@client.test,client\n".repeat(3000);
    let fields = [("do".to_owned(), "check".to_owned()), ("rows".to_owned(), long)];
    let asked = Stage::send(&mut client, &path, &fresh, &fields);
    assert_eq!(asked.status, 303);
    let way = asked.header("location").unwrap().to_owned();
    let page = client.get(&way);
    check_page(&page);
    assert!(seen(&page.text()).contains("too long to be kept"), "{}", seen(&page.text()));
}
