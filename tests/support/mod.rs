//! The native world: the whole service over real SQLite with the real migrations, a clock that stands still, seeded
//! entropy and mail that is kept. Nothing of the service is re-implemented here.

#![allow(dead_code, unused_imports, reason = "each test binary uses its own part of the world")]

pub mod client;
pub mod description;
pub mod hooks;
pub mod logged;
pub mod mails;
pub mod platform;
pub mod race;
pub mod scene;
pub mod simulation;
pub mod sqlite;
pub mod totp;
pub mod walk;
pub mod webhooks;

pub use client::{Answer, Client};
pub use platform::{Native, World};
