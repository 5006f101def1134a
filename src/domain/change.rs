//! What a PATCH asks of one thing: to keep it, to clear it, or to set it.

use std::marker::PhantomData;

use serde::de::Visitor;
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

    /// What it becomes, if it becomes anything.
    #[must_use]
    pub fn into_value(self) -> Option<T> {
        self.of(None)
    }

    /// What becomes of what there is.
    #[must_use]
    pub fn of(self, before: Option<T>) -> Option<T> {
        match self {
            Self::Keep => before,
            Self::Clear => None,
            Self::Set(value) => Some(value),
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
        /// An option of its own kind: what reads a field that is not there takes an option for null.
        struct Said<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Said<T> {
            type Value = Option<T>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a change")
            }
            fn visit_newtype_struct<D: Deserializer<'de>>(self, said: D) -> Result<Option<T>, D::Error> {
                Option::deserialize(said)
            }
        }
        let said = deserializer.deserialize_newtype_struct("Change", Said(PhantomData))?;
        Ok(said.map_or(Self::Clear, Self::Set))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_stays_null_clears_and_a_value_takes_its_place() {
        #[derive(Deserialize)]
        struct Body {
            #[serde(default)]
            name: Change<String>,
        }
        let text = |text: &str| Some(text.to_owned());
        for (body, change, after) in [
            ("{}", Change::Keep, text("Bea")),
            (r#"{"name":null}"#, Change::Clear, None),
            (r#"{"name":"Ana"}"#, Change::Set("Ana".to_owned()), text("Ana")),
        ] {
            let read = crate::json::body::<Body>(body.as_bytes()).unwrap().name;
            assert_eq!(read, change, "{body}");
            assert_eq!(read.of(text("Bea")), after, "{body}");
        }
    }
}
