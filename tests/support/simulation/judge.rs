//! Whether an answer may be as it is: documented, true at that moment, and no secret of anybody in the log.

use serde_json::Value;
use usher::domain::secret::Bearer;
use usher::jobs::tick::EVENTS_KEPT;
use usher::params;
use usher::web::reply::Reply;
use usher::web::request::SESSION_COOKIE;

use super::asking::Asking;
use super::operation::{Operation, plan};
use super::scene::{Program, Scene};
use super::world::{Event, World};

fn digest(session: &str) -> String {
    Bearer::parse(session).unwrap().digest()
}

/// Why this request must let nobody in, as things are when it begins: nothing that is dead now comes back to life, so it
/// can't be alive when the request gets there.
pub fn why_it_must_not_redeem(
    world: &World,
    operation: &Operation,
    session: Option<&str>,
) -> Option<&'static str> {
    let by_session = matches!(operation, Operation::Accept(_));
    let redeems = by_session || matches!(operation, Operation::SignUp(_) | Operation::AcceptForm(_));
    let Some(known) = operation.link().filter(|_| redeems) else { return Some("it is no acceptance") };
    let alive = world.any(
        "SELECT 1 FROM invitations WHERE id = ?1 AND ver = ?2 AND outcome = 'open' AND expires_at > ?3",
        params![known.link.invitation_id, known.link.ver, world.now.get()],
    );
    if !alive {
        return Some("its link was dead before it began");
    }
    let holds = |session| {
        world.any(
            "SELECT 1 FROM sessions s JOIN users u ON u.id = s.user_id JOIN invitations i ON i.email_key IS NULL OR i.email_key = u.email_key
             WHERE s.token_digest = ?1 AND s.ended_at IS NULL AND s.expires_at > ?2 AND i.id = ?3",
            params![digest(session), world.now.get(), known.link.invitation_id],
        )
    };
    (by_session && !session.is_some_and(holds)).then_some("its session was not the invited person's")
}

/// Judges an answer, and takes in what the client learns by it.
pub fn answer(world: &World, scene: &Scene, asking: &Asking, event: &Event, reply: &Reply) {
    let Asking { browser, operation, .. } = asking;
    let status = reply.status().as_u16();
    let body: Value = serde_json::from_slice(reply.body()).unwrap_or_default();
    let code = body["code"].as_str().unwrap_or_default();
    let name = operation.name();
    world.note(format!("{}, {name}, is answered {status} {code}", event.number));
    let excused = (status == 500 && event.faulted.get()) || (status == 429 && event.limited.get());
    let asked_twice = event.once.is_some() && code == "idempotency_in_progress";
    if !excused && !asked_twice && !operation.is_documented(status, code) {
        let log = world.log.borrow().iter().rev().take(2).cloned().collect::<Vec<_>>().join("\n");
        world.violate(format!("event {}: {name} was answered {status} {code}\n{log}", event.number));
    }
    if reply.status().is_success() || reply.status().is_redirection() {
        let given = take_in(world, scene, *browser, reply, &body);
        if let Some(once) = &event.once
            && world.repeats.is_answered_otherwise(once, event.number, status, &body)
        {
            world.violate(format!(
                "event {}: {name} is answered otherwise than before, under one key",
                event.number
            ));
        }
        let session = given.as_deref().or(event.session.as_deref());
        // What is answered again holds no secret: whoever came in by the first answer signs in.
        let again = reply.headers().contains_key("idempotent-replayed");
        if !is_true(world, operation, event, session, again, &body) {
            world.violate(format!("event {}: {name} was answered {status}, and it is not so", event.number));
        }
    }
}

/// Keeps the session's cookie and the copied link; answers a new session.
fn take_in(world: &World, scene: &Scene, browser: usize, reply: &Reply, body: &Value) -> Option<String> {
    if let Some((_, token)) = body["url"].as_str().and_then(|url| url.split_once("/i/")) {
        world.learn(token.to_owned());
    }
    let mut given = None;
    for cookie in reply.headers().get_all("set-cookie") {
        let cookie = cookie.to_str().unwrap().split(';').next().unwrap();
        if let Some(session) = cookie.strip_prefix(&format!("{SESSION_COOKIE}=")) {
            given = Some(session.to_owned()).filter(|session| !session.is_empty());
            scene.browsers[browser].session.borrow_mut().clone_from(&given);
        }
    }
    given
}

