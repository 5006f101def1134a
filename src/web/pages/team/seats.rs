//! The seats that are taken, as they are told.

use crate::store::organizations::Seats;

/// Seats in words and as a bar of a hundred parts.
pub struct ShownSeats {
    /// How many are taken, of how many, and reserved.
    pub words: String,
    /// How much of the bar is taken, and how much is reserved besides; none where there is no limit.
    pub bar: Option<(i64, i64)>,
}

impl ShownSeats {
    /// Those of an organization.
    #[must_use]
    pub fn of(seats: &Seats) -> Self {
        let reserved = match seats.reserved {
            0 => String::new(),
            1 => " 1 more is reserved by an open invitation.".to_owned(),
            many => format!(" {many} more are reserved by open invitations."),
        };
        let Some(limit) = seats.seat_limit else {
            let used = if seats.used == 1 {
                "1 seat is taken".to_owned()
            } else {
                format!("{} seats are taken", seats.used)
            };
            return Self { words: format!("{used}; there is no limit.{reserved}"), bar: None };
        };
        let share = |count: i64| (count * 100 / limit.max(1)).clamp(0, 100);
        let used = share(seats.used);
        let are = if seats.used == 1 { "is" } else { "are" };
        let words = format!("{} of {limit} seats {are} taken.{reserved}", seats.used);
        Self { words, bar: Some((used, share(seats.used + seats.reserved) - used)) }
    }
}
