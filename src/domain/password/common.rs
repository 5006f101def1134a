//! Passwords that many people have, which are tried first: `common.txt`, as a Golomb-coded set (Putze, Sanders, Singler,
//! "Cache-, Hash- and Space-Efficient Bloom Filters", 2007). It is a tenth as large as the list, and a question reads it
//! through: a small part of what hashing the password takes.

use super::place::{CHANCE_BITS, place};

include!(concat!(env!("OUT_DIR"), "/common.rs"));

/// Whether it is one of them, in lower case and composed (NFC): the whole of it, never a part.
pub fn has(password: &str) -> bool {
    let sought = place(password, COUNT);
    places().find(|place| *place >= sought) == Some(sought)
}

/// The places of all of them, in their order.
fn places() -> impl Iterator<Item = u64> {
    let mut bits = SET.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
    let mut reached = 0;
    (0..COUNT).map(move |_| {
        // The gap to the next place: its high part as so many ones and a zero, its low part as it is.
        let high = bits.by_ref().take_while(|bit| *bit == 1).count();
        let low = bits.by_ref().take(CHANCE_BITS as usize).fold(0, |low, bit| (low << 1) | u64::from(bit));
        reached += (u64::try_from(high).unwrap_or_default() << CHANCE_BITS) | low;
        reached
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> impl Iterator<Item = &'static str> {
        include_str!("common.txt").lines().filter(|line| !line.starts_with('#'))
    }

    /// What [`has`] answers, read through once for all that a test asks.
    fn read_through() -> impl Fn(&str) -> bool {
        let places: Vec<u64> = places().collect();
        move |password| places.binary_search(&place(password, COUNT)).is_ok()
    }

    #[test]
    fn every_line_of_the_list_is_in_the_set() {
        let known = read_through();
        for line in list() {
            assert!(known(line), "{line}");
        }
        for line in list().step_by(500) {
            assert!(has(line), "{line}");
        }
        assert_eq!(list().count(), usize::try_from(COUNT).unwrap());
        assert!(list().count() > 7000);
    }

    #[test]
    fn the_list_is_written_as_it_is_asked() {
        for line in list() {
            assert_eq!(crate::domain::password::folded(line), line);
            assert!((12..=128).contains(&line.chars().count()), "{line}");
        }
    }

    /// Counted, as chance has it: of 31,416 there are 8 expected, and 25 are as likely as nothing that ever happens.
    #[test]
    fn what_only_contains_a_common_password_is_not_in_the_set() {
        let longer = list().flat_map(|line| {
            [format!("{line} lamp"), format!("lamp {line}"), format!("{line}{line}~"), format!("{line}'")]
        });
        let known = read_through();
        let taken: Vec<String> = longer.filter(|password| known(password)).collect();
        assert!(taken.len() < 25, "{taken:?}");
    }

    #[test]
    fn the_set_is_small() {
        assert!(SET.len() < 14_000, "{}", SET.len());
    }
}
