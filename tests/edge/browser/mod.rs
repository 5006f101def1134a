//! The pages as a person meets them: headless Chromium, driven over `WebDriver`, against the built Worker.
//!
//! What the native tests say of the HTML (`tests/pages/`) is not said again here. This is for what only a browser
//! knows: that the forms, cookies and redirects carry somebody through, without scripts too; that nothing overflows a
//! narrow screen; and what axe-core finds. Each page is photographed into `target/screenshots/` on the way.

mod chromium;
mod docs;
mod failures;
mod hand_over;
mod integrate;
mod invitee;
mod joining;
mod kept;
mod look;
mod mails;
mod member;
mod menu;
mod otherwise;
mod readme;
mod screens;
mod security;
mod settings;
mod states;
mod table;
mod team;
mod telling;
mod walk;
mod webhooks;
mod wizard;
