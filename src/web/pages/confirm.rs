//! A page that asks once more before something is done.

use askama::Template;

use super::{Frame, Problems};

/// The question, what follows, and the way out.
#[derive(Template)]
#[template(path = "pages/confirm.html")]
pub struct Confirm<'a> {
    /// The page's frame.
    pub frame: Frame,
    /// For the form.
    pub nonce: &'a str,
    /// Why it was refused, if it was.
    pub problems: Problems,
    /// The question: before whom or what it is about.
    pub before: &'a str,
    /// Whom or what it is about.
    pub about: &'a str,
    /// And after it.
    pub after: &'a str,
    /// What follows.
    pub follows: Vec<String>,
    /// Where the form goes.
    pub action: String,
    /// Whose password is asked for, by their address, where it is.
    pub password_of: Option<&'a str>,
    /// What goes along: field and value.
    pub carried: Vec<(&'a str, &'a str)>,
    /// The button.
    pub button: &'a str,
    /// Whether what it does can't be taken back.
    pub danger: bool,
    /// The way out.
    pub keep: &'a str,
    /// Where that leads.
    pub back: String,
}
