//! One of each kind of caller, and everything that a route can be about: what the tables of answers and of costs ask with.

use crate::api_keys::{any_program, program};
use crate::hand_over::{self, PRODUCT_URL, VERIFIER};
use crate::support::World;
use crate::support::client::{Answer, Client, Team};
use crate::support::platform::token_in;
use crate::support::scene::resource;
use crate::support::webhooks::{URL, make};
use crate::{another, remove};
use http::Method;
use serde_json::{Value, json};
use usher::domain::api_key::Scope;
use usher::domain::secret;

pub const CALLERS: [&str; 9] =
    ["nobody", "operator", "foreign", "client", "member", "admin", "owner", "removed", "signed_out"];

/// An organization with somebody of every kind, and the owner of another.
pub struct Cast {
    pub team: Team,
    /// What the team is called in the paths of its pages.
    slug: String,
    pub other: Team,
    /// Somebody's e-mail.
    job: String,
    /// The first workspace; the client is in it.
    pub workspace: String,
    /// The client.
    pub member: String,
    fresh: u32,
}

impl Cast {
    pub fn new() -> Self {
        let plan = json!({"key": "test", "seat_limit": null});
        let mut team = Team::with_plan(World::with_settings(&[("PRODUCT_URL", PRODUCT_URL)]), Some(plan));
        let other = another(&team.world);
        for role in ["client", "member", "admin"] {
            team.joined(&format!("{role}@studio.test"), role);
        }
        team.joined("removed@studio.test", "admin");
        remove(&team, "removed@studio.test");
        let job = team.world.mailbox()[0]["id"].as_str().unwrap().to_owned();
        let workspace = team.owner.get(&team.path("/workspaces")).ok().str("/data/0/id");
        let member = team.owner.get(&team.path("/members?role=client")).ok().str("/data/0/id");
        resource(&team, &workspace, "facebook");
        let slug = team.owner.get(&team.path("")).ok().str("/slug");
        Self { team, slug, other, job, workspace, member, fresh: 0 }
    }

    /// A caller of this kind with a session of their own, so that one may end.
    pub fn caller(&mut self, kind: &str) -> Client {
        self.fresh += 1;
        let email = match kind {
            "nobody" => return self.team.world.client(),
            "operator" => return self.team.world.operator(),
            "half" => return self.half_signed_in(),
            "unknown_key" => {
                return self.caller("owner").bearer(&format!("usher_{}", "A".repeat(43)));
            }
            "key" => return any_program(&self.team),
            "foreign_key" => return any_program(&self.other),
            "revoked_key" => {
                let program = any_program(&self.team);
                self.team
                    .world
                    .state()
                    .database
                    .borrow()
                    .change("UPDATE api_keys SET revoked_at = created_at");
                return program;
            }
            kind if kind.starts_with("without ") => {
                let scopes = Scope::ALL.iter().map(|scope| scope.as_str());
                let others: Vec<_> = scopes.filter(|scope| !kind.ends_with(scope)).collect();
                return program(&self.team, &others);
            }
            "foreign" => "oscar.owner@other.test".to_owned(),
            "owner" => "olga.owner@studio.test".to_owned(),
            "signed_out" => "admin@studio.test".to_owned(),
            kind => format!("{kind}@studio.test"),
        };
        let token = format!("{:A<43}", format!("x{}x", self.fresh));
        let ended = if kind == "signed_out" { "1" } else { "NULL" };
        self.team.world.state().database.borrow().change(&format!(
            "INSERT INTO sessions (id, user_id, token_digest, created_at, expires_at, ended_at)
             SELECT 'ses_{fresh:0>26}', id, '{digest}', 0, {later}, {ended} FROM users WHERE email_key = '{email}'",
            fresh = self.fresh,
            digest = secret::digest(token.as_bytes()),
            later = self.team.world.now().millis() + 3_600_000,
        ));
        self.team.world.client().with_cookie("__Host-usher_session", &token)
    }

