//! How long to wait before the next try: doubling, capped, with jitter so that what failed together doesn't come back
//! together.

use std::time::Duration;

const FIRST: u64 = 10;
/// The queue delays a message by at most twelve hours; six keeps a job within a day's work.
const LONGEST: u64 = 6 * 60 * 60;

/// The wait after the `attempt`-th try failed (1 is the first): 10 s doubled each time up to 6 h, of which a random half
/// is kept: 5 to 10 s, 10 to 20 s, …
#[must_use]
pub fn after(attempt: i64, random: [u8; 2]) -> Duration {
    let doublings = u32::try_from(attempt.clamp(1, 32) - 1).unwrap_or(0);
    let full = FIRST.saturating_mul(1 << doublings).min(LONGEST);
    let jitter = u64::from(u16::from_be_bytes(random)) * (full / 2) / u64::from(u16::MAX);
    Duration::from_secs(full / 2 + jitter)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::jobs::MOST_ATTEMPTS;

    #[test]
    fn waits_double_up_to_a_cap() {
        let most = |attempt| after(attempt, [255, 255]).as_secs();
        assert_eq!([1, 2, 3, 4].map(most), [10, 20, 40, 80]);
        assert_eq!(most(30), LONGEST);
        assert_eq!(after(1, [0, 0]).as_secs(), 5);
    }

    #[test]
    fn all_tries_together_outlast_a_providers_bad_day() {
        let hours = |random| {
            let waits = (1..MOST_ATTEMPTS).map(|attempt| after(attempt, random).as_secs());
            waits.sum::<u64>() / 3600
        };
        assert_eq!((hours([0, 0]), hours([255, 255])), (14, 29));
    }

    proptest! {
        #[test]
        fn a_wait_is_never_nothing_and_never_over_the_cap(attempt: i64, random: [u8; 2]) {
            let wait = after(attempt, random).as_secs();
            prop_assert!((5..=LONGEST).contains(&wait));
        }
    }
}
