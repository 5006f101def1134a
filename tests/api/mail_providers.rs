//! Mail by Resend and by Postmark: what they are asked, what each of their answers means for the job, and who takes over.
//!
//! The answers are those that they publish. That the real runtime carries them as they are is shown in `tests/edge`.

use std::time::Duration;

use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};
use usher::jobs::MOST_ATTEMPTS;
use usher::platform::{Level, Unanswered};

use crate::support::World;
use crate::support::client::Team;
use crate::support::platform::token_in;

const MIA: &str = "mia.member@studio.test";
const RESEND: &[(&str, &str)] = &[("MAIL_PROVIDER", "resend"), ("RESEND_API_KEY", "re_3vQ9c1Yb")];
const POSTMARK: &[(&str, &str)] = &[("MAIL_PROVIDER", "postmark"), ("POSTMARK_TOKEN", "7TgJx5kR-2mWz")];
const BOTH: &[(&str, &str)] = &[
    ("MAIL_PROVIDER", "resend,postmark"),
    ("RESEND_API_KEY", "re_3vQ9c1Yb"),
    ("POSTMARK_TOKEN", "7TgJx5kR-2mWz"),
];

/// What a provider answers.
type Said = Result<Response<Bytes>, Unanswered>;

#[allow(clippy::needless_pass_by_value, clippy::unnecessary_wraps, reason = "it reads as what a server says")]
fn says(status: u16, body: impl ToString) -> Said {
    Ok(Response::builder().status(status).body(Bytes::from(body.to_string())).unwrap())
}

fn resend_takes(id: &str) -> Said {
    says(200, json!({"id": id}))
}

fn postmark_takes(id: &str) -> Said {
    says(
        200,
        json!({"To": MIA, "SubmittedAt": "2026-11-22T11:01:05.1794748-05:00", "MessageID": id, "ErrorCode": 0, "Message": "OK"}),
    )
}

fn resend_refuses(status: u16, name: &str) -> Said {
    says(status, json!({"statusCode": status, "name": name, "message": format!("Not to {MIA}.")}))
}

fn postmark_refuses(status: u16, code: u64) -> Said {
    says(status, json!({"ErrorCode": code, "Message": format!("Not to '{MIA}'.")}))
}

/// A team whose mail these settings carry, with its owner in, and an invitation of Mia's that waits to be sent.
struct Scene {
    team: Team,
    invitation: String,
    job: usher::domain::ids::JobId,
}

impl Scene {
    fn new(settings: &[(&str, &str)]) -> Self {
        let world = World::with_settings(settings);
        let organization = world.operator().create_organization("Example Studio", "olga.owner@studio.test");
        let first = settings[0].1;
        let taken = if first.starts_with("resend") { resend_takes("r0") } else { postmark_takes("p0") };
        world.state().answers.borrow_mut().push_back(taken);
        world.deliver();
        let mut owner = world.client();
        let asked = body(&world.state().asked.borrow_mut().pop().unwrap().0);
        let text = asked["text"].as_str().or(asked["TextBody"].as_str()).unwrap();
        owner.accept(&token_in(text), "Olga Owner").ok();
        world.pass(Duration::from_secs(1));
        world.deliver();
        world.state().asked.borrow_mut().clear();
        let mut team = Team { world, organization, owner };
        let invitation = team.invited(MIA, "member");
        let job = *team.world.state().queue.borrow().back().unwrap();
        Self { team, invitation, job }
    }

    /// Lets the job run while these are answered, in turn. Answers how it stands then.
    fn run(&mut self, answers: impl IntoIterator<Item = Said>) -> Stands {
        self.team.world.state().answers.borrow_mut().extend(answers);
        self.team.world.deliver_one(self.job);
        assert!(self.team.world.state().answers.borrow().is_empty(), "nobody asked for the rest");
        self.stands()
    }

