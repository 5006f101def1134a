//! What may be done in a day. Days are those of UTC; the counts are kept by triggers (`migrations/0010_limits.sql`,
//! `0013_shares.sql`), and every claim that would add to one asks it (`store/quota.rs`).

use crate::domain::time::Timestamp;
use crate::error::{Code, Error, Refusal};

/// How much may be sent in a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// What an organization may invite, add at once, and mail again.
    pub invitations: u32,
    /// The mails to one address that somebody typed, from all senders together.
    pub mails: u32,
    /// Those of one sender, so that none uses up what all of them have.
    pub share: u32,
}

impl Quota {
    /// What the operator does, who answers for the deployment.
    pub const NONE: Self = Self { invitations: u32::MAX, mails: u32::MAX, share: u32::MAX };

    /// As a statement takes it.
    #[must_use]
    pub fn json(self) -> String {
        format!("[{},{},{}]", self.invitations, self.mails, self.share)
    }
}

/// The refusal of what is more than a day allows. One for all counts, so that nobody is told which: what others mailed to an
/// address is theirs.
#[must_use]
pub fn refusal(now: Timestamp) -> Error {
    refused(now).into()
}

/// The refusal of a change to an address that was mailed enough.
#[must_use]
pub fn of_address(now: Timestamp) -> Error {
    refused(now).because("This address was sent as much mail as one day allows. Try again tomorrow.").into()
}

fn refused(now: Timestamp) -> Refusal {
    const DAY: i64 = 24 * 3600;
    let rest = DAY - now.seconds().rem_euclid(DAY);
    Refusal { retry_after: u32::try_from(rest).ok(), ..Refusal::new(Code::DailyLimit) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_how_many_seconds_are_left_of_the_day() {
        let wait = |seconds| match refusal(Timestamp::from_seconds(seconds)) {
            Error::Refused(refusal) => refusal.retry_after.unwrap(),
            Error::Internal(why) => panic!("{why}"),
        };
        assert_eq!((wait(0), wait(86_399), wait(86_400), wait(90_000)), (86_400, 1, 86_400, 82_800));
    }
}
