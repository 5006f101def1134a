//! An organization as full as its pages can get: each list longer than a page, each name as long as names may be.

use serde_json::{Value, json};
use usher::domain::api_key::Scope;
use usher::domain::ids::{Id, Kind, Member, Organization, Resource, Workspace};
use usher::domain::webhook::EVENTS;
use usher::platform::Entropy;

use crate::scene::{browser, browsing, upload};
use crate::support::client::{PASSWORD, Team, nonce_in};
use crate::support::platform::{Native, World, token_in};
use crate::support::scene::{plan_of, second_factor, somebody};
use crate::support::webhooks::make;
use crate::support::{Answer, Client};

/// More than a page of any list has.
const MANY: usize = 26;
/// More than any choice offers at once.
const MORE: usize = 101;

/// As many accounts as the largest client has, each to be chosen or not.
const ACCOUNTS: usize = 10_000;
/// As many of them as one access gives one by one.
const GIVEN: usize = 500;

const WORDS: [&str; 32] = [
    "Bakery", "Harbour", "Museum", "North", "Studio", "Garden", "Library", "Office", "Summer", "Winter",
    "Market", "Bridge", "Hotel", "Flowers", "Theatre", "Pharmacy", "Bookshop", "Garage", "School", "River",
    "Orchard", "Print", "Music", "Tower", "Valley", "Coffee", "Bicycle", "Kitchen", "Painting", "Lantern",
    "Marble", "Workshop",
];

/// A name of eighty letters: words that no two names have in one order.
pub fn name(number: usize) -> String {
    let mut state = number as u64 + 1;
    let mut name = String::new();
    while name.len() < 80 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let word = usize::try_from(state >> 59).unwrap();
        name.push_str(WORDS[word]);
        name.push(' ');
    }
    name.truncate(80);
    name.trim_end().to_owned()
}

const ARABIC: [&str; 16] = [
    "مخبز",
    "ميناء",
    "متحف",
    "شمال",
    "حديقة",
    "مكتبة",
    "صيف",
    "شتاء",
    "سوق",
    "جسر",
    "فندق",
    "زهور",
    "مسرح",
    "صيدلية",
    "مدرسة",
    "نهر",
];
const CHINESE: &str =
    "面包店港口博物馆北方工作室花园图书办公夏冬市场桥酒戏院药房书车库学校河果印刷音乐塔谷咖啡自行";
const EMOJI: [&str; 16] =
    ["👩‍🍳", "🏳️‍🌈", "👨‍👩‍👧‍👦", "🧑🏽‍🚀", "🥐", "🏛️", "🌷", "📚", "☕", "🚲", "🎨", "🏨", "🎭", "🌉", "🍎", "🕯️"];

/// The same of any script.
fn name_in_any(number: usize) -> String {
    let chinese: Vec<char> = CHINESE.chars().collect();
    let mut state = number as u64 + 7;
    let mut random = |most: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % most
    };
    match number % 4 {
        0 => name(number),
        1 => {
            let mut words = String::new();
            while words.chars().count() < 80 {
                words.push_str(ARABIC[random(16)]);
                words.push(' ');
            }
            words.chars().take(80).collect::<String>().trim_end().to_owned()
        }
        2 => (0..80).map(|_| chinese[random(chinese.len())]).collect(),
        _ => (0..80).map(|_| EMOJI[random(16)]).collect(),
    }
}

fn address(number: usize) -> String {
    let mut words = name(number + 5000).to_lowercase().replace(' ', ".");
    words.truncate(40);
    format!("{}.{number}@{}.test", words.trim_end_matches('.'), WORDS[number % 32].to_lowercase())
}

/// Each page, opened as it is heaviest.
type Open = fn(&mut Heavy) -> Vec<(String, Answer)>;

/// An organization in which there is much of everything, and its owner's browser.
pub struct Heavy {
    pub owner: Client,
    team: Team,
    slug: String,
    /// The workspace that has all the accounts and all the people.
    workspace: String,
    clients: Vec<String>,
    accounts: Vec<String>,
    invitation: String,
    link: String,
    fresh: usize,
}

