//! The lists of Team & Clients: which there are, whom they are for, and how many are in each.

use serde::Deserialize;

use super::{Query, address};
use crate::domain::authority::Actor;
use crate::domain::role::Role;
use crate::store::desk::{Counts, MOST_COUNTED};

/// Which list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Tab {
    /// Staff: owner, admins, members.
    #[default]
    Members,
    /// Clients.
    Clients,
    /// E-mail invitations.
    Invitations,
    /// Links for many.
    Links,
    /// Who was removed.
    Removed,
}

impl Tab {
    const ALL: [Self; 5] = [Self::Members, Self::Clients, Self::Invitations, Self::Links, Self::Removed];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Members => "members",
            Self::Clients => "clients",
            Self::Invitations => "invitations",
            Self::Links => "links",
            Self::Removed => "removed",
        }
    }

    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Members => "Members",
            Self::Clients => "Clients",
            Self::Invitations => "Invitations",
            Self::Links => "Links",
            Self::Removed => "Removed",
        }
    }

    /// The states that its list may be narrowed to; the first is what it shows unless said.
    pub(super) fn states(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Invitations => &[
                ("", "Waiting"),
                ("accepted", "Accepted"),
                ("declined", "Declined"),
                ("expired", "Expired"),
                ("revoked", "Withdrawn"),
            ],
            Self::Links => &[
                ("", "Any"),
                ("pending", "On"),
                ("disabled", "Turned off"),
                ("full", "Full"),
                ("expired", "Expired"),
                ("revoked", "Withdrawn"),
            ],
            _ => &[],
        }
    }

    /// Whether this member may look at the list at all.
    pub(super) fn is_for(self, actor: &Actor) -> bool {
        match self {
            Self::Members | Self::Clients => true,
            Self::Invitations => !actor.invitable().is_empty(),
            Self::Links => actor.may_invite(Role::Client),
            Self::Removed => actor.administers(),
        }
    }
}

/// A list's tab, as it is shown.
pub(super) struct ShownTab {
    pub label: &'static str,
    pub path: String,
    /// How many are in it, or how many of them are open.
    pub count: String,
    pub here: bool,
}

/// The tabs for whoever looks at this one.
pub(super) fn of(actor: &Actor, slug: &str, here: Tab, counts: &Counts) -> Vec<ShownTab> {
    let shown = |each: Tab| {
        let (count, of) = match each {
            Tab::Members => (counts.staff, ""),
            Tab::Clients => (counts.clients, ""),
            Tab::Invitations => (counts.invitations, " waiting"),
            Tab::Links => (counts.links, " open"),
            Tab::Removed => (None, ""),
        };
        ShownTab {
            label: each.label(),
            path: address(slug, &Query { tab: each, ..Query::default() }, None),
            count: count.map_or_else(String::new, |count| format!("{}{of}", counted(count))),
            here: each == here,
        }
    };
    Tab::ALL.into_iter().filter(|tab| tab.is_for(actor)).map(shown).collect()
}

/// A count as it is shown: no more than so many.
fn counted(many: u32) -> String {
    if many > MOST_COUNTED { format!("{MOST_COUNTED}+") } else { many.to_string() }
}
