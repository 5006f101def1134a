//! Signing in to a host product: the one of docs/integrate.md, in a browser that knows neither, with a Worker that knows its
//! address.
//!
//! The rule: what only a browser shows. That a form's answer leads on to another origin, with the policy of our pages; that the
//! product's cookies are there when it comes back; and that nobody's browser is signed in as somebody else.

use serde_json::{Value, json};

use super::chromium::{Browser, run};
use super::look::{OF_PAGES, WIDTHS};
use super::security::now;
use crate::harness::{Client, Deployment, Host, PASSWORD, ROOT_KEY, SESSION_COOKIE, Server, Team, free_port};
use crate::totp::App;

/// A root key that comes after [`ROOT_KEY`].
const NEXT_KEY: &str = "k2:Zp7RkT2yWc9VbXs4LmQ0aJd6NuEh1FgOi8CxYqB5vKw";
/// What a product keeps for the state that follows: the example of RFC 7636.
const STATE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A Worker with a host product on that port.
fn deployment(port: u16) -> Deployment {
    let url = format!("http://localhost:{port}/callback");
    Deployment::new().set("LIMITS", "off").set("PRODUCT_NAME", "Postbox").set("PRODUCT_URL", &url)
}

fn started() -> (Server, u16) {
    let port = free_port();
    (deployment(port).start(), port)
}

/// The product of this team.
fn product(team: &Team<'_>, port: u16) -> Host {
    let body = json!({"name": "Postbox", "scopes": ["tokens:issue", "access:check"]});
    let key = team.server.operator().post(&team.path("/api-keys"), &body).ok().str("/secret");
    team.server.keep_secret(&key);
    let workspace = team.owner.clone().get(&team.path("/workspaces")).ok().str("/data/0/id");
    let settings = [
        ("USHER", team.server.origin()),
        ("USHER_KEY", key),
        ("ORGANIZATION", team.organization.clone()),
        ("WORKSPACE", workspace),
    ];
    let settings = settings.each_ref().map(|(name, value)| (*name, value.as_str()));
    Host::start(port, &settings, &[])
}

/// Where this person's browser would bring a code for somebody else's state.
fn brought(person: &Client<'_>, organization: &str) -> String {
    let answer = person.clone().get(&format!("/open?organization={organization}&state={STATE}"));
    answer.header("location").unwrap().to_owned()
}

impl Browser {
    /// Forgets that somebody is signed in to the product, and nothing else.
    fn forget(&self, host: &Host) {
        self.command("Network.deleteCookies", &json!({"name": "session", "url": host.origin()}));
    }

    /// Is whoever this caller is signed in as, at a Worker of one's own.
    fn be_at(&self, server: &Server, person: &Client<'_>) {
        let cookie = json!({
            "name": SESSION_COOKIE, "value": person.session(), "url": server.origin(), "path": "/",
            "secure": true, "httpOnly": true, "sameSite": "Lax",
        });
        self.command("Network.setCookie", &cookie);
    }

    async fn greeting(&self, host: &Host) -> String {
        self.goto(&host.origin()).await;
        self.heading().await
    }
}

#[test]
fn somebody_signs_in_to_the_product_with_their_password_and_then_without() {
    run(async {
        let (server, port) = started();
        let team = Team::of(&server, "client-links", None);
        let host = product(&team, port);
        let browser = Browser::start(true).await;

        assert_eq!(browser.greeting(&host).await, "Postbox");
        browser.press("Sign in").await;
        assert_eq!(browser.path().await, "/sign-in");
        browser.fill("E-mail address", &team.owner_address).await;
        browser.fill("Password", PASSWORD).await;
        // From the form to Usher, to the product, and to its first page: three ways on, to two origins.
        browser.press("Sign in").await;
        assert_eq!(browser.heading().await, "Hello, Olga Owner");
        assert!(!browser.client.current_url().await.unwrap().as_str().contains("code="));
        browser.press("Posts").await;
        assert_eq!(browser.heading().await, "Posts");

        // From Usher's own page the product begins by itself.
        browser.forget(&host);
        assert_eq!(browser.greeting(&host).await, "Postbox");
        browser.goto(&format!("{}/me", server.origin())).await;
        let mut faults = browser.look("me-product", WIDTHS, OF_PAGES).await;
        browser.press("Open Postbox").await;
        assert_eq!(browser.heading().await, "Hello, Olga Owner");

        // Of two organizations the product names its own; whoever comes without it is asked, and this product is for the first.
        let body = json!({"name": "Second Studio", "template": "team",
            "owner": {"email": team.owner_address, "name": "Olga Owner"}});
        let made = server.operator().post("/v1/organizations", &body).ok();
        let token = server.token(&made.str("/id"), &made.str("/owner_invitation_id"));
        team.owner.clone().post("/v1/invitations/accept", &json!({"token": token})).ok();
        browser.forget(&host);
        browser.greeting(&host).await;
        browser.press("Sign in").await;
        assert_eq!(browser.heading().await, "Hello, Olga Owner");
        browser.goto(&format!("{}/open?state={STATE}", server.origin())).await;
        assert_eq!(browser.heading().await, "Continue to Postbox");
        faults.extend(browser.look("open", WIDTHS, OF_PAGES).await);
        browser.press("Second Studio").await;
        assert_eq!(browser.heading().await, "Please sign in again");

        assert_eq!(host.end(), "", "none of it broke anything");
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    });
}

