//! What every message of Usher's is: one [`Letter`] with its facts, and the two files that tell all of them, as plain text and
//! as HTML. So neither part knows what the other doesn't.
//!
//! A name stands in a sentence between marks ([`named`]). They become `<bdi>` in HTML and nothing in plain text; no name and
//! no message can hold them.

use std::fmt::Write as _;

use askama::Template;
use unicode_segmentation::UnicodeSegmentation;

use crate::config::Config;
use crate::domain::order;
use crate::domain::organization::Accent;
use crate::domain::role::Role;
use crate::domain::shades::Shades;
use crate::error::{Error, Result};
use crate::mail::Mail;
use crate::store::members::WorkspaceName;

/// The plain text's width: what quoted answers to it still fit a terminal with (RFC 3676, section 4.2).
const COLUMNS: usize = 72;

/// The longest subject, in characters: what a telephone's list of messages shows.
const LONGEST_SUBJECT: usize = 60;

/// As many workspaces, or permissions, as a message names; of the others it says how many there are.
const MOST_NAMED: usize = 8;

/// The colour of whoever has chosen none.
const PLAIN: &str = "#1f5fbf";

/// A part of a line that names somebody.
#[derive(Debug, Clone, Copy)]
pub enum Word<'a> {
    /// Words of ours.
    Is(&'a str),
    /// Somebody's, or something's, name.
    Name(&'a str),
}

/// A message.
#[derive(Debug, Default)]
pub struct Letter<'a> {
    /// Whom it is for: an address.
    pub to: &'a str,
    /// The organization that it comes from; none for the product's own.
    pub sender: Option<&'a str>,
    /// The organization's colour.
    pub accent: Option<&'a str>,
    /// What stands above everything: whose message it is.
    pub above: String,
    /// The first line.
    pub heading: Vec<Word<'a>>,
    /// What the line is called in headers, if not the same.
    pub subject: Option<Vec<Word<'a>>>,
    /// What a list of messages shows behind the subject.
    pub preview: String,
    /// What it says, in paragraphs.
    pub said: Vec<String>,
    /// The workspaces that it is about.
    pub places: Vec<String>,
    /// A message that it passes on, and whose that is.
    pub quote: Option<(String, &'a str)>,
    /// What its button says, and opens.
    pub action: Option<(&'a str, String)>,
    /// What holds for that.
    pub terms: String,
    /// Why they get it, and what to do if they did not expect it.
    pub why: String,
    /// What the way out says, and opens.
    pub no: Option<(&'a str, String)>,
}

#[derive(Template)]
#[template(path = "emails/letter.txt", escape = "none")]
struct Text<'a> {
    letter: &'a Letter<'a>,
    heading: &'a str,
}

#[derive(Template)]
#[template(path = "emails/letter.html", escape = "html")]
struct Html<'a> {
    letter: &'a Letter<'a>,
    heading: &'a str,
    subject: &'a str,
    shades: &'a Shades,
}

const NAME: char = '\u{2068}';
const NAME_ENDS: char = '\u{2069}';

/// A name in a sentence.
#[must_use]
pub fn named(name: &str) -> String {
    format!("{NAME}{name}{NAME_ENDS}")
}

impl Letter<'_> {
    /// The message in both of its parts.
    ///
    /// # Errors
    /// A template's, which no input causes.
    pub fn mail(&self, config: &Config) -> Result<Mail> {
        let heading = line(&self.heading);
        let subject = short(self.subject.as_ref().unwrap_or(&self.heading));
        let accent = self.accent.and_then(Accent::parse).or_else(|| Accent::parse(PLAIN));
        let shades =
            accent.as_ref().map(Shades::of).ok_or_else(|| Error::Internal("no colour".to_owned()))?;
        let text = Text { letter: self, heading: &heading }.render()?;
        let html = Html { letter: self, heading: &heading, subject: &subject, shades: &shades }.render()?;
        Ok(Mail {
            from: self.sender.map_or_else(|| config.own_sender(), |sender| config.sender(sender)),
            to: self.to.to_owned(),
            text: fold(&text.replace([NAME, NAME_ENDS], "")),
            html: html.replace(NAME, "<bdi>").replace(NAME_ENDS, "</bdi>"),
            subject,
        })
    }
}