    fn stands(&self) -> Stands {
        let sql = format!(
            "SELECT j.attempts, j.done_at IS NOT NULL AS done, j.failed_at IS NOT NULL AS failed, j.failure,
                    j.provider_message_id, j.due_at, i.delivery
             FROM jobs j JOIN invitations i ON i.id = j.invitation_id WHERE j.id = '{}'",
            self.job
        );
        let row = self.team.world.state().database.borrow().query(&sql)[0].clone();
        let text = |name: &str| row[name].as_str().map(str::to_owned);
        Stands {
            done: row["done"] == 1,
            failed: row["failed"] == 1,
            why: text("failure"),
            message: text("provider_message_id"),
            delivery: text("delivery").unwrap(),
            waits: (row["due_at"].as_i64().unwrap() - self.team.world.now().millis()) / 1000,
        }
    }

    /// Lets any wait pass that is not told, and the job run again.
    fn run_again(&mut self, answers: impl IntoIterator<Item = Said>) -> Stands {
        self.team.world.pass(Duration::from_hours(7));
        self.run(answers)
    }

    /// Which servers were asked, in order.
    fn hosts(&self) -> Vec<String> {
        let asked = self.team.world.state().asked.borrow();
        asked.iter().map(|(request, _)| request.uri().host().unwrap().to_owned()).collect()
    }
}

/// How a job stands.
#[derive(Debug)]
struct Stands {
    done: bool,
    failed: bool,
    why: Option<String>,
    message: Option<String>,
    delivery: String,
    /// For how many seconds.
    waits: i64,
}

fn body(request: &http::Request<Bytes>) -> Value {
    serde_json::from_slice(request.body()).unwrap()
}

#[test]
fn resend_is_sent_the_whole_message_under_the_jobs_id() {
    let mut scene = Scene::new(RESEND);
    let stands = scene.run([resend_takes("49a3999c-0ce1-4ea6-ab68-afcd6dc2e794")]);
    assert!(stands.done, "{stands:?}");
    assert_eq!(stands.message.unwrap(), "49a3999c-0ce1-4ea6-ab68-afcd6dc2e794");
    assert_eq!(stands.delivery, "sent");

    let asked = scene.team.world.state().asked.borrow();
    let [(request, within)] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(
        (request.method().as_str(), &*request.uri().to_string()),
        ("POST", "https://api.resend.com/emails")
    );
    assert!(*within * 2 < usher::jobs::LEASE, "two of them fit into a lease");
    for (name, value) in [
        ("authorization", "Bearer re_3vQ9c1Yb"),
        ("idempotency-key", &scene.job.to_string()),
        ("content-type", "application/json"),
        ("user-agent", "usher"),
    ] {
        assert_eq!(request.headers()[name], value);
    }
    let body = body(request);
    assert_eq!(body["from"], "Example Studio via Usher <invites@usher.test>");
    assert_eq!(body["to"], json!([MIA]));
    assert_eq!(body["subject"], "Olga Owner invited you to Example Studio");
    assert!(body["html"].as_str().unwrap().starts_with("<!doctype html>"), "{}", body["html"]);
    assert_eq!(token_in(body["text"].as_str().unwrap()), token_in(body["html"].as_str().unwrap()));
}

#[test]
fn postmark_is_sent_the_whole_message_and_told_to_track_nothing() {
    let mut scene = Scene::new(POSTMARK);
    let stands = scene.run([postmark_takes("b7bc2f4a-e38e-4336-af7d-e6c392c2f817")]);
    assert!(stands.done, "{stands:?}");
    assert_eq!(stands.message.unwrap(), "b7bc2f4a-e38e-4336-af7d-e6c392c2f817");

    let asked = scene.team.world.state().asked.borrow();
    let [(request, _)] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(request.uri().to_string(), "https://api.postmarkapp.com/email");
    assert_eq!(request.headers()["x-postmark-server-token"], "7TgJx5kR-2mWz");
    assert_eq!(request.headers()["accept"], "application/json");
    let body = body(request);
    assert_eq!(body["From"], "Example Studio via Usher <invites@usher.test>");
    assert_eq!(body["To"], MIA);
    assert_eq!((&body["TrackOpens"], &body["TrackLinks"]), (&json!(false), &json!("None")));
    assert_eq!(body["Metadata"]["job"], scene.job.to_string());
    assert_eq!(token_in(body["TextBody"].as_str().unwrap()), token_in(body["HtmlBody"].as_str().unwrap()));
}