#[test]
fn without_scripts_and_with_a_second_factor_somebody_gets_there_too() {
    run(async {
        let (server, port) = started();
        let team = Team::of(&server, "client-links", None);
        let host = product(&team, port);
        let begun = team.owner.clone().post("/v1/me/mfa/totp", &json!({})).ok();
        let secret = begun.str("/secret");
        server.keep_secret(&secret);
        let (app, step) = (App::of(&secret), now().seconds() / 30);
        team.owner.clone().post("/v1/me/mfa/totp/confirm", &json!({"code": app.code_of(step)})).ok();

        let browser = Browser::start(false).await;
        browser.greeting(&host).await;
        browser.press("Sign in").await;
        browser.fill("E-mail address", &team.owner_address).await;
        browser.fill("Password", PASSWORD).await;
        browser.press("Sign in").await;
        browser.fill("Six-digit code", &app.code_of(step + 1)).await;
        browser.press("Sign in").await;
        assert_eq!(browser.heading().await, "Hello, Olga Owner");
        assert_eq!(host.end(), "");
    });
}

/// Login CSRF: a code that somebody got for themselves, put into another browser's way; and one that was read on its way.
#[test]
fn a_code_that_comes_in_another_browser_signs_nobody_in() {
    run(async {
        let (server, port) = started();
        let team = Team::of(&server, "client-links", None);
        let host = product(&team, port);
        let browser = Browser::start(true).await;
        let brought = brought(&team.owner, &team.organization);
        server.keep_secret(brought.split("code=").nth(1).unwrap());
        browser.goto(&brought).await;
        assert_eq!(browser.heading().await, "Please sign in again");
        // One who began to sign in themselves has a verifier of their own.
        browser.greeting(&host).await;
        browser.press("Sign in").await;
        browser.goto(&brought).await;
        assert_eq!(browser.heading().await, "Please sign in again");
        assert_eq!(browser.greeting(&host).await, "Postbox");
        assert_eq!(host.end(), "");
    });
}

#[test]
fn the_product_goes_on_while_usher_changes_its_keys() {
    run(async {
        let (mut server, port) = started();
        let team = Team::of(&server, "client-links", None);
        let (organization, session) = (team.organization.clone(), team.owner.session());
        let host = product(&team, port);
        let browser = Browser::start(true).await;
        for keys in [ROOT_KEY.to_owned(), format!("{NEXT_KEY},{ROOT_KEY}"), NEXT_KEY.to_owned()] {
            server.start_again(&deployment(port).set("ROOT_KEYS", &keys));
            let team = Team::again(&server, &organization, &session);
            browser.forget(&host);
            browser.be_at(&server, &team.owner);
            browser.greeting(&host).await;
            browser.press("Sign in").await;
            assert_eq!(browser.heading().await, "Hello, Olga Owner", "{}", &keys[..2]);
        }
        assert_eq!(host.end(), "");
    });
}

#[test]
fn an_address_that_nobody_proved_is_proved_on_the_way() {
    run(async {
        let (server, port) = started();
        let team = Team::of(&server, "client-links", None);
        let host = product(&team, port);
        let address = server.address("ana.client");
        let (id, _) = team.invited(&address, "client");
        let copied: Value =
            team.owner.clone().post(&format!("/v1/invitations/{id}/link"), &json!({})).ok().json();
        let mut ana = server.client();
        ana.sign_up(&server.token_in(copied["url"].as_str().unwrap()), "Ana Client").ok();
        let browser = Browser::start(true).await;
        browser.be_at(&server, &ana);
        browser.greeting(&host).await;
        browser.press("Sign in").await;
        assert_eq!(browser.heading().await, "Address not confirmed");
        let faults = browser.look("open-unconfirmed", WIDTHS, OF_PAGES).await;
        browser.press("Send me that link").await;
        browser.fill("E-mail address", &address).await;
        browser.press("Send the link").await;
        let mail = server.mail_about(&address, "Reset your password");
        let text = mail["text"].as_str().unwrap();
        let start = text.find("/reset/").unwrap();
        let link = text[start..].split_whitespace().next().unwrap();
        server.keep_secret(link.trim_start_matches("/reset/"));
        browser.goto(&format!("{}{link}", server.origin())).await;
        browser.fill("New password", PASSWORD).await;
        browser.press("Set password and sign in").await;
        assert_eq!(browser.heading().await, "Hello, Ana Client");
        assert_eq!(host.end(), "");
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    });
}
