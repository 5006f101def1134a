//! What must hold after a kill, and what must have come of everything in the end.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use usher::domain::time::Timestamp;

use super::invariants;
use super::round::Round;
use crate::harness::{Provider, Receiver, Server, Team, wait_for};
use crate::sqlite::Sqlite;

/// What a kill left behind.
#[derive(Debug)]
pub struct Left {
    /// Mails that the provider had taken, and whose jobs still wait.
    pub mails: usize,
    /// Invitations and members of whom nobody was told.
    pub unheard: usize,
}

/// Whatever else was under way, rules that hold after every batch: the simulation's, and what is only true of those who come
/// in here.
const RULES: &[(&str, &str)] = &[
    ("the file is whole", "SELECT * FROM pragma_integrity_check WHERE integrity_check <> 'ok'"),
    ("whatever a row refers to is there", "SELECT * FROM pragma_foreign_key_check"),
    (
        "whoever is in has an account that they can sign in with",
        "SELECT m.id FROM members m LEFT JOIN users u ON u.id = m.user_id
         WHERE u.password_hash IS NULL OR u.email_verified_at IS NULL",
    ),
    (
        "every invitation and every member is an event, once",
        "SELECT x.id FROM (SELECT id, 'invitation.created' AS type, organization_id FROM invitations WHERE role <> 'owner'
                           UNION ALL SELECT id, 'member.added', organization_id FROM members WHERE role <> 'owner') x
         WHERE 1 <> (SELECT count(*) FROM webhook_events e WHERE e.organization_id = x.organization_id
                       AND e.type = x.type AND e.subject = x.id)",
    ),
    (
        "every event has the job that tells it, or was told",
        "SELECT e.seq FROM webhook_events e WHERE e.at IS NULL OR (e.job_id IS NULL AND e.id IS NULL)",
    ),
];

#[allow(clippy::disallowed_methods, reason = "the Worker that was killed had this machine's clock")]
fn now() -> Timestamp {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp::from_millis(i64::try_from(now.as_millis()).unwrap())
}

fn at_rest(server: &Server) -> Sqlite {
    let database = Sqlite::open(&server.database_at_rest());
    assert_eq!(invariants::always(&database, now()), Vec::<String>::new());
    for (rule, sql) in RULES {
        assert_eq!(database.query(sql), Vec::<Value>::new(), "{rule}");
    }
    database
}

fn texts(database: &Sqlite, sql: &str) -> BTreeSet<String> {
    let rows = database.query(sql);
    let texts = rows.iter().filter_map(|row| row.as_object()?.values().next()?.as_str());
    texts.map(str::to_owned).collect()
}

/// That of a Worker that was killed the database is in order, and everything is in it that was answered.
pub fn hold_at_rest(server: &Server, provider: &Provider, rounds: &[Round]) -> Left {
    let database = at_rest(server);
    let invitations = texts(&database, "SELECT id FROM invitations WHERE role <> 'owner'");
    let members = texts(&database, "SELECT id FROM members WHERE role <> 'owner' AND removed_at IS NULL");
    let invited: BTreeSet<String> = rounds.iter().filter_map(|round| round.invitation.clone()).collect();
    let joined: BTreeSet<String> = rounds.iter().filter_map(|round| round.member.clone()).collect();
    assert!(invitations.is_superset(&invited), "answered 201, and lost: {:?}", &invited - &invitations);
    assert!(members.is_superset(&joined), "answered 200, and not in: {:?}", &joined - &members);
    let waiting = texts(&database, "SELECT id FROM jobs WHERE waiting = 1");
    let taken = provider.taken_in_all();
    Left {
        mails: taken.iter().filter(|(_, mail)| waiting.contains(mail.key())).count(),
        unheard: (&invitations - &invited).len() + (&members - &joined).len(),
    }
}

/// That the API shows everybody as they were told.
pub fn are_seen(team: &Team<'_>, rounds: &[Round]) {
    for round in rounds {
        let shown = team.invitation(round.invitation.as_ref().unwrap());
        assert_eq!(shown["accepted_by"].as_str(), round.member.as_deref(), "{shown}");
        assert_eq!(shown["status"], if round.member.is_some() { "accepted" } else { "pending" });
    }
}

/// Ticks until no job waits.
pub fn empty_the_outbox(server: &Server) {
    wait_for("the outbox to be empty", || {
        server.tick();
        let rows = server.batch(&[("SELECT id FROM jobs WHERE waiting = 1 LIMIT 1", &[])]);
        rows[0].is_empty().then_some(())
    });
}

/// That nothing is left to be done, every mail went out once, and every event was told.
pub fn were_kept(server: &Server, provider: &Provider, receiver: &Receiver, rounds: &[Round]) {
    let database = at_rest(server);
    assert_eq!(invariants::settled(&database, now()), Vec::<String>::new());
    assert_eq!(database.query("SELECT * FROM jobs WHERE failed_at IS NOT NULL"), Vec::<Value>::new());
    assert_eq!(database.count("SELECT count(*) FROM members WHERE role <> 'owner'"), {
        i64::try_from(rounds.iter().filter(|round| round.member.is_some()).count()).unwrap()
    });

    // By its idempotency key, which is its job's id.
    let mut taken: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (message, mail) in provider.taken_in_all() {
        taken.entry(mail.key().to_owned()).or_default().push(message);
    }
    let mails = database.query(
        "SELECT j.id, j.provider_message_id AS message, i.accepted_at IS NOT NULL AS accepted, i.email_key AS address
         FROM jobs j JOIN invitations i ON i.id = j.invitation_id WHERE j.kind = 'invitation_email'",
    );
    for mail in &mails {
        let sent = taken.remove(mail["id"].as_str().unwrap()).unwrap_or_default();
        match mail["message"].as_str() {
            Some(message) => assert_eq!(sent, [message], "{mail}"),
            // They were in before it was its turn; or the Worker was killed when it had been sent, and they came in by it.
            None => assert!(mail["accepted"] == 1 && sent.len() <= 1, "{mail} was sent {} times", sent.len()),
        }
    }
    assert!(taken.is_empty(), "mails of which no row tells: {taken:?}");
    for round in rounds.iter().filter(|round| round.needs_its_mail()) {
        assert_eq!(provider.taken(&round.address).len(), 1, "{round:?}");
    }

    // That each invitation and each member is one is among the rules.
    let events = "SELECT id FROM webhook_events WHERE type IN ('invitation.created', 'member.added')";
    let heard =
        receiver.heard("/takes").into_iter().map(|mut heard| heard.headers.remove("webhook-id").unwrap());
    assert_eq!(heard.collect::<BTreeSet<String>>(), texts(&database, events));
}
