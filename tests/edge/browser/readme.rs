//! The pictures in the README: the demo of `make dev`, as a client and as its owner see it. `make screenshots` takes them.

use std::path::Path;
use std::process::Command;

use fantoccini::Locator;
use serde_json::json;

use super::chromium::{Browser, run};
use crate::harness::{Deployment, OPERATOR_KEY, Server};

/// Everyone's password in the demo (`.ci/demo.mjs`).
const PASSWORD: &str = "correct horse battery demo";

fn load_the_demo(server: &Server) {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let node = std::env::var("USHER_NODE").unwrap_or_else(|_| "node_modules/.bin/node".to_owned());
    let loaded = Command::new(node)
        .args([".ci/demo.mjs", &server.origin()])
        .current_dir(project)
        .env("OPERATOR_KEY", OPERATOR_KEY)
        .status();
    assert!(loaded.unwrap().success(), "the demo is loaded");
}

#[test]
#[ignore = "writes into docs/images: `make screenshots`"]
fn the_pictures_of_the_readme() {
    run(async {
        let server = Deployment::new().set("LIMITS", "off").start();
        load_the_demo(&server);
        let origin = server.origin();
        let browser = Browser::start(true).await;
        browser.set("light", 1280);
        let token = server.mailed_token("bo.client@agency.test", 1);
        browser.goto(&format!("{origin}/i/{token}")).await;
        browser.keep_picture("accept");
        browser.fill("Choose a password", PASSWORD).await;
        browser.press("Create account and join").await;
        browser.press("Sign out").await;

        browser.fill("E-mail address", "olga.owner@agency.test").await;
        browser.fill("Password", PASSWORD).await;
        browser.press("Sign in").await;
        let team = browser.client.find(Locator::Css("a[href$='/team']")).await.unwrap();
        let list = team.attr("href").await.unwrap().unwrap();
        browser.goto(&format!("{origin}{list}?tab=clients")).await;
        // As high as what is on it.
        let metrics = json!({"width": 1280, "height": 600, "deviceScaleFactor": 1, "mobile": false});
        browser.command("Emulation.setDeviceMetricsOverride", &metrics);
        browser.keep_picture("team");
    });
}

impl Browser {
    fn keep_picture(&self, name: &str) {
        let png = self.picture();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/images");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), png).unwrap();
    }
}
