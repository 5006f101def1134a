//! What tests put straight into the database.

use serde_json::{Value, json};
use usher::domain::ids::{Id, Kind};
use usher::domain::secret;
use usher::platform::Entropy;

use super::client::{Client, Team};
use super::platform::{Native, World};
use super::totp::App;

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

/// A further workspace with a resource of this kind in it: their ids.
pub fn place(team: &Team, kind: &str) -> (String, String) {
    let workspace = workspace(team, "A place");
    let resource = resource(team, &workspace, kind);
    (workspace, resource)
}

/// Somebody with an account whose address is proved, signed in.
pub fn somebody(world: &World, email: &str) -> Client {
    let token = format!("{:A<43}", email.replace(['@', '.'], "-"));
    let user = format!("usr_1{:0>25}", world.count("SELECT count(*) FROM users"));
    world.state().database.borrow().change(&format!(
        "INSERT INTO users (id, email, email_key, name, name_key, email_verified_at, created_at)
         VALUES ('{user}', '{email}', '{email}', 'Ana Client', 'ana client', 1, 1);
         INSERT INTO sessions (id, user_id, token_digest, created_at, expires_at)
         VALUES ('{session}', '{user}', '{digest}', 0, {later})",
        session = user.replace("usr", "ses"),
        digest = secret::digest(token.as_bytes()),
        later = world.now().millis() + 400 * 86_400_000,
    ));
    world.client().with_cookie("__Host-usher_session", &token)
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

/// Sets up a second factor for whoever is signed in: their app, and their recovery codes. Then half a minute passes, so that
/// the app shows a code that was not used.
pub fn second_factor(person: &mut Client) -> (App, Vec<String>) {
    let mut begun = person.post("/v1/me/mfa/totp", &json!({}));
    if begun.status == 403 {
        begun = person.post("/v1/me/mfa/totp", &json!({"password": super::client::PASSWORD}));
    }
    let app = App::of(&begun.ok().str("/secret"));
    let world = person.world().clone();
    let code = json!({"code": app.code(world.now())});
    let confirmed = person.post("/v1/me/mfa/totp/confirm", &code).ok().json();
    world.pass(std::time::Duration::from_secs(30));
    let codes = confirmed["recovery_codes"].as_array().unwrap().iter();
    (app, codes.map(|code| code.as_str().unwrap().to_owned()).collect())
}
