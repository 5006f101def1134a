//! What was done today. The counters are kept by triggers, in the transaction of what they count; whatever would add to one
//! asks [`within_day`] in its own claim.

use crate::domain::time::Timestamp;
use crate::platform::Statement;
use crate::{params, sql};

/// How many milliseconds a day has: `day_of!("?2")` is the day of a moment.
macro_rules! day_of {
    ($now:literal) => {
        concat!("(CAST(", $now, " AS INTEGER) / 86400000)")
    };
}

/// How much was counted on the day of a moment.
macro_rules! counted {
    ($whose:expr, $now:literal) => {
        concat!(
            "coalesce((SELECT c.count FROM daily_counts c WHERE c.whose = ",
            $whose,
            " AND c.day = ",
            day_of!($now),
            "), 0)"
        )
    };
}

/// How many mails a sender was counted for an address on the day of a moment: none to no address.
macro_rules! counted_of_sender {
    ($sender:literal, $address:expr, $now:literal) => {
        counted!(concat!("(", $sender, " || ' ' || ", $address, ")"), $now)
    };
}

/// Whether the day of `$now` leaves one more for the organization `o`, and a mail of it to this address (null is no mail):
/// `within_day!("?5", "?15", "?29")`, the last one a [`Quota`](crate::domain::quota::Quota) as JSON.
macro_rules! within_day {
    ($address:expr, $now:literal, $quota:literal) => {
        concat!(
            "(",
            counted!("o.id", $now),
            " < ",
            $quota,
            " ->> 0 AND ",
            counted!($address, $now),
            " < ",
            $quota,
            " ->> 1 AND ",
            counted_of_sender!("o.id", $address, $now),
            " < ",
            $quota,
            " ->> 2)"
        )
    };
}

/// Forgets counts of days before this one's, some at a time.
#[must_use]
pub fn forget(now: Timestamp) -> Statement {
    Statement::new(
        sql!(concat!(
            "DELETE FROM daily_counts WHERE (whose, day) IN (
               SELECT whose, day FROM daily_counts WHERE day < ",
            day_of!("?1"),
            " ORDER BY day LIMIT 500)"
        )),
        params![now],
    )
}
