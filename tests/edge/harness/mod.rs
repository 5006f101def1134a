//! Starts the Worker as `make serve` does and talks to it over HTTP, as a browser, a program or a stranger would.
//!
//! The rule: it knows what a test begins with and where it looks; what is right stands in the tests. The one thing that is
//! right in all of them, that no secret is logged, is checked here.

mod backstage;
mod client;
mod crowd;
mod host;
mod logs;
mod provider;
mod receiver;
mod scene;
mod server;
mod shared;
mod wait;

pub use backstage::OUT_OF_ORDER;
pub use client::{Answer, Client, SESSION_COOKIE};
pub use crowd::Person;
pub use host::{Host, free_port, node, wait_for_port};
pub use provider::{Asked, PROVIDER_KEY, Provider};
pub use receiver::{Heard, Receiver};
pub use scene::{PASSWORD, Team};
pub use server::{Deployment, OPERATOR_KEY, ROOT_KEY, Server};
pub use shared::{racing, shared};
pub use wait::wait_for;
