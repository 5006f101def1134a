//! The tables' rows, a file for each part of the API: who gets what ([`crate::authorization`]), and what it costs
//! ([`crate::costs`]).

pub mod account_security;
mod accounts;
pub mod adding;
pub mod bulk;
mod hooks;
pub mod links;
pub mod members;
pub mod organizations;
pub mod pages;
pub mod places;
pub mod programs;
pub mod settings;
pub mod team;
pub mod webhooks;
pub mod webhooks_pages;
pub mod well_known;
pub mod wizard;

/// Method, pattern, and what each of [`crate::cast::CALLERS`] gets: a status, or a status and a code.
pub type Answers = (&'static str, &'static str, [&'static str; 9]);
/// Method, pattern, a caller whom it serves, and what that costs: round trips to D1, calls to KV.
pub type Costs = (&'static str, &'static str, &'static str, u32, u32);

/// A caller without credentials.
pub const NOBODY: &str = "401 unauthenticated";
/// A caller who may not.
pub const FORBIDDEN: &str = "403 forbidden";
/// A caller to whom it doesn't exist.
pub const ELSEWHERE: &str = "404 not_found";
/// A form with a nonce that is none: whoever isn't signed in is shown the way to, and whoever may open its page gets it again.
pub const FORM: [&str; 9] = ["303", "303", "404", "403", "403", "403", "403", "404", "303"];
/// The same on a page of one's own.
pub const OWN_FORM: [&str; 9] = ["303", "303", "403", "403", "403", "403", "403", "403", "303"];

/// Every part's answers.
pub const ANSWERS: &[&[Answers]] = &[
    account_security::ANSWERS,
    accounts::ANSWERS,
    adding::ANSWERS,
    bulk::ANSWERS,
    hooks::ANSWERS,
    links::ANSWERS,
    members::ANSWERS,
    organizations::ANSWERS,
    pages::ANSWERS,
    places::ANSWERS,
    programs::ANSWERS,
    team::ANSWERS,
    settings::ANSWERS,
    webhooks::ANSWERS,
    well_known::ANSWERS,
    webhooks_pages::ANSWERS,
    wizard::ANSWERS,
];
/// Every part's costs.
pub const COSTS: &[&[Costs]] = &[
    account_security::COSTS,
    accounts::COSTS,
    adding::COSTS,
    bulk::COSTS,
    hooks::COSTS,
    links::COSTS,
    members::COSTS,
    organizations::COSTS,
    pages::COSTS,
    places::COSTS,
    programs::COSTS,
    team::COSTS,
    settings::COSTS,
    webhooks::COSTS,
    well_known::COSTS,
    webhooks_pages::COSTS,
    wizard::COSTS,
];