    /// The admin, who has a second factor, and has typed their password only.
    fn half_signed_in(&mut self) -> Client {
        let token = format!("{:A<43}", format!("h{}x", self.fresh));
        let state = self.team.world.state();
        let now = self.team.world.now().millis();
        let admin =
            state.database.borrow().query("SELECT id FROM users WHERE email_key = 'admin@studio.test'");
        let admin = admin[0]["id"].as_str().unwrap().to_owned();
        let keys = &state.config.as_ref().ok().unwrap().keys;
        let sealed = keys.seal(&admin, &[7; 20], self.team.world.random()).unwrap();
        state.database.borrow().change(&format!(
            "INSERT OR IGNORE INTO second_factors (user_id, secret, begun_at, confirmed_at)
             SELECT id, '{sealed}', 1, 1 FROM users WHERE email_key = 'admin@studio.test';
             UPDATE users SET mfa_enabled_at = 1 WHERE email_key = 'admin@studio.test';
             INSERT INTO pending_sessions (token_digest, user_id, password_ver, created_at, expires_at)
             SELECT '{}', id, password_ver, {now}, {} FROM users WHERE email_key = 'admin@studio.test'",
            secret::digest(token.as_bytes()),
            now + 600_000,
        ));
        self.team.world.client().with_cookie("__Host-usher_session", &token)
    }

    /// A new open invitation of a client: its id and the token of its link.
    fn invitation(&mut self) -> (String, String) {
        self.fresh += 1;
        let id = self.team.invited(&format!("fresh{}@client.test", self.fresh), "client");
        let link = self.team.owner.post(&format!("/v1/invitations/{id}/link"), &json!({})).ok();
        (id, token_in(&link.str("/url")))
    }

    /// A new bulk invitation of one client: its job.
    fn bulk(&mut self) -> String {
        self.fresh += 1;
        let row = json!({"email": format!("bulk{}@client.test", self.fresh), "role": "client"});
        let path = self.team.path("/invitations/bulk");
        self.team.owner.post(&path, &json!({"rows": [row]})).ok().str("/job_id")
    }

    /// A new link for many: its id and the token of its URL.
    fn link(&mut self) -> (String, String) {
        let path = self.team.path("/invitations");
        let id = self.team.owner.post(&path, &json!({"kind": "link", "role": "client"})).ok().str("/id");
        let link = self.team.owner.post(&format!("/v1/invitations/{id}/link"), &json!({})).ok();
        (id, token_in(&link.str("/url")))
    }

    /// A path with ids of the team's own, and the token of the invitation that it may name.
    pub fn path(&mut self, pattern: &str) -> (String, String) {
        let of_link = ["/rotate", "/disable", "/enable", "/redemptions", "/replace", "/off", "/on"];
        let is_of_link = of_link.iter().any(|end| pattern.ends_with(end));
        let (invitation, token) = if is_of_link { self.link() } else { self.invitation() };
        let resource = if pattern.contains("{resource}") { self.fresh_resource() } else { String::new() };
        let of_import = pattern.starts_with("/v1/jobs/") || pattern.contains("/import/{job}");
        let pattern = if pattern == "/open" { &hand_over::way(&self.team.organization) } else { pattern };
        let job = if of_import { self.bulk() } else { self.job.clone() };
        let session = if pattern.contains("{session}") { self.session() } else { String::new() };
        let key = if pattern.contains("{key}") { self.api_key() } else { String::new() };
        let webhook = if pattern.contains("{webhook}") { self.webhook() } else { String::new() };
        let job = if pattern.starts_with("/o/") && pattern.ends_with("/deliveries/{job}") {
            let test = self.team.path(&format!("/webhooks/{webhook}/test"));
            self.team.world.operator().post(&test, &json!({})).ok().str("/id")
        } else {
            job
        };
        let path = pattern
            .replace("{webhook}", &webhook)
            .replace("{key}", &key)
            .replace("{session}", &session)
            .replace("{workspace}", &self.workspace)
            .replace("{slug}", &self.slug)
            .replace("{member}", &self.member)
            .replace("{resource}", &resource)
            .replace("{organization}", &self.team.organization)
            .replace("{invitation}", &invitation)
            .replace("{token}", &token)
            .replace("{hash}", "0123456789abcdef")
            .replace("{job}", &job)
            .replace("{draft}", "drf_01h455vb4pex5vsknk084sn02q")
            .replace("{step}", "person");
        assert!(!path.contains('{'), "{path}: say here what stands for it");
        (path, token)
    }

    /// Another resource in the workspace, since one that is deleted is gone.
    fn fresh_resource(&self) -> String {
        resource(&self.team, &self.workspace, "facebook")
    }

