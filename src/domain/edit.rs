//! What a PATCH says of something that there need not be: leave it, take it away, or put this in its place.

use serde::{Deserialize, Deserializer};

/// A field of a PATCH. In JSON: left out, null, or a value; where it may be left out, with `#[serde(default)]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Edit<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// It is taken away.
    Clear,
    /// It becomes this.
    Set(T),
}

impl<T> Edit<T> {
    /// The same, of something else; what can't be is left as it is.
    #[must_use]
    pub fn and_then<U>(self, read: impl FnOnce(T) -> Option<U>) -> Edit<U> {
        match self {
            Self::Keep => Edit::Keep,
            Self::Clear => Edit::Clear,
            Self::Set(value) => read(value).map_or(Edit::Keep, Edit::Set),
        }
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
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Edit<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(|given| given.map_or(Self::Clear, Self::Set))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Body {
        #[serde(default)]
        size: Edit<i64>,
    }

    #[test]
    fn what_is_left_out_stays_null_takes_away_and_a_value_takes_its_place() {
        for (body, edit, after) in [
            ("{}", Edit::Keep, Some(1)),
            (r#"{"size":null}"#, Edit::Clear, None),
            (r#"{"size":2}"#, Edit::Set(2), Some(2)),
        ] {
            let read: Body = serde_json::from_str(body).unwrap();
            assert_eq!(read.size, edit, "{body}");
            assert_eq!(read.size.of(Some(1)), after, "{body}");
        }
    }
}