/// What becomes of the job.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Then {
    /// It is tried again.
    Again,
    /// It is tried again, and the log says what the operator has to mend.
    AgainLogged,
    /// It is given up, and the inviter sees that.
    GivenUp,
    /// It counts as sent.
    Sent,
}

fn check(settings: &[(&str, &str)], cases: Vec<(Said, Then, &str)>) {
    for (answer, then, why) in cases {
        let told = format!("{answer:?}");
        let mut scene = Scene::new(settings);
        let stands = scene.run([answer]);
        assert_eq!((stands.done, stands.failed), (then == Then::Sent, then == Then::GivenUp), "{told}");
        let delivery = match then {
            Then::Again | Then::AgainLogged => "queued",
            Then::GivenUp => "failed",
            Then::Sent => "sent",
        };
        assert_eq!(stands.delivery, delivery, "{told}");
        assert_eq!(stands.why.unwrap_or_default(), why, "{told}");
        let log = scene.team.world.state().log.borrow();
        let told_operator: Vec<_> = log.iter().filter(|(_, line)| line.contains("mail_provider")).collect();
        assert_eq!(told_operator.len(), usize::from(then == Then::AgainLogged), "{told}");
        for (level, line) in told_operator {
            assert!(*level == Level::Error && line.contains(why), "{line}");
        }
        assert!(!log.iter().any(|(_, line)| line.contains(MIA)), "no address is logged: {told}");
    }
}

#[test]
fn each_answer_of_resends_is_sorted() {
    use Then::{Again, AgainLogged, GivenUp, Sent};
    let refuses = resend_refuses;
    check(
        RESEND,
        vec![
            (Err(Unanswered::Unreachable), Again, "resend: could not be reached"),
            (Err(Unanswered::TimedOut), Again, "resend: took too long"),
            (refuses(500, "application_error"), Again, "resend: 500 application_error"),
            (refuses(503, "internal_server_error"), Again, "resend: 503 internal_server_error"),
            (says(502, "<html>Bad gateway"), Again, "resend: 502 unknown"),
            (says(200, "<html>Sign in to this network"), Again, "resend: no id"),
            (says(302, ""), Again, "resend: 302 unknown"),
            (
                refuses(409, "concurrent_idempotent_requests"),
                Again,
                "resend: 409 concurrent_idempotent_requests",
            ),
            (refuses(429, "rate_limit_exceeded"), Again, "resend: 429 rate_limit_exceeded"),
            (refuses(429, "daily_quota_exceeded"), AgainLogged, "resend: 429 daily_quota_exceeded"),
            (refuses(429, "monthly_quota_exceeded"), AgainLogged, "resend: 429 monthly_quota_exceeded"),
            (refuses(401, "missing_api_key"), AgainLogged, "resend: 401 missing_api_key"),
            (refuses(401, "restricted_api_key"), AgainLogged, "resend: 401 restricted_api_key"),
            (refuses(403, "invalid_api_key"), AgainLogged, "resend: 403 invalid_api_key"),
            (refuses(403, "validation_error"), AgainLogged, "resend: 403 validation_error"),
            (refuses(422, "invalid_from_address"), AgainLogged, "resend: 422 invalid_from_address"),
            (refuses(404, "not_found"), AgainLogged, "resend: 404 not_found"),
            (refuses(405, "method_not_allowed"), AgainLogged, "resend: 405 method_not_allowed"),
            (refuses(400, "validation_error"), GivenUp, "resend: 400 validation_error"),
            (refuses(422, "invalid_parameter"), GivenUp, "resend: 422 invalid_parameter"),
            (refuses(422, "missing_required_field"), GivenUp, "resend: 422 missing_required_field"),
            (refuses(451, "security_error"), GivenUp, "resend: 451 security_error"),
            // What it says in words may name the address, and a name that is no code may be words.
            (refuses(422, "mia.member@studio.test is odd"), GivenUp, "resend: 422 unknown"),
            (says(422, json!({"name": 7})), GivenUp, "resend: 422 unknown"),
            // It has taken this message before, under this key.
            (refuses(409, "invalid_idempotent_request"), Sent, ""),
        ],
    );
}

