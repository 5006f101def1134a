//! Each reason from its question, and what holds of every question.

use proptest::prelude::*;

use super::*;
use crate::domain::template::Templates;

/// The template, its keys of every node, and its kinds.
fn template(key: &str) -> &'static Template {
    Templates::built_in().named(key).unwrap()
}

fn set(template: &Template, keys: &[&str]) -> PermissionSet {
    template.catalog.read_keys(&keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>())
}

fn client(held: Option<Held>) -> Subject {
    Subject { role: Role::Client, active: true, held, second_factor: false, asked_of_all: false }
}

fn on(kind: &str, granted: Option<bool>) -> About {
    About::Resource(Asked { kind: kind.to_owned(), granted })
}

/// Every reason, each from the question that it answers.
#[test]
fn each_reason_is_given_for_what_it_says() {
    let links = template("client-links");
    let held = Held {
        permissions: set(links, &["posts.edit", "posts.boost", "inbox"]),
        resources: HeldResources::Some,
        require_mfa: false,
    };
    let subject = client(Some(held));
    let with = |held: Held| client(Some(held));
    let owner = Subject { role: Role::Owner, ..client(None) };
    let admin = Subject { role: Role::Admin, ..client(None) };
    let removed = Subject { active: false, ..subject.clone() };
    let locked = with(Held { require_mfa: true, ..held });
    let everybody = |subject: &Subject| Subject { asked_of_all: true, ..subject.clone() };
    let (locked_owner, locked_all) = (everybody(&owner), everybody(&subject));
    let shown_owner = Subject { second_factor: true, ..locked_owner.clone() };
    let removed_all = everybody(&removed);
    let shown = Subject { second_factor: true, ..locked.clone() };
    let nothing = with(Held { resources: HeldResources::None, ..held });
    let approving = with(Held { resources: HeldResources::Approving, ..held });
    let all = with(Held { resources: HeldResources::All, ..held });
    let none = About::Nothing;
    for (subject, permission, about, expected) in [
        (&owner, "posts.create", &none, Reason::OwnerOrAdmin),
        (&admin, "posts", &on("linkedin", None), Reason::OwnerOrAdmin),
        (&owner, "posts.nothing", &none, Reason::UnknownPermission),
        (&owner, "posts.edit", &About::Unknown, Reason::UnknownResource),
        (&locked_owner, "posts.create", &none, Reason::MfaRequired),
        (&shown_owner, "posts.create", &none, Reason::OwnerOrAdmin),
        (&locked_all, "posts.edit", &none, Reason::MfaRequired),
        (&removed_all, "posts.edit", &none, Reason::Removed),
        (&subject, "", &none, Reason::UnknownPermission),
        (&subject, "posts.edit", &About::Unknown, Reason::UnknownResource),
        (&subject, "posts.edit", &none, Reason::Granted),
        (&subject, "posts.edit", &on("facebook", Some(false)), Reason::Granted),
        (&subject, "posts.edit", &on("facebook", None), Reason::ResourceNotGranted),
        (&subject, "posts.delete", &none, Reason::PermissionNotGranted),
        (&subject, "posts.boost", &on("facebook", Some(false)), Reason::Granted),
        (&subject, "posts.boost", &on("linkedin", Some(false)), Reason::KindNotCovered),
        (&subject, "inbox", &none, Reason::Granted),
        (&subject, "posts", &none, Reason::PermissionNotGranted),
        (&subject, "posts.view", &none, Reason::FollowsFromGrant),
        (&subject, "posts.view", &on("linkedin", None), Reason::ResourceNotGranted),
        (&subject, "posts.approve", &on("facebook", Some(true)), Reason::FollowsFromGrant),
        (&subject, "posts.approve", &on("facebook", Some(false)), Reason::PermissionNotGranted),
        (&subject, "posts.approve", &none, Reason::PermissionNotGranted),
        (&approving, "posts.approve", &none, Reason::FollowsFromGrant),
        (&nothing, "posts.view", &none, Reason::PermissionNotGranted),
        (&nothing, "posts.edit", &none, Reason::Granted),
        (&all, "posts.edit", &on("facebook", None), Reason::Granted),
        (&all, "posts.view", &none, Reason::FollowsFromGrant),
        (&all, "posts.approve", &on("facebook", None), Reason::PermissionNotGranted),
        (&client(None), "posts.edit", &none, Reason::NotInWorkspace),
        (&removed, "posts.edit", &none, Reason::Removed),
        (&Subject { active: false, ..owner.clone() }, "posts.edit", &none, Reason::Removed),
        (&locked, "posts.edit", &none, Reason::MfaRequired),
        (&shown, "posts.edit", &none, Reason::Granted),
    ] {
        let reason = decide(links, false, subject, permission, about);
        assert_eq!(reason, expected, "{permission} of {subject:?} on {about:?}");
    }
    assert_eq!(decide(links, true, &nothing, "posts.edit", &none), Reason::NoResources);
    let staff = Subject { role: Role::Member, ..nothing };
    assert_eq!(decide(links, true, &staff, "posts.edit", &none), Reason::Granted, "only clients need one");
}

