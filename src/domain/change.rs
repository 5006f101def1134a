//! What a PATCH asks of one thing: to keep it, to clear it, or to set it.

use serde::{Deserialize, Deserializer};

/// A change of something. As a field of a body it needs `#[serde(default)]`: what is not given stays, and null clears.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Change<T> {
    /// Nothing was said: it stays as it is.
    #[default]
    Keep,
    /// It goes back to what holds if nobody says.
    Clear,
    /// It becomes this.
    Set(T),
}

impl<T> Change<T> {
    /// Whether anything was said.
    #[must_use]
    pub fn is_said(&self) -> bool {
        !matches!(self, Self::Keep)
    }

    /// What it becomes, if it becomes anything.
    #[must_use]
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Keep | Self::Clear => None,
        }
    }

    /// The same change of what is made from the value, or none where nothing can be.
    #[must_use]
    pub fn and_then<U>(self, make: impl FnOnce(T) -> Option<U>) -> Change<U> {
        match self {
            Self::Keep => Change::Keep,
            Self::Clear => Change::Clear,
            Self::Set(value) => make(value).map_or(Change::Keep, Change::Set),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Change<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(|value| value.map_or(Self::Clear, Self::Set))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_stays_and_null_clears() {
        #[derive(Deserialize)]
        struct Body {
            #[serde(default)]
            name: Change<String>,
        }
        let read = |text: &str| serde_json::from_str::<Body>(text).unwrap().name;
        assert_eq!(read("{}"), Change::Keep);
        assert_eq!(read(r#"{"name":null}"#), Change::Clear);
        assert_eq!(read(r#"{"name":"Ana"}"#), Change::Set("Ana".to_owned()));
    }
}
