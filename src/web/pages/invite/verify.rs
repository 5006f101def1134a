//! What is wrong with a step's answers, said at the step and not only at the last.

use super::{How, Known, Open, Step, Who};
use crate::domain::role::Role;
use crate::error::{Code, Error, Result};

impl Open {
    pub(super) fn check_who(&self) -> Result<()> {
        let actor = &self.desk.actor;
        let may = match self.answers.who() {
            None => {
                let detail = "Choose whom you want to invite.";
                return Err(Error::field("/who", Code::Required, detail));
            }
            Some(Who::Staff) => actor.may_invite(Role::Member) || actor.may_invite(Role::Admin),
            Some(Who::Client | Who::Link) => actor.may_invite(Role::Client),
        };
        if may { Ok(()) } else { Err(Code::RoleNotAllowed.into()) }
    }

    /// What is wrong with a step's answers, of what the last step would refuse: a step only answers for its own fields.
    pub(super) fn verify(&self, step: Step, known: &Known) -> Result<()> {
        let actor = &self.desk.actor;
        if step == Step::Who {
            return self.check_who();
        }
        if step == Step::Workspaces && self.answers.workspaces().is_none() {
            let detail = "Choose at least one workspace.";
            return Err(Error::field("/workspace_ids", Code::Required, detail));
        }
        let credentials = self.answers.asks_for_credentials(actor.template, known.source.as_ref());
        let read = if self.answers.how(actor) == How::Added && !self.answers.is_link() {
            self.answers.addition(actor, credentials).map(|_| ())
        } else {
            self.answers.invitation(actor, credentials).map(|_| ())
        };
        if let Some(error) = read.err().and_then(|error| only_of(error, step)) {
            return Err(error);
        }
        match (step, &known.taken) {
            (Step::Person, Some(refusal)) => {
                Err(Error::field("/email", refusal.code, refusal.detail.as_ref()))
            }
            _ => Ok(()),
        }
    }
}

/// Of what was refused only what this step has fields for; `None` if that is nothing of it.
fn only_of(error: Error, step: Step) -> Option<Error> {
    match error {
        Error::Refused(mut refusal) if !refusal.errors.is_empty() => {
            let is_here = |pointer: &str| {
                let field = pointer.trim_start_matches('/');
                step.places().iter().any(|place| {
                    field.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                })
            };
            refusal.errors.retain(|error| is_here(&error.pointer));
            (!refusal.errors.is_empty()).then_some(Error::Refused(refusal))
        }
        other => Some(other),
    }
}
