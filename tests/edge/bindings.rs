//! Each binding once: that what `platform/worker.rs` makes of it is what the platform's traits promise.
//!
//! What no route shows, the probe of the development settings asks (`src/web/api/probe.rs`).

use serde_json::{Value, json};

use crate::harness::{Deployment, OUT_OF_ORDER, Server, Team, shared, wait_for};

fn ask(server: &Server, question: &Value) -> Value {
    server.client().post("/dev/probe", question).ok().json()
}

/// What a job's row says.
fn job(server: &Server, invitation: &str) -> (i64, bool, Option<String>) {
    let sql = "SELECT attempts, done_at IS NOT NULL AS done, failed_at || ': ' || failure AS failure
               FROM jobs WHERE invitation_id = ?1";
    let row = server.row(sql, invitation);
    let failure = row["failure"].as_str().map(str::to_owned);
    (row["attempts"].as_i64().unwrap(), row["done"] == 1, failure)
}

#[test]
fn d1_gives_every_value_back_as_it_was() {
    let server = shared();
    let most = (1_i64 << 53) - 1;
    let texts =
        ["", "Ana", "O'Brien said \"no\"; -- \\ ` ?1", "🙂 é 漢字 \u{202e}", "line\r\nline\ttab", "a\u{0}b"];
    let mut sent = vec![json!(null), json!(true), json!(false)];
    sent.extend([0, -1, 1 << 31, -(1 << 31) - 1, 1_795_302_351_456, most, -most].map(Value::from));
    sent.extend(texts.map(Value::from));
    let back = ask(&server, &json!({"values": sent}));
    for (sent, back) in sent.iter().zip(back.as_array().unwrap()) {
        let expected = match sent {
            Value::Null => json!({"value": null, "type": "null"}),
            Value::Bool(truth) => json!({"value": i64::from(*truth), "type": "integer"}),
            Value::String(text) => json!({"value": text, "type": "text"}),
            number => json!({"value": number, "type": "integer"}),
        };
        assert_eq!(*back, expected, "{sent} went in");
    }
    assert_eq!(back.as_array().unwrap().len(), sent.len());
}

#[test]
fn a_batch_is_written_whole_or_not_at_all() {
    let server = shared();
    for (steps, committed, parents, children) in [
        (vec!["parent", "child"], 1, 1, 1),
        // Deferred foreign keys are looked at when the batch ends …
        (vec!["child", "parent"], 1, 1, 1),
        // … and then they do refuse.
        (vec!["child"], 0, 0, 0),
        (vec!["parent", "child", "parent"], 0, 0, 0),
        // A claim that is refused is no error; what hangs on it isn't written.
        (vec!["refused_parent", "its_child"], 1, 0, 0),
        (vec!["parent", "refused_parent", "its_child"], 1, 1, 0),
    ] {
        let left = ask(&server, &json!({"batch": steps}));
        let expected = json!([{"committed": committed, "parents": parents, "children": children}]);
        assert_eq!(left, expected, "{steps:?}");
    }
}

#[test]
fn what_d1_fails_at_is_logged_and_the_caller_is_told_nothing_of_it() {
    let server = shared();
    let mut olga = Team::new(&server).owner;
    let me = olga.get("/v1/me").ok().str("/user/id");
    // For this one person only: other tests are here too.
    let trigger = format!(
        "CREATE TRIGGER no_end BEFORE UPDATE ON sessions WHEN OLD.user_id = '{me}'
             BEGIN SELECT RAISE(ABORT, '{OUT_OF_ORDER}'); END"
    );
    server.batch(&[(&trigger, &[])]);
    let answer = olga.send("DELETE", "/v1/sessions/current", None, b"");
    assert_eq!(answer.refusal(), (500, "internal".to_owned()));
    assert!(!answer.text().contains(OUT_OF_ORDER), "{}", answer.text());
    let id = answer.header("request-id").unwrap();
    let line = wait_for("the reason in the log", || {
        server.log().events("error").into_iter().find(|line| line["request_id"] == id)
    });
    assert!(line["why"].as_str().unwrap().contains(OUT_OF_ORDER), "{line}");
    olga.get("/v1/me").ok();
}

#[test]
fn d1_says_how_many_rows_it_read_and_wrote() {
    let server = shared();
    let team = Team::new(&server);
    let cost = server.cost(&team.invite(&server.address("mia.member"), "member").ok());
    // The invitation, its workspace, its job and the audit entry, with their indexes.
    assert!(cost.rows_written >= 4, "{cost:?}");
    assert!(cost.rows_read >= 1, "{cost:?}");
    let cost = server.cost(&team.owner.clone().get("/v1/me").ok());
    assert!((1..10).contains(&cost.rows_read), "{cost:?}");
    assert_eq!(cost.rows_written, 0, "{cost:?}");
}

