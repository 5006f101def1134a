//! What one database carries: how many bytes each thing takes, as `docs/scale.md` says. `cargo test --test api scale --
//! --nocapture` measures it and prints the table.

use std::time::Duration;

use serde_json::json;

use crate::copied_token;
use crate::support::World;
use crate::support::client::Team;
use crate::support::scene::somebody;

/// So many of each: enough that the pages which they begin don't count.
const MANY: u32 = 200;

/// The bytes that rows and indexes fill.
fn filled(world: &World) -> i64 {
    world.count("SELECT sum(pgsize - unused) FROM dbstat")
}

/// The bytes that one of many takes.
fn each(world: &World, make: impl FnMut(u32)) -> i64 {
    let before = filled(world);
    (0..MANY).for_each(make);
    (filled(world) - before) / i64::from(MANY)
}

#[test]
fn each_thing_takes_as_many_bytes_as_the_page_on_scale_says() {
    let mut team = Team::new();
    let world = team.world.clone();
    let mut ids = Vec::new();
    let invited = each(&world, |number| {
        ids.push(team.invited(&format!("person.{number}@studio.test"), "client"));
        world.deliver();
        // The mailbox of development is nowhere else.
        world.state().database.borrow().change("DELETE FROM mailbox");
        world.pass(Duration::from_mins(1));
    });
    // Each with an account that was there: a new one would cost a password's hash each time.
    let mut people = Vec::new();
    let account =
        each(&world, |number| people.push(somebody(&world, &format!("person.{number}@studio.test"))));
    let tokens: Vec<String> = ids.iter().map(|id| copied_token(&mut team.owner, id)).collect();
    let accepted = each(&world, |number| {
        let at = usize::try_from(number).unwrap();
        people[at].post("/v1/invitations/accept", &json!({"token": tokens[at]})).ok();
    });
    let organization = each(&world, |number| {
        world
            .operator()
            .create_organization(&format!("Studio {number}"), &format!("owner.{number}@studio.test"));
        world.deliver();
        world.state().database.borrow().change("DELETE FROM mailbox");
    });
    let entry = each(&world, |number| {
        let organization = &team.organization;
        world.state().database.borrow().change(&format!(
            "INSERT INTO audit_events (id, organization_id, at, actor, action, subject, request_id, after)
             SELECT 'evt_{number:026}', organization_id, at, actor, action, subject, request_id, after FROM audit_events
             WHERE organization_id = '{organization}' AND action = 'invitation.created' LIMIT 1"
        ));
    });

    let page = include_str!("../../docs/scale.md");
    let mut wrong = Vec::new();
    for (what, each) in [
        ("an organization, its owner's invitation mailed", organization),
        ("an invitation, mailed", invited),
        ("an account with a session", account),
        ("somebody accepting, with an account", accepted),
        ("an entry of the log", entry),
    ] {
        println!("| {what} | {each} |");
        let told = page
            .split(&format!("| {what} | "))
            .nth(1)
            .and_then(|rest| rest.split(' ').next()?.parse::<i64>().ok());
        // A small column is no reason to write the page anew; a tenth more is.
        if told.is_none_or(|told| (told - each).abs() * 10 > told) {
            wrong.push(format!("{what}: {each}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new(), "docs/scale.md says otherwise");
}
