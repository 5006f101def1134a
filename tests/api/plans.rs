//! Every statement of `src/store/` is served by an index: the journey below runs each of them, and its plan is read.

use serde_json::json;
use usher::jobs::message::{self, Message, Source};
use usher::platform::{MailError, Statement};
use usher::web::route::Route;

use crate::cast::Cast;
use crate::support::World;
use crate::support::client::Team;
use crate::support::platform::block_on;
use crate::{accept_signed_in, copied_token, decline, preview, sign_in};

/// Asks the platform itself, for tests of the platform.
const UNCOUNTED: &str = "/dev/probe";
const MIA: &str = "mia.member@studio.test";

/// Everything the service does, so that every statement it has was run.
#[allow(clippy::too_many_lines, reason = "a line for each part that is gone through")]
fn journey() -> Team {
    let mut cast = Cast::new();
    for (pattern, methods) in Route::PATTERNS.iter().filter(|(pattern, _)| *pattern != UNCOUNTED) {
        for method in *methods {
            for kind in ["nobody", "operator", "client", "owner"] {
                cast.ask(method.as_str(), pattern, kind);
            }
        }
    }
    for query in [
        "q=ana",
        "status=pending",
        "status=expired",
        "status=accepted",
        "status=declined",
        "status=revoked",
        "status=full",
        "status=disabled",
        "kind=email",
        "workspace_id=wsp_01h455vb4pex5vsknk084sn02q",
        "workspace_id=wsp_01h455vb4pex5vsknk084sn02q&status=expired",
        "workspace_id=wsp_01h455vb4pex5vsknk084sn02q&status=pending",
        "limit=2",
    ] {
        let path = cast.team.path(&format!("/invitations?{query}"));
        cast.team.owner.get(&path).ok();
    }
    for query in ["q=o&role=client&", "role=client&", ""] {
        let path = cast.team.path(&format!("/members?{query}workspace_id=wsp_01h455vb4pex5vsknk084sn02q"));
        cast.team.owner.get(&path).ok();
    }
    let mut team = cast.team;
    crate::resources::use_all(&team.world);
    crate::audit::use_all(&mut team);
    let id = team.invited(MIA, "member");
    let token = copied_token(&mut team.owner, &id);
    let mut mia = team.world.client();
    preview(&mut mia, &token).ok();
    mia.accept(&token, "Mia Member").ok();
    accept_signed_in(&mut mia, &token).ok();
    decline(&mut mia, &token);
    mia.delete("/v1/sessions/current").ok();
    sign_in(&mut mia, MIA).ok();
    // She is in one workspace of two, and what she is changes.
    let elsewhere = team.owner.post(&team.path("/workspaces"), &json!({"name": "Elsewhere"})).ok().str("/id");
    assert_eq!(mia.get(&format!("/v1/workspaces/{elsewhere}")).refusal(), (404, "not_found".to_owned()));
    let member = format!("/v1/members/{}", team.member(MIA));
    for role in ["client", "member"] {
        team.owner.patch(&member, &json!({"role": role})).ok();
    }
    let rows = json!([
        {"email": "nico@client.test", "role": "client"},
        {"email": "mara@studio.test", "role": "member", "access": {"permissions": {"clone_of": team.member(MIA)}}},
        {"email": MIA, "role": "member"},
    ]);
    for dry_run in [true, false] {
        team.owner.post(&team.path("/invitations/bulk"), &json!({"rows": rows, "dry_run": dry_run})).ok();
    }
    crate::links::walk(&mut team);
    let slug = team.owner.get(&team.path("")).ok().str("/slug");
    let owner = team.member("olga.owner@studio.test");
    for query in [
        format!("actor={owner}"),
        format!("subject={owner}"),
        "action=invitation.created".to_owned(),
        format!("actor={owner}&action=invitation.created"),
        format!("subject={owner}&action=invitation.created"),
    ] {
        team.owner.get(&format!("/o/{slug}/activity?{query}")).ok();
    }
    // Another role, and a workspace that wants a second factor first.
    let member = team.member(MIA);
    let workspace = team.owner.get(&format!("/v1/members/{member}")).ok().str("/workspaces/0/id");
    team.owner.patch(&format!("/v1/members/{member}"), &json!({"role": "client"})).ok();
    let access = json!({"access": {"require_mfa": true}});
    team.owner.patch(&format!("/v1/workspaces/{workspace}/members/{member}"), &access).ok();
    let mut mia = team.world.client();
    sign_in(&mut mia, MIA).ok();
    assert_eq!(mia.get(&format!("/v1/workspaces/{workspace}")).status, 403);
    crate::passwords::walk(&mut team);
    crate::places::walk(&mut team);
    crate::many_places::walk(&mut team);
    crate::wizard::walk(&mut team);
    crate::api_keys::walk(&team.world);
    crate::hand_over::walk(&mut team);
    crate::vouching::walk(&mut team);
    crate::webhooks::walk(&mut team);
    crate::idempotency::walk(&mut team);
    crate::found_by_name::walk(&mut team);
    ask(&mut team);
    crate::next_mails::walk(&mut team);
    crate::hooks_delivery::walk(&mut team);
    crate::deliveries::walk(&mut team);
    crate::notification_settings::walk(&mut team);
    crate::hooks_billing::walk(&mut team);
    crate::totp::walk(&mut team);
    crate::chosen_passwords::walk(&mut team);
    crate::email_changes::walk(&mut team);
    crate::mfa_resets::walk(&mut team);
    crate::recovery_codes::walk(&mut team);
    crate::require_mfa::walk(&mut team);
    crate::password_resets::walk(&team.world);
    team.world.tick();
    team.world.deliver();
    team
}

