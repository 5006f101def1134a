//! Faults of the platform and of others that the runtime itself has a part in: the cron fires twice at once, the queue
//! delivers one message to two consumers at once, a mail provider answers what is no answer. What is only a matter of time or
//! order is shown natively (`tests/api/faults.rs`); what a kill does, in `kills`.

use std::sync::Barrier;
use std::thread;

use serde_json::json;
use usher::domain::ids::JobId;

use crate::harness::{Deployment, PROVIDER_KEY, Provider, Receiver, Server, Team, wait_for};

/// Each call to D1 takes a while, so that what is done at once really overlaps.
fn slow_database(provider: &Provider) -> Deployment {
    let mailed = Deployment::new().set("MAIL_PROVIDER", "resend").set("RESEND_API_KEY", PROVIDER_KEY);
    mailed.set("RESEND_URL", provider.url()).set("LIMITS", "off").set("D1_DELAY", "20")
}

/// Lets these happen at the same moment.
fn at_once(times: usize, act: impl Fn() + Sync) {
    let start = Barrier::new(times);
    thread::scope(|scope| {
        for _ in 0..times {
            scope.spawn(|| {
                start.wait();
                act();
            });
        }
    });
}

fn jobs(server: &Server, rest: &str) -> Vec<JobId> {
    let rows = server.batch(&[(&format!("SELECT id FROM jobs {rest}"), &[])]).remove(0);
    rows.iter().map(|row| row["id"].as_str().unwrap().parse().unwrap()).collect()
}

fn done(server: &Server) -> Option<()> {
    jobs(server, "WHERE waiting = 1 LIMIT 1").is_empty().then_some(())
}

/// The queue lost the invitations' mails, reminders of older ones are due, and of the oldest their inviter is to be told that they
/// end: all ticks find all of it, and all that comes of it is counted.
#[test]
fn a_cron_that_fires_twice_at_once_has_each_mail_sent_once() {
    let provider = Provider::start();
    let deployment = slow_database(&provider);
    let mut server = deployment.start();
    server.keep_secret(PROVIDER_KEY);
    let (owner, lost, reminded, ending) = {
        let team = Team::new(&server);
        let invite = |who: &str| {
            let address = server.address(who);
            team.invite(&address, "member").ok();
            address
        };
        let ending: Vec<String> = (0..5).map(|_| invite("oldest")).collect();
        let reminded: Vec<String> = (0..5).map(|_| invite("older")).collect();
        wait_for("their mails", || done(&server));
        let lost: Vec<String> = (0..5).map(|_| invite("mia.member")).collect();
        (team.owner_address.clone(), lost, reminded, ending)
    };
    server.kill();
    let older = |who: &str, days: u32| {
        format!(
            "UPDATE invitations SET created_at = created_at - {days} * 86400000, offered_at = offered_at - {days} * 86400000,
                                    expires_at = expires_at - {days} * 86400000 WHERE email LIKE '{who}%';"
        )
    };
    server.change_at_rest(&format!(
        "UPDATE jobs SET requeue_at = requeue_at - 120000, due_at = due_at - 120000 WHERE waiting = 1;
         UPDATE invitations SET reminded_at = created_at WHERE email LIKE 'oldest%'; {} {}",
        older("older", 4),
        older("oldest", 6),
    ));
    let told = provider.asked(&owner).len();
    server.start_again(&deployment);
    for _ in 0..2 {
        at_once(4, || server.tick());
        wait_for("every mail", || done(&server));
    }
    for (addresses, expected) in [(&lost, 1), (&reminded, 2), (&ending, 1)] {
        for address in addresses {
            let asked = provider.asked(address);
            let subjects: Vec<_> = asked.iter().map(|mail| mail.body["subject"].as_str().unwrap()).collect();
            assert_eq!(subjects.len(), expected, "{address}: {subjects:?}");
            assert_eq!(
                expected == 2,
                subjects.iter().any(|subject| subject.starts_with("Reminder")),
                "{subjects:?}"
            );
        }
    }
    assert_eq!(provider.asked(&owner).len() - told, ending.len(), "a mail about each that ends");
    let number = |sql: &str| server.batch(&[(sql, &[])]).remove(0).len();
    assert_eq!(number("SELECT 1 FROM notifications WHERE kind = 'invitation.ending'"), ending.len());
    let followed = "SELECT 1 FROM jobs WHERE kind IN ('reminder_email', 'notification_email')";
    assert_eq!(number(followed), reminded.len() + ending.len());
    let ticks = server.log().events("tick");
    let ticks: Vec<_> = ticks.iter().filter(|tick| tick["requeued"] != 0).collect();
    assert!(ticks.iter().all(|tick| tick["outcome"] == "done"), "{ticks:?}");
    let found: u64 = ticks.iter().map(|tick| tick["requeued"].as_u64().unwrap()).sum();
    assert_eq!(found, 15, "{ticks:?}");
}

