//! An organization and its plan.

use serde::{Deserialize, Serialize};

use crate::domain::time::Timestamp;

/// What an organization has paid for. Set by the operator or by the billing webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(described, derive(schemars::JsonSchema))]
pub struct Plan {
    /// The plan's name with whoever sells it.
    pub key: String,
    /// Seats; `None` is unlimited.
    #[serde(default)]
    pub seat_limit: Option<i64>,
    /// Features, such as `custom_client_permissions`.
    #[serde(default)]
    pub features: Vec<String>,
    /// When the trial ends. An ended trial lets people work and refuses new seats.
    #[serde(default)]
    pub trial_ends_at: Option<Timestamp>,
}

/// How an organization shows itself to those it invites (S0-06, S0-08). What is not set is its name, the product's colour, and
/// no message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema))]
pub struct Branding {
    /// What its links' pages call it.
    pub name: Option<String>,
    /// Its colour.
    pub accent: Option<Accent>,
    /// What its links' pages say where the link says nothing of its own.
    pub message: Option<String>,
}

/// A colour: `#rrggbb`, in lower case. It stands in a style sheet, so it is exactly that and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Accent(String);

impl Accent {
    /// Checks a colour that somebody chose.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        let plain = digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        plain.then(|| Self(text.to_ascii_lowercase()))
    }

    /// The colour.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A slug is what an organization is called in the paths of its pages: 2 to 40 of `a-z0-9-`, no hyphen at an end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Slug(String);

impl Slug {
    /// Checks a slug that somebody chose.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let letters = text.bytes().all(|letter| matches!(letter, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        let ends = text.starts_with('-') || text.ends_with('-');
        ((2..=40).contains(&text.len()) && letters && !ends).then(|| Self(text.to_owned()))
    }

    /// Makes one of a name and of randomness, so that two organizations of one name differ: `example-studio-x7k2`.
    #[must_use]
    pub fn derive(name: &str, random: [u8; 4]) -> Self {
        let mut slug = String::new();
        for letter in name.chars().flat_map(char::to_lowercase).take(60) {
            if letter.is_ascii_alphanumeric() {
                slug.push(letter);
            } else if !slug.is_empty() && !slug.ends_with('-') {
                slug.push('-');
            }
        }
        slug.truncate(32);
        let base = match slug.trim_end_matches('-') {
            "" => "team",
            some => some,
        };
        // No vowels and no look-alikes: a random ending must not spell anything.
        let letters = b"bcdfghjkmnpqrstvwxz23456789".iter().cycle();
        let ending = random
            .map(|byte| letters.clone().nth(usize::from(byte)).map_or('x', |letter| char::from(*letter)));
        Self(format!("{base}-{}", ending.iter().collect::<String>()))
    }

    /// The slug.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Slug {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(
                "Use 2 to 40 lower-case letters, digits and hyphens, such as example-studio.",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_made_of_any_name_is_one_that_parses() {
        for name in ["Example Studio", "陈小明", "  --  ", "O’Neil & Sons", &"long name ".repeat(20)] {
            let slug = Slug::derive(name, [0, 1, 200, 255]);
            assert_eq!(Slug::parse(slug.as_str()).as_ref(), Some(&slug), "{name}");
        }
        assert_eq!(Slug::derive("Example Studio", [0; 4]).as_str(), "example-studio-bbbb");
    }

    #[test]
    fn a_colour_is_six_digits_and_nothing_else() {
        assert_eq!(Accent::parse("#0A7cFf").unwrap().as_str(), "#0a7cff");
        for wrong in ["", "#", "0a7cff", "#0a7cf", "#0a7cfff", "#0a7cfg", "red", "#0a7cff;", "#ééé"] {
            assert!(Accent::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_slug_is_plain() {
        for wrong in ["", "a", "-a", "a-", "A b", "a/b", "ä-b", &"a".repeat(41)] {
            assert!(Slug::parse(wrong).is_none(), "{wrong}");
        }
    }
}