/// Somebody declines and asks for another invitation all the same, and a client who was given nothing asks for access.
fn ask(team: &mut Team) {
    let id = team.invited("late@client.test", "client");
    let token = crate::copied_token(&mut team.owner, &id);
    crate::decline(&mut team.world.client(), &token);
    let mut late = team.world.client();
    late.submit("/sign-in", &format!("/i/{token}/ask"), &[]).ok();
    let mut cleo = team.joined("cleo.client@client.test", "client");
    let reached = cleo.get("/v1/me/workspaces").ok().str("/data/0/workspace/id");
    cleo.submit("/sign-in", &format!("/w/{reached}/ask"), &[]).ok();
    team.owner.get("/me/notifications").ok();
}

/// What happens to a mail that its provider doesn't take: it is tried again, refused, and given up as a dead letter.
fn lost_mail() -> World {
    let world = World::with_settings(&[("MAIL_PROVIDER", "cloudflare")]);
    let retry = || MailError::Retry("busy".to_owned());
    let refused = || MailError::Refused("suppressed".to_owned());
    for (error, source) in
        [(retry(), Source::Jobs), (refused(), Source::Jobs), (retry(), Source::DeadLetters)]
    {
        world.state().mail_errors.borrow_mut().push_back(error);
        world.operator().create_organization("Lost Mail", "olga.owner@studio.test");
        let job = world.state().queue.borrow_mut().pop_front().unwrap();
        block_on(world.app().consume(Message { source, body: message::encode(job) }));
    }
    world
}

/// One statement for each SQL that all of this ran.
fn ran(worlds: &[&World]) -> Vec<Statement> {
    worlds.iter().flat_map(|world| world.state().database.borrow().ran()).collect()
}

/// Whether a step reads what the statement made itself, under a name of its own.
fn made_by_itself(statement: &Statement, step: &str) -> bool {
    let name = step.trim_start_matches("SCAN ").split(' ').next().unwrap();
    statement.sql.contains(&format!("{name} AS MATERIALIZED ("))
}

