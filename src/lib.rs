//! Usher: invitations and memberships at the edge.
//!
//! A Worker that invites people by signed links, lets them in, and decides what each may see and do. Its state is in D1
//! and KV, its mail goes out from a queue.
//!
//! | module | its one concern |
//! |---|---|
//! | [`domain`] | the rules, with no I/O |
//! | [`store`] | the SQL: builds statements, maps rows |
//! | [`flow`] | one use case a file, from checked input to an outcome |
//! | [`web`] | requests, replies, routes; the JSON API and the pages |
//! | [`jobs`] | what happens outside the request: the outbox and its consumer |
//! | [`mail`] | messages and who carries them |
//! | [`platform`] | the traits at the edge of the world, and their implementation over Cloudflare's bindings |
//! | [`app`] | ties them: a request to a reply, a queue message to a verdict, a tick |
//! | [`config`] | every setting |
//! | [`error`] | every refusal |

pub mod app;
pub mod config;
pub mod domain;
mod entry;
pub mod error;
pub mod flow;
pub mod jobs;
pub mod json;
pub mod mail;
pub mod platform;
pub mod store;
pub mod web;
