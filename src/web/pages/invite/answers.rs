//! What was typed into the steps so far: the fields of their forms, from which the API's own bodies are written.

use serde_json::{Map, Value, json};

use super::Step;
use crate::domain::authority::Actor;
use crate::domain::catalog::PermissionSet;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{InvitationId, ResourceId, WorkspaceId};
use crate::domain::invitation::{Delivery, Kind};
use crate::domain::role::Role;
use crate::domain::template::Template;
use crate::error::Result;
use crate::flow::add_member::AddMember;
use crate::flow::invite::Invite;
use crate::store::access::CloneSource;
use crate::store::invitations::Record;
use crate::web::api::{adding, offer};
use crate::web::pages::access::{CARRIED, Chosen, Mode};
use crate::web::pages::form::Form;
use crate::web::request;

/// The field of the invitation that a draft changes. No step has it.
const CHANGES: &str = "changes";

/// The field of how often that had been changed before.
const SEEN: &str = "seen";

/// The answers.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    fields: Form,
}

/// Whom an invitation is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Somebody of the team.
    Staff,
    /// One client.
    Client,
    /// Whoever holds a link.
    Link,
}

/// How somebody comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// By an e-mail with a link (S3-08).
    Mail,
    /// By the link, handed over by whoever invites them (S3-09).
    HandedOver,
    /// They are in at once, without accepting anything (S2-17, S3-20).
    Added,
}

impl Answers {
    /// What a draft keeps.
    #[must_use]
    pub fn of(data: Vec<(String, String)>) -> Self {
        Self { fields: Form::of(data) }
    }

    /// What an invitation offers, as it would have been typed; with its id, where that is to change.
    #[must_use]
    pub fn offering(record: &Record, template: &Template, changing: bool) -> Self {
        let Record { state, .. } = record;
        let who = match (state.kind, state.role) {
            (Kind::Link, _) => "link",
            (Kind::Email, Role::Client) => "client",
            (Kind::Email, _) => "staff",
        };
        let how = if record.delivery == Delivery::None { "link" } else { "mail" };
        let email = state.email.as_ref().map(EmailAddress::to_string);
        let most = state.max_uses.filter(|_| state.kind == Kind::Link).map(|most| most.to_string());
        let (changes, seen) = (changing.then(|| state.id.to_string()), record.revision.to_string());
        let mut data: Vec<(String, String)> = [
            ("who", Some(who)),
            ("role", Some(state.role.as_str())),
            ("how", Some(how)),
            ("email", email.as_deref()),
            ("name", record.name.as_deref()),
            ("nickname", record.nickname.as_deref()),
            ("message", record.message.as_deref()),
            ("locale", Some(record.locale.as_str())),
            ("branding/name", record.branding_name.as_deref()),
            ("branding/message", record.branding_message.as_deref()),
            ("max_uses", most.as_deref()),
            (CHANGES, changes.as_deref()),
            (SEEN, changes.as_ref().map(|_| seen.as_str())),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
        .collect();
        data.extend(record.workspace_ids.iter().map(|id| ("workspace_ids".to_owned(), id.to_string())));
        // Who reaches everything was given nothing one by one: in another role they begin with nothing.
        if !state.role.reaches_every_workspace() {
            data.extend(Chosen::of(&record.access.clone().of(template, state.role), template).fields());
        }
        Self::of(data)
    }

    /// The invitation of which they change what it gives, if they do.
    #[must_use]
    pub fn changes(&self) -> Option<InvitationId> {
        self.text(CHANGES).parse().ok()
    }

    /// Which revision of that invitation they began with.
    #[must_use]
    pub fn seen(&self) -> Option<i64> {
        self.text(SEEN).parse().ok()
    }

    /// Leaves out what is given of accounts that are not there any more.
    pub fn give_only(&mut self, there: &[ResourceId]) {
        let mut chosen = self.chosen();
        chosen.grants.retain(|given| there.iter().any(|id| id.to_string() == given.id));
        self.give(&chosen);
    }

    /// As a draft keeps it.
    #[must_use]
    pub fn data(&self) -> Vec<(String, String)> {
        self.fields.fields().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// Begins with what is known before anything is asked: whom it is for, their address, where they will be.
    pub fn begin(&mut self, known: &Form) {
        for step in [Step::Who, Step::Person, Step::Workspaces] {
            self.keep(known, step);
        }
    }

    /// Takes a step's answers from its form, in the place of those that were there.
    pub fn keep(&mut self, form: &Form, step: Step) {
        let before = self.chosen();
        let mut chosen = match step {
            Step::Accounts => Chosen::typed(form),
            Step::Credentials => {
                let both = self.fields.fields().chain(form.fields());
                Chosen::typed(&Form::of(
                    both.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
                ))
            }
            _ => Chosen::default(),
        };
        for given in &mut chosen.grants {
            let was = before.grants.iter().find(|was| was.id == given.id);
            given.credentials = given.credentials.take().or(was.and_then(|was| was.credentials.clone()));
        }
        let stays = self.fields.fields().filter(|(name, _)| !step.has(name));
        let comes = form.fields().filter(|(name, _)| step.has(name));
        let data = stays.chain(comes).map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        self.fields = Form::of(data);
        if matches!(step, Step::Accounts | Step::Credentials) {
            self.give(&chosen);
        }
    }

    /// Gives these accounts besides, or none of them, as a button of the form says.
    pub fn choose(&mut self, form: &Form, ids: impl Iterator<Item = ResourceId>) {
        let mut chosen = self.chosen();
        chosen.choose(form, ids);
        self.give(&chosen);
    }

    /// Keeps which accounts are given, with all that is said of each.
    fn give(&mut self, chosen: &Chosen) {
        let mut data = self.data();
        data.retain(|(name, _)| name != CARRIED);
        data.push((CARRIED.to_owned(), chosen.carried(|_| true)));
        self.fields = Form::of(data);
    }

    /// What was typed into a field.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.fields.text(name)
    }

    /// The same, if it is more than blanks.
    #[must_use]
    pub fn filled(&self, name: &str) -> Option<&str> {
        self.fields.filled(name)
    }

    /// Whether a box was checked.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.fields.has(name)
    }

