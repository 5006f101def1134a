//! The JSON API as programs and browsers meet it: black box, through the whole service in a native world. One idea a file;
//! a test's name is the sentence it proves.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../support/mod.rs"]
mod support;

mod accept;
mod access_changes;
mod accounts;
mod acting;
mod adding;
mod adding_property;
mod admins_scope;
mod any_request;
mod api_keys;
mod audit;
mod audit_operations;
mod authorization;
mod bad_input;
mod bounced_addresses;
mod bulk;
mod bulk_files;
mod bulk_job;
mod bulk_races;
mod bulk_refusals;
mod cast;
mod ceiling;
mod change_guards;
mod change_invitation;
mod change_member;
mod check;
mod chosen_passwords;
mod copied_links;
mod costs;
mod deliveries;
mod description;
mod disconnecting;
mod email_changes;
mod examples;
mod faults;
mod found_by_name;
mod growth;
mod guessing;
mod hand_over;
mod hooks;
mod hooks_billing;
mod hooks_delivery;
mod host_tokens;
mod idempotency;
mod invitations;
mod joining;
mod limits;
mod link_uses;
mod links;
mod lists;
mod logo;
mod logs;
mod mail_providers;
mod manage;
mod many_places;
mod members;
mod memberships;
mod mfa_resets;
mod moving;
mod my_access;
mod named_twice;
mod next_mails;
mod notification_settings;
mod notifications;
mod operations;
mod organization_changes;
mod organizations;
mod outbox;
mod overtaking;
mod ownership;
mod password_resets;
mod passwords;
mod places;
mod plan_of_clients;
mod plans;
mod privacy;
mod recovery_codes;
mod removal;
mod require_mfa;
mod resources;
mod restore;
mod rows;
mod scale;
mod seats;
mod seats_of_a_person;
mod seats_property;
mod second_factor;
mod sessions;
mod sessions_list;
mod templates;
mod totp;
mod vouching;
mod webhook_deliveries;
mod webhook_events;
mod webhook_turns;
mod webhooks;
mod what_to_do_next;
mod wizard;
mod workspaces;

use serde_json::{Value, json};
use support::World;
use support::client::{Answer, Client, PASSWORD, Team};
use support::platform::token_in;

/// Status and code, as [`Answer::refusal`] gives them.
fn refusal(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

/// Status, code, and each refused field's pointer with its own code.
fn complaint(answer: &Answer) -> (u16, String, Vec<(String, String)>) {
    let (status, code) = answer.refusal();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let errors = answer.json()["errors"].as_array().cloned().unwrap_or_default();
    (status, code, errors.iter().map(|error| (text(&error["pointer"]), text(&error["code"]))).collect())
}

/// What [`complaint`] answers when one field is refused for a reason that is the whole request's.
fn about(status: u16, code: &str, pointer: &str) -> (u16, String, Vec<(String, String)>) {
    (status, code.to_owned(), vec![(pointer.to_owned(), code.to_owned())])
}

/// The token of an invitation's copied link.
fn copied_token(by: &mut Client, invitation: &str) -> String {
    token_in(&by.post(&format!("/v1/invitations/{invitation}/link"), &json!({})).ok().str("/url"))
}

/// Accepts as whoever is signed in.
fn accept_signed_in(person: &mut Client, token: &str) -> Answer {
    person.post("/v1/invitations/accept", &json!({"token": token}))
}

fn preview(person: &mut Client, token: &str) -> Answer {
    person.post("/v1/invitations/preview", &json!({"token": token}))
}

fn decline(person: &mut Client, token: &str) -> Answer {
    person.post("/v1/invitations/decline", &json!({"token": token}))
}

fn sign_in(person: &mut Client, email: &str) -> Answer {
    person.post("/v1/sessions", &json!({"email": email, "password": PASSWORD}))
}

/// A second organization in a team's world, with an owner of its own.
fn another(world: &World) -> Team {
    let organization = world.operator().create_organization("Other Studio", "oscar.owner@other.test");
    let mut owner = world.client();
    owner.join("oscar.owner@other.test", "Oscar Owner").ok();
    Team { world: world.clone(), organization, owner }
}

/// Removes a member behind the service's back: no route does it yet.
fn remove(team: &Team, email: &str) {
    team.world.state().database.borrow().change(&format!(
        "UPDATE members SET removed_at = {} WHERE user_id = (SELECT id FROM users WHERE email_key = '{email}')",
        team.world.now().millis()
    ));
}

/// The ids of a list's rows, in its order.
fn ids(list: &Value) -> Vec<String> {
    list["data"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}
