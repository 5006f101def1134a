//! Adding people at once, their passwords and notifications.

use super::{Answers, Costs};

pub const ANSWERS: &[Answers] = &[];

pub const COSTS: &[Costs] = &[];