    /// A key, to be revoked.
    fn api_key(&mut self) -> String {
        let body = json!({"name": "Another", "scopes": ["access:check"]});
        self.team.world.operator().post(&self.team.path("/api-keys"), &body).ok().str("/id")
    }

    /// A webhook, to be deleted. The others were.
    fn webhook(&mut self) -> String {
        self.team
            .world
            .state()
            .database
            .borrow()
            .change("UPDATE webhooks SET deleted_at = created_at, secret = ''");
        make(&mut self.team, URL, &["member.added"]).0
    }

    /// A session of the owner's, to be ended.
    fn session(&mut self) -> String {
        self.caller("owner");
        format!("ses_{:0>26}", self.fresh)
    }

    /// A client who is only there to be removed, or put into the workspace; or one who is in it.
    fn passer_by(&mut self, placed: bool) -> String {
        self.fresh += 1;
        let id = |prefix: &str| format!("{prefix}_{:0>26}", self.fresh);
        let (member, user, email) = (id("mbr"), id("usr"), format!("passer{}@client.test", self.fresh));
        self.team.world.state().database.borrow().change(&format!(
            "INSERT INTO users (id, email, email_key, name, email_verified_at, created_at)
             VALUES ('{user}', '{email}', '{email}', 'Petra Passer', 1, 0);
             INSERT INTO members (id, organization_id, user_id, role, name, takes_seat, joined_at)
             VALUES ('{member}', '{}', '{user}', 'client', 'Petra Passer', 0, 0);
             INSERT INTO memberships (member_id, workspace_id, created_at)
             SELECT '{member}', '{}', 0 WHERE {placed}",
            self.team.organization, self.workspace
        ));
        member
    }

    pub fn body(&mut self, method: &str, pattern: &str, token: &str) -> Value {
        self.fresh += 1;
        let fresh = self.fresh;
        match (method, pattern) {
            ("POST", "/v1/organizations") => json!({
                "name": "New", "template": "team", "owner": {"email": format!("new{fresh}@studio.test"), "name": "New"},
            }),
            ("POST", "/v1/organizations/{organization}/invitations") => {
                json!({"kind": "email", "role": "client", "email": format!("more{fresh}@client.test")})
            }
            ("PATCH", "/v1/organizations/{organization}") => {
                json!({"name": format!("Studio {fresh}"), "policy": {"send_email": true}})
            }
            ("PUT", "/v1/organizations/{organization}/plan") => json!({"key": "test", "seat_limit": null}),
            ("POST", "/v1/organizations/{organization}/workspaces")
            | ("PATCH", "/v1/workspaces/{workspace}") => {
                json!({"name": format!("Workspace {fresh}")})
            }
            ("POST", "/v1/workspaces/{workspace}/resources") => json!({"kind": "facebook", "name": "A page"}),
            ("POST", "/v1/organizations/{organization}/invitations/bulk") => {
                json!({"rows": [{"role": "client", "email": format!("many{fresh}@client.test")}]})
            }
            ("POST", "/v1/invitations/preview" | "/v1/invitations/accept" | "/v1/invitations/decline") => {
                json!({"token": token})
            }
            ("PATCH", "/v1/invitations/{invitation}") => json!({"nickname": format!("Client {fresh}")}),
            ("POST", "/v1/organizations/{organization}/members") => json!({
                "email": format!("added{fresh}@client.test"), "name": "Ana Client", "role": "client", "notify": false,
            }),
            ("POST", "/v1/password-resets/redeem") => {
                json!({"token": token, "password": "a sentence works well"})
            }
            ("PATCH", "/v1/members/{member}") => json!({"name": format!("Ana {fresh}")}),
            ("POST", "/v1/organizations/{organization}/members/remove") => {
                json!({"member_ids": [self.passer_by(false)]})
            }
            ("POST", "/v1/organizations/{organization}/owner") => {
                json!({"member_id": self.team.member("olga.owner@studio.test"), "password": "a sentence works well"})
            }
            ("POST", "/v1/workspaces/{workspace}/members") => json!({"member_id": self.passer_by(false)}),
            ("PATCH", "/v1/workspaces/{workspace}/members/{member}") => {
                json!({"access": {"require_mfa": false}})
            }
            ("POST", "/v1/organizations/{organization}/api-keys") => {
                json!({"name": "Backend", "scopes": ["access:check"], "password": "a sentence works well"})
            }
            ("POST", "/v1/organizations/{organization}/webhooks") => {
                json!({"url": URL, "events": ["member.added"], "password": "a sentence works well"})
            }
            ("PATCH", "/v1/organizations/{organization}/webhooks/{webhook}") => {
                json!({"events": ["member.removed"]})
            }
            ("PATCH", "/v1/me/notification-settings") => json!({
                "organization_id": self.team.organization, "events": [{"kind": "access.asked", "in_app": true}],
            }),
            ("POST", "/v1/me/token") => json!({"organization_id": self.team.organization}),
            ("POST", "/v1/tokens") => {
                let way = hand_over::way(&self.team.organization);
                let brought = hand_over::brought(&self.caller("client").get(&way)).unwrap();
                json!({"code": brought[2].1, "verifier": VERIFIER})
            }
            ("POST", "/v1/check") => {
                json!({"member_id": self.member, "workspace_id": self.workspace, "permission": "compose"})
            }
            ("POST", "/v1/password-resets") => json!({"email": format!("forgotten{fresh}@client.test")}),
            ("POST", "/v1/me/mfa/totp/confirm" | "/v1/sessions/mfa") | ("DELETE", "/v1/me/mfa/totp") => {
                json!({"code": "123456"})
            }
            ("POST", "/v1/mfa-resets") => json!({"email": "client@studio.test"}),
            ("POST", "/v1/me/email") => {
                json!({"email": format!("other{fresh}@client.test"), "password": "not this one at all"})
            }
            // They signed in a while ago.
            ("POST", "/v1/me/mfa/totp") => json!({"password": "a sentence works well"}),
            ("POST", "/v1/me/mfa/recovery-codes") => json!({"password": "not this one at all"}),
            ("POST", "/v1/email-changes/confirm" | "/v1/email-changes/cancel") => json!({"token": token}),
            ("PUT", "/v1/me/password") => {
                json!({"current_password": "none of theirs", "password": "a sentence works well"})
            }
            ("POST", "/v1/sessions") => json!({"email": "no address", "password": "any"}),
            ("POST", "/dev/probe") => json!({"values": []}),
            _ => json!({}),
        }
    }

