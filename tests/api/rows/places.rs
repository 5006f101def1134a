//! The pages of a member, of what they have in a workspace, and of the workspaces.

use super::{Answers, Costs};

pub const ANSWERS: &[Answers] = &[];

pub const COSTS: &[Costs] = &[];
