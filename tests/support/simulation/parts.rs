//! What a history is about beside invitations. Each part makes a history longer, so that each history has a few of them, and
//! every two of them meet in some.

use super::chance::Chance;

/// The parts of a history.
#[derive(Clone, Copy, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each part is there or not, whatever the others are")]
pub struct Parts {
    /// Programs are told what happens.
    pub webhooks: bool,
    /// Somebody pays.
    pub billing: bool,
    /// The operator sets plans.
    pub plans: bool,
    /// The mail provider tells what became of mails.
    pub mails: bool,
    /// Programs ask too, and some ask under keys of theirs.
    pub programs: bool,
    /// Workspaces and what is in them.
    pub places: bool,
    /// Ownership, leaving, and undoing removals.
    pub standing: bool,
}

/// One of them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Webhooks,
    Billing,
    Plans,
    Mails,
    Places,
    Standing,
}

impl Parts {
    /// The parts of a history.
    pub fn draw(chance: &Chance) -> Self {
        Self {
            webhooks: chance.one_in(3),
            billing: chance.one_in(4),
            plans: chance.one_in(3),
            mails: chance.one_in(4),
            programs: chance.one_in(3),
            places: chance.one_in(4),
            standing: chance.one_in(3),
        }
    }

    /// Those in which something can be done next.
    pub fn there(self) -> Vec<Part> {
        [
            (self.webhooks, Part::Webhooks),
            (self.billing, Part::Billing),
            (self.plans, Part::Plans),
            (self.mails, Part::Mails),
            (self.places, Part::Places),
            (self.standing, Part::Standing),
        ]
        .into_iter()
        .filter_map(|(there, part)| there.then_some(part))
        .collect()
    }
}