impl Heavy {
    pub fn new() -> Self {
        Self::of("client-links")
    }

    /// As many keys as a page lists, with every scope. Answers one.
    fn keys(&mut self) -> String {
        let scopes: Vec<&str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
        let mut made = String::new();
        for number in 0..30 {
            let body = json!({"name": name(number), "scopes": scopes});
            made = self.team.world.operator().post(&self.team.path("/api-keys"), &body).ok().str("/id");
        }
        made
    }

    /// As many webhooks as there may be, the newest with more failed deliveries than a page lists, one of them tried as often as it
    /// may be. Answers those two.
    fn webhooks(&mut self) -> (String, String) {
        let world = self.team.world.clone();
        let list = self.team.path("/webhooks");
        for webhook in world.operator().get(&list).ok().json()["data"].as_array().unwrap() {
            world.operator().delete(&format!("{list}/{}", webhook["id"].as_str().unwrap()));
        }
        let events: Vec<&str> = EVENTS.iter().map(|(name, _)| *name).collect();
        let mut webhook = String::new();
        for number in 0..20 {
            let url = format!("https://{number}.example.com/{}", name(number).replace(' ', "-").repeat(3));
            (webhook, _) = make(&mut self.team, &url, &events);
        }
        self.invite(&json!({"kind": "email", "email": address(self.fresh + 3000)}));
        world.deliver();
        for _ in 0..30 {
            world.operator().post(&format!("{list}/{webhook}/test"), &json!({})).ok();
        }
        let of_events = "jobs WHERE webhook_id IS NOT NULL";
        let told = format!("SELECT id FROM {of_events} AND webhook_id = '{webhook}' ORDER BY id LIMIT 1");
        let job = world.state().database.borrow().query(&told)[0]["id"].as_str().unwrap().to_owned();
        let now = world.now().millis();
        for attempt in 1..=11 {
            world.state().database.borrow().change(&format!(
                "INSERT OR IGNORE INTO webhook_attempts (job_id, attempt, at, millis, failure)
                 SELECT id, {attempt}, {now} + {attempt} * 97531, 10000 - {attempt} * 7, 'no answer within ten seconds' FROM {of_events}"
            ));
        }
        world.state().database.borrow().change(&format!(
            "UPDATE jobs SET failed_at = {now}, failure = 'no answer within ten seconds' WHERE webhook_id IS NOT NULL"
        ));
        (webhook, job)
    }

    fn of(template: &str) -> Self {
        let world = World::with_settings(&[("PRODUCT_URL", "https://app.example.test/callback")]);
        let body = json!({
            "name": name(0), "template": template, "plan": plan_of(None),
            "owner": {"email": "olga.owner@studio.test", "name": "Olga Owner"},
        });
        let organization = world.operator().post("/v1/organizations", &body).ok().str("/id");
        let mut owner = world.client();
        owner.join("olga.owner@studio.test", &name(1)).ok();
        let mut team = Team { world, organization, owner };
        team.owner.patch(&team.path(""), &json!({"branding": {"accent": "#16a34a", "name": name(2)}})).ok();
        let slug = team.owner.get(&team.path("")).ok().str("/slug");
        let workspace = team.workspace();
        let mut heavy = Self {
            owner: browsing(team.owner.clone()),
            team,
            slug,
            workspace,
            clients: Vec::new(),
            accounts: Vec::new(),
            invitation: String::new(),
            link: String::new(),
            fresh: 100,
        };
        heavy.fill(template);
        heavy
    }

    fn id<K: Kind>(&self) -> String {
        self.team.world.pass(std::time::Duration::from_millis(1));
        Id::<K>::new(self.team.world.now(), Native::new(self.team.world.clone()).random()).to_string()
    }

    fn number(&mut self) -> usize {
        self.fresh += 1;
        self.fresh
    }

