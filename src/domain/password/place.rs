//! Where a password has its place in the set of common ones. The build, which makes that set, and the Worker, which asks it,
//! both read this file.

use sha2::{Digest, Sha256};

/// A password that is not in the set is taken for one that is with a chance of 1 in 2 to this: 1 in 4,096. Whoever meets
/// that chance chooses another.
pub const CHANCE_BITS: u32 = 12;

/// Its place among `count << CHANCE_BITS`, evenly spread.
pub fn place(password: &str, count: u64) -> u64 {
    let digest = Sha256::digest(password.as_bytes());
    let number = digest.iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    let places = u128::from(count << CHANCE_BITS);
    u64::try_from((u128::from(number) * places) >> 64).unwrap_or_default()
}