/// Whether what was answered is so, durably.
fn is_true(
    world: &World,
    operation: &Operation,
    event: &Event,
    session: Option<&str>,
    again: bool,
    body: &Value,
) -> bool {
    // A request that takes weeks outlives what is kept of what was told.
    let outlived = || event.first_now.get().is_some_and(|began| world.now.get() > began.plus(EVENTS_KEPT));
    let id = || body["id"].as_str().unwrap_or_default();
    match operation {
        Operation::Invite { .. } => world.any("SELECT 1 FROM invitations WHERE id = ?1", params![id()]),
        Operation::AddMember { .. } => world.any("SELECT 1 FROM members WHERE id = ?1", params![id()]),
        Operation::Revoke(invitation) => world
            .any("SELECT 1 FROM invitations WHERE id = ?1 AND revoked_at IS NOT NULL", params![*invitation]),
        Operation::Decline(known) => world.any(
            "SELECT 1 FROM invitations WHERE id = ?1 AND declined_at IS NOT NULL",
            params![known.link.invitation_id],
        ),
        Operation::Resend(invitation) | Operation::OperatorResend(invitation) => {
            world.any("SELECT 1 FROM jobs WHERE invitation_id = ?1 AND ver > 1", params![*invitation])
        }
        Operation::Accept(known) | Operation::SignUp(known) => world.any(
            "SELECT 1 FROM redemptions r JOIN members m ON m.id = r.member_id
             WHERE r.invitation_id = ?1 AND m.id = ?2
               AND (?4 OR EXISTS (SELECT 1 FROM sessions s WHERE s.user_id = r.user_id AND s.token_digest = ?3))",
            params![known.link.invitation_id, body["member_id"].as_str(), session.map(digest), again],
        ),
        Operation::Plan(plan::Op::Told(at)) => {
            world.billing.is_told(*at);
            outlived() || world.any(
                "SELECT 1 FROM hook_events WHERE id = 'stripe:' || ?1",
                params![world.billing.event(*at)["id"].as_str()],
            )
        }
        Operation::Mail(told) => {
            outlived() || world.any("SELECT 1 FROM hook_events WHERE id = 'resend:' || ?1", params![told.event.as_str()])
        }
        Operation::SignOut => !world.any(
            "SELECT 1 FROM sessions WHERE token_digest = ?1 AND ended_at IS NULL",
            params![session.map(digest)],
        ),
        // In the calm, nothing changes between the list and the look at the table.
        Operation::ListMembers(organization) => {
            !world.calm.get()
                || body["data"].as_array().map(|data| i64::try_from(data.len()).unwrap())
                    == world.read(
                        "SELECT count(*) AS n FROM members WHERE organization_id = ?1 AND removed_at IS NULL",
                        params![*organization],
                    )[0]["n"]
                        .as_i64()
        }
        _ => true,
    }
}

/// Why a program must do nothing: its key was revoked before it asked, and never comes back.
pub fn why_it_must_not_write(world: &World, program: &Program) -> Option<&'static str> {
    let revoked =
        world.any("SELECT 1 FROM api_keys WHERE id = ?1 AND revoked_at IS NOT NULL", params![program.id]);
    revoked.then_some("its key was revoked before it began")
}

/// A live session of the person with this address, at a browser.
pub fn signed_in_as(world: &World, scene: &Scene, address: &Value) -> Option<usize> {
    (0..scene.browsers.len()).find(|at| {
        scene.browsers[*at].session.borrow().as_ref().is_some_and(|session| {
            world.any(
                "SELECT 1 FROM sessions s JOIN users u ON u.id = s.user_id
                 WHERE s.token_digest = ?1 AND s.ended_at IS NULL AND s.expires_at > ?2 AND u.email_key = ?3",
                params![digest(session), world.now.get(), address.as_str()],
            )
        })
    })
}

/// Every job that says so sent its mail: once for a provider that honours its key, at least once for one that doesn't.
pub fn mails(world: &World) {
    let sent = world.read("SELECT id FROM jobs WHERE provider_message_id IS NOT NULL ORDER BY id", params![]);
    let mailbox = world.settings().is_development();
    for row in &sent {
        let there = if mailbox {
            world.any("SELECT 1 FROM mailbox WHERE id = ?1", params![row["id"].as_str()])
        } else {
            world.sent.borrow().iter().any(|sent| sent.accepted && row["id"] == sent.job.to_string())
        };
        if !there {
            world.violate(format!("{} says it sent its mail, and there is none", row["id"]));
        }
    }
    if world.only_the_tick_enqueues {
        for row in world.read(
            "SELECT j.id FROM jobs j JOIN invitations i ON i.id = j.invitation_id AND i.ver = j.ver
             WHERE i.outcome = 'open' AND i.expires_at > ?1
               AND 1 <> (SELECT count(*) FROM mailbox m WHERE m.id = j.id)",
            params![world.now.get()],
        ) {
            world.violate(format!("{} did not send its mail once", row["id"]));
        }
    }
}

/// Every delivery that says so was taken by its receiver; and what is paid for is what they have.
pub fn told(world: &World, scene: &Scene) {
    let done =
        world.read("SELECT id FROM jobs WHERE webhook_id IS NOT NULL AND done_at IS NOT NULL", params![]);
    for row in done {
        if !world.receivers.took(row["id"].as_str().unwrap()) {
            world.violate(format!("{} says it was delivered, and nobody took it", row["id"]));
        }
    }
    for place in &scene.organizations {
        let Some((plan, seats)) = world.billing.paid_for(place.id) else { continue };
        // The operator's word counts until somebody tells something again; and what was given up shows as that.
        let otherwise = world.any(
            "SELECT 1 FROM organizations o WHERE o.id = ?1 AND (o.plan_key <> ?2 OR o.seat_limit IS NOT ?3)
               AND NOT EXISTS (SELECT 1 FROM audit_events a WHERE a.organization_id = o.id
                                 AND a.action = 'organization.plan_changed' AND a.actor = 'operator')
               AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.kind = 'hook_event' AND j.failed_at IS NOT NULL)",
            params![place.id, plan, seats],
        );
        if otherwise {
            world.violate(format!("{} has paid for {plan}, {seats} seats, and has something else", place.id));
        }
    }
}

/// No address, no token, no link and no cookie is in the log.
pub fn log(world: &World, scene: &Scene) {
    let log = world.log.borrow().join("\n");
    let sessions = scene.browsers.iter().filter_map(|browser| browser.session.borrow().clone());
    let forms = scene.browsers.iter().map(|browser| browser.form.clone());
    let tokens = world.links.borrow().iter().map(|known| known.token.clone()).collect::<Vec<_>>();
    let secrets = ["@", "/i/"].map(str::to_owned).into_iter().chain(sessions).chain(forms).chain(tokens);
    for secret in secrets {
        if let Some(line) = log.lines().find(|line| line.contains(&secret)) {
            world.violate(format!("the log holds {secret}: {line}"));
        }
    }
}
