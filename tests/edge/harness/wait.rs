//! Waiting for what happens in its own time.
//!
//! The rule: nobody sleeps for as long as something should take. What is waited for is looked at until it is there, with
//! one patience for everything.

use std::thread;
use std::time::Duration;

/// How long anything may take that is waited for.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);
/// How often it is looked at.
const GLANCE: Duration = Duration::from_millis(25);

/// Waits until there is an answer.
///
/// # Panics
/// There never is; `what` says what was waited for.
#[track_caller]
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..PATIENCE.as_millis() / GLANCE.as_millis() {
        if let Some(found) = look() {
            return found;
        }
        thread::sleep(GLANCE);
    }
    panic!("waited in vain for {what}");
}
