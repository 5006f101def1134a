//! The rules, with no I/O: every function here is a plain function of its arguments, `now` and entropy among them.

pub mod access;
pub mod api_key;
pub mod authority;
pub mod catalog;
pub mod change;
pub mod decision;
pub mod device;
pub mod email_address;
pub mod email_link;
pub mod hand_over;
pub mod ids;
pub mod invitation;
pub mod keys;
pub mod link;
pub mod logo;
pub mod nonce;
pub mod offer;
pub mod order;
pub mod organization;
pub mod password;
pub mod password_link;
pub mod policy;
pub mod quota;
pub mod reset_link;
pub mod role;
#[cfg(described)]
mod schema;
pub mod second_factor;
pub mod secret;
pub mod shades;
pub mod signature;
pub mod standing;
pub mod template;
pub mod text;
pub mod time;
pub mod webhook;

use serde::Deserializer;

/// A truth value, from JSON's booleans or from a row's 0 and 1: D1 has no booleans.
pub(crate) fn truth<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    struct Either;
    impl serde::de::Visitor<'_> for Either {
        type Value = bool;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("true, false, 0 or 1")
        }
        fn visit_bool<E>(self, truth: bool) -> Result<bool, E> {
            Ok(truth)
        }
        fn visit_i64<E>(self, number: i64) -> Result<bool, E> {
            Ok(number != 0)
        }
        fn visit_u64<E>(self, number: u64) -> Result<bool, E> {
            Ok(number != 0)
        }
    }
    deserializer.deserialize_any(Either)
}
