//! Reads what the database answered into the types that serde derives for it, at a third of the code.
//!
//! Derived code reads a struct in two ways: by the names it comes upon, in any order, and by position. The first is several
//! times as long, and there are some hundred kinds of rows. So a struct is read by position here: its derived list of
//! fields says which column is next, and the one table of names is the row itself.

use serde::Deserializer;
use serde::de::value::MapDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, IntoDeserializer, SeqAccess, Visitor};
use serde_json::{Error, Map, Value};

/// Reads JSON text of ours. A field that is not there must have a `#[serde(default)]`.
///
/// # Errors
/// It is not JSON, or not of this shape.
pub fn read<T: DeserializeOwned>(json: &str) -> Result<T, Error> {
    T::deserialize(Cell(serde_json::from_str(json)?))
}

/// A value of a row, or the row.
struct Cell(Value);

/// What is left of a list.
struct Elements(std::vec::IntoIter<Value>);

/// What is left of a struct: its columns, and the names of the fields that were not read yet.
struct Fields {
    columns: Map<String, Value>,
    names: std::slice::Iter<'static, &'static str>,
}

impl IntoDeserializer<'_, Error> for Cell {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> SeqAccess<'de> for Elements {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        self.0.next().map(|value| seed.deserialize(Cell(value))).transpose()
    }
}

impl<'de> SeqAccess<'de> for Fields {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        let value = self.names.next().and_then(|name| self.columns.remove(*name));
        value.map(|value| seed.deserialize(Cell(value))).transpose()
    }
}

/// What a value is, its visitor is told; only what holds other values is read here.
macro_rules! as_it_is {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.0.$method(visitor)
        })*
    };
}

impl<'de> Deserializer<'de> for Cell {
    type Error = Error;

    as_it_is! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8 deserialize_u16
        deserialize_u32 deserialize_u64 deserialize_f32 deserialize_f64 deserialize_char deserialize_str
        deserialize_string deserialize_bytes deserialize_byte_buf deserialize_unit deserialize_identifier
        deserialize_ignored_any deserialize_any
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.0.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(values) => visitor.visit_seq(Elements(values.into_iter())),
            other => other.deserialize_seq(visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Object(columns) => {
                let columns = columns.into_iter().map(|(name, value)| (name, Cell(value)));
                visitor.visit_map(MapDeserializer::new(columns))
            }
            other => other.deserialize_map(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Value::Object(columns) => visitor.visit_seq(Fields { columns, names: names.iter() }),
            other => other.deserialize_unit(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.0.deserialize_enum(name, variants, visitor)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::read;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Row {
        id: String,
        count: Option<i64>,
        #[serde(default)]
        tags: Vec<String>,
        inner: Option<Inner>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Inner {
        pair: (String, u8),
        #[serde(rename = "is")]
        kind: Kind,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        OneOfThem,
    }

    fn of(json: &str) -> Result<Row, String> {
        read(json).map_err(|error| error.to_string())
    }

    #[test]
    fn columns_go_to_the_fields_of_their_names_in_any_order() {
        let inner = Inner { pair: ("a".to_owned(), 1), kind: Kind::OneOfThem };
        let row = of(
            r#"{"count": 2, "more": 9, "inner": {"is": "one_of_them", "pair": ["a", 1]}, "id": "x", "tags": ["t"]}"#,
        );
        let expected =
            Row { id: "x".to_owned(), count: Some(2), tags: vec!["t".to_owned()], inner: Some(inner) };
        assert_eq!(row, Ok(expected));
    }

    #[test]
    fn null_is_none_and_a_default_may_be_missing() {
        let row = of(r#"{"id": "x", "count": null, "inner": null}"#);
        assert_eq!(row, Ok(Row { id: "x".to_owned(), count: None, tags: Vec::new(), inner: None }));
    }

    #[test]
    fn what_is_not_of_the_shape_is_an_error() {
        for json in [
            r#"{"id": "x", "inner": null}"#,
            r#"{"id": 1, "count": null, "inner": null}"#,
            r#"{"id": "x", "count": "2", "inner": null}"#,
            r#"{"id": "x", "count": 2, "inner": {"pair": ["a"], "is": "one_of_them"}}"#,
            r#"{"id": "x", "count": 2, "inner": {"pair": ["a", 1], "is": "another"}}"#,
            r#""x""#,
            "[]",
            "",
        ] {
            assert!(of(json).is_err(), "{json}");
        }
    }
}