/// A line with its names whole.
fn line(words: &[Word]) -> String {
    words.iter().fold(String::new(), |mut line, word| {
        match word {
            Word::Is(words) => line.push_str(words),
            Word::Name(name) => line.push_str(&named(name)),
        }
        line
    })
}

/// A line as a header carries it: names are cut, so that what it says is still there.
fn short(words: &[Word]) -> String {
    let long = |text: &str| text.chars().count();
    let ours: usize = words.iter().map(|word| if let Word::Is(words) = word { long(words) } else { 0 }).sum();
    let names =
        words.iter().filter_map(|word| if let Word::Name(name) = word { Some(long(name)) } else { None });
    let names = order::by(names.collect(), |long| format!("{long:06}"));
    // What short names leave the longer ones have.
    let (mut room, mut left, mut most) = (LONGEST_SUBJECT.saturating_sub(ours), names.len(), usize::MAX);
    for name in names {
        let share = room / left.max(1);
        if name > share {
            most = share;
            break;
        }
        (room, left) = (room - name, left - 1);
    }
    let mut line = String::new();
    for word in words {
        match word {
            Word::Is(words) => line.push_str(words),
            Word::Name(name) if long(name) <= most => line.push_str(name),
            Word::Name(name) => {
                let start = line.len();
                let room = most.saturating_sub(1);
                for letter in name.graphemes(true) {
                    if long(&line[start..]) + long(letter) > room {
                        break;
                    }
                    line.push_str(letter);
                }
                line.truncate(line.trim_end().len());
                line.push('…');
            }
        }
    }
    line
}

/// The first of these, and how many more there are.
#[must_use]
pub fn first_of(mut told: Vec<String>) -> Vec<String> {
    let more = told.len().saturating_sub(MOST_NAMED);
    told.truncate(MOST_NAMED);
    if more > 0 {
        told.push(format!("and {more} more"));
    }
    told
}

/// The workspaces of somebody in this role by name: none to those who reach every one.
#[must_use]
pub fn places(role: Role, workspaces: &[WorkspaceName]) -> Vec<String> {
    let told = if role.reaches_every_workspace() { &[] } else { workspaces };
    first_of(told.iter().map(|workspace| named(&workspace.name)).collect())
}

/// Why somebody gets a message: who entered their address.
#[must_use]
pub fn entered(by: Option<&str>, organization: &str) -> String {
    let mut why = "You received this because ".to_owned();
    if let Some(by) = by {
        let _ = write!(why, "{} at ", named(by));
    }
    let _ = write!(why, "{} entered your address.", named(organization));
    why
}

/// Folds lines at blanks. What holds none, such as a link, stays whole; a folded quotation stays one.
fn fold(text: &str) -> String {
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

    #[test]
    fn a_subject_is_never_too_long_and_cuts_names_only() {
        let subject = |by: &str, organization: &str| {
            short(&[Word::Name(by), Word::Is(" invited you to "), Word::Name(organization)])
        };
        assert_eq!(subject("Ada Admin", "Example Studio"), "Ada Admin invited you to Example Studio");
        assert_eq!(
            subject("Ada Admin", "The Example Studio of Everything That Is Seen"),
            "Ada Admin invited you to The Example Studio of Everything T…"
        );
        let (long, family) = ("Wolfeschlegelsteinhausen ".repeat(3), "👨‍👩‍👧‍👦".repeat(20));
        for (by, organization) in [(&*long, &*long), (&*family, &*long), ("Ana", &*family), (&*family, "B")] {
            let subject = subject(by, organization);
            assert!(subject.chars().count() <= LONGEST_SUBJECT, "{subject}");
            assert!(subject.contains(" invited you to "), "{subject}");
            // A family is shown whole or not at all.
            let of_a_family = subject.chars().filter(|letter| "👨👩👧👦".contains(*letter)).count();
            assert_eq!(of_a_family % 4, 0, "{subject}");
        }
        assert_eq!(subject("Ana", &"B".repeat(41)).chars().count(), 60);
    }
}
