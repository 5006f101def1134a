//! A thousand invitations in one request, on the real runtime: the job outlives the process, can be looked at, makes nothing
//! twice, and can be taken back.

use serde_json::{Value, json};

use crate::harness::{Deployment, Server, Team, wait_for};

const ROWS: usize = 1000;

/// The rows of a file of a thousand people, of whom two are told by e-mail.
fn rows(address: &str) -> Value {
    let row = |number: usize| {
        let email = format!("p{number}.{address}");
        json!({"email": email, "role": "client", "name": "Some Person", "send_email": number < 2})
    };
    (0..ROWS).map(row).collect::<Vec<_>>().into()
}

fn job(team: &Team<'_>, id: &str) -> Value {
    team.owner.clone().get(&format!("/v1/jobs/{id}?limit=100")).ok().json()
}

fn invitations(server: &Server, team: &Team<'_>, outcome: &str) -> i64 {
    let sql = format!(
        "SELECT count(*) FROM invitations WHERE organization_id = ?1 AND role = 'client' AND outcome = '{outcome}'"
    );
    server.count(&sql, &team.organization)
}

#[test]
fn a_thousand_rows_are_one_job_that_survives_a_kill_and_can_be_undone() {
    let deployment = Deployment::new();
    let mut server = deployment.start();
    let (organization, owner, address) = {
        let team = Team::of(&server, "client-links", None);
        (team.organization.clone(), team.owner.session(), server.address("many"))
    };
    let body = json!({"rows": rows(&address), "dry_run": false});
    let id = {
        let team = Team::again(&server, &organization, &owner);
        let told = json!({"rows": rows(&address), "dry_run": true});
        let told = team.owner.clone().post(&team.path("/invitations/bulk"), &told).ok();
        assert_eq!(told.json()["data"].as_array().unwrap().len(), ROWS);
        assert!(server.cost(&told).d1 <= 3, "{:?}", server.cost(&told));
        assert_eq!(invitations(&server, &team, "open"), 0, "a dry run writes nothing");
        let started = team.owner.clone().post(&team.path("/invitations/bulk"), &body);
        assert_eq!(started.status, 202, "{}", started.text());
        assert!(server.cost(&started).d1 <= 3, "{:?}", server.cost(&started));
        started.str("/job_id")
    };
    // Its message dies with the queue, wherever the job had come to.
    server.kill();
    server.change_at_rest("UPDATE jobs SET requeue_at = requeue_at - 120000, due_at = due_at - 120000");
    server.start_again(&deployment);
    let team = Team::again(&server, &organization, &owner);
    server.tick();
    wait_for("the job to be done", || (job(&team, &id)["status"] == "done").then_some(()));
    let done = job(&team, &id);
    assert_eq!((&done["done"], &done["total"]), (&json!(ROWS), &json!(ROWS)));
    assert!(done["data"].as_array().unwrap().iter().all(|row| row["outcome"] == "created"), "{done}");
    assert_eq!(invitations(&server, &team, "open"), 1000);
    for number in 0..2 {
        server.keep_secret(&format!("p{number}.{address}"));
        server.mail(&format!("p{number}.{address}"), 1);
    }

    // The same file again makes nothing.
    let again = team.owner.clone().post(&team.path("/invitations/bulk"), &body).ok().str("/job_id");
    wait_for("the second job to be done", || (job(&team, &again)["status"] == "done").then_some(()));
    let second = job(&team, &again);
    let row = &second["data"][0];
    assert_eq!((&row["outcome"], &row["problem"]["code"]), (&json!("refused"), &json!("already_invited")));
    assert_eq!(row["invitation_id"], done["data"][0]["invitation_id"]);
    assert_eq!(invitations(&server, &team, "open"), 1000);

    let undone = team.owner.clone().post(&format!("/v1/jobs/{id}/undo"), &json!({})).ok().json();
    assert_eq!(undone["revoked"], 1000);
    assert_eq!((invitations(&server, &team, "open"), invitations(&server, &team, "revoked")), (0, 1000));
    let twice = team.owner.clone().post(&format!("/v1/jobs/{id}/undo"), &json!({})).refusal();
    assert_eq!(twice, (409, "not_undoable".to_owned()));
}
