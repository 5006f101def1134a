//! What stands in many pages, each rendered by one function: what a template includes, or a macro holds, is compiled into every
//! page that has it.

use askama::Template;

use super::{Frame, Problems};

/// The bar above every page.
#[derive(Template)]
#[template(path = "pages/top.html")]
pub struct Top<'a> {
    frame: &'a Frame,
}

/// What was just done, and how it is undone.
#[derive(Template)]
#[template(path = "pages/said.html")]
pub struct Word<'a> {
    frame: &'a Frame,
}

impl Frame {
    /// The bar above the page.
    #[must_use]
    pub fn top(&self) -> Top<'_> {
        Top { frame: self }
    }

    /// What was just done, where something was.
    #[must_use]
    pub fn word(&self) -> Word<'_> {
        Word { frame: self }
    }
}

/// What is wrong with a form, above it.
#[derive(Template)]
#[template(path = "pages/summary.html")]
pub struct Summary<'a> {
    problems: &'a Problems,
}

impl Problems {
    /// All of it, to be shown above the form; nothing where nothing is wrong.
    #[must_use]
    pub fn summary(&self) -> Summary<'_> {
        Summary { problems: self }
    }
}

/// A field with its label, its hint and what is wrong with it.
#[derive(Template)]
#[template(path = "pages/part_field.html")]
pub struct Field<'a> {
    problem: Option<&'a str>,
    id: &'a str,
    kind: &'a str,
    label: &'a str,
    hint: &'a str,
    value: &'a str,
    autocomplete: &'a str,
}

/// Renders a [`Field`].
pub fn field<'a>(
    problems: &'a Problems,
    id: &'a str,
    kind: &'a str,
    label: &'a str,
    hint: &'a str,
    value: &'a str,
    autocomplete: &'a str,
) -> Field<'a> {
    Field { problem: problems.at(id), id, kind, label, hint, value, autocomplete }
}

/// A field for a code that is read from somewhere else.
#[derive(Template)]
#[template(path = "pages/part_code.html")]
pub struct Code<'a> {
    problem: Option<&'a str>,
    id: &'a str,
    label: &'a str,
    hint: &'a str,
    mode: &'a str,
    autocomplete: &'a str,
}

/// Renders a [`Code`].
pub fn code<'a>(
    problems: &'a Problems,
    id: &'a str,
    label: &'a str,
    hint: &'a str,
    mode: &'a str,
    autocomplete: &'a str,
) -> Code<'a> {
    Code { problem: problems.at(id), id, label, hint, mode, autocomplete }
}

/// Looks for others than a list shows.
#[derive(Template)]
#[template(path = "pages/part_find.html")]
pub struct Find<'a> {
    id: &'a str,
    what: &'a str,
    label: &'a str,
    hint: &'a str,
    value: &'a str,
}

/// Renders a [`Find`].
pub fn find<'a>(id: &'a str, what: &'a str, label: &'a str, hint: &'a str, value: &'a str) -> Find<'a> {
    Find { id, what, label, hint, value }
}

/// A button in a row.
#[derive(Template)]
#[template(path = "pages/part_act.html")]
pub struct Act<'a> {
    action: &'a str,
    nonce: &'a str,
    here: &'a str,
    words: &'a str,
    about: &'a str,
}

/// Renders an [`Act`].
pub fn act<'a>(action: &'a str, nonce: &'a str, here: &'a str, words: &'a str, about: &'a str) -> Act<'a> {
    Act { action, nonce, here, words, about }
}

/// The button that hands out a link.
#[derive(Template)]
#[template(path = "pages/part_copy.html")]
pub struct Copy<'a> {
    action: &'a str,
    nonce: &'a str,
    here: &'a str,
    about: &'a str,
    whose: &'a str,
}

/// Renders a [`Copy`].
pub fn copy<'a>(action: &'a str, nonce: &'a str, here: &'a str, about: &'a str, whose: &'a str) -> Copy<'a> {
    Copy { action, nonce, here, about, whose }
}