/// S3-10, S2-06: what keeps somebody outside, the second factor before all else that they could do something about.
#[test]
fn states_are_told_in_the_order_in_which_they_can_be_mended() {
    let held = Held { permissions: PermissionSet::NONE, resources: HeldResources::None, require_mfa: true };
    let subject = client(Some(held));
    assert_eq!(subject.state(true), State::MfaRequired);
    let shown = Subject { second_factor: true, ..subject.clone() };
    assert_eq!((shown.state(true), shown.state(false)), (State::NoResources, State::Ready));
    assert_eq!(Subject { active: false, ..shown }.state(true), State::Removed);
    assert_eq!(Subject { role: Role::Admin, ..subject }.state(true), State::Ready);
    assert_eq!(client(None).state(false), State::Removed);
}

/// Any question to any of the templates.
fn questions() -> impl Strategy<Value = (&'static Template, Subject, String, About, bool)> {
    let templates = ["client-links", "team", "publishing", "reporting", "client-portal"];
    let resources = prop_oneof![
        Just(HeldResources::None),
        Just(HeldResources::Some),
        Just(HeldResources::Approving),
        Just(HeldResources::All)
    ];
    let role = prop_oneof![Just(Role::Client), Just(Role::Member)];
    (
        proptest::sample::select(templates.to_vec()),
        proptest::collection::vec(any::<bool>(), 128),
        resources,
        role,
    )
        .prop_flat_map(|(key, ticked, resources, role)| {
            let template = template(key);
            let leaves = template.catalog.leaves();
            let chosen = leaves.iter().zip(&ticked).filter(|(_, ticked)| **ticked);
            let keys: Vec<String> = chosen.map(|(leaf, _)| leaf.key.clone()).collect();
            let permissions = template.catalog.read_keys(&keys);
            let mut nodes = Vec::new();
            let mut open: Vec<_> = template.catalog.tree().iter().collect();
            while let Some(node) = open.pop() {
                nodes.push(node.key.clone());
                open.extend(&node.children);
            }
            let mut kinds: Vec<_> = template.kinds.iter().map(|kind| kind.key.clone()).collect();
            kinds.push("other".to_owned());
            let about = (proptest::sample::select(kinds), any::<Option<Option<bool>>>()).prop_map(
                |(kind, granted)| {
                    granted.map_or(About::Nothing, |granted| About::Resource(Asked { kind, granted }))
                },
            );
            let held = (any::<bool>(), any::<bool>()).prop_map(move |(placed, require_mfa)| {
                placed.then_some(Held { permissions, resources, require_mfa })
            });
            let subject = (held, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
                move |(held, active, second_factor, asked_of_all)| Subject {
                    role,
                    active,
                    held,
                    second_factor,
                    asked_of_all,
                },
            );
            (Just(template), subject, proptest::sample::select(nodes), about, any::<bool>())
        })
}

proptest! {
    #[test]
    fn taking_a_permission_away_never_allows_more(
        (template, subject, permission, about, needs) in questions(), place in 0..128_usize,
    ) {
        let leaves = template.catalog.leaves();
        let leaf = &leaves[place % leaves.len()].key;
        let mut less = subject.clone();
        if let Some(held) = &mut less.held {
            held.permissions = held.permissions.without(set(template, &[leaf]));
        }
        let allowed = |subject| decide(template, needs, subject, &permission, &about).allows();
        prop_assert!(allowed(&subject) || !allowed(&less));
    }

    #[test]
    fn nobody_does_what_was_neither_ticked_nor_follows_from_a_grant(
        (template, subject, permission, about, needs) in questions(),
    ) {
        if decide(template, needs, &subject, &permission, &about).allows() {
            let held = subject.held.unwrap();
            let given = held.permissions | template.catalog.from_grant(true);
            prop_assert!(given.contains(template.catalog.under(&permission).unwrap()));
            prop_assert!(subject.active && (!(held.require_mfa || subject.asked_of_all) || subject.second_factor));
            if let About::Resource(asked) = &about {
                prop_assert!(asked.granted.is_some() || held.resources == HeldResources::All);
            }
        }
    }

    /// S2-01: the owner always has full access; admins too. What everybody is asked for, they are too.
    #[test]
    fn owner_and_admins_may_whatever_the_catalog_knows(
        (template, subject, permission, about, needs) in questions(), owner: bool,
    ) {
        let role = if owner { Role::Owner } else { Role::Admin };
        let subject = Subject { role, active: true, ..subject };
        let outside = subject.asked_of_all && !subject.second_factor;
        let reason = if outside { Reason::MfaRequired } else { Reason::OwnerOrAdmin };
        prop_assert_eq!(decide(template, needs, &subject, &permission, &about), reason);
    }

    /// S3-17: a node is as much as the leaves under it.
    #[test]
    fn a_node_is_allowed_exactly_if_all_its_leaves_are(
        (template, subject, permission, about, needs) in questions(),
    ) {
        let allowed = |key: &str| decide(template, needs, &subject, key, &about).allows();
        let leaves = template.catalog.keys(template.catalog.under(&permission).unwrap());
        prop_assert_eq!(allowed(&permission), leaves.iter().all(|leaf| allowed(leaf)));
    }

    /// S0-18: a permission for some kinds of resource counts on no other.
    #[test]
    fn a_permission_of_one_kind_is_never_allowed_on_another(
        (template, subject, permission, about, needs) in questions(),
    ) {
        let leaves = template.catalog.members(template.catalog.under(&permission).unwrap());
        if let About::Resource(asked) = &about
            && decide(template, needs, &subject, &permission, &about).allows()
        {
            for leaf in leaves {
                let only = &leaf.implies.only_kinds;
                prop_assert!(only.is_empty() || only.contains(&asked.kind), "{}", leaf.key);
            }
        }
    }
}
