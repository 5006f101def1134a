//! The mission's rules and the tests that prove them: `docs/rules.md` is made here, from the rule ids that the tests of
//! `tests/systems/`, `tests/pages/` and `tests/edge/browser/` name in their doc comments.
//!
//! `USHER_WRITE=1 cargo test --test rules` writes the file; without it, a file that is out of date fails.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// A system, the template that makes it, and its rules.
struct System {
    title: &'static str,
    template: &'static str,
    rules: &'static [(&'static str, &'static str)],
}

const SYSTEMS: &[System] = &[
    System {
        title: "S0, social scheduling with client links",
        template: "client-links",
        rules: &[
            ("S0-01", "Clients are added to review posts, conversations and reports"),
            ("S0-02", "The owner or an admin adds clients"),
            ("S0-03", "The way there: Team & Clients, Invite client"),
            ("S0-04", "The form asks about the organization and the client"),
            ("S0-05", "A nickname, for the inviter's side only"),
            ("S0-06", "With branding, the page shows the organization and not the product"),
            ("S0-07", "A message to the client"),
            ("S0-08", "Without a link's branding, the organization's"),
            ("S0-09", "Without that, the product's"),
            ("S0-10", "An invited client is a Manager unless said"),
            ("S0-11", "A Manager manages accounts, and views, edits and deletes posts"),
            ("S0-12", "Every other permission is granted one by one"),
            ("S0-13", "A client who may create posts takes a seat"),
            ("S0-14", "Five seats, five such clients: nobody can be added to the team"),
            ("S0-15", "The platforms that clients may add accounts for"),
            ("S0-16", "A client adds accounts of those platforms only"),
            ("S0-17", "Create posts: for their own accounts"),
            ("S0-18", "Boost posts: on Facebook only"),
            ("S0-19", "View analytics can be granted"),
            ("S0-20", "Social inbox can be granted"),
            ("S0-21", "The filled-in details make a link"),
            ("S0-22", "A button copies the link"),
            ("S0-23", "The inviter hands the link over; the client signs up with it"),
            ("S0-24", "The page's title has the organization's name"),
            ("S0-25", "After that the client connects accounts and watches posts"),
            ("S0-26", "One link is for many clients"),
            ("S0-27", "The owner's side disconnects a client's account"),
            ("S0-28", "A client can't delete an account"),
            ("S0-29", "The owner or an admin removes clients"),
            ("S0-30", "One client is removed"),
            ("S0-31", "Several clients are removed at once"),
        ],
    },
    System {
        title: "S1, team invitations",
        template: "team",
        rules: &[
            ("S1-01", "Colleagues are invited to the organization"),
            ("S1-02", "The way there: Account, Team Management"),
            ("S1-03", "By their e-mail address"),
            ("S1-04", "An admin may everything, team management included"),
            ("S1-05", "A member works, with limited settings"),
            ("S1-06", "Inviting sends an e-mail with a link"),
            ("S1-07", "It is in the list of pending invitations at once"),
            ("S1-08", "Who was invited and has not accepted is seen"),
            ("S1-09", "An invitation is revoked before it is accepted"),
            ("S1-10", "The link leads into the app"),
            ("S1-11", "Somebody with an account accepts and joins"),
            ("S1-12", "Somebody new makes an account first, then joins"),
            ("S1-13", "Inviting works in a trial"),
            ("S1-14", "A member becomes an admin later"),
            ("S1-15", "An invitation to a wrong address does no harm"),
            ("S1-16", "Only an admin invites"),
        ],
    },
    System {
        title: "S2, publishing workspaces",
        template: "publishing",
        rules: &[
            ("S2-01", "The owner always has everything"),
            ("S2-02", "Workspace first, then people, their roles and their accounts"),
            ("S2-03", "Inviting somebody as a client"),
            ("S2-04", "By address, with the access"),
            ("S2-05", "Adding accounts, writing posts, both or neither"),
            ("S2-06", "A second factor can be required of somebody in a workspace"),
            ("S2-07", "Adding accounts only: sees assigned accounts, approves where said"),
            ("S2-08", "Writing: on assigned accounts, and approves where said"),
            ("S2-09", "Neither: views, and approves where said"),
            ("S2-10", "Without the second factor nothing is seen"),
            ("S2-11", "The next step assigns accounts"),
            ("S2-12", "Approving is said for each account"),
            ("S2-13", "Whose credentials: asked only where somebody writes"),
            ("S2-14", "The owner's: the owner re-authenticates"),
            ("S2-15", "The member's: the member re-authenticates"),
            ("S2-16", "Invite"),
            ("S2-17", "A notification and an e-mail say that they were added"),
            ("S2-18", "They see their own membership and accounts"),
            ("S2-19", "There are other roles and levels"),
        ],
    },
    System {
        title: "S3, agency reporting",
        template: "reporting",
        rules: &[
            ("S3-01", "The list of all users who have an account"),
            ("S3-02", "Where the first user is created"),
            ("S3-03", "A wizard leads through it"),
            ("S3-04", "Staff or client is chosen first"),
            ("S3-05", "Staff may create clients only"),
            ("S3-06", "Address and campaigns"),
            ("S3-07", "No campaign is selected by default"),
            ("S3-08", "Whether an e-mail goes out"),
            ("S3-09", "Without one, the admin sets the person up and tells them"),
            ("S3-10", "No campaign, no way in: with a state of its own"),
            ("S3-11", "A campaign granted later lets them in"),
            ("S3-12", "Default: all but sending messages, writing reports and setting tasks"),
            ("S3-13", "Customize: feature by feature"),
            ("S3-14", "Clone: the permissions of another client"),
            ("S3-15", "Customizing is a feature of the plan"),
            ("S3-16", "All permissions there are, each on or off"),
            ("S3-17", "Down to single integrations and metrics"),
            ("S3-18", "A general group"),
            ("S3-19", "Cloning copies, and doesn't follow"),
            ("S3-20", "The account exists at once"),
        ],
    },
    System {
        title: "S4, client portal",
        template: "client-portal",
        rules: &[
            ("S4-01", "Clients are invited to their own workspace"),
            ("S4-02", "The way there: Client Details"),
            ("S4-03", "A new user: name and address"),
            ("S4-04", "An existing user, from another workspace"),
            ("S4-05", "A welcome e-mail with a link to sign in and set a password"),
            ("S4-06", "Pending in the table, at once"),
            ("S4-07", "The link of a pending invitation can be copied"),
            ("S4-08", "Each link is for one person"),
            ("S4-09", "One person in several workspaces"),
            ("S4-10", "Only somebody who has come in can be added elsewhere"),
            ("S4-11", "A workspace has any name"),
            ("S4-12", "Picked by workspace, then by person"),
            ("S4-13", "A confirmation"),
            ("S4-14", "In the list at once"),
            ("S4-15", "No e-mail for a further workspace"),
            ("S4-16", "The new workspace is among theirs"),
        ],
    },
];