    /// Whom it is for, once that was said.
    #[must_use]
    pub fn who(&self) -> Option<Who> {
        match self.text("who") {
            "staff" => Some(Who::Staff),
            "client" => Some(Who::Client),
            "link" => Some(Who::Link),
            _ => None,
        }
    }

    /// Whether it is a link for many.
    #[must_use]
    pub fn is_link(&self) -> bool {
        self.who() == Some(Who::Link)
    }

    /// What they become.
    #[must_use]
    pub fn role(&self) -> Role {
        match (self.who(), self.text("role")) {
            (Some(Who::Staff), "admin") => Role::Admin,
            (Some(Who::Staff), _) => Role::Member,
            _ => Role::Client,
        }
    }

    /// How they come in, where nobody said so as the policy does.
    #[must_use]
    pub fn how(&self, actor: &Actor) -> How {
        match self.text("how") {
            "mail" => How::Mail,
            "link" => How::HandedOver,
            "add" => How::Added,
            _ if actor.policy.send_email => How::Mail,
            _ => How::HandedOver,
        }
    }

    /// The access as its form has it.
    #[must_use]
    pub fn chosen(&self) -> Chosen {
        Chosen::typed(&self.fields)
    }

    /// The workspaces that were named, as far as they are ids.
    #[must_use]
    pub fn workspaces(&self) -> Option<Vec<WorkspaceId>> {
        let named: Vec<WorkspaceId> =
            self.fields.all("workspace_ids").filter_map(|id| id.parse().ok()).collect();
        (!named.is_empty()).then_some(named)
    }

    /// The permissions that the answers come to; `source` is whom they are copied from.
    #[must_use]
    pub fn permissions(&self, template: &Template, source: Option<&CloneSource>) -> PermissionSet {
        let (chosen, role) = (self.chosen(), self.role());
        match chosen.mode {
            Mode::Default => template.default_permissions(role),
            Mode::Customize => template.catalog.read_keys(&chosen.keys),
            Mode::Clone => source.map_or(PermissionSet::NONE, |source| {
                source.permissions(&template.catalog).effective(template, role)
            }),
        }
    }

    /// Whether there are accounts of which it is a question whose credentials reach them.
    #[must_use]
    pub fn asks_for_credentials(&self, template: &Template, source: Option<&CloneSource>) -> bool {
        let chosen = self.chosen();
        !chosen.all
            && !chosen.grants.is_empty()
            && template.catalog.needs_credentials(self.permissions(template, source))
    }

    /// The invitation, read by the API's own reader from the API's own body.
    ///
    /// # Errors
    /// What is wrong with it, field by field.
    pub fn invitation(&self, actor: &Actor, credentials: bool) -> Result<Invite> {
        let mut body = self.body(credentials);
        body.insert("kind".to_owned(), json!(if self.is_link() { "link" } else { "email" }));
        let mut say = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                body.insert(name.to_owned(), value);
            }
        };
        let text = |name: &str| self.filled(name).map(Value::from);
        say("nickname", text("nickname"));
        say(
            "expires_in",
            self.filled("expires_in").map(|seconds| json!(seconds.parse::<u64>().unwrap_or(0))),
        );
        if self.is_link() {
            say(
                "branding",
                Some(json!({"name": text("branding/name"), "message": text("branding/message")})),
            );
            say("max_uses", self.filled("max_uses").map(|most| json!(most.parse::<i64>().unwrap_or(0))));
        } else {
            say("email", Some(json!(self.text("email").trim())));
            say("name", text("name"));
            say("message", text("message"));
            say("locale", text("locale"));
            say("send_email", Some(json!(self.how(actor) == How::Mail)));
        }
        offer::read(actor, request::part(body)?)
    }

    /// Who is added at once, read the same way.
    ///
    /// # Errors
    /// What is wrong with it, field by field.
    pub fn addition(&self, actor: &Actor, credentials: bool) -> Result<AddMember> {
        let mut body = self.body(credentials);
        body.insert("email".to_owned(), json!(self.text("email").trim()));
        body.insert("name".to_owned(), json!(self.text("name")));
        body.insert("notify".to_owned(), json!(self.has("notify")));
        adding::read(actor, request::part(body)?)
    }

    /// What both bodies say alike. Of an admin there is nothing to say: they have everything.
    fn body(&self, credentials: bool) -> Map<String, Value> {
        let role = self.role();
        let mut body = Map::new();
        body.insert("role".to_owned(), json!(role));
        if !role.reaches_every_workspace() {
            let named: Vec<&str> = self.fields.all("workspace_ids").collect();
            if !named.is_empty() {
                body.insert("workspace_ids".to_owned(), json!(named));
            }
            body.insert("access".to_owned(), self.chosen().body(credentials));
        }
        body
    }
}
