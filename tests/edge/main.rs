//! The built Worker on the real runtime (workerd), with real D1, KV, Queues, limits and assets: black box, over HTTP.
//!
//! The rule: what the native tests can show is shown there, in milliseconds and for every case. Here stands what they
//! can't: that `platform/worker.rs` and `entry.rs` do what the platform's traits promise, that the local world of the
//! tests doesn't differ from the runtime where it matters, and that the main job works through all of it. Every test
//! starts from nothing that another one made, so they run at once and in any order.
//!
//! `cargo test --test edge`, after `make build`; `make test` runs it by name, since it needs the set-up.

// A test that can't go on fails; clippy's settings say so for test functions, but not for what they call.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod accounts;
mod bindings;
mod browser;
mod bulk;
#[allow(dead_code, reason = "what the simulation's weather is drawn from too")]
#[path = "../support/simulation/chance.rs"]
mod chance;
mod costs;
mod described;
#[allow(dead_code, reason = "what other tests ask of the description too")]
#[path = "../support/description.rs"]
mod description;
mod faults;
mod growth;
mod harness;
mod hooks;
mod http;
mod integrate;
mod journey;
mod kills;
#[path = "../support/logged.rs"]
mod logged;
mod logs;
#[path = "../support/mails.rs"]
mod mails;
mod memory;
mod panics;
mod providers;
mod races;
#[allow(dead_code, reason = "what the native tests ask of a database too")]
#[path = "../support/sqlite.rs"]
mod sqlite;
#[allow(dead_code, reason = "what other tests ask of the app too")]
#[path = "../support/totp.rs"]
mod totp;
#[path = "../support/walk/mod.rs"]
mod walk;
mod webhooks;