/// The rule ids in the tests of a file, or of a folder and those in it, with the tests that name them.
fn proofs(path: &Path) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    if path.is_dir() {
        let mut inside: Vec<_> =
            std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
        inside.sort();
        for (id, tests) in inside.iter().flat_map(|path| proofs(path)) {
            found.entry(id).or_default().extend(tests);
        }
        return found;
    }
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (mut comment, mut is_test) = (String::new(), false);
    for line in text.lines() {
        if let Some(more) = line.strip_prefix("///") {
            comment.push_str(more);
        } else if line == "#[test]" {
            is_test = true;
        } else if let Some(name) = line.strip_prefix("fn ") {
            if is_test {
                let name = name.split('(').next().unwrap();
                for id in ids(&comment) {
                    found.entry(id).or_default().push(name.to_owned());
                }
            }
            (comment, is_test) = (String::new(), false);
        } else if line.is_empty() {
            comment.clear();
        }
    }
    found
}

/// The rule ids before the colon of a doc comment.
fn ids(comment: &str) -> Vec<String> {
    let list = comment.split(':').next().unwrap_or_default();
    let is_id = |word: &&str| word.len() == 5 && word.starts_with('S') && word.as_bytes()[2] == b'-';
    list.split([',', ' ']).filter(is_id).map(str::to_owned).collect()
}

fn document() -> (String, Vec<&'static str>) {
    let mut text = String::from(
        "# The rules, and the tests that prove them\n\n\
         Usher does what five systems do, each of which is a template: a file of data in `src/domain/templates/`. This\n\
         table is made from the rules that the tests of `tests/systems/` name, and of `tests/pages/` and `tests/edge/browser/` for what\n\
         is seen on a screen, by `USHER_WRITE=1 cargo test --test rules`; `make test` fails when it is out of date.\n",
    );
    let seen: Vec<_> = ["tests/pages", "tests/edge/browser"].map(|folder| proofs(Path::new(folder))).into();
    let mut unproved = Vec::new();
    for system in SYSTEMS {
        let file = system.template.replace('-', "_");
        let proofs = proofs(Path::new(&format!("tests/systems/{file}.rs")));
        write!(text, "\n## {}\n\n", system.title).unwrap();
        write!(text, "Template `{}`, tests in `tests/systems/{file}.rs`.\n\n", system.template).unwrap();
        text.push_str("| rule | what it says | proved by |\n|---|---|---|\n");
        for (id, statement) in system.rules {
            let named = std::iter::once(&proofs).chain(&seen).filter_map(|proofs| proofs.get(*id)).flatten();
            let mut proved = named.map(|test| format!("`{test}`")).collect::<Vec<_>>().join(", ");
            if proved.is_empty() {
                unproved.push(*id);
                "**nothing**".clone_into(&mut proved);
            }
            writeln!(text, "| {id} | {statement} | {proved} |").unwrap();
        }
        let known = |id: &String| system.rules.iter().any(|(known, _)| known == id);
        let strange: Vec<_> = proofs.keys().filter(|id| !known(id)).collect();
        assert!(strange.is_empty(), "{file}.rs names {strange:?}, which are no rules of this system");
    }
    (text, unproved)
}

#[test]
fn every_rule_is_proved_by_a_test() {
    let (_, unproved) = document();
    assert!(unproved.is_empty(), "nothing proves {}", unproved.join(", "));
}

#[test]
fn the_table_of_rules_is_up_to_date() {
    let (text, _) = document();
    let file = "docs/rules.md";
    if std::env::var_os("USHER_WRITE").is_some() {
        std::fs::write(file, &text).unwrap();
    }
    let written = std::fs::read_to_string(file).unwrap_or_default();
    assert!(written == text, "{file} is out of date: USHER_WRITE=1 cargo test --test rules writes it");
}
