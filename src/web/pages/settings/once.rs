//! A page that shows a secret once: nobody can read it again.

use askama::Template;

use crate::web::pages::Frame;

/// What it shows.
#[derive(Template)]
#[template(path = "pages/shown_once.html")]
pub struct ShownOnce<'a> {
    /// The page's frame.
    pub frame: Frame,
    /// Before the name of what it is a secret of.
    pub of: &'static str,
    /// And that name.
    pub name: &'a str,
    /// What it is called, at the beginning of a line and in it.
    pub called: (&'static str, &'static str),
    /// The secret.
    pub secret: String,
    /// What it is for.
    pub told: Vec<String>,
    /// For a form that tries it out, and where that goes.
    pub test: Option<(&'a str, String)>,
    /// The way on.
    pub back: String,
}
