//! The pages and the mails, each rendered from samples: what they say, how they are built, and that looking at them
//! changes nothing. Black box, through the whole service in a native world; one idea a file.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../support/mod.rs"]
mod support;

mod access_page;
mod activity;
mod adding_here;
mod asking;
mod branding;
mod choosing;
mod detours;
mod email_change;
mod exports;
mod faces;
mod forgotten;
mod forms;
mod import;
mod keys_page;
mod leaving;
mod links;
mod mail;
mod mail_added;
mod mails;
mod me;
mod member;
mod names;
mod nonces;
mod notification_settings;
mod notifications;
mod others;
mod reading;
mod refusals;
mod required_factor;
mod reset;
mod scene;
mod seats_page;
mod security;
mod settings;
mod stale;
mod structure;
mod team;
mod team_offers;
mod team_remove;
mod timeline;
mod undo;
mod webhooks_page;
mod weight;
mod well_known;
mod wizard;
mod workspaces;
