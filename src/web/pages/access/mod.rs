//! An access as a form: what somebody is given in the workspaces that they are put in, chosen field by field. The wizard and
//! the member's page share it.
//!
//! [`Chosen`] is what stands in the form, whether somebody typed it or it is what a member has. It writes the same body that
//! the API takes, and the API's own reader reads it: there is one place that says what an access may be.
//! [`Resources`], [`Permissions`] and [`Credentials`] are its parts, each a piece of a page of its own.

mod chosen;
mod credentials;
mod permissions;
mod resources;
mod tree;
pub mod words;

pub use chosen::{CARRIED, Chosen, Given, Mode};
pub use credentials::Credentials;
pub use permissions::{MOST_PEOPLE, Permissions};
pub use resources::{Found, Listing, MOST_AT_A_GLANCE, ON_A_PAGE, Resources};

use super::Problems;

/// The ids of the fields that what is wrong with an access is said at.
pub const FIELDS: [&str; 4] =
    ["access/resources", "access/addable_kinds", "access/permissions/clone_of", "access/permissions"];

/// What is wrong with this field, to be kept with a part of a page.
fn wrong(problems: &Problems, field: &str) -> Option<String> {
    problems.at(field).map(str::to_owned)
}
