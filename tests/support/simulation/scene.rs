//! Who is there when a history begins: an organization with few seats, those who manage it, and people to invite, with
//! and without accounts. Put straight into the database, since making it by requests would cost more than the history.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::LazyLock;

use usher::domain::api_key::{ApiKey, Scope};
use usher::domain::ids::{ApiKeyId, Id, Kind, MemberId, OrganizationId, UserId, WebhookId, WorkspaceId};
use usher::domain::password;
use usher::domain::secret::Bearer;
use usher::domain::time::Timestamp;
use usher::domain::webhook::EVENTS;
use usher::params;
use usher::platform::Statement;

use super::super::client::PASSWORD;
use super::invariants::FOUNDER;
use super::operation::webhooks::URLS;
use super::world::World;

/// One browser: who sits at it, and the cookies it has.
pub struct Browser {
    /// Whose it is, in [`Scene::people`].
    pub person: usize,
    pub session: RefCell<Option<String>>,
    /// The cookie that form nonces are bound to.
    pub form: String,
}

/// Somebody.
pub struct Person {
    pub address: String,
}

/// A program of an organization.
#[derive(Debug, Clone)]
pub struct Program {
    pub id: ApiKeyId,
    /// What it calls with.
    pub key: String,
}

/// An organization to invite into.
pub struct Organization {
    pub id: OrganizationId,
    pub workspaces: Vec<WorkspaceId>,
    /// Browsers of its owner and admin.
    pub managers: Vec<usize>,
    /// Its owner's other browser, which does nothing until everything is settled, and signs out never.
    pub watcher: usize,
    /// One that may do whatever programs may.
    pub program: Option<Program>,
}

/// Everybody.
pub struct Scene {
    pub organizations: Vec<Organization>,
    pub people: Vec<Person>,
    pub browsers: Vec<Browser>,
    /// How many passwords may still be hashed: each takes as long as several histories.
    pub hashes: Cell<usize>,
}

/// Hashed once: it is the password of everybody who has one.
static HASH: LazyLock<String> = LazyLock::new(|| password::hash(PASSWORD, [7; 16]).unwrap());

struct Builder<'a> {
    world: &'a World,
    batch: Vec<Statement>,
    people: Vec<Person>,
    browsers: Vec<Browser>,
}

