//! The rules, with no I/O: every function here is a plain function of its arguments, `now` and entropy among them.

pub mod authority;
pub mod email_address;
pub mod ids;
pub mod invitation;
pub mod keys;
pub mod link;
pub mod nonce;
pub mod organization;
pub mod password;
pub mod role;
pub mod secret;
pub mod template;
pub mod text;
pub mod time;

use serde::{Deserialize, Deserializer};

/// A truth value, from JSON's booleans or from a row's 0 and 1: D1 has no booleans.
pub(crate) fn truth<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Json(bool),
        Row(i64),
    }
    Ok(match Either::deserialize(deserializer)? {
        Either::Json(truth) => truth,
        Either::Row(number) => number != 0,
    })
}