#[test]
fn kv_answers_what_was_put_and_nothing_for_what_never_was_or_is_gone() {
    let server = shared();
    let value = "{\"name\":\"Ana 🙂 'quoted'\"}\n";
    assert_eq!(ask(&server, &json!({"cache": ["probe:1", value]})), json!([null, value, null]));
    // The key is gone again, so this begins as the first time did.
    assert_eq!(ask(&server, &json!({"cache": ["probe:1", ""]})), json!([null, "", null]));
}

#[test]
fn the_landing_page_comes_from_kv_until_the_invitation_changes() {
    let server = shared();
    let team = Team::new(&server);
    let (id, token) = team.invited(&server.address("mia.member"), "member");
    let page = format!("/i/{token}");
    let cost = |answer| {
        let cost = server.cost(&answer);
        (cost.d1, cost.kv)
    };
    assert_eq!(
        cost(server.client().get(&page).ok()),
        (1, 2),
        "the first look reads the truth and keeps a copy"
    );
    assert_eq!(cost(server.client().get(&page).ok()), (0, 1), "the next one needs only the copy");
    team.owner.clone().post(&format!("/v1/invitations/{id}/revoke"), &json!({})).ok();
    assert_eq!(server.client().get(&page).status, 410, "revoking drops the copy");
}

#[test]
fn a_queued_job_is_done_once_and_its_row_says_so() {
    let server = shared();
    let team = Team::new(&server);
    let address = server.address("mia.member");
    let id = team.invite(&address, "member").ok().str("/id");
    wait_for("the job to be settled", || (job(&server, &id) == (1, true, None)).then_some(()));
    assert_eq!(team.invitation(&id)["delivery"], "sent");
    assert_eq!(server.mails(&address).len(), 1);
}

#[test]
fn a_send_that_fails_is_tried_again_after_its_backoff() {
    let server = shared();
    let team = Team::new(&server);
    let address = server.address("mia.member");
    // For this one mail only: other tests are here too.
    let trigger = format!(
        "CREATE TRIGGER no_first_send BEFORE INSERT ON mailbox
             WHEN NEW.recipient = '{address}' AND (SELECT attempts FROM jobs WHERE id = NEW.id) < 2
             BEGIN SELECT RAISE(ABORT, '{OUT_OF_ORDER}'); END"
    );
    server.batch(&[(&trigger, &[])]);
    let id = team.invite(&address, "member").ok().str("/id");
    server.mail(&address, 1);
    wait_for("the job to be settled", || (job(&server, &id).1).then_some(()));
    assert_eq!(job(&server, &id).0, 2, "tries");
    assert_eq!(team.invitation(&id)["delivery"], "sent");
    let waited = "SELECT m.sent_at - j.created_at FROM jobs j JOIN mailbox m ON m.id = j.id WHERE j.invitation_id = ?1";
    let waited = server.count(waited, &id);
    assert!((5_000..30_000).contains(&waited), "{waited} ms");
    assert_eq!(server.mails(&address).len(), 1);
}

#[test]
fn a_message_that_the_queue_gives_up_on_fails_its_job_and_the_inviter_sees_it() {
    // The real queue would try ten times, a minute and more apart.
    let deployment = Deployment::new()
        .configure("max_retries = 20", "max_retries = 0")
        .configure("max_batch_timeout = 5", "max_batch_timeout = 1");
    let server = deployment.start();
    let team = Team::new(&server);
    let trigger = "CREATE TRIGGER nobody_takes_it BEFORE UPDATE ON jobs WHEN NEW.attempts > OLD.attempts
             BEGIN SELECT RAISE(ABORT, 'nobody is there'); END";
    server.batch(&[(trigger, &[])]);
    let address = server.address("mia.member");
    let id = team.invite(&address, "member").ok().str("/id");
    let (attempts, done, failure) = wait_for("the dead letter", || {
        let job = job(&server, &id);
        job.2.is_some().then_some(job)
    });
    assert_eq!((attempts, done), (0, false));
    assert!(failure.unwrap().ends_with(": the queue gave up"));
    assert_eq!(team.invitation(&id)["delivery"], "failed");
    assert_eq!(team.invitation(&id)["status"], "pending", "the invitation itself is still good");
    assert_eq!(server.mails(&address).len(), 0);
}