    /// Asks as this kind of caller, with what the route needs.
    pub fn ask(&mut self, method: &str, pattern: &str, kind: &str) -> Answer {
        let mut caller = self.caller(kind);
        let (mut path, token) = self.path(pattern);
        if method == "DELETE" && pattern.contains("{member}") {
            path = path.replace(&self.member.clone(), &self.passer_by(true));
        }
        if pattern.ends_with("{member}/restore") {
            path = path.replace(&self.member.clone(), &self.passer_by(true));
            self.team.world.state().database.borrow().change(&format!(
                "UPDATE members SET removed_at = {} WHERE name = 'Petra Passer' AND removed_at IS NULL",
                self.team.world.now().millis()
            ));
        }
        let body = self.body(method, pattern, &token);
        let is_form = method == "POST" && !pattern.starts_with("/v1/") && pattern != "/dev/probe";
        let everywhere = (method, pattern) == ("DELETE", "/v1/sessions");
        let method: Method = method.parse().unwrap();
        let answer = match method {
            Method::POST if is_form => {
                let mut fields = vec![("nonce", "made up")];
                if pattern == "/sign-in" {
                    fields.extend([("email", "a@studio.test"), ("password", "any")]);
                }
                caller.post_form(&path, &fields)
            }
            Method::PUT if pattern.ends_with("/logo") => {
                caller.send(&method, &path, Some("image/jpeg"), b"\xff\xd8\xff\xe0".to_vec())
            }
            Method::DELETE if pattern.ends_with("/totp") => {
                caller.send(&method, &path, Some("application/json"), body.to_string().into_bytes())
            }
            Method::POST | Method::PUT | Method::PATCH => {
                caller.send(&method, &path, Some("application/json"), body.to_string().into_bytes())
            }
            method => caller.send(&method, &path, None, Vec::new()),
        };
        if everywhere {
            // The cast itself stays signed in.
            let reopen = "UPDATE sessions SET ended_at = NULL WHERE ended_at > 1";
            self.team.world.state().database.borrow().change(reopen);
        }
        answer
    }
}