    fn fill(&mut self, template: &str) {
        let (organization, workspace) = (self.team.organization.clone(), self.workspace.clone());
        let change = |heavy: &Self, sql: String| heavy.team.world.state().database.borrow().change(&sql);
        for _ in 0..MORE {
            let (id, called) = (self.id::<Workspace>(), name(self.number()));
            let columns = "id, organization_id, name, created_at";
            change(
                self,
                format!(
                    "INSERT INTO workspaces ({columns}) VALUES ('{id}', '{organization}', '{called}', 0)"
                ),
            );
        }
        let mut rows = Vec::new();
        for each in 0..ACCOUNTS {
            let (id, called) = (self.id::<Resource>(), name_in_any(each));
            let kind = if template == "reporting" { "campaign" } else { ["facebook", "instagram"][each % 2] };
            rows.push(format!("('{id}', '{organization}', '{workspace}', '{kind}', '{called}', 0)"));
            self.accounts.push(id);
        }
        let columns = "id, organization_id, workspace_id, kind, name, created_at";
        change(self, format!("INSERT INTO resources ({columns}) VALUES {}", rows.join(", ")));
        for role in ["client", "member"] {
            for _ in 0..MORE {
                let number = self.number();
                let more = json!({"name": name(number), "workspace_ids": [self.workspace]});
                let member = self.team.add(&address(number), role, more).ok().str("/id");
                if role == "client" {
                    self.clients.push(member);
                }
            }
        }
        let removed: Vec<String> = self.clients.drain(..MANY).collect();
        let path = self.team.path("/members/remove");
        self.team.owner.post(&path, &json!({"member_ids": removed})).ok();
        self.link = self.invite(&json!({"kind": "link", "branding": {"name": name(3)}}));
        let url = self.url(&self.link.clone());
        for _ in 0..MANY {
            let number = self.number();
            let join = json!({
                "token": token_in(&url), "email": address(number), "name": name(number), "password": PASSWORD,
            });
            self.team.world.client().post("/v1/invitations/accept", &join).ok();
            self.invite(&json!({"kind": "link"}));
            let email = address(number + 2000);
            self.invitation = self.invite(&json!({"kind": "email", "email": email, "name": name(number)}));
        }
    }

