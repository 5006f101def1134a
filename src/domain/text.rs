//! What people type that other people will read: names and messages.
//!
//! Somebody else's name or message stands in mails that Usher sends, so it must not be able to carry an advertisement, a
//! second line of a header, or letters that reorder the line they stand in.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use unicode_segmentation::UnicodeSegmentation;

/// The longest name, in graphemes: what a person would count as letters.
pub const NAME_LENGTH: usize = 80;
/// The longest message, in graphemes.
pub const MESSAGE_LENGTH: usize = 1000;

/// "a, b and c".
#[must_use]
pub fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// How many seats are taken or reserved, of how many there are.
#[must_use]
pub fn seats(taken: i64, limit: i64) -> String {
    match taken {
        1 if limit > 0 => format!("1 of {limit} seats is taken or reserved."),
        1 => format!("1 seat is taken or reserved, and the plan has {limit}."),
        more if more > limit => format!("{more} seats are taken or reserved, and the plan has {limit}."),
        some => format!("{some} of {limit} seats are taken or reserved."),
    }
}

/// Why a text was refused, as a sentence for the person who typed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing but blanks.
    #[error("Write something here: it can't be empty.")]
    Empty,
    /// Longer than it may be.
    #[error("This is too long: {0} letters are the most.")]
    TooLong(usize),
    /// Holds a control character, or one that changes the direction of the text around it.
    #[error("This holds invisible control characters. Type it again instead of pasting it.")]
    Control,
    /// Holds a web address.
    #[error("A name can't hold a web address. Leave out anything like www. or https://.")]
    Url,
}

/// A name: of a person, an organization, a workspace. 1 to 80 graphemes on one line, trimmed, with inner blanks folded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Name(String);

impl Name {
    /// Checks and tidies a name.
    ///
    /// # Errors
    /// Says why it can't be one.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        // Before blanks are folded: a line break inside a name is a header to be, not a blank.
        if text.trim().chars().any(is_hidden) {
            return Err(TextError::Control);
        }
        let tidy =
            text.split(char::is_whitespace).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        check(&tidy, NAME_LENGTH, |_| false)?;
        if holds_url(&tidy) {
            return Err(TextError::Url);
        }
        Ok(Self(tidy))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What names are looked up by.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// A message to the invited person: 1 to 1,000 graphemes, its line breaks kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Message(String);

impl Message {
    /// Checks and tidies a message. Web addresses are allowed here: they are shown as text, never as a link.
    ///
    /// # Errors
    /// Says why it can't be one.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let tidy = text.replace("\r\n", "\n").trim().to_owned();
        check(&tidy, MESSAGE_LENGTH, |letter| letter == '\n' || letter == '\t')?;
        Ok(Self(tidy))
    }

