//! Organizations, workspaces, resources, seats, audit.

use super::{Answers, Costs};

pub const ANSWERS: &[Answers] = &[];

pub const COSTS: &[Costs] = &[];
