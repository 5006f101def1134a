//! Many invitations in one request.

use super::{Answers, Costs};

pub const ANSWERS: &[Answers] = &[];

pub const COSTS: &[Costs] = &[];
