//! The five systems of the mission, black box: each template keeps a file of its own, and every test names the rules that
//! it proves.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../support/mod.rs"]
mod support;

mod client_links;
mod client_portal;
mod publishing;
mod reporting;
mod team;