/// The platform's own way to send mail never answers, and ends no connection either.
#[test]
fn a_mail_binding_that_never_answers_is_waited_for_a_while_and_the_mail_goes_out_later() {
    let silent = "[[services]]\nbinding = \"EMAIL\"\nservice = \"backstage\"\nentrypoint = \"SilentMail\"";
    let binding = "[[send_email]]\nname = \"EMAIL\"";
    let by_binding = || Deployment::new().set("MAIL_PROVIDER", "cloudflare").set("LIMITS", "off");
    let mut server = by_binding().configure(binding, silent).start();
    let address = server.address("olga.owner");
    let body = json!({"name": "Example Studio", "template": "team", "owner": {"email": address, "name": "Olga Owner"}});
    let id = server.operator().post("/v1/organizations", &body).ok().str("/owner_invitation_id");
    let state = |server: &Server| {
        server.row("SELECT failure, attempts, done_at FROM jobs WHERE invitation_id = ?1", &id)
    };
    let failure =
        wait_for("the end of its patience", || state(&server)["failure"].as_str().map(str::to_owned));
    assert_eq!(failure, "cloudflare: took too long");
    assert_eq!(state(&server)["done_at"], json!(null));
    server.kill();
    server.change_at_rest(
        "UPDATE jobs SET due_at = due_at - 120000, requeue_at = requeue_at - 120000 WHERE waiting = 1",
    );
    server.start_again(&by_binding());
    server.tick();
    wait_for("the mail", || state(&server)["done_at"].is_number().then_some(()));
}

/// The provider takes a moment over each, and knows no keys that would hide a second try.
#[test]
fn one_message_that_four_consumers_get_at_once_has_one_mail_sent() {
    let provider = Provider::start();
    let server = slow_database(&provider).start();
    server.keep_secret(PROVIDER_KEY);
    let team = Team::new(&server);
    wait_for("the owner's mail", || done(&server));
    let addresses: Vec<String> = (0..6).map(|_| server.address("slow")).collect();
    for address in &addresses {
        team.invite(address, "member").ok();
    }
    let waiting = jobs(&server, "WHERE waiting = 1");
    assert!(!waiting.is_empty(), "the queue waits a second before it delivers");
    at_once(4, || {
        let did = server.deliver("usher-jobs", &waiting);
        assert_eq!(did["outcome"], "ok", "{did}");
    });
    wait_for("every mail", || done(&server));
    for address in &addresses {
        assert_eq!(provider.asked(address).len(), 1, "{address}");
    }
}

/// The same for what a webhook is told, whose deliveries a consumer makes six at once.
#[test]
fn one_message_that_four_consumers_get_at_once_tells_a_webhook_once() {
    let (provider, receiver) = (Provider::start(), Receiver::start());
    let server = slow_database(&provider).start();
    server.keep_secret(PROVIDER_KEY);
    let team = Team::new(&server);
    let hook = json!({"url": receiver.url("/takes"), "events": ["invitation.created"]});
    let made = server.operator().post(&team.path("/webhooks"), &hook).ok();
    server.keep_secret(&made.str("/secret"));
    for _ in 0..6 {
        team.invite(&server.address("mia.member"), "member").ok();
    }
    let deliveries = "WHERE kind = 'webhook_delivery' AND webhook_event IS NOT NULL";
    let told = wait_for("the deliveries", || Some(jobs(&server, deliveries)).filter(|jobs| jobs.len() == 6));
    // The queue waits a second before it delivers.
    assert!(receiver.heard("/takes").len() < 6, "some still wait");
    at_once(4, || {
        let did = server.deliver("usher-deliveries", &told);
        assert_eq!(did["outcome"], "ok", "{did}");
    });
    wait_for("everything to be told", || done(&server));
    assert_eq!(receiver.heard("/takes").len(), 6);
}

/// A page of somebody in between, bytes that are no HTTP, half an answer: each mail is tried again, and goes out once.
#[test]
fn a_provider_that_answers_garbage_is_asked_again_and_each_mail_goes_out_once() {
    let provider = Provider::start();
    let server = slow_database(&provider).start();
    server.keep_secret(PROVIDER_KEY);
    let team = Team::new(&server);
    let invited = ["portal", "noise", "torn"].map(|who| {
        let address = server.address(who);
        (team.invite(&address, "member").ok().str("/id"), address)
    });
    for (invitation, address) in &invited {
        wait_for("the mail to be sent", || (team.invitation(invitation)["delivery"] == "sent").then_some(()));
        let asked = provider.asked(address);
        assert_eq!((asked.len(), provider.taken(address).len()), (2, 1), "{address}");
        assert_eq!(asked[0].key(), asked[1].key(), "{address}");
    }
}
