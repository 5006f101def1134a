//! What a change of an access comes to, in words.

use super::giving::To;
use crate::domain::access::{Access, Credentials, Grant, Permissions, Resources};
use crate::domain::catalog::PermissionSet;
use crate::domain::ids::ResourceId;
use crate::domain::role::Role;
use crate::domain::text;
use crate::store::choices::Resource;
use crate::web::pages::apart::apart;

/// As many of one kind as are named.
const MOST_NAMED: usize = 25;

/// What is turned on and off, and what is given and taken away.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Permissions that come.
    pub on: Vec<String>,
    /// Permissions that go.
    pub off: Vec<String>,
    /// Accounts that come.
    pub added: Vec<String>,
    /// Accounts that go.
    pub taken: Vec<String>,
    /// What else becomes different, each a sentence.
    pub other: Vec<String>,
}

impl Difference {
    /// Between what somebody has and what they would have.
    #[must_use]
    pub fn between(to: &To<'_>, after: &Access, found: &[Resource]) -> Self {
        let template = to.actor.template;
        let role = to.member.role;
        // Whoever is to be added has nothing.
        let before = to.before.clone().unwrap_or_else(Access::nothing);
        let (was, is) =
            (before.permissions.effective(template, role), after.permissions.effective(template, role));
        let (_, accounts) = template.noun();
        // What comes with any account is there before and after, whatever is turned on or off. Approving is not: turned on, it
        // counts on every account, and with an account on that one alone.
        let (on, off) = (is.without(was), was.without(is));
        let given = |access: &Access| !access.follows(template).is_empty();
        let comes = if given(&before) && given(after) {
            template.catalog.from_grant(false)
        } else {
            PermissionSet::NONE
        };
        let (new, gone) = (on.without(comes), off.without(comes));
        let stays = on.without(new) | off.without(gone);

        let mut difference = Self {
            on: turned_on(to, new),
            off: capitalized(&template.catalog.in_words(gone)),
            ..Self::default()
        };
        if !stays.is_empty() {
            let stays = text::list(&template.catalog.in_words(stays));
            difference
                .other
                .push(format!("No change: {stays}. That comes with the {accounts} they are given."));
        }
        match (Given::of(&before.resources), Given::of(&after.resources)) {
            (Given::All, Given::All) => {}
            (Given::All, Given::Some(_)) => {
                difference
                    .taken
                    .push("Every one that is not chosen by name, and those that come later".to_owned());
            }
            (Given::Some(_), Given::All) => difference.added.push(format!("All {accounts}, now and later")),
            (Given::Some(before), Given::Some(after)) => difference.accounts(before, after, found),
        }
        if to.before.is_some() && is == was {
            difference.other.extend(followed(before.permissions, after.permissions));
        }
        for kind in &template.kinds {
            let (had, has) =
                (before.addable_kinds.contains(&kind.key), after.addable_kinds.contains(&kind.key));
            if had != has {
                let may = if has { "They may add" } else { "They may no longer add" };
                difference.other.push(format!("{may} {} {accounts}.", kind.label));
            }
        }
        for names in [&mut difference.added, &mut difference.taken, &mut difference.other] {
            let more = names.len().saturating_sub(MOST_NAMED);
            if more > 0 {
                names.truncate(MOST_NAMED);
                names.push(format!("{more} more"));
            }
        }
        match (before.require_mfa, after.require_mfa) {
            (false, true) => {
                difference.other.push("They come in only with two-step sign-in.".to_owned());
            }
            (true, false) => {
                difference.other.push("They come in without two-step sign-in too.".to_owned());
            }
            _ => {}
        }
        difference
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn accounts(&mut self, before: &[Grant], after: &[Grant], found: &[Resource]) {
        let grant = |list: &[Grant], id: ResourceId| list.iter().find(|grant| grant.id == id).copied();
        let name = |id: ResourceId| {
            found.iter().find(|resource| resource.id == id).map(|resource| apart(&resource.name))
        };
        let mut hidden = 0;
        for grant in before.iter().filter(|had| grant(after, had.id).is_none()) {
            match name(grant.id) {
                Some(name) => self.taken.push(name),
                None => hidden += 1,
            }
        }
        match hidden {
            0 => {}
            1 => self.taken.push("1 that you can't see".to_owned()),
            some => self.taken.push(format!("{some} that you can't see")),
        }
        for has in after {
            let Some(name) = name(has.id) else { continue };
            match grant(before, has.id) {
                None if has.approve => self.added.push(format!("{name}, where they approve")),
                None => self.added.push(name),
                Some(had) => {
                    if had.approve != has.approve {
                        let may = if has.approve { "They approve on" } else { "They no longer approve on" };
                        self.other.push(format!("{may} {name}."));
                    }
                    if let (Some(was), Some(is)) = (had.credentials, has.credentials)
                        && was != is
                    {
                        let whose = match is {
                            Credentials::Owner => "the owner’s",
                            Credentials::Member => "their own",
                        };
                        self.other.push(format!("{name} is reached with {whose} credentials."));
                    }
                }
            }
        }
    }
}

/// What is given of the resources.
enum Given<'a> {
    All,
    Some(&'a [Grant]),
}

impl<'a> Given<'a> {
    fn of(resources: &'a Resources) -> Self {
        match resources {
            Resources::All => Self::All,
            Resources::Listed(grants) => Self::Some(grants),
        }
    }
}

/// Permissions that come, those that make a client take a seat marked so (S0-13).
fn turned_on(to: &To<'_>, new: PermissionSet) -> Vec<String> {
    let catalog = &to.actor.template.catalog;
    let seat = catalog.members(new).filter(|leaf| leaf.implies.takes_seat && to.member.role == Role::Client);
    let seat =
        seat.filter_map(|leaf| catalog.under(&leaf.key)).fold(PermissionSet::NONE, |all, one| all | one);
    let mut on = catalog.in_words(new.without(seat));
    on.extend(catalog.in_words(seat).into_iter().map(|each| format!("{each} (uses a seat)")));
    capitalized(&on)
}

fn capitalized(each: &[String]) -> Vec<String> {
    each.iter().map(|each| text::capitalized(each)).collect()
}

/// Whether they follow the default, where what they come to is the same now.
fn followed(before: Permissions, after: Permissions) -> Option<String> {
    match (before, after) {
        (Permissions::Custom(_), Permissions::Default) => {
            Some("Their permissions are the default from now on, and change with it.".to_owned())
        }
        (Permissions::Default, Permissions::Custom(_)) => {
            Some("Their permissions stay as they are now, whatever becomes of the default.".to_owned())
        }
        _ => None,
    }
}