#[test]
fn each_answer_of_postmarks_is_sorted() {
    use Then::{Again, AgainLogged, GivenUp};
    let refuses = postmark_refuses;
    check(
        POSTMARK,
        vec![
            (Err(Unanswered::Unreachable), Again, "postmark: could not be reached"),
            (Err(Unanswered::TimedOut), Again, "postmark: took too long"),
            (refuses(500, 0), Again, "postmark: 500 0"),
            (refuses(503, 100), Again, "postmark: 503 100"),
            (refuses(422, 100), Again, "postmark: 422 100"),
            (says(200, "<html>"), Again, "postmark: no id"),
            (says(200, json!({"ErrorCode": 406, "MessageID": "x"})), Again, "postmark: no id"),
            (says(301, ""), Again, "postmark: 301 0"),
            (says(429, ""), Again, "postmark: 429 0"),
            (refuses(422, 429), Again, "postmark: 422 429"),
            (refuses(401, 10), AgainLogged, "postmark: 401 10"),
            (refuses(422, 10), AgainLogged, "postmark: 422 10"),
            (refuses(422, 400), AgainLogged, "postmark: 422 400"),
            (refuses(422, 401), AgainLogged, "postmark: 422 401"),
            (refuses(422, 405), AgainLogged, "postmark: 422 405"),
            (refuses(422, 412), AgainLogged, "postmark: 422 412"),
            (refuses(422, 413), AgainLogged, "postmark: 422 413"),
            (says(404, ""), AgainLogged, "postmark: 404 0"),
            (refuses(422, 300), GivenUp, "postmark: 422 300"),
            (refuses(422, 402), GivenUp, "postmark: 422 402"),
            (refuses(422, 406), GivenUp, "postmark: 422 406"),
            (refuses(413, 0), GivenUp, "postmark: 413 0"),
            (says(422, "[]"), GivenUp, "postmark: 422 0"),
        ],
    );
}

#[test]
fn a_limit_is_waited_for_as_long_as_the_provider_says() {
    for (told, at_least, at_most) in [
        (Some("90"), 90, 90),
        // No less than after any other trouble: everybody who waits is told the same.
        (Some("1"), 5, 10),
        (None, 5, 10),
        // The tests' clock says 21 November 2026, 22:00.
        (Some("Sat, 21 Nov 2026 22:02:00 GMT"), 115, 120),
        (Some("Sat, 21 Nov 2026 12:00:00 GMT"), 5, 10),
        (Some("soon"), 5, 10),
        // Longer than the queue keeps a message.
        (Some("99999999"), 11 * 3600, 11 * 3600),
        (Some("-1"), 5, 10),
    ] {
        let mut scene = Scene::new(RESEND);
        let mut answer = resend_refuses(429, "rate_limit_exceeded").unwrap();
        if let Some(told) = told {
            answer.headers_mut().insert("retry-after", told.parse().unwrap());
        }
        let waits = scene.run([Ok(answer)]).waits;
        assert!((at_least..=at_most).contains(&waits), "{told:?}: {waits}");
    }
}

#[test]
fn trouble_that_lasts_is_given_up_after_a_day_and_the_inviter_sees_it() {
    let mut scene = Scene::new(RESEND);
    for _ in 1..MOST_ATTEMPTS {
        let stands = scene.run_again([Err(Unanswered::Unreachable)]);
        assert!(!stands.done && !stands.failed, "{stands:?}");
    }
    let stands = scene.run_again([resend_refuses(401, "missing_api_key")]);
    assert!(stands.failed, "{stands:?}");
    let shown = scene.team.owner.get(&format!("/v1/invitations/{}", scene.invitation)).ok().json();
    assert_eq!(shown["delivery"], "failed");
}

