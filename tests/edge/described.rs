//! The API's description as the platform serves it, and a walk through it on the real runtime: each operation, as everybody, with
//! requests that are made from its schemas and with ones that one thing is wrong with. Natively the same walk goes through
//! `tests/api/description.rs`.

use crate::description::Description;
use crate::harness::{Deployment, OPERATOR_KEY, ROOT_KEY, SESSION_COOKIE, shared};
use crate::walk::{Deployment as Walked, Got, Sent, walk};

#[test]
fn every_operation_answers_every_caller_as_the_served_description_says() {
    let unlimited = Deployment::new().set("LIMITS", "off").set("INVITATIONS_PER_DAY", "100000");
    let server = unlimited.set("MAILS_PER_ADDRESS", "1000").set("MAILS_PER_SENDER", "1000").start();
    let description = Description::read(&server.client().get("/openapi.json").ok().body);
    let origin = server.origin();
    let mut send = |sent: &Sent<'_>| {
        let mut client = server.client();
        if let Some(key) = &sent.by.bearer {
            client = client.with_header("authorization", &format!("Bearer {key}"));
        }
        if let Some(session) = &sent.by.session {
            client = client.with_session(session);
        }
        let answer = client.send(sent.method, sent.path, sent.content_type, sent.body);
        Got {
            status: answer.status.as_u16(),
            content_type: answer.header("content-type").map(str::to_owned),
            session: client.cookie(SESSION_COOKIE).map(str::to_owned),
            body: answer.body,
        }
    };
    let deployment =
        Walked { origin: &origin, operator_key: OPERATOR_KEY, root_key: ROOT_KEY, send: &mut send };
    let walked = walk(&description, deployment);
    assert!(walked.complaints.is_empty(), "{}", walked.complaints.join("\n"));
    assert_eq!(walked.undone(), [""; 0], "never did what they are for");
}

#[test]
fn the_description_is_served_for_a_while_and_asks_the_worker_nothing() {
    let server = shared();
    let answer = server.client().get("/openapi.json").ok();
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("request-id"), None, "the platform answers it");
    assert_eq!(answer.json()["openapi"], "3.1.0");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/openapi.json");
    let made: serde_json::Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    assert_eq!(answer.json(), made, "`make build` copies it");
}

/// The page is for those who develop with Usher: what is deployed has it not.
#[test]
fn the_page_that_tells_of_the_api_is_there_in_development_and_is_not_deployed() {
    let server = shared();
    let page = server.client().get("/docs").ok();
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'self'"), "{policy}");
    let text = page.text();
    for inline in ["<script", "<style", " style=", " on"] {
        assert!(
            !text.split('<').any(|tag| format!("<{}", tag.split('>').next().unwrap()).contains(inline)),
            "{inline}"
        );
    }
    let description = Description::read(&server.client().get("/openapi.json").ok().body);
    for operation in description.operations() {
        assert!(text.contains(&format!("<details id=\"{}\">", operation.id())), "{}", operation.id());
    }
    let deployed = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/wrangler.toml")).unwrap();
    assert!(deployed.contains("directory = \"build/assets\""), "what is deployed");
    let assets = concat!(env!("CARGO_MANIFEST_DIR"), "/build/assets");
    let names = |folder: &str| {
        let files = std::fs::read_dir(folder).unwrap();
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>()
    };
    let all = [names(assets), names(&format!("{assets}/assets"))].concat();
    assert!(
        all.contains(&"openapi.json".to_owned()) && !all.iter().any(|name| name.starts_with("docs")),
        "{all:?}"
    );
}