    /// The message.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Message {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

fn check(text: &str, longest: usize, allowed: impl Fn(char) -> bool) -> Result<(), TextError> {
    if text.chars().any(|letter| is_hidden(letter) && !allowed(letter)) {
        return Err(TextError::Control);
    }
    // Joiners and variation selectors show nothing by themselves.
    if text.chars().all(|letter| {
        letter.is_whitespace() || matches!(letter, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}')
    }) {
        return Err(TextError::Empty);
    }
    // One grapheme may be a pile of hundreds of combining marks; the byte limit keeps such piles out.
    if text.len() > longest * 32 || text.graphemes(true).count() > longest {
        return Err(TextError::TooLong(longest));
    }
    Ok(())
}

/// Control characters, and the invisible ones that reorder or hide text (Unicode's bidirectional controls, word joiners,
/// tags). The zero-width joiner stays: emoji and several scripts need it.
fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{061c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{2800}' | '\u{3164}' | '\u{ffa0}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Whether a mail program would make a link or an address of a part of this. It is asked of every name, since names stand in
/// subjects and senders.
fn holds_url(text: &str) -> bool {
    // What looks like a dot is one to whoever resolves the name.
    let text = text.replace(['\u{3002}', '\u{ff0e}', '\u{ff61}', '\u{2024}'], ".");
    let lower = text.to_lowercase();
    let begins = ["//", "www.", "localhost", "[.]", "(.)"];
    begins.iter().any(|part| lower.contains(part)) || text.split(' ').any(looks_like_domain)
}

/// `evil.test/win`, `CASINO.BET`, `x@evil.com` or `203.0.113.9` is one; `J.R.`, `St.Gallen` and `O.K` are names. So a word counts
/// when what follows its last dot is written as endings are, in small letters or, behind more than initials, in capitals; or
/// when it is one that everybody knows, or the encoding of another script's, or all of it is numbers.
fn looks_like_domain(word: &str) -> bool {
    let path = word.contains('/');
    let host = word.split(['/', '?', '#', ':']).next().unwrap_or(word);
    let host = host.trim_matches(|letter: char| !letter.is_alphanumeric());
    let Some((before, ending)) = host.rsplit_once('.') else { return false };
    let letters = ending.chars().count() >= 2 && ending.chars().all(char::is_alphabetic);
    let small = letters && !ending.chars().any(char::is_uppercase);
    // `PAYPAL-WIN.SHOP`, but neither `U.S.A` nor `J.DOE`.
    let shouted = letters
        && ending.chars().all(char::is_uppercase)
        && ending.chars().count() >= 3
        && before.rsplit('.').next().is_some_and(|label| label.chars().count() >= 3);
    let ending = ending.to_lowercase();
    let known = KNOWN_ENDINGS.contains(&ending.as_str()) || ending.starts_with("xn--");
    let numbers = host.split('.').count() == 4 && host.split('.').all(|part| part.parse::<u8>().is_ok());
    !before.is_empty() && (path || known || small || shouted || numbers)
}

/// Also with a capital, as nothing else ends.
const KNOWN_ENDINGS: [&str; 24] = [
    "com", "net", "org", "io", "co", "de", "info", "xyz", "app", "biz", "click", "dev", "link", "live", "me",
    "online", "page", "shop", "site", "store", "top", "uk", "us", "website",
];

/// With a capital at the beginning.
#[must_use]
pub fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A label inside a sentence. One that is written in capitals stays.
#[must_use]
pub fn uncapitalized(label: &str) -> String {
    let mut letters = label.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => label.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_could_advertise_or_spoof_is_refused() {
        for (wrong, why) in [
            ("  \t ", TextError::Empty),
            ("Win money at https://evil.test", TextError::Url),
            ("www.evil.test", TextError::Url),
            ("Click evil.com", TextError::Url),
            ("evil.test/win", TextError::Url),
            ("Win 500 at casino.bet", TextError::Url),
            ("evil.co.uk", TextError::Url),
            ("EVIL.COM", TextError::Url),
            ("Prize at PAYPAL-WIN.SHOP", TextError::Url),
            ("paypal.Online", TextError::Url),
            ("LOGIN-PAYPAL.CASINO", TextError::Url),
            ("paypal.xn--p1ai", TextError::Url),
            ("Call 203.0.113.9", TextError::Url),
            ("//evil", TextError::Url),
            ("evil[.]com", TextError::Url),
            ("localhost:80", TextError::Url),
            ("evil\u{ff0e}com", TextError::Url),
            ("A \"B\" <x@evil.com>, C", TextError::Url),
            ("\u{200d}", TextError::Empty),
            ("\u{3164}", TextError::Control),
            ("\u{ad}", TextError::Control),
            ("\u{2800}", TextError::Control),
            ("Ana\u{202e}moc.live", TextError::Control),
            ("Ana\u{0}", TextError::Control),
            ("Ana\u{200b}", TextError::Control),
        ] {
            assert_eq!(Name::parse(wrong), Err(why), "{wrong:?}");
        }
        assert_eq!(Name::parse(&"é".repeat(81)), Err(TextError::TooLong(80)));
        assert!(Name::parse(&format!("A{}", "\u{301}".repeat(2000))).is_err());
    }

    #[test]
    fn a_line_break_inside_a_name_is_refused_and_one_around_it_is_trimmed() {
        for inside in ["Ana\r\nBcc: x", "Ana\nClient", "Ana\tClient", "Ana\u{2028}Client"] {
            assert_eq!(Name::parse(inside), Err(TextError::Control), "{inside:?}");
        }
        assert_eq!(Name::parse(" Ana \u{a0} Client \r\n").unwrap().as_str(), "Ana Client");
    }

    #[test]
    fn names_of_people_are_taken_as_they_are() {
        for right in
            ["Ana Client", "J.R. Ewing", "O’Neil & Sons", "陈小明", "عائشة", "👩‍👩‍👧", "Dr. No", "St.Gallen AG"]
        {
            assert_eq!(Name::parse(right).unwrap().as_str(), right);
        }
        assert!(Name::parse(&"👩‍👩‍👧".repeat(80)).is_ok());
    }

    #[test]
    fn a_message_keeps_its_lines() {
        assert_eq!(Message::parse(" Hi\r\nAna ").unwrap().as_str(), "Hi\nAna");
        assert_eq!(Message::parse("Hi \u{1b}[31m"), Err(TextError::Control));
        assert_eq!(Message::parse(&"a".repeat(1001)), Err(TextError::TooLong(1000)));
    }
}
