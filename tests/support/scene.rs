//! What tests put straight into the database.

use serde_json::{Value, json};
use usher::domain::ids::{Id, Kind};
use usher::platform::Entropy;

use super::client::Team;
use super::platform::Native;

fn id<K: Kind>(team: &Team) -> String {
    Id::<K>::new(team.world.now(), Native::new(team.world.clone()).random()).to_string()
}

/// A further workspace of the organization. Newer than those there are.
pub fn workspace(team: &Team, name: &str) -> String {
    team.world.pass(std::time::Duration::from_millis(1));
    let id = id::<usher::domain::ids::Workspace>(team);
    team.world.state().database.borrow().change(&format!(
        "INSERT INTO workspaces (id, organization_id, name, created_at) VALUES ('{id}', '{}', '{name}', 0)",
        team.organization
    ));
    id
}

/// A resource of a workspace.
pub fn resource(team: &Team, workspace: &str, kind: &str) -> String {
    team.world.pass(std::time::Duration::from_millis(1));
    let id = id::<usher::domain::ids::Resource>(team);
    team.world.state().database.borrow().change(&format!(
        "INSERT INTO resources (id, organization_id, workspace_id, kind, name, created_at)
         VALUES ('{id}', '{}', '{workspace}', '{kind}', 'A {kind}', 0)",
        team.organization
    ));
    id
}

/// Another plan.
pub fn plan(team: &Team, seats: Option<i64>, features: &str) {
    let seats = seats.map_or_else(|| "NULL".to_owned(), |seats| seats.to_string());
    team.world.state().database.borrow().change(&format!(
        "UPDATE organizations SET seat_limit = {seats}, plan_features = '{features}' WHERE id = '{}'",
        team.organization
    ));
}

/// A plan of so many seats for a new organization, under which a client may have a list of permissions of their own.
pub fn plan_of(seats: impl Into<Option<i64>>) -> Value {
    json!({"key": "test", "seat_limit": seats.into(), "features": ["custom_client_permissions"]})
}

/// The actions of the audit log about something, oldest first, each with who did it.
pub fn audited(team: &Team, subject: &str) -> Vec<(String, String)> {
    let rows = team.world.state().database.borrow().query(&format!(
        "SELECT action, actor FROM audit_events WHERE subject = '{subject}' ORDER BY at, rowid"
    ));
    rows.iter()
        .map(|row| (row["action"].as_str().unwrap().to_owned(), row["actor"].as_str().unwrap().to_owned()))
        .collect()
}

/// The notifications of a member's account, as their kinds, oldest first.
pub fn notified(team: &Team, member: &str) -> Vec<String> {
    let rows = team.world.state().database.borrow().query(&format!(
        "SELECT kind FROM notifications WHERE user_id = (SELECT user_id FROM members WHERE id = '{member}') ORDER BY rowid"
    ));
    rows.iter().map(|row| row["kind"].as_str().unwrap().to_owned()).collect()
}

/// The seats used and reserved.
pub fn seats(team: &Team) -> (i64, i64) {
    let count = |column| {
        team.world.count(&format!("SELECT {column} FROM organizations WHERE id = '{}'", team.organization))
    };
    (count("seats_used"), count("seats_reserved"))
}
