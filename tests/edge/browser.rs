//! The pages as a person meets them: headless Chromium, driven over `WebDriver`, against the built Worker.
//!
//! What the native tests say of the HTML (`tests/pages.rs`) is not said again here. This is for what only a browser
//! knows: that the forms, cookies and redirects carry somebody through, without scripts too; that nothing overflows a
//! narrow screen; and what axe-core finds. Each page is photographed into `target/screenshots/` on the way.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use base64ct::{Base64, Encoding};
use fantoccini::{ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use usher::domain::link::{Link, Via};
use usher::domain::time::Timestamp;

use crate::harness::{Client, Deployment, PASSWORD, ROOT_KEY, SESSION_COOKIE, Server, Team};

/// The narrowest screen that must do (WCAG 2.2, 1.4.10), and a desk's.
const WIDTHS: [u32; 2] = [320, 1280];
const SCHEMES: [&str; 2] = ["light", "dark"];
/// The smallest control, in CSS pixels: what a thumb hits.
const SMALLEST_CONTROL: f64 = 44.0;

/// Browsers name no network in the local runtime, so all of them would share one limit.
fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Deployment::new().set("LIMITS", "off").start())
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

/// A browser with nothing in it, and its driver. Both end with it.
struct Browser {
    driver: Child,
    folder: PathBuf,
    client: fantoccini::Client,
    /// The session at the driver, for the commands that `WebDriver` itself has no words for.
    session: String,
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver and the browser that it started are one process group.
        let group = format!("-{}", self.driver.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _ = self.driver.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Browser {
    async fn start(scripts: bool) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("browser-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .env("TMPDIR", &folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("chromedriver, which `make test` installs");
        let said = BufReader::new(driver.stdout.take().unwrap()).lines().map_while(Result::ok);
        let port = said
            .filter_map(|line| {
                line.split_once(" on port ").map(|(_, port)| port.trim_end_matches('.').to_owned())
            })
            .find(|port| port.parse::<u16>().is_ok_and(|port| port != 0))
            .expect("the driver says where it listens");
        let driver_url = format!("http://127.0.0.1:{port}");

        let mut preferences = serde_json::Map::new();
        if !scripts {
            preferences.insert("profile.managed_default_content_settings.javascript".to_owned(), 2.into());
        }
        let options = json!({
            "args": [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage",
                "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--hide-scrollbars", format!("--user-data-dir={}", folder.join("profile").display()),
            ],
            "prefs": preferences,
        });
        let mut capabilities = serde_json::Map::new();
        capabilities.insert("goog:chromeOptions".to_owned(), options);
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&driver_url)
            .await
            .expect("Chromium, which `make test` installs");
        let id = client.session_id().await.unwrap().unwrap();
        let session = format!("{driver_url}/session/{id}");
        Self { driver, folder, client, session }
    }

    /// A command of the browser's own protocol.
    fn command(&self, command: &str, params: &Value) -> Value {
        let url = format!("{}/goog/cdp/execute", self.session);
        let mut answer = ureq::post(url)
            .send_json(json!({"cmd": command, "params": params}))
            .unwrap_or_else(|error| panic!("{command}: {error}"));
        answer.body_mut().read_json::<Value>().unwrap()["value"].take()
    }

    async fn goto(&self, path: &str) {
        let url = if path.contains(':') { path.to_owned() } else { format!("{}{path}", server().origin()) };
        self.client.goto(&url).await.unwrap();
    }

    /// Presses the button, or follows the link, with these words on it.
    async fn press(&self, words: &str) {
        self.press_at(&format!("//*[self::button or self::a][normalize-space(.)='{words}']")).await;
    }

    /// Presses what is there, and waits until the page that it was on is gone: a password's hash takes its time.
    async fn press_at(&self, path: &str) {
        let page = self.client.find(Locator::Css("html")).await.unwrap();
        let found = self.client.find(Locator::XPath(path)).await;
        found.unwrap_or_else(|_| panic!("nothing is at {path}")).click().await.unwrap();
        for _ in 0..60 * 50 {
            if page.tag_name().await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{path} leads nowhere");
    }

    /// Types into the field with this label.
    async fn fill(&self, label: &str, text: &str) {
        let path = format!("//input[@id=//label[normalize-space(.)='{label}']/@for]");
        let field = self.client.find(Locator::XPath(&path)).await;
        field.unwrap_or_else(|_| panic!("no field {label:?}")).send_keys(text).await.unwrap();
    }

    async fn heading(&self) -> String {
        self.client.find(Locator::Css("h1")).await.unwrap().text().await.unwrap()
    }

    async fn text(&self) -> String {
        self.client.find(Locator::Css("body")).await.unwrap().text().await.unwrap()
    }

    async fn path(&self) -> String {
        self.client.current_url().await.unwrap().path().to_owned()
    }

    /// Is whoever this caller is signed in as; nobody if they aren't.
    fn be(&self, person: &Client<'_>) {
        self.command("Network.clearBrowserCookies", &json!({}));
        if let Some(session) = person.cookie(SESSION_COOKIE) {
            let cookie = json!({
                "name": SESSION_COOKIE, "value": session, "url": server().origin(), "path": "/",
                "secure": true, "httpOnly": true, "sameSite": "Lax",
            });
            self.command("Network.setCookie", &cookie);
        }
    }

    fn set(&self, scheme: &str, width: u32) {
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.command("Emulation.setEmulatedMedia", &media);
        let metrics = json!({"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false});
        self.command("Emulation.setDeviceMetricsOverride", &metrics);
    }

    /// Looks at the page that is open, on every screen: nothing overflows, axe finds nothing. Answers what was found.
    async fn look(&self, name: &str, widths: [u32; 2], rules: &[&str]) -> Vec<String> {
        let mut found = Vec::new();
        for scheme in SCHEMES {
            for width in widths {
                self.set(scheme, width);
                self.photograph(&format!("{name}-{width}-{scheme}"));
                let faults = self.overflowing().await.into_iter().chain(self.axe(rules).await);
                found.extend(faults.map(|fault| format!("{name} at {width} in {scheme}: {fault}")));
            }
        }
        // WCAG 1.4.12: whoever needs it spreads the text, and nothing may be lost by that.
        self.set("light", widths[0]);
        let spread = "
            const sheet = new CSSStyleSheet();
            sheet.replaceSync('* { line-height: 1.5 !important; letter-spacing: .12em !important; ' +
                'word-spacing: .16em !important } p { margin-bottom: 2em !important }');
            document.adoptedStyleSheets = [sheet];";
        self.client.execute(spread, vec![]).await.unwrap();
        found.extend(self.overflowing().await.into_iter().map(|fault| format!("{name}, spread: {fault}")));
        self.client.execute("document.adoptedStyleSheets = [];", vec![]).await.unwrap();
        found
    }

    /// What stands out of the window, and controls too small to hit.
    async fn overflowing(&self) -> Vec<String> {
        let script = "
            const found = [];
            const page = document.documentElement;
            if (page.scrollWidth > innerWidth) found.push(`the page is ${page.scrollWidth} wide`);
            for (const element of document.querySelectorAll('body *')) {
                const box = element.getBoundingClientRect();
                if (element.closest('.skip, [aria-hidden]') || box.width === 0) continue;
                if (box.right > innerWidth + 1 || box.left < -1) found.push(`${element.outerHTML.slice(0, 80)} stands out`);
                if (element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0
                    && getComputedStyle(element).overflowX === 'hidden') found.push(`${element.className} is cut`);
                if (element.matches('button, input, .button') && box.height < arguments[0]) {
                    found.push(`${element.outerHTML.slice(0, 80)} is ${box.height} high`);
                }
            }
            return found;";
        strings(&self.client.execute(script, vec![SMALLEST_CONTROL.into()]).await.unwrap())
    }

    /// What axe-core says is wrong.
    async fn axe(&self, rules: &[&str]) -> Vec<String> {
        static AXE: OnceLock<String> = OnceLock::new();
        let axe = AXE.get_or_init(|| {
            let file = concat!(env!("CARGO_MANIFEST_DIR"), "/node_modules/axe-core/axe.min.js");
            std::fs::read_to_string(file).expect("axe-core, which `make build` installs")
        });
        self.client.execute(axe, vec![]).await.unwrap();
        let script = "
            const done = arguments[arguments.length - 1];
            axe.run(document, {runOnly: arguments[0], resultTypes: ['violations']}).then(
                result => done(result.violations.map(rule =>
                    `${rule.id}: ${rule.nodes.map(node => node.html + ' ' + node.failureSummary).join(' | ')}`)),
                error => done([`axe failed: ${error}`]));";
        strings(&self.client.execute_async(script, vec![json!(rules)]).await.unwrap())
    }

    fn photograph(&self, name: &str) {
        let shot =
            self.command("Page.captureScreenshot", &json!({"format": "png", "captureBeyondViewport": true}));
        let png = Base64::decode_vec(shot["data"].as_str().unwrap()).unwrap();
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("screenshots");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), png).unwrap();
    }
}

fn strings(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|each| each.as_str().unwrap().to_owned()).collect()
}

/// Whatever of WCAG 2.2 A and AA a machine can see, and what axe's authors hold good practice.
const OF_PAGES: &[&str] = &["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
/// A mail has no landmarks: the program that shows it has.
const OF_MAILS: &[&str] = &["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/// The job as a person does it, from the mail to the workspace, and the ways off it.
async fn walk(browser: &Browser) {
    let server = server();
    let team = Team::new(server);
    let mia = server.address("mia.member");
    team.invite(&mia, "member").ok();
    let path = format!("/i/{}", server.mailed_token(&mia, 1));

    // The mail lies in the mailbox; its link is clicked there.
    browser.goto("/dev/mailbox").await;
    let link = format!("//article[.//dd[.='{mia}']]//a[.='Open the link']");
    browser.press_at(&link).await;
    assert_eq!(browser.path().await, path);
    assert_eq!(browser.heading().await, "Join Example Studio");
    let text = browser.text().await;
    for fact in [
        "Olga Owner invited m••@studio.test to join as a member.",
        "works until",
        "opening it changed nothing",
    ] {
        assert!(text.contains(fact), "{fact} in {text}");
    }

    // A mistake first: the form comes back with what was typed.
    browser.fill("Your name", "Mia Member").await;
    browser.fill("Choose a password", "short").await;
    browser.press("Create account and join").await;
    assert!(browser.client.title().await.unwrap().starts_with("Error: "));
    assert!(browser.text().await.contains("Use at least 12 characters."));
    browser.fill("Choose a password", PASSWORD).await;
    browser.press("Create account and join").await;
    assert_eq!(browser.path().await, "/me");
    let text = browser.text().await;
    assert!(text.contains("Signed in as Mia Member") && text.contains("You are a member"), "{text}");

    browser.press("Sign out").await;
    assert_eq!(browser.path().await, "/sign-in");
    browser.goto("/me").await;
    assert_eq!(browser.path().await, "/sign-in", "signed out is signed out");
    browser.fill("E-mail address", &mia).await;
    browser.fill("Password", PASSWORD).await;
    browser.press("Sign in").await;
    assert_eq!(browser.path().await, "/me");
    browser.goto(&path).await;
    assert_eq!(browser.path().await, "/me", "the link leads a member in");

    // A link for somebody else, while Mia is signed in.
    let carl = server.address("carl.client");
    let (invitation, token) = team.invited(&carl, "client");
    let path = format!("/i/{token}");
    browser.goto(&path).await;
    assert_eq!(browser.heading().await, "This invitation is for another address");
    browser.press("Sign out and continue as c••@studio.test").await;
    assert_eq!(browser.path().await, path);
    assert_eq!(browser.heading().await, "Join Example Studio");

    browser.press("Decline").await;
    browser.press("Back to the invitation").await;
    browser.press("Decline").await;
    assert_eq!(browser.heading().await, "Decline the invitation to Example Studio?");
    browser.press("Decline the invitation").await;
    assert_eq!(browser.heading().await, "You declined the invitation to Example Studio");
    assert_eq!(team.invitation(&invitation)["status"], "declined");
    browser.goto(&path).await;
    assert_eq!(browser.heading().await, "This invitation was declined");
    browser.press("Go to sign in").await;

    // Invited elsewhere, Mia signs in and joins by one form; then, signed in, with one click.
    let other = Team::new(server);
    other.invite(&mia, "admin").ok();
    browser.goto(&format!("/i/{}", server.mailed_token(&mia, 2))).await;
    assert_eq!(browser.heading().await, "Sign in to join Example Studio");
    browser.fill("Your password", PASSWORD).await;
    browser.press("Sign in and join").await;
    assert!(browser.text().await.contains("You are an admin"));
    let third = Team::new(server);
    third.invite(&mia, "client").ok();
    browser.goto(&format!("/i/{}", server.mailed_token(&mia, 3))).await;
    browser.press("Join Example Studio").await;
    assert!(browser.text().await.contains("You are a client"));
}

/// Whether scripts run is shown by a page that has one.
const SCRIPTED: &str =
    "data:text/html,<h1>without</h1><script>document.querySelector('h1').textContent = 'with'</script>";

#[test]
fn a_person_gets_from_the_mail_into_the_workspace() {
    run(async {
        let browser = Browser::start(true).await;
        browser.goto(SCRIPTED).await;
        assert_eq!(browser.heading().await, "with");
        walk(&browser).await;
    });
}

#[test]
fn a_person_gets_from_the_mail_into_the_workspace_without_scripts() {
    run(async {
        let browser = Browser::start(false).await;
        browser.goto(SCRIPTED).await;
        assert_eq!(browser.heading().await, "without");
        walk(&browser).await;
    });
}

#[test]
fn the_keyboard_reaches_every_control_in_the_order_they_are_read() {
    run(async {
        let browser = Browser::start(true).await;
        let team = Team::new(server());
        let (_, token) = team.invited(&server().address("mia.member"), "member");
        browser.goto(&format!("/i/{token}")).await;
        let mut order = Vec::new();
        for _ in 0..5 {
            for kind in ["keyDown", "keyUp"] {
                let key = json!({"type": kind, "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9});
                browser.command("Input.dispatchKeyEvent", &key);
            }
            let script = "
                const focused = document.activeElement, style = getComputedStyle(focused);
                if (style.outlineStyle === 'none' || parseFloat(style.outlineWidth) < 3) return 'no ring';
                return focused.id || focused.textContent;";
            order.push(browser.client.execute(script, vec![]).await.unwrap());
        }
        assert_eq!(
            json!(order),
            json!(["Skip to the content", "name", "password", "Create account and join", "Decline"])
        );
    });
}

/// Names that fill a line, run the other way, or count as many letters as they are.
fn hostile_names() -> [(&'static str, String); 3] {
    [
        ("long", "W".repeat(80)),
        ("arabic", "مؤسسة عائشة القحطاني للتصميم والنشر".to_owned()),
        ("emoji", "👩‍👩‍👧‍👦".repeat(40)),
    ]
}

/// An organization and an owner of this name invite somebody of this name. Answers the paths of the invitation and of
/// its mail.
fn named(name: &str) -> (String, String) {
    let server = server();
    let owner_address = server.address("olga.owner");
    let body = json!({"name": name, "template": "team", "owner": {"email": owner_address, "name": name}});
    let organization = server.operator().post("/v1/organizations", &body).ok().str("/id");
    let mut owner = server.client();
    owner.sign_up(&server.mailed_token(&owner_address, 1), name).ok();
    let mia = server.address("mia.member");
    let body = json!({"kind": "email", "role": "member", "email": mia, "name": name, "message": name});
    owner.post(&format!("/v1/organizations/{organization}/invitations"), &body).ok();
    let mail = server.mail(&mia, 1);
    let part = format!("/dev/mailbox/{}", mail["id"].as_str().unwrap());
    (format!("/i/{}", server.mailed_token(&mia, 1)), part)
}

#[test]
fn every_page_fits_every_screen_and_axe_finds_nothing() {
    run(async {
        let server = server();
        let browser = Browser::start(true).await;
        // What axe says nothing about must be because nothing is wrong: here it must speak.
        browser
            .goto(
                "data:text/html,<body><img src=x><input><p style='color:%23bbb;background:%23fff'>faint</p>",
            )
            .await;
        browser.set("light", 320);
        let known = browser.axe(OF_PAGES).await.join("\n");
        for rule in ["color-contrast", "document-title", "html-has-lang", "image-alt", "label"] {
            assert!(known.contains(&format!("{rule}: ")), "axe ran: {rule} in {known}");
        }

        let mut faults = Vec::new();
        let nobody = server.client();
        let mut team = Team::new(server);
        browser.be(&nobody);
        for (name, path) in [("sign-in", "/sign-in"), ("nowhere", "/nowhere"), ("forged", "/i/forged")] {
            browser.goto(path).await;
            faults.extend(browser.look(name, WIDTHS, OF_PAGES).await);
        }
        browser.goto("/sign-in").await;
        browser.press("Sign in").await;
        faults.extend(browser.look("sign-in-wrong", WIDTHS, OF_PAGES).await);

        let mia_address = server.address("mia.member");
        let message = "Hi Mia,\nthis is where we plan the spring campaign. Have a look at the drafts, and tell me what \
                       you would change.";
        let body = json!({"kind": "email", "role": "member", "email": mia_address, "name": "Mia Member", "message": message});
        let first = team.owner.post(&team.path("/invitations"), &body).ok().str("/id");
        let open = format!("/i/{}", server.mailed_token(&mia_address, 1));
        browser.goto(&open).await;
        faults.extend(browser.look("invitation-new", WIDTHS, OF_PAGES).await);
        browser.client.find(Locator::Id("name")).await.unwrap().clear().await.unwrap();
        browser.press("Create account and join").await;
        faults.extend(browser.look("invitation-wrong", WIDTHS, OF_PAGES).await);
        browser.goto(&format!("{open}/decline")).await;
        faults.extend(browser.look("decline", WIDTHS, OF_PAGES).await);
        browser.be(&team.owner);
        browser.goto(&open).await;
        faults.extend(browser.look("invitation-other-account", WIDTHS, OF_PAGES).await);
        browser.goto("/me").await;
        faults.extend(browser.look("me", WIDTHS, OF_PAGES).await);

        // Mails, as wide as programs show them.
        let owner = server.address("oscar.owner");
        let body = json!({"name": "Other Studio", "template": "team", "owner": {"email": owner, "name": "Oscar Owner"}});
        server.operator().post("/v1/organizations", &body).ok();
        for (name, address) in [("mail-message", &mia_address), ("mail-owner", &owner)] {
            let mail = server.mail(address, 1);
            browser.goto(&format!("/dev/mailbox/{}", mail["id"].as_str().unwrap())).await;
            faults.extend(browser.look(name, [320, 640], OF_MAILS).await);
        }
        browser.goto("/dev/mailbox").await;
        faults.extend(browser.look("mailbox", WIDTHS, OF_PAGES).await);

        // The invitation's other faces.
        team.owner.post(&format!("/v1/invitations/{first}/resend"), &json!({})).ok();
        browser.be(&nobody);
        browser.goto(&open).await;
        faults.extend(browser.look("closed-replaced", WIDTHS, OF_PAGES).await);
        let again = server.mailed_token(&mia_address, 2);
        let mut mia = server.client();
        mia.sign_up(&again, "Mia Member").ok();
        browser.goto(&format!("/i/{again}")).await;
        faults.extend(browser.look("closed-used", WIDTHS, OF_PAGES).await);
        let mut other = Team::new(server);
        let second = other.invite(&mia_address, "admin").ok().str("/id");
        let path = format!("/i/{}", server.mailed_token(&mia_address, 3));
        browser.goto(&path).await;
        faults.extend(browser.look("invitation-sign-in", WIDTHS, OF_PAGES).await);
        browser.be(&mia);
        browser.goto(&path).await;
        faults.extend(browser.look("invitation-one-click", WIDTHS, OF_PAGES).await);
        other.owner.post(&format!("/v1/invitations/{second}/revoke"), &json!({})).ok();
        browser.goto(&path).await;
        faults.extend(browser.look("closed-revoked", WIDTHS, OF_PAGES).await);
        let (third, token) = other.invited(&server.address("carl.client"), "client");
        let link = Link {
            invitation_id: third.parse().unwrap(),
            organization_id: other.organization.parse().unwrap(),
            ver: 1,
            via: Via::Email,
        };
        let over = link.sign(&server.keys(ROOT_KEY), Timestamp::from_seconds(1_700_000_000));
        browser.goto(&format!("/i/{over}")).await;
        assert_eq!(browser.heading().await, "This invitation expired on 14 November 2023");
        faults.extend(browser.look("closed-expired", WIDTHS, OF_PAGES).await);
        browser.be(&nobody);
        browser.goto(&format!("/i/{token}/decline")).await;
        browser.press("Decline the invitation").await;
        faults.extend(browser.look("declined", WIDTHS, OF_PAGES).await);
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    });
}

#[test]
fn names_of_any_length_and_script_fit_every_screen() {
    run(async {
        let browser = Browser::start(true).await;
        let mut faults = Vec::new();
        for (name, called) in hostile_names() {
            let (path, mail) = named(&called);
            browser.goto(&path).await;
            faults.extend(browser.look(&format!("name-{name}"), WIDTHS, OF_PAGES).await);
            browser.goto(&format!("{path}/decline")).await;
            faults.extend(browser.look(&format!("name-{name}-decline"), WIDTHS, OF_PAGES).await);
            browser.goto(&mail).await;
            faults.extend(browser.look(&format!("name-{name}-mail"), [320, 640], OF_MAILS).await);
        }
        browser.goto("/dev/mailbox").await;
        faults.extend(browser.look("name-all-mailbox", WIDTHS, OF_PAGES).await);
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    });
}