#[test]
fn the_tick_finds_a_job_whose_message_was_lost_and_its_mail_goes_out_once() {
    let deployment = Deployment::new();
    let mut server = deployment.start();
    let address = server.address("olga.owner");
    let body = json!({"name": "Example Studio", "template": "team", "owner": {"email": address, "name": "Olga Owner"}});
    let id = server.operator().post("/v1/organizations", &body).ok().str("/owner_invitation_id");
    server.kill();
    // The tick takes a message for lost after half a minute. This is that half minute.
    server.change_at_rest("UPDATE jobs SET requeue_at = requeue_at - 30000");

    server.start_again(&deployment);
    assert_eq!(job(&server, &id), (0, false, None), "the kill came after the message was delivered");
    assert_eq!(server.mails(&address).len(), 0, "the queue lost it");
    server.tick();
    server.mail(&address, 1);
    wait_for("the job to be settled", || (job(&server, &id).1).then_some(()));
    server.tick();
    server.tick();
    assert_eq!(job(&server, &id), (1, true, None));
    assert_eq!(server.mails(&address).len(), 1);
    let requeued = wait_for("a line for each tick", || {
        let ticks = server.log().events("tick");
        (ticks.len() == 3).then(|| ticks.iter().map(|line| line["requeued"].clone()).collect::<Vec<_>>())
    });
    assert_eq!(requeued, [json!(1), json!(0), json!(0)], "only the first tick found something to do");
}

#[test]
fn the_mail_binding_is_given_one_message_with_both_parts() {
    let server = Deployment::new().set("MAIL_PROVIDER", "cloudflare").start();
    let address = server.address("olga.owner");
    let body = json!({"name": "Example Studio", "template": "team", "owner": {"email": address, "name": "Olga Owner"}});
    let id = server.operator().post("/v1/organizations", &body).ok().str("/owner_invitation_id");
    let [text, html] = ["email-text", "email-html"].map(|kind| {
        let mut parts =
            // A file is there before what is in it.
            wait_for("the mail", || {
                let parts = server.simulated_mail(kind);
                (!parts.is_empty() && parts.iter().all(|part| !part.is_empty())).then_some(parts)
            });
        assert_eq!(parts.len(), 1);
        parts.remove(0)
    });
    assert!(text.contains("Example Studio"), "{text}");
    assert!(html.contains("<html"), "{html}");
    assert_eq!(server.token_in(&text), server.token_in(&html));
    wait_for("the job to be settled", || (job(&server, &id).1).then_some(()));
    let message_id = "SELECT length(provider_message_id) FROM jobs WHERE invitation_id = ?1";
    assert!(server.count(message_id, &id) > 10, "the provider's id of the message is kept");

    server.client().sign_up(&server.token_in(&text), "Olga Owner").ok();
    for (method, path) in [("GET", "/dev/mailbox"), ("POST", "/dev/probe")] {
        let answer = server.client().send(method, path, Some("application/json"), b"{\"values\":[]}");
        assert_eq!(answer.status, 404, "{path} exists in development only");
    }
}

#[test]
fn a_sender_that_the_mail_binding_refuses_is_no_message_lost() {
    let allowed = "name = \"EMAIL\"\nallowed_sender_addresses = [\"somebody.else@usher.test\"]";
    let deployment =
        Deployment::new().set("MAIL_PROVIDER", "cloudflare").configure("name = \"EMAIL\"", allowed);
    let server = deployment.start();
    let address = server.address("olga.owner");
    let body = json!({"name": "Example Studio", "template": "team", "owner": {"email": address, "name": "Olga Owner"}});
    let id = server.operator().post("/v1/organizations", &body).ok().str("/owner_invitation_id");
    let failure = wait_for("the first try", || {
        let row = server.row("SELECT failure FROM jobs WHERE invitation_id = ?1", &id);
        row["failure"].as_str().map(str::to_owned)
    });
    // The local binding gives no code, so it counts as trouble of the moment. Its text names addresses: it isn't kept.
    assert_eq!(failure, "cloudflare: unknown");
    assert_eq!(job(&server, &id), (1, false, None));
    assert!(server.simulated_mail("email-text").is_empty());
}

#[test]
fn the_stylesheet_of_a_page_is_served_for_ever() {
    let server = shared();
    let page = server.client().get("/sign-in").ok().text();
    let path = page.split_once("rel=\"stylesheet\" href=\"").unwrap().1.split('"').next().unwrap().to_owned();
    assert!(path.starts_with("/assets/usher."), "{path}");
    let style = server.client().get(&path).ok();
    assert_eq!(style.status, 200);
    assert!(style.header("content-type").unwrap().starts_with("text/css"));
    assert_eq!(style.header("x-content-type-options"), Some("nosniff"));
    let caching = style.header("cache-control").unwrap();
    assert!(caching.contains("max-age=31536000") && caching.contains("immutable"), "{caching}");
    assert!(style.text().contains('{'), "it is a stylesheet");
    assert_eq!(server.client().get("/assets/usher.0000000000000000.css").status, 404);
}