#[test]
fn what_the_first_provider_surely_did_not_take_the_second_is_asked_to_send_at_once() {
    for trouble in [
        resend_refuses(401, "missing_api_key"),
        resend_refuses(403, "validation_error"),
        resend_refuses(429, "daily_quota_exceeded"),
    ] {
        let mut scene = Scene::new(BOTH);
        let stands = scene.run([trouble, postmark_takes("p1")]);
        assert!(stands.done, "{stands:?}");
        assert_eq!((stands.message.as_deref(), &*stands.delivery), (Some("p1"), "sent"));
        assert_eq!(scene.hosts(), ["api.resend.com", "api.postmarkapp.com"]);
    }
}

#[test]
fn what_the_first_provider_may_have_sent_it_is_asked_about_twice_before_the_second_is() {
    let troubles = || {
        [Err(Unanswered::TimedOut), resend_refuses(500, "application_error"), Err(Unanswered::Unreachable)]
    };
    let mut scene = Scene::new(BOTH);
    let [first, second, third] = troubles();
    assert!(!scene.run([first]).done);
    assert!(!scene.run_again([second]).done);
    assert_eq!(scene.hosts(), ["api.resend.com"; 2], "under the same key, so that it knows");
    let stands = scene.run_again([third, postmark_takes("p1")]);
    assert!(stands.done && stands.message.as_deref() == Some("p1"), "{stands:?}");
    assert_eq!(scene.hosts()[2..], ["api.resend.com", "api.postmarkapp.com"]);

    let keys: Vec<String> = scene.team.world.state().asked.borrow()[..3]
        .iter()
        .map(|(request, _)| request.headers()["idempotency-key"].to_str().unwrap().to_owned())
        .collect();
    assert_eq!(keys, vec![scene.job.to_string(); 3]);

    // Back on its feet, the first one sends again.
    let mut scene = Scene::new(BOTH);
    for trouble in troubles().into_iter().take(2) {
        scene.run_again([trouble]);
    }
    assert_eq!(scene.run_again([resend_takes("r1")]).message.as_deref(), Some("r1"));
}

#[test]
fn a_limit_of_the_moment_and_an_address_that_is_refused_are_nobody_elses() {
    let mut scene = Scene::new(BOTH);
    for _ in 0..5 {
        assert!(!scene.run_again([resend_refuses(429, "rate_limit_exceeded")]).done);
    }
    assert!(scene.run_again([resend_refuses(422, "invalid_parameter")]).failed);
    assert_eq!(scene.hosts(), ["api.resend.com"; 6]);
}

#[test]
fn where_both_fail_the_job_waits_and_both_are_named() {
    let mut scene = Scene::new(BOTH);
    let stands = scene.run([resend_refuses(401, "missing_api_key"), postmark_refuses(401, 10)]);
    assert!(!stands.done && !stands.failed, "{stands:?}");
    assert_eq!(stands.why.unwrap(), "resend: 401 missing_api_key; postmark: 401 10");
    let stands = scene.run_again([resend_refuses(401, "missing_api_key"), postmark_refuses(422, 406)]);
    assert!(stands.failed, "an address that the second one refuses is refused: {stands:?}");
}

#[test]
fn no_key_of_a_providers_is_logged_and_pages_for_developers_are_gone() {
    let mut scene = Scene::new(BOTH);
    scene.run([resend_refuses(401, "missing_api_key"), postmark_refuses(401, 10)]);
    let log = scene.team.world.log_text();
    assert!(!log.contains("re_3vQ9c1Yb") && !log.contains("7TgJx5kR"), "{log}");
    assert_eq!(scene.team.world.client().get("/dev/mailbox").status, 404);
}
