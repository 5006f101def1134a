//! Where a value is, for serde: the one way by which everything is read.

use serde::Deserializer;
use serde::de::value::StringDeserializer;
use serde::de::{DeserializeSeed, Error as _, IntoDeserializer, MapAccess, SeqAccess, Unexpected, Visitor};
use serde_json::Value;

use super::{AS_WRITTEN, Json, Mismatch, Why};

/// A value that is being read; strictly, if somebody sent it.
pub(super) struct Cell {
    pub(super) json: Json,
    pub(super) strict: bool,
}

impl Cell {
    #[inline(never)]
    fn unfit(&self, expected: &dyn serde::de::Expected) -> Mismatch {
        let is = match &self.json {
            Json::Scalar(Value::Null) => Unexpected::Unit,
            Json::Scalar(_) => Unexpected::Other("value"),
            Json::List(_) => Unexpected::Seq,
            Json::Object(_) => Unexpected::Map,
        };
        Mismatch::invalid_type(is, expected)
    }
}

/// Whether somebody sent a field that nobody knows.
#[inline(never)]
fn check_known(fields: &[(String, Json)], names: &[&str], strict: bool) -> Result<(), Mismatch> {
    match fields.iter().find(|(name, _)| strict && !names.contains(&name.as_str())) {
        Some((name, _)) => Err(Mismatch::at(name, Why::Unknown)),
        None => Ok(()),
    }
}

/// Whether somebody sent a field twice.
#[inline(never)]
fn check_distinct(fields: &[(String, Json)], strict: bool) -> Result<(), Mismatch> {
    let mut names = fields.iter().map(|(name, _)| name);
    while let Some(name) = names.next_back().filter(|_| strict) {
        if names.clone().any(|other| other == name) {
            return Err(Mismatch::at(name, Why::Twice));
        }
    }
    Ok(())
}

/// What is left of a list.
struct Elements {
    values: std::iter::Enumerate<std::vec::IntoIter<Json>>,
    strict: bool,
}

impl<'de> SeqAccess<'de> for Elements {
    type Error = Mismatch;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Mismatch> {
        let Some((index, json)) = self.values.next() else { return Ok(None) };
        let read = seed.deserialize(Cell { json, strict: self.strict });
        read.map(Some).map_err(|mismatch| mismatch.under(&index.to_string()))
    }
}

/// What is left of an object of any fields, and the value of the name that was read last.
struct Entries {
    fields: std::vec::IntoIter<(String, Json)>,
    current: (String, Json),
    strict: bool,
}

impl<'de> MapAccess<'de> for Entries {
    type Error = Mismatch;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Mismatch> {
        let Some(field) = self.fields.next() else { return Ok(None) };
        self.current = field;
        let name: StringDeserializer<Mismatch> = self.current.0.clone().into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Mismatch> {
        let (name, json) = std::mem::replace(&mut self.current, (String::new(), Json::Scalar(Value::Null)));
        seed.deserialize(Cell { json, strict: self.strict }).map_err(|mismatch| mismatch.under(&name))
    }
}

/// What is left of a struct: its fields, and the names of those that were not asked for yet.
struct Fields<'a> {
    left: Vec<(String, Json)>,
    names: std::slice::Iter<'static, &'static str>,
    /// The field that was asked for last, if it isn't there.
    missing: &'a mut Option<&'static str>,
    strict: bool,
}

impl Fields<'_> {
    /// The next field, if it is there, and its name.
    #[inline(never)]
    fn next(&mut self) -> Option<(&'static str, Cell)> {
        let name = self.names.next()?;
        *self.missing = Some(name);
        let place = self.left.iter().position(|(other, _)| other == name)?;
        *self.missing = None;
        let (_, json) = self.left.swap_remove(place);
        Some((name, Cell { json, strict: self.strict }))
    }
}

impl<'de> SeqAccess<'de> for Fields<'_> {
    type Error = Mismatch;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Mismatch> {
        match self.next() {
            Some((name, cell)) => seed.deserialize(cell).map(Some).map_err(|mismatch| mismatch.under(name)),
            // None for an option; whatever else there is takes its default, or is missed.
            None => Ok(seed.deserialize(Absent).ok()),
        }
    }
}

/// A field that is not there.
struct Absent;

impl<'de> Deserializer<'de> for Absent {
    type Error = Mismatch;

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_none()
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Mismatch> {
        Err(Mismatch::here(Why::Missing))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// What holds no other value, `serde_json` hands to its visitor.
macro_rules! scalars {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
            match self.json {
                Json::Scalar(value) => Ok(value.$method(visitor)?),
                _ => Err(self.unfit(&visitor)),
            }
        })*
    };
}

impl<'de> Deserializer<'de> for Cell {
    type Error = Mismatch;

    scalars! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8 deserialize_u16
        deserialize_u32 deserialize_u64 deserialize_f32 deserialize_f64 deserialize_char deserialize_str
        deserialize_string deserialize_bytes deserialize_byte_buf deserialize_unit deserialize_identifier
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match &self.json {
            Json::Scalar(_) => self.deserialize_unit_struct("", visitor),
            Json::List(_) => self.deserialize_seq(visitor),
            Json::Object(_) => self.deserialize_map(visitor),
        }
    }

    /// Anything that holds no other value: no type of ours is a unit struct.
    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        match self.json {
            Json::Scalar(value) => Ok(value.deserialize_any(visitor)?),
            _ => Err(self.unfit(&visitor)),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        if self.json == Json::Scalar(Value::Null) { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        visitor.visit_newtype_struct(Self { strict: self.strict && name != AS_WRITTEN, ..self })
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.json {
            Json::List(values) => {
                visitor.visit_seq(Elements { values: values.into_iter().enumerate(), strict: self.strict })
            }
            _ => Err(self.unfit(&visitor)),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Mismatch> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.json {
            Json::Object(fields) => {
                check_distinct(&fields, self.strict)?;
                let current = (String::new(), Json::Scalar(Value::Null));
                visitor.visit_map(Entries { fields: fields.into_iter(), current, strict: self.strict })
            }
            _ => Err(self.unfit(&visitor)),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        let Json::Object(fields) = self.json else { return Err(self.unfit(&visitor)) };
        check_known(&fields, names, self.strict)?;
        check_distinct(&fields, self.strict)?;
        let mut missing = None;
        let fields = Fields { left: fields, names: names.iter(), missing: &mut missing, strict: self.strict };
        visitor.visit_seq(fields).map_err(|mismatch| match missing {
            Some(name) => Mismatch::at(name, Why::Missing),
            None => mismatch,
        })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        Ok(Value::from(self.json).deserialize_enum(name, variants, visitor)?)
    }
}
