//! Puts lists in order, by texts: so sorting is compiled once, and not, at five kilobytes each, for every type of item.

use std::collections::{BTreeMap, BTreeSet};

/// The items in the order of their keys; those of equal keys stay as they were.
pub fn by<T>(items: Vec<T>, key: impl Fn(&T) -> String) -> Vec<T> {
    let places = places(items.iter().map(key).collect());
    let mut items: Vec<Option<T>> = items.into_iter().map(Some).collect();
    places.into_iter().filter_map(|place| items.get_mut(place)?.take()).collect()
}

fn places(keys: Vec<String>) -> Vec<usize> {
    let mut keys: Vec<(String, usize)> = keys.into_iter().zip(0..).collect();
    keys.sort_unstable();
    keys.into_iter().map(|(_, place)| place).collect()
}

/// The items as a set; `collect` would sort them first.
pub fn set<T: Ord>(items: impl IntoIterator<Item = T>) -> BTreeSet<T> {
    let mut set = BTreeSet::new();
    set.extend(items);
    set
}

/// The values by their keys, as [`set`].
pub fn map<K: Ord, V>(items: impl IntoIterator<Item = (K, V)>) -> BTreeMap<K, V> {
    let mut map = BTreeMap::new();
    map.extend(items);
    map
}

/// Each of the items once, where it was first. For short lists: it compares each with all before it.
pub fn once<T: PartialEq>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut found = Vec::new();
    for item in items {
        if !found.contains(&item) {
            found.push(item);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_ordered_by_their_keys_and_equal_ones_stay_as_they_were() {
        let items = vec![("b", 1), ("a", 2), ("b", 3), ("a", 4)];
        assert_eq!(by(items, |(name, _)| (*name).to_owned()), [("a", 2), ("a", 4), ("b", 1), ("b", 3)]);
    }

    #[test]
    fn each_is_there_once_where_it_was_first() {
        assert_eq!(once([3, 1, 3, 2, 1]), [3, 1, 2]);
    }
}
