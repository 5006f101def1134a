//! The main screens as those see them who read from right to left, who chose their own colours, and who print them.
//!
//! The rule: from right to left a page is the mirror of itself; in colours that are not ours each control has its edge, and what
//! is on or where one is still differs; on paper stands what there is to read and nothing to press.

use serde_json::{Value, json};

use super::chromium::{Browser, run, server};
use super::look::{OF_PAGES, WIDTHS};
use crate::harness::{Client, Team};

/// As wide as A4 is between its margins.
const PAPER: u32 = 718;

/// A name that runs from right to left.
const ARABIC: &str = "مؤسسة عائشة القحطاني للتصميم والنشر والتوزيع في المدينة القديمة";

/// An organization in which there is something of everything.
struct Studio {
    team: Team<'static>,
    nobody: Client<'static>,
    ana: Client<'static>,
    /// The screens by name: those of the owner, of a client, and of nobody.
    of_owner: Vec<(&'static str, String)>,
    of_client: Vec<(&'static str, String)>,
    of_nobody: Vec<(&'static str, String)>,
}

impl Studio {
    fn new() -> Self {
        let server = server();
        let mut team = Team::of(server, "client-links", Some(5));
        let slug = team.owner.get(&team.path("")).ok().str("/slug");
        team.owner.send_json("PATCH", &team.path(""), &json!({"branding": {"accent": "#16a34a"}})).ok();
        let workspace = team.owner.get(&team.path("/workspaces")).ok().str("/data/0/id");
        for (kind, name) in [("facebook", "Bright Bakery"), ("instagram", "Bright Bakery photos")] {
            let body = json!({"kind": kind, "name": name});
            team.owner.post(&format!("/v1/workspaces/{workspace}/resources"), &body).ok();
        }
        let (_, token) = team.invited(&server.address("ana.client"), "client");
        let mut ana = server.client();
        ana.sign_up(&token, "Ana Client").ok();
        let (_, token) = team.invited(&server.address("mia.member"), "member");
        server.client().sign_up(&token, "Mia Member").ok();
        let member = team.owner.get(&team.path("/members?role=client")).ok().str("/data/0/id");
        let message = "Hi Cleo,\nthis is where you see and approve your posts.";
        let body = json!({
            "kind": "email", "role": "client", "email": server.address("cleo.client"), "name": "Cleo Client", "message": message,
        });
        let open = team.owner.post(&team.path("/invitations"), &body).ok().str("/id");
        let link = json!({"kind": "link", "role": "client", "nickname": "Spring campaign", "max_uses": 25});
        team.owner.post(&team.path("/invitations"), &link).ok();
        let root = format!("/o/{slug}");
        let of_owner = vec![
            ("team", format!("{root}/team")),
            ("clients", format!("{root}/team?tab=clients&chosen=all")),
            ("invitations", format!("{root}/team?tab=invitations")),
            ("links", format!("{root}/team?tab=links")),
            ("invitation", format!("{root}/invitations/{open}")),
            ("member", format!("{root}/members/{member}")),
            ("access", format!("/w/{workspace}/members/{member}")),
            ("settings", format!("{root}/settings")),
            ("branding", format!("{root}/settings/branding")),
            ("seats", format!("{root}/settings/seats")),
            ("activity", format!("{root}/activity")),
            ("wizard", format!("{root}/team/invite")),
            ("notifications", "/me/notifications".to_owned()),
            ("security", "/me/security".to_owned()),
        ];
        let of_client = vec![("workspace", format!("/w/{workspace}")), ("me", "/me".to_owned())];
        let joining = format!("/i/{}", server.token(&team.organization, &open));
        let of_nobody = vec![("joining", joining), ("sign-in", "/sign-in".to_owned())];
        Self { team, nobody: server.client(), ana, of_owner, of_client, of_nobody }
    }

    /// Each screen, and who sees it.
    fn screens(&self) -> impl Iterator<Item = (&Client<'static>, &'static str, &str)> {
        let all = [
            (&self.team.owner, &self.of_owner),
            (&self.ana, &self.of_client),
            (&self.nobody, &self.of_nobody),
        ];
        all.into_iter()
            .flat_map(|(who, screens)| screens.iter().map(move |(name, path)| (who, *name, path.as_str())))
    }
}

impl Browser {
    async fn asks(&self, script: &str) -> Value {
        self.client.execute(script, vec![]).await.unwrap()
    }

    /// Opens a screen with all that can be opened on it.
    async fn unfolds(&self, who: &Client<'_>, path: &str) {
        self.be(who);
        self.goto(path).await;
        let unfold = "
            document.querySelector('#permissions-customize')?.click();
            for (const each of document.querySelectorAll('details')) each.open = true;";
        self.asks(unfold).await;
    }

    /// Where each box begins and ends, from the side that is read first. What stands in a line is where the line has it.
    async fn boxes(&self, dir: &str) -> Value {
        let script = "
            document.documentElement.dir = arguments[0];
            const width = document.documentElement.clientWidth;
            const inLine = each => each !== document.body
                && (getComputedStyle(each).display.startsWith('inline') || each.closest('[dir] [dir]') || inLine(each.parentElement));
            return [...document.querySelectorAll('body *')]
                .filter(each => each.checkVisibility() && each.getBoundingClientRect().width > 1 && !each.closest('svg') && !inLine(each))
                .map(each => {
                    const {left, right} = each.getBoundingClientRect();
                    const sides = arguments[0] === 'rtl' ? [width - right, width - left] : [left, right];
                    return [each.outerHTML.slice(0, 100).toWellFormed(), ...sides.map(Math.round)];
                });";
        self.client.execute(script, vec![json!(dir)]).await.unwrap()
    }
}

#[test]
fn from_right_to_left_each_screen_is_its_own_mirror() {
    run(async {
        let studio = Studio::new();
        let browser = Browser::start(true).await;
        let mut faults = Vec::new();
        for (who, name, path) in studio.screens() {
            browser.unfolds(who, path).await;
            let rename = format!(
                "for (const name of document.querySelectorAll('bdi')) name.textContent = '{ARABIC}';"
            );
            browser.asks(&rename).await;
            for width in WIDTHS {
                browser.set("light", width);
                let [ltr, rtl] = [browser.boxes("ltr").await, browser.boxes("rtl").await];
                for (one, other) in ltr.as_array().unwrap().iter().zip(rtl.as_array().unwrap()) {
                    let near = (1..=2)
                        .all(|side| (one[side].as_i64().unwrap() - other[side].as_i64().unwrap()).abs() <= 1);
                    if !near {
                        faults.push(format!("{name} at {width}: {one} is not mirrored: {other}"));
                    }
                }
                browser.photograph_rtl(&format!("rtl-{name}-{width}"), width).await;
                let found = browser.overflowing().await.into_iter().chain(browser.axe(OF_PAGES).await);
                faults.extend(found.map(|fault| format!("{name} at {width} from right to left: {fault}")));
            }
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    });
}

#[test]
fn forced_colours_leave_every_control_its_edge() {
    run(async {
        let studio = Studio::new();
        let browser = Browser::start(true).await;
        let edges = "
            return [...document.querySelectorAll('.button, .status, input, select, textarea, .rows, .card, .meter, .menu')]
                .filter(each => each.checkVisibility() && each.offsetWidth > 1 && each.type !== 'hidden'
                    && !(['checkbox', 'radio'].includes(each.type) && !each.matches('[role=switch]'))
                    && getComputedStyle(each).borderTopStyle === 'none')
                .map(each => each.outerHTML.slice(0, 80).toWellFormed());";
        let differs = "
            const [on, off] = [':checked', ':not(:checked)'].map(state => document.querySelector(`[role=switch]${state}`));
            const look = each => getComputedStyle(each, '::before').backgroundColor;
            return look(on) !== look(off) && look(off) !== getComputedStyle(off).backgroundColor;";
        let here = "
            return [...document.querySelectorAll('[aria-current]')]
                .every(each => each.checkVisibility() && getComputedStyle(each).textDecorationLine === 'underline'
                    || !each.checkVisibility());";
        let mut faults = Vec::new();
        for (who, name, path) in studio.screens() {
            browser.unfolds(who, path).await;
            for width in WIDTHS {
                browser.set("light", width);
                let forced = json!({"features": [{"name": "forced-colors", "value": "active"}]});
                browser.command("Emulation.setEmulatedMedia", &forced);
                browser.photograph(&format!("forced-{name}-{width}"));
                let found = browser.asks(edges).await;
                if found != json!([]) {
                    faults.push(format!("{name} at {width}: no edge: {found}"));
                }
                for (what, asked) in [("on and off", differs), ("where one is", here)] {
                    if (what != "on and off" || name == "access") && browser.asks(asked).await != json!(true)
                    {
                        faults.push(format!("{name} at {width}: {what} is the same"));
                    }
                }
            }
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    });
}

#[test]
fn on_paper_stands_what_there_is_to_read() {
    run(async {
        let studio = Studio::new();
        let browser = Browser::start(true).await;
        let mut faults = Vec::new();
        let pressed = "
            return [...document.querySelectorAll('nav, button, .button, [type=checkbox], [type=search]')]
                .filter(each => each.checkVisibility()).map(each => each.outerHTML.slice(0, 80).toWellFormed());";
        for (who, name, path) in studio.screens() {
            let is_list = ["team", "clients", "invitations", "links", "seats", "activity", "workspace", "me"];
            if !is_list.contains(&name) {
                continue;
            }
            browser.unfolds(who, path).await;
            browser.set("dark", PAPER);
            let dark = json!([{"name": "prefers-color-scheme", "value": "dark"}]);
            browser.command("Emulation.setEmulatedMedia", &json!({"media": "print", "features": dark}));
            browser.photograph(&format!("print-{name}"));
            let found = browser.asks(pressed).await;
            if found != json!([]) {
                faults.push(format!("{name}: to press, on paper: {found}"));
            }
            let ink = browser.asks("return getComputedStyle(document.body).color").await;
            if ink != json!("rgb(26, 29, 33)") {
                faults.push(format!("{name}: {ink} on white paper"));
            }
            faults.extend(
                browser.overflowing().await.into_iter().map(|fault| format!("{name} on paper: {fault}")),
            );
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    });
}