impl Builder<'_> {
    fn id<K: Kind>(&self) -> Id<K> {
        Id::new(self.world.now.get(), self.world.chance.bytes())
    }

    /// Before the history: what is made then is older than all that happens.
    fn before(&self) -> Timestamp {
        self.world.now.get().minus(std::time::Duration::from_mins(1))
    }

    fn person(&mut self, address: String) -> usize {
        self.people.push(Person { address });
        self.people.len() - 1
    }

    fn account(&mut self, person: usize, proved: bool) -> UserId {
        let (id, before) = (self.id(), self.before());
        let address = self.people[person].address.clone();
        let hash = proved.then(|| HASH.clone());
        self.batch.push(Statement::new(
            "INSERT INTO users (id, email, email_key, name, name_key, password_hash, email_verified_at, created_at)
             VALUES (?1, ?2, ?2, 'Somebody', 'somebody', ?3, ?4, ?5)",
            params![id, address, hash, proved.then_some(before), before],
        ));
        id
    }

    fn browser(&mut self, person: usize, user: Option<UserId>, lasting: bool) -> usize {
        let session = user.map(|user| {
            let session = Bearer::new(self.world.chance.bytes());
            let days = if lasting { 3650 } else { 20 };
            let ends = self.world.now.get().plus(std::time::Duration::from_hours(days * 24));
            self.batch.push(Statement::new(
                "INSERT INTO sessions (id, user_id, token_digest, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![self.id::<usher::domain::ids::Session>(), user, session.digest(), self.before(), ends],
            ));
            session.reveal().to_owned()
        });
        let form = Bearer::new(self.world.chance.bytes()).reveal().to_owned();
        self.browsers.push(Browser { person, session: RefCell::new(session), form });
        self.browsers.len() - 1
    }

    fn member(&mut self, organization: OrganizationId, user: UserId, role: &str) -> MemberId {
        let id: MemberId = self.id();
        self.batch.push(Statement::new(
            "INSERT INTO members (id, organization_id, user_id, role, name, name_key, email_key, takes_seat, joined_at)
             SELECT ?1, ?2, ?3, ?4, ?5, lower(?5), email_key, ?4 IN ('admin', 'member'), ?6 FROM users WHERE id = ?3",
            params![id, organization, user, role, FOUNDER, self.before()],
        ));
        id
    }

    /// Somebody who is in, with an account, in this workspace.
    fn colleague(&mut self, organization: OrganizationId, workspace: WorkspaceId, number: usize) {
        let role = *self.world.chance.pick(&["member", "member", "client"]);
        let person = self.person(format!("in-{number}@people.test"));
        let account = self.account(person, true);
        self.browser(person, Some(account), false);
        let member = self.member(organization, account, role);
        self.batch.push(Statement::new(
            "INSERT INTO memberships (member_id, workspace_id, created_at, takes_seat, permissions)
             VALUES (?1, ?2, ?3, 0, '[\"posts.view\"]')",
            params![member, workspace, self.before()],
        ));
    }

    fn program(&mut self, organization: OrganizationId) -> Program {
        let (id, key): (ApiKeyId, _) = (self.id(), ApiKey::new(self.world.chance.bytes()));
        let scopes: Vec<&str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
        self.batch.push(Statement::new(
            "INSERT INTO api_keys (id, organization_id, name, scopes, token_digest, hint, created_at)
             VALUES (?1, ?2, 'A program', ?3, ?4, ?5, ?6)",
            params![
                id,
                organization,
                serde_json::json!(scopes).to_string(),
                key.digest(),
                key.hint(),
                self.before()
            ],
        ));
        Program { id, key: key.reveal() }
    }

    /// A webhook that is told everything from the beginning.
    fn webhook(&mut self, organization: OrganizationId) {
        let id: WebhookId = self.id();
        let secret: [u8; 32] = self.world.chance.bytes();
        let keys = &self.world.settings().keys;
        let sealed = keys.seal(&id.to_string(), &secret, self.world.chance.bytes()).unwrap();
        let events: Vec<&str> = EVENTS.iter().map(|(name, _)| *name).collect();
        self.batch.push(Statement::new(
            "INSERT INTO webhooks (id, organization_id, url, events, secret, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![id, organization, URLS[0], serde_json::json!(events).to_string(), sealed, self.before()],
        ));
    }

    fn organization(&mut self, number: usize) -> Organization {
        let (chance, parts) = (&self.world.chance, self.world.parts);
        let colleagues = chance.below(if parts.standing || parts.places { 4 } else { 2 });
        // Where somebody is removed and put back, it is the last seat that matters.
        let free = chance.between(1, if parts.standing { 1 } else { 4 });
        let seats = free + u64::try_from(colleagues).unwrap();
        let seats = if chance.one_in(5) { None } else { Some(i64::try_from(seats).unwrap()) };
        let (id, before): (OrganizationId, _) = (self.id(), self.before());
        self.batch.push(Statement::new(
            "INSERT INTO organizations (id, name, slug, template, plan_key, plan_features, seat_limit, created_at)
             VALUES (?1, 'Example Studio', ?2, 'client-links', 'test', '[\"custom_client_permissions\"]', ?3, ?4)",
            params![id, format!("studio-{number}"), seats, before],
        ));
        let workspaces: Vec<WorkspaceId> = (0..2).map(|_| self.id()).collect();
        for workspace in &workspaces {
            self.batch.push(Statement::new(
                "INSERT INTO workspaces (id, organization_id, name, created_at) VALUES (?1, ?2, 'A client', ?3)",
                params![*workspace, id, before],
            ));
        }
        let owner = self.person(format!("owner-{number}@studio.test"));
        let account = self.account(owner, true);
        self.member(id, account, "owner");
        let mut managers = vec![self.browser(owner, Some(account), true)];
        let watcher = self.browser(owner, Some(account), true);
        if !self.world.chance.one_in(3) {
            let admin = self.person(format!("admin-{number}@studio.test"));
            let account = self.account(admin, true);
            self.member(id, account, "admin");
            managers.push(self.browser(admin, Some(account), true));
        }
        for at in 0..colleagues {
            self.colleague(id, workspaces[at % 2], 10 * number + at);
        }
        let program = parts.programs.then(|| self.program(id));
        // Last, so that it is told nothing of how all this began.
        if parts.webhooks && !self.world.chance.one_in(3) {
            self.webhook(id);
        }
        Organization { id, workspaces, managers, watcher, program }
    }
}

impl Scene {
    /// Puts everybody in.
    pub fn set(world: &Rc<World>) -> Self {
        let chance = &world.chance;
        let mut builder = Builder { world, batch: Vec::new(), people: Vec::new(), browsers: Vec::new() };
        let count = if chance.one_in(4) { 2 } else { 1 };
        let organizations = (0..count).map(|number| builder.organization(number)).collect();
        // A password takes as long to hash as a whole history: few histories have somebody who needs it.
        let hashes = if chance.one_in(24) { 2 } else { 0 };
        for number in 0..chance.between(2, 5) {
            let person = builder.person(format!("p{number}@people.test"));
            match chance.below(if hashes > 0 { 4 } else { 8 }) {
                0 => {
                    builder.browser(person, None, false);
                }
                1 => {
                    // Somebody made the account through a copied link, and may be anybody.
                    let account = builder.account(person, false);
                    builder.browser(person, Some(account), false);
                    builder.browser(person, None, false);
                }
                _ => {
                    let account = builder.account(person, true);
                    for _ in 0..chance.between(1, 2) {
                        builder.browser(person, Some(account), false);
                    }
                }
            }
        }
        let Builder { batch, people, browsers, .. } = builder;
        world.database.borrow_mut().commit(&batch).0.unwrap();
        Self { organizations, people, browsers, hashes: Cell::new(hashes) }
    }

    /// The browsers at which things are done: all but the watchers'.
    pub fn busy(&self) -> Vec<usize> {
        let watches = |at: &usize| self.organizations.iter().any(|organization| organization.watcher == *at);
        (0..self.browsers.len()).filter(|at| !watches(at)).collect()
    }

    /// Uses one hash up, if there is one left.
    pub fn may_hash(&self) -> bool {
        let left = self.hashes.get();
        self.hashes.set(left.saturating_sub(1));
        left > 0
    }
}
