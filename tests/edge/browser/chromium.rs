//! The browser: started, driven as a person would, and ended.
//!
//! The rule: each test has one of its own, with nothing in it, and neither it nor its driver outlives the test.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use fantoccini::{ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use crate::harness::{Client, Deployment, SESSION_COOKIE, Server};

/// Browsers name no network in the local runtime, so all of them would share one limit.
pub fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Deployment::new().set("LIMITS", "off").start())
}

pub fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

/// A browser with nothing in it, and its driver. Both end with it.
pub struct Browser {
    driver: Child,
    folder: PathBuf,
    pub client: fantoccini::Client,
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
    pub async fn start(scripts: bool) -> Self {
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
                "--hide-scrollbars", "--window-size=1280,800", format!("--user-data-dir={}", folder.join("profile").display()),
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
    pub fn command(&self, command: &str, params: &Value) -> Value {
        let url = format!("{}/goog/cdp/execute", self.session);
        let mut answer = ureq::post(url)
            .send_json(json!({"cmd": command, "params": params}))
            .unwrap_or_else(|error| panic!("{command}: {error}"));
        answer.body_mut().read_json::<Value>().unwrap()["value"].take()
    }

    pub async fn goto(&self, path: &str) {
        let url = if path.contains(':') { path.to_owned() } else { format!("{}{path}", server().origin()) };
        self.client.goto(&url).await.unwrap();
    }

    /// Presses the button, or follows the link, with these words on it.
    pub async fn press(&self, words: &str) {
        self.press_at(&format!("//*[self::button or self::a][normalize-space(.)='{words}']")).await;
    }

    /// Presses what is there, and waits until the page that it was on is gone: a password's hash takes its time.
    pub async fn press_at(&self, path: &str) {
        let page = self.client.find(Locator::Css("html")).await.unwrap();
        let found = self.client.find(Locator::XPath(path)).await;
        let found = found.unwrap_or_else(|_| panic!("nothing is at {path}"));
        // On a narrow screen the ways from a page are behind the menu.
        if !found.is_displayed().await.unwrap() {
            self.client.find(Locator::Css(".bar > .menu")).await.unwrap().click().await.unwrap();
        }
        found.click().await.unwrap();
        for _ in 0..60 * 50 {
            if page.tag_name().await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{path} leads nowhere");
    }

    /// Presses what a script answers on the page that it is on.
    pub async fn touch(&self, words: &str) {
        let path = format!("//button[normalize-space(.)='{words}']");
        let found = self.client.find(Locator::XPath(&path)).await;
        found.unwrap_or_else(|_| panic!("no button {words:?}")).click().await.unwrap();
    }

    /// Types into the field with this label.
    pub async fn fill(&self, label: &str, text: &str) {
        let path = format!("//input[@id=//label[normalize-space(.)='{label}']/@for]");
        let field = self.client.find(Locator::XPath(&path)).await;
        field.unwrap_or_else(|_| panic!("no field {label:?}")).send_keys(text).await.unwrap();
    }

    pub async fn heading(&self) -> String {
        self.client.find(Locator::Css("h1")).await.unwrap().text().await.unwrap()
    }

    pub async fn text(&self) -> String {
        self.client.find(Locator::Css("body")).await.unwrap().text().await.unwrap()
    }

    pub async fn path(&self) -> String {
        self.client.current_url().await.unwrap().path().to_owned()
    }

    /// Is whoever this caller is signed in as; nobody if they aren't.
    pub fn be(&self, person: &Client<'_>) {
        self.command("Network.clearBrowserCookies", &json!({}));
        if let Some(session) = person.cookie(SESSION_COOKIE) {
            let cookie = json!({
                "name": SESSION_COOKIE, "value": session, "url": server().origin(), "path": "/",
                "secure": true, "httpOnly": true, "sameSite": "Lax",
            });
            self.command("Network.setCookie", &cookie);
        }
    }

    pub fn set(&self, scheme: &str, width: u32) {
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.command("Emulation.setEmulatedMedia", &media);
        let metrics = json!({"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false});
        self.command("Emulation.setDeviceMetricsOverride", &metrics);
    }
}