/// The steps without those that read what a subquery answered, each once: where it is made the plan says so, by its name.
fn without_subqueries(plan: Vec<String>) -> Vec<String> {
    let mut made: Vec<String> = plan
        .iter()
        .filter_map(|step| step.strip_prefix("CO-ROUTINE ").or_else(|| step.strip_prefix("MATERIALIZE ")))
        .map(|name| format!("SCAN {name}"))
        .collect();
    let mut is_made = |step: &String| {
        made.iter().position(|scan| scan == step).map(|place| made.swap_remove(place)).is_some()
    };
    plan.into_iter().filter(|step| !is_made(step)).collect()
}

/// Steps that read a whole table. Constant rows, `json_each` and what a statement made itself are no tables.
fn scans(world: &World, statement: &Statement) -> Vec<String> {
    let plan = world.state().database.borrow().plan(statement);
    // A whole organization's rows are as many as there may be: only a list that stops may begin there.
    let is_whole = |step: &String| {
        let of_many = ["members_", "invitations_", "audit_events_", "resources_", "jobs_"];
        of_many.iter().any(|index| step.contains(&format!("INDEX {index}")))
            && (step.ends_with("(organization_id=?)") || step.ends_with("(organization_id=? AND active=?)"))
            && !step.contains("members_one_owner")
            && !statement.sql.contains(" LIMIT ")
    };
    let is_scan = |step: &String| {
        step.starts_with("SCAN")
            && !step.contains("VIRTUAL TABLE")
            && !step.starts_with("SCAN CONSTANT ROW")
            && !step.contains("subquery")
            && !made_by_itself(statement, step)
    };
    without_subqueries(plan).into_iter().filter(|step| is_scan(step) || is_whole(step)).collect()
}

#[test]
fn every_statement_is_served_by_an_index() {
    for world in [journey().world, lost_mail()] {
        assert_all_served(&world);
    }
}

/// That each statement which ran in a world so far is served by an index.
#[track_caller]
pub fn assert_all_served(world: &World) {
    let ran = world.state().database.borrow().ran();
    let mut scanning = Vec::new();
    for statement in ran {
        // The mailbox is for developers and small; `readyz` asks for one row, whichever it is.
        if statement.sql.contains("FROM mailbox") || statement.sql.contains("SELECT 1 FROM organizations") {
            continue;
        }
        let mut steps = scans(world, &statement);
        // A look for children, which SQLite skips while no deferred key is unsettled; this statement comes first.
        steps.retain(|step| {
            let looks = step == "SCAN jobs" || step.contains("COVERING INDEX");
            !(looks && statement.sql.starts_with("INSERT INTO organizations"))
        });
        if !steps.is_empty() {
            scanning.push(format!("{steps:?}: {}", statement.sql));
        }
    }
    assert!(scanning.is_empty(), "{}", scanning.join("\n\n"));
}

/// The beginnings of the statements that the store's files hold, each with its file.
fn written() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![std::path::PathBuf::from("src/store")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let code = std::fs::read_to_string(&path).unwrap();
            let code: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            // Every second piece between quotes is inside a literal.
            for literal in code.join("\n").replace("\\\"", "“").split('"').skip(1).step_by(2) {
                let literal = literal.replace('“', "\"");
                let sql = plain(&literal);
                let is_statement = ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH "]
                    .iter()
                    .any(|verb| sql.starts_with(verb) && sql.len() > 20);
                if is_statement {
                    found.push((path.display().to_string(), sql));
                }
            }
        }
    }
    found
}

fn plain(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A statement that nothing runs has a plan that nobody reads.
#[test]
fn the_journey_runs_every_statement_of_the_store() {
    let ran: Vec<String> =
        ran(&[&journey().world, &lost_mail()]).iter().map(|statement| plain(statement.sql)).collect();
    let written = written();
    assert!(written.len() > 50, "{} statements", written.len());
    let missed: Vec<String> = written
        .into_iter()
        .filter(|(_, sql)| !ran.iter().any(|statement| statement.contains(sql.as_str())))
        .map(|(file, sql)| format!("{file}: {sql}"))
        .collect();
    assert!(missed.is_empty(), "{}", missed.join("\n\n"));
}