    fn invite(&mut self, more: &Value) -> String {
        let mut body = json!({
            "role": "client", "nickname": name(self.number()), "message": name(4).repeat(6), "workspace_ids": [self.workspace],
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.team.owner.post(&self.team.path("/invitations"), &body).ok().str("/id")
    }

    /// Somebody else, for the owner's own pages are to be opened on: in their browser, and what their address is.
    fn somebody_with_a_factor(&mut self) -> (Client, String) {
        let mut person = self.team.world.client();
        let number = self.number();
        let email = address(number);
        self.invite(&json!({"kind": "email", "email": email}));
        person.join(&email, &name(number)).ok();
        second_factor(&mut person);
        (browsing(person), email)
    }

    fn url(&mut self, invitation: &str) -> String {
        self.team.owner.post(&format!("/v1/invitations/{invitation}/link"), &json!({})).ok().str("/url")
    }

    /// A page below the organization's.
    fn desk(&mut self, rest: &str) -> Answer {
        let path = format!("/o/{}/{rest}", self.slug);
        self.owner.get(&path).ok()
    }

    /// Of an invitation by e-mail, and of a link.
    fn offers(&mut self, rest: &str) -> Vec<(String, Answer)> {
        let (invitation, link) = (self.invitation.clone(), self.link.clone());
        vec![
            ("of an invitation".to_owned(), self.desk(&format!("invitations/{invitation}{rest}"))),
            ("of a link".to_owned(), self.desk(&format!("invitations/{link}{rest}"))),
        ]
    }

    fn in_workspace(&mut self, rest: &str) -> Vec<(String, Answer)> {
        let path = format!("/w/{}{}", self.workspace, rest.replace("{member}", self.clients.last().unwrap()));
        vec![(String::new(), self.owner.get(&path).ok())]
    }

    /// What somebody has, where they have nothing yet; where they are given as much as there may be; and that as a difference.
    fn access(&mut self) -> Vec<(String, Answer)> {
        let mut pages = self.in_workspace("/members/{member}");
        let path = format!("/w/{}/members/{}", self.workspace, self.clients.last().unwrap());
        let shown = pages[0].1.text();
        let seen = values_of(&shown, "seen").remove(0);
        let form = vec![
            ("nonce".to_owned(), nonce_in(&shown)),
            ("seen".to_owned(), seen),
            ("resources".to_owned(), "listed".to_owned()),
            ("given".to_owned(), given(&self.accounts)),
            ("permissions".to_owned(), "default".to_owned()),
        ];
        let mut asked = vec![("look", "resources".to_owned()), ("do", "review".to_owned())];
        // From an Arabic, a Chinese and an emoji's name on.
        asked.extend(self.accounts[1..4].iter().map(|id| ("more", id.clone())));
        for (what, value) in asked {
            let mut form = form.clone();
            form.push((what.to_owned(), value.clone()));
            let page = self.owner.post_form(&path, &pairs(&form)).ok();
            pages.push((format!("all given, {what} {value}"), page));
        }
        pages
    }

    fn of_link(&mut self, rest: &str) -> Vec<(String, Answer)> {
        let link = self.link.clone();
        vec![(String::new(), self.desk(&format!("invitations/{link}{rest}")))]
    }

    fn of_invitation(&mut self, rest: &str) -> Vec<(String, Answer)> {
        let invitation = self.invitation.clone();
        vec![(String::new(), self.desk(&format!("invitations/{invitation}{rest}")))]
    }

    fn of_client(&mut self, rest: &str) -> Vec<(String, Answer)> {
        let member = self.clients.last().unwrap().clone();
        vec![(String::new(), self.desk(&format!("members/{member}{rest}")))]
    }

    /// Every step of inviting a client, and the last once more with everything chosen.
    fn wizard(&mut self) -> Vec<(String, Answer)> {
        let mut pages = Vec::new();
        let mut at = format!("/o/{}/team/invite", self.slug);
        let email = address(self.number());
        let called = name(self.number());
        let mut looked = false;
        loop {
            let page = self.owner.get(&at).ok();
            let text = page.text();
            let step = at.rsplit('/').next().unwrap().split('?').next().unwrap().to_owned();
            pages.push((step.clone(), page));
            let mut form = vec![("nonce".to_owned(), nonce_in(&text))];
            let mut fill = |name: &str, value: &str| form.push((name.to_owned(), value.to_owned()));
            match step.as_str() {
                "invite" => fill("who", "client"),
                "person" => {
                    for (field, value) in
                        [("email", email.as_str()), ("how", "mail"), ("name", &called), ("nickname", &called)]
                    {
                        fill(field, value);
                    }
                    fill("message", &called.repeat(6));
                }
                "workspaces" => fill("workspace_ids", &self.workspace),
                "accounts" => {
                    fill("resources", "listed");
                    // As many as there may be, none of which the page lists.
                    fill("given", &given(&self.accounts));
                    // Once more with all of them chosen, before it goes on.
                    if !looked {
                        looked = true;
                        fill("look", "resources");
                    }
                }
                "permissions" => {
                    fill("permissions", "customize");
                    for value in values_of(&text, "permission") {
                        fill("permission", &value);
                    }
                }
                "check" => return pages,
                _ => {}
            }
            let answer = self.owner.post_form(&at, &pairs(&form));
            let Some(next) = answer.header("location") else {
                panic!("{step}: {}", answer.text());
            };
            next.clone_into(&mut at);
        }
    }
}

/// The values of the boxes with this name.
fn values_of(page: &str, field: &str) -> Vec<String> {
    crate::reading::tags(page)
        .into_iter()
        .filter(|tag| tag.name == "input" && tag.get("name") == field)
        .map(|tag| tag.get("value").to_owned())
        .collect()
}

/// As many accounts as one access gives, as a form carries them: chosen all over the list, approved on, with credentials.
fn given(accounts: &[String]) -> String {
    let each = accounts.iter().step_by(ACCOUNTS / GIVEN).take(GIVEN);
    let ids: Vec<&str> = each.map(|id| id.strip_prefix("res_").unwrap()).collect();
    format!("-am {}", ids.join(" "))
}

fn pairs(form: &[(String, String)]) -> Vec<(&str, &str)> {
    form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

fn one(answer: Answer) -> Vec<(String, Answer)> {
    vec![(String::new(), answer)]
}

/// Every page by its route.
pub const SCREENS: &[(&str, Open)] = &[
    ("/sign-in", |heavy| one(browser(&heavy.team.world).get("/sign-in"))),
    ("/sign-in/code", |heavy| {
        let (_, email) = heavy.somebody_with_a_factor();
        let mut browser = browser(&heavy.team.world);
        browser.submit("/sign-in", "/sign-in", &[("email", &email), ("password", PASSWORD)]).ok();
        one(browser.get("/sign-in/code").ok())
    }),
    ("/forgot-password", |heavy| one(browser(&heavy.team.world).get("/forgot-password"))),
    ("/o/{slug}/team", |heavy| {
        ["members", "clients", "invitations", "links", "removed"]
            .map(|tab| (tab.to_owned(), heavy.desk(&format!("team?tab={tab}"))))
            .into()
    }),
    ("/o/{slug}/team/remove", |heavy| {
        let chosen: Vec<String> = heavy.clients.iter().take(25).map(|id| format!("member={id}")).collect();
        one(heavy.desk(&format!("team/remove?{}", chosen.join("&"))))
    }),
    ("/o/{slug}/team/restore", |heavy| {
        // Of the others more is asked.
        let client = heavy.clients.remove(0);
        heavy.team.owner.delete(&format!("/v1/members/{client}")).ok();
        let removed = heavy.team.owner.get(&format!("/v1/members/{client}")).ok().str("/removed_at");
        one(heavy.desk(&format!("team/restore?member={client}&at={removed}")))
    }),
    ("/o/{slug}/members/{member}", |heavy| heavy.of_client("")),
    ("/o/{slug}/members/{member}/owner", |heavy| heavy.of_client("/owner")),
    ("/o/{slug}/members/{member}/leave", |heavy| {
        let (mut person, email) = heavy.somebody_with_a_factor();
        let path = format!("/o/{}/members/{}/leave", heavy.slug, heavy.team.member(&email));
        one(person.get(&path).ok())
    }),
    ("/o/{slug}/members/{member}/password", |heavy| heavy.of_client("/password")),
    ("/o/{slug}/workspaces", |heavy| one(heavy.desk("workspaces"))),
    ("/o/{slug}/invitations/{invitation}", |heavy| heavy.offers("")),
    ("/o/{slug}/invitations/{invitation}/link", |heavy| heavy.offers("/link")),
    ("/o/{slug}/invitations/{invitation}/send", |heavy| heavy.of_invitation("/send")),
    ("/o/{slug}/invitations/{invitation}/withdraw", |heavy| heavy.of_invitation("/withdraw")),
    ("/o/{slug}/invitations/{invitation}/replace", |heavy| heavy.of_link("/replace")),
    ("/o/{slug}/invitations/{invitation}/off", |heavy| heavy.of_link("/off")),
    ("/o/{slug}/invitations/{invitation}/on", |heavy| heavy.of_link("/on")),
    ("/o/{slug}/team/invite", |heavy| one(heavy.desk("team/invite"))),
    ("/o/{slug}/team/invite/{draft}/{step}", |heavy| {
        let mut pages = heavy.wizard();
        // The system with the most permissions, and the one that asks for credentials.
        for template in ["reporting", "publishing"] {
            let other = Heavy::of(template).wizard();
            pages.extend(other.into_iter().map(|(step, page)| (format!("{step} in {template}"), page)));
        }
        pages
    }),
    ("/o/{slug}/settings", |heavy| one(heavy.desk("settings"))),
    ("/o/{slug}/settings/branding", |heavy| one(heavy.desk("settings/branding"))),
    ("/o/{slug}/settings/seats", |heavy| one(heavy.desk("settings/seats"))),
    ("/o/{slug}/settings/keys", |heavy| {
        heavy.keys();
        one(heavy.desk("settings/keys"))
    }),
    ("/o/{slug}/settings/keys/{key}/revoke", |heavy| {
        let key = heavy.keys();
        one(heavy.desk(&format!("settings/keys/{key}/revoke")))
    }),
    ("/o/{slug}/settings/webhooks", |heavy| {
        heavy.webhooks();
        one(heavy.desk("settings/webhooks"))
    }),
    ("/o/{slug}/settings/webhooks/{webhook}", |heavy| {
        let (webhook, _) = heavy.webhooks();
        one(heavy.desk(&format!("settings/webhooks/{webhook}")))
    }),
    ("/o/{slug}/settings/webhooks/{webhook}/secret", |heavy| {
        let (webhook, _) = heavy.webhooks();
        one(heavy.desk(&format!("settings/webhooks/{webhook}/secret")))
    }),
    ("/o/{slug}/settings/webhooks/{webhook}/delete", |heavy| {
        let (webhook, _) = heavy.webhooks();
        one(heavy.desk(&format!("settings/webhooks/{webhook}/delete")))
    }),
    ("/o/{slug}/settings/webhooks/{webhook}/deliveries/{job}", |heavy| {
        let (webhook, job) = heavy.webhooks();
        one(heavy.desk(&format!("settings/webhooks/{webhook}/deliveries/{job}")))
    }),
    ("/o/{slug}/activity", |heavy| one(heavy.desk("activity"))),
    ("/o/{slug}/team/import", |heavy| {
        let rows: Vec<String> =
            (0..MORE).map(|row| format!("{},client,\"{}\"", address(row + 9000), name(row))).collect();
        let list = format!("email,role,name\n{}\n", rows.join("\n"));
        let path = format!("/o/{}/team/import", heavy.slug);
        let checked =
            upload(&mut heavy.owner, &path, &[("do", "check")], Some(("file", "list.csv", list.as_bytes())));
        vec![(String::new(), heavy.desk("team/import")), ("checked".to_owned(), checked)]
    }),
    ("/o/{slug}/team/import/{job}", |heavy| {
        let rows: Vec<Value> = (0..MORE)
            .map(|row| json!({"role": "client", "email": address(row + 8000), "name": name(row)}))
            .collect();
        let path = heavy.team.path("/invitations/bulk");
        let job = heavy.team.owner.post(&path, &json!({"rows": rows})).ok().str("/job_id");
        let waiting = heavy.desk(&format!("team/import/{job}"));
        heavy.team.world.deliver();
        vec![("waiting".to_owned(), waiting), ("done".to_owned(), heavy.desk(&format!("team/import/{job}")))]
    }),
    ("/open", |heavy| {
        let email = "many@else.test";
        let mut person = browsing(somebody(&heavy.team.world, email));
        for _ in 0..MORE {
            let (id, member) = (heavy.id::<Organization>(), heavy.id::<Member>());
            let called = name(heavy.number());
            heavy.team.world.state().database.borrow().change(&format!(
                "INSERT INTO organizations (id, name, slug, template, plan_key, created_at)
                 VALUES ('{id}', '{called}', '{id}', 'team', 'default', 0);
                 INSERT INTO members (id, organization_id, user_id, role, name, takes_seat, joined_at)
                 SELECT '{member}', '{id}', id, 'client', '{called}', 0, 0 FROM users WHERE email_key = '{email}'"
            ));
        }
        one(person.get(&format!("/open?state={}", "A".repeat(43))).ok())
    }),
    ("/me", |heavy| one(heavy.owner.get("/me").ok())),
    ("/w/{workspace}", |heavy| heavy.in_workspace("")),
    ("/w/{workspace}/accounts/{resource}", |heavy| {
        let account = heavy.accounts[0].clone();
        heavy.in_workspace(&format!("/accounts/{account}"))
    }),
    ("/w/{workspace}/add", |heavy| {
        let mut pages = heavy.in_workspace("/add");
        let from = heavy.workspace.clone();
        let to = heavy.team.workspace();
        for (what, query) in
            [("who", format!("from={from}")), ("access", format!("from={from}&member={}", heavy.clients[0]))]
        {
            pages.push((what.to_owned(), heavy.owner.get(&format!("/w/{to}/add?{query}"))));
        }
        pages
    }),
    ("/w/{workspace}/members/{member}", |heavy| {
        let mut pages = heavy.access();
        for template in ["reporting", "publishing"] {
            let pages_there = Heavy::of(template).access();
            pages.extend(pages_there.into_iter().map(|(what, page)| (format!("{what} in {template}"), page)));
        }
        pages
    }),
    ("/w/{workspace}/members/{member}/preview", |heavy| heavy.in_workspace("/members/{member}/preview")),
    ("/w/{workspace}/members/{member}/remove", |heavy| heavy.in_workspace("/members/{member}/remove")),
    ("/me/notifications", |heavy| one(heavy.owner.get("/me/notifications").ok())),
    ("/me/notifications/settings", |heavy| one(heavy.owner.get("/me/notifications/settings").ok())),
    ("/me/security", |heavy| {
        for number in 0..MANY {
            let device =
                format!("Mozilla/5.0 (X11; Linux x86_64; rv:{number}.0) Gecko/20100101 Firefox/{number}.0");
            let mut elsewhere = browser(&heavy.team.world).with_header("user-agent", &device);
            let typed = [("email", "olga.owner@studio.test"), ("password", PASSWORD)];
            elsewhere.submit("/sign-in", "/sign-in", &typed).ok();
        }
        one(heavy.owner.get("/me/security").ok())
    }),
    ("/me/security/password", |heavy| one(heavy.owner.get("/me/security/password").ok())),
    ("/me/security/two-step", |heavy| {
        let first = heavy.owner.get("/me/security/two-step").ok();
        let path = "/me/security/two-step";
        heavy.owner.submit(path, path, &[]).ok();
        vec![(String::new(), first), ("with the key".to_owned(), heavy.owner.get(path).ok())]
    }),
    ("/me/security/email", |heavy| {
        let first = heavy.owner.get("/me/security/email").ok();
        begin_change(heavy);
        vec![(String::new(), first), ("on its way".to_owned(), heavy.owner.get("/me/security/email").ok())]
    }),
    ("/email/{token}", |heavy| {
        let token = begin_change(heavy);
        one(browser(&heavy.team.world).get(&format!("/email/{token}")).ok())
    }),
    ("/me/security/two-step/codes", |heavy| {
        let (mut person, _) = heavy.somebody_with_a_factor();
        one(person.get("/me/security/two-step/codes").ok())
    }),
    ("/me/security/two-step/off", |heavy| {
        let (mut person, _) = heavy.somebody_with_a_factor();
        one(person.get("/me/security/two-step/off").ok())
    }),
    ("/i/{token}", |heavy| {
        let url = heavy.url(&heavy.link.clone());
        let by_mail = heavy.url(&heavy.invitation.clone());
        [url, by_mail]
            .map(|url| (url.clone(), browser(&heavy.team.world).get(&format!("/i/{}", token_in(&url))).ok()))
            .into()
    }),
    ("/i/{token}/decline", |heavy| {
        let url = heavy.url(&heavy.invitation.clone());
        one(browser(&heavy.team.world).get(&format!("/i/{}/decline", token_in(&url))).ok())
    }),
    ("/reset/{token}", |heavy| {
        let member = heavy.clients[0].clone();
        let token = heavy.team.password_token(&member);
        one(browser(&heavy.team.world).get(&format!("/reset/{token}")).ok())
    }),
];

/// Begins a change of the owner's address; answers the token of the link to the new one.
fn begin_change(heavy: &mut Heavy) -> String {
    let path = "/me/security/email";
    heavy.owner.submit(path, path, &[("email", "olga@new.test"), ("password", PASSWORD)]);
    heavy.team.world.deliver();
    heavy.team.world.mailed_email_token("olga@new.test")
}
