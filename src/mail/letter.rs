//! What Usher's messages have in common: the frame of their two files, how they name workspaces, and how they are put
//! together as a [`Mail`].

use askama::Template;

use crate::config::Config;
use crate::domain::role::Role;
use crate::error::{Error, Result};
use crate::mail::Mail;
use crate::store::members::WorkspaceName;

/// The plain text's width: what quoted answers to it still fit a terminal with (RFC 3676, section 4.2).
const COLUMNS: usize = 72;

/// As many workspaces as a message names; of the others it says how many there are.
const MOST_NAMED: usize = 8;

/// What the frame of every message is written from.
#[derive(Debug)]
pub struct Letter<'a> {
    /// What was done, which heads it and is its subject.
    pub deed: Deed,
    /// Which organization did it.
    pub organization: &'a str,
    /// The person who did it there, if it was not the operator.
    pub by: Option<&'a str>,
    /// What the recipient is called, if anybody said.
    pub name: Option<&'a str>,
    /// What they are, or will be.
    pub role: Role,
    /// Where.
    pub workspaces: Workspaces<'a>,
    /// Whom it is for: an address.
    pub recipient: &'a str,
    /// What its button opens.
    pub url: String,
}

/// What was done to the recipient, in words that " to {organization}" ends.
#[derive(Debug)]
pub struct Deed {
    /// After the name of whoever did it.
    pub of_somebody: &'static str,
    /// When nobody is named.
    pub of_nobody: &'static str,
}

impl Letter<'_> {
    /// The first line, which is the subject too.
    #[must_use]
    pub fn heading(&self) -> String {
        match self.by {
            Some(by) => format!("{by} {} to {}", self.deed.of_somebody, self.organization),
            None => format!("{} to {}", self.deed.of_nobody, self.organization),
        }
    }

    /// Who entered the address and wrote the message.
    #[must_use]
    pub fn from(&self) -> &str {
        self.by.unwrap_or(self.organization)
    }

    /// The message, of these two files.
    ///
    /// # Errors
    /// A template's, which no input causes.
    pub fn mail(&self, config: &Config, text: &impl Template, html: &impl Template) -> Result<Mail> {
        Ok(Mail {
            from: config.sender(self.organization),
            to: self.recipient.to_owned(),
            subject: self.heading(),
            text: fold(&text.render()?),
            html: html.render()?,
        })
    }
}

/// The workspaces as a message tells them.
#[derive(Debug)]
pub struct Workspaces<'a> {
    /// Those that it names: none to somebody who reaches every one.
    pub named: Vec<&'a str>,
    /// How many more there are.
    pub more: usize,
}

impl<'a> Workspaces<'a> {
    /// Those of somebody in this role.
    #[must_use]
    pub fn of(role: Role, workspaces: &'a [WorkspaceName]) -> Self {
        let told = if role.reaches_every_workspace() { &[] } else { workspaces };
        Self {
            named: told.iter().take(MOST_NAMED).map(|workspace| workspace.name.as_str()).collect(),
            more: told.len().saturating_sub(MOST_NAMED),
        }
    }
}

/// Folds lines at blanks. What holds none, such as a link, stays whole; a folded quotation stays one.
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len() + 16);
    for line in text.lines() {
        let indent =
            ["> ", "- "].into_iter().find(|mark| line.starts_with(mark)).map_or("", |mark| match mark {
                "- " => "  ",
                quotation => quotation,
            });
        let mut width = 0;
        for (place, word) in line.split(' ').enumerate() {
            let long = word.chars().count();
            if place == 0 {
                width = long;
            } else if width + 1 + long > COLUMNS && width > indent.len() {
                folded.truncate(folded.trim_end_matches(' ').len());
                folded.push('\n');
                folded.push_str(indent);
                width = indent.len() + long;
            } else {
                folded.push(' ');
                width += 1 + long;
            }
            folded.push_str(word);
        }
        folded.push('\n');
    }
    folded
}

impl From<askama::Error> for Error {
    fn from(error: askama::Error) -> Self {
        Self::Internal(format!("template: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_folded_at_blanks_and_what_has_none_stays_whole() {
        let link = format!("https://usher.test/i/{}", "a".repeat(200));
        assert_eq!(fold(&link), format!("{link}\n"));
        let words = "word ".repeat(40);
        for mark in ["", "> ", "- "] {
            let folded = fold(&format!("{mark}{words}"));
            assert!(folded.lines().count() == 3, "{folded}");
            assert!(folded.lines().all(|line| line.chars().count() <= COLUMNS), "{folded}");
        }
        assert!(fold(&format!("> {words}")).lines().all(|line| line.starts_with("> ")));
        assert_eq!(fold("a\n\nb"), "a\n\nb\n");
    }
}
