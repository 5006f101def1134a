//! Members, memberships, access and checks.

use super::{Answers, Costs};

pub const ANSWERS: &[Answers] = &[];

pub const COSTS: &[Costs] = &[];
