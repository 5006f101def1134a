//! Mail by providers over HTTP, through the real runtime, to a server that speaks their published API. What each of their
//! answers means is shown natively (`tests/api/mail_providers.rs`); here, that the runtime carries them as they are, and
//! that a server which does not behave holds nobody up.

use serde_json::{Value, json};

use crate::harness::{Asked, Deployment, PROVIDER_KEY, Provider, Server, Team, wait_for};

fn by_resend(provider: &Provider) -> Deployment {
    Deployment::new()
        .set("MAIL_PROVIDER", "resend")
        .set("RESEND_API_KEY", PROVIDER_KEY)
        .set("RESEND_URL", provider.url())
}

fn job(server: &Server, invitation: &str) -> Value {
    let sql = "SELECT j.attempts, j.failure, j.provider_message_id, j.done_at IS NOT NULL AS done,
                      j.failed_at IS NOT NULL AS failed, j.due_at - j.created_at AS due_after, i.delivery
               FROM jobs j JOIN invitations i ON i.id = j.invitation_id WHERE i.id = ?1";
    server.row(sql, invitation)
}

/// The job once its first try failed.
fn once_tried(server: &Server, invitation: &str) -> Value {
    wait_for("the first try", || Some(job(server, invitation)).filter(|job| !job["failure"].is_null()))
}

fn once_sent(server: &Server, invitation: &str) -> Value {
    wait_for("the mail to be sent", || Some(job(server, invitation)).filter(|job| job["done"] == 1))
}

#[test]
fn a_message_reaches_resend_as_it_was_written_and_its_id_is_kept() {
    let provider = Provider::start();
    let server = by_resend(&provider).start();
    server.keep_secret(PROVIDER_KEY);
    let team = Team::new(&server);
    let address = server.address("mia.member");
    let id = team.invite(&address, "member").ok().str("/id");
    let sent = once_sent(&server, &id);
    let taken = provider.taken(&address);
    let [(message, Asked { line, headers, body })] = taken.as_slice() else { panic!("{taken:?}") };
    assert_eq!((line.as_str(), headers["content-type"].as_str()), ("POST /emails", "application/json"));
    assert_eq!(headers["user-agent"], "usher");
    assert_eq!(sent["provider_message_id"], *message);
    assert_eq!(sent["delivery"], "sent");
    assert_eq!(body["from"], "Example Studio via Usher <invites@usher.test>");
    let link = server.token_in(body["text"].as_str().unwrap());
    assert_eq!(server.token_in(body["html"].as_str().unwrap()), link);
    server.client().sign_up(&link, "Mia Member").ok();
    assert_eq!(server.client().get("/dev/mailbox").status, 404);
}

#[test]
fn servers_that_fail_are_slow_move_or_never_end_hold_nobody_up_and_each_mail_goes_out_once() {
    let provider = Provider::start();
    let server = by_resend(&provider).start();
    server.keep_secret(PROVIDER_KEY);
    let team = Team::new(&server);
    let [silent, busy, down, cut, moved, huge, suppressed, usual] =
        ["silent", "busy", "down", "cut", "moved", "huge", "suppressed", "mia.member"].map(|who| {
            let address = server.address(who);
            (team.invite(&address, "member").ok().str("/id"), address)
        });

    once_sent(&server, &usual.0);
    for ((id, address), why) in [
        (&down, "resend: 500 application_error"),
        (&cut, "resend: could not be reached"),
        (&moved, "resend: 307 unknown"),
        (&huge, "resend: no id"),
    ] {
        assert_eq!(once_tried(&server, id)["failure"], why);
        let sent = once_sent(&server, id);
        assert_eq!((&sent["attempts"], &sent["delivery"]), (&json!(2), &json!("sent")), "{address}");
        let asked = provider.asked(address);
        assert!(asked.iter().all(|asked| asked.line == "POST /emails"), "no redirect is followed: {asked:?}");
        let keys: Vec<_> = asked.iter().map(|asked| &asked.headers["idempotency-key"]).collect();
        assert_eq!(keys.len(), 2, "{address}");
        assert_eq!(keys[0], keys[1], "{address}");
        assert_eq!(provider.taken(address).len(), 1, "{address}");
    }
    let waits = once_tried(&server, &busy.0);
    assert_eq!(waits["failure"], "resend: 429 rate_limit_exceeded");
    assert!(waits["due_after"].as_i64().unwrap() >= 12_000, "as long as it was told: {waits}");
    once_sent(&server, &busy.0);

    let refused =
        wait_for("the refusal", || Some(job(&server, &suppressed.0)).filter(|job| job["failed"] == 1));
    assert_eq!((&refused["attempts"], &refused["delivery"]), (&json!(1), &json!("failed")));
    assert_eq!(refused["failure"], "resend: 422 validation_error", "in its words there is an address");

    assert_eq!(once_tried(&server, &silent.0)["failure"], "resend: took too long");
    once_sent(&server, &silent.0);
}

#[test]
fn what_one_provider_does_not_take_the_other_one_sends() {
    let provider = Provider::start();
    let deployment = by_resend(&provider)
        .set("MAIL_PROVIDER", "resend,postmark")
        .set("RESEND_API_KEY", "re_of_somebody_else")
        .set("POSTMARK_TOKEN", PROVIDER_KEY)
        .set("POSTMARK_URL", provider.url());
    let server = deployment.start();
    server.keep_secret(PROVIDER_KEY);
    let team = Team::new(&server);
    let address = server.address("mia.member");
    let id = team.invite(&address, "member").ok().str("/id");
    let sent = once_sent(&server, &id);
    assert_eq!(sent["attempts"], 1);
    let taken = provider.taken(&address);
    let [(message, Asked { line, body, .. })] = taken.as_slice() else { panic!("{taken:?}") };
    assert_eq!((line.as_str(), &sent["provider_message_id"]), ("POST /email", &json!(message)));
    assert_eq!(body["TrackLinks"], "None");
    server.token_in(body["TextBody"].as_str().unwrap());
    let told = server.log().events("mail_provider");
    assert!(told.iter().any(|line| line["why"] == "resend: 403 invalid_api_key"), "{told:?}");

    let suppressed = server.address("suppressed");
    let id = team.invite(&suppressed, "member").ok().str("/id");
    let refused = wait_for("the refusal", || Some(job(&server, &id)).filter(|job| job["failed"] == 1));
    assert_eq!(refused["failure"], "postmark: 422 406");
}
