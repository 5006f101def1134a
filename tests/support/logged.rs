//! What `docs/operations.md` says of the lines of the log: which events there are, and the fields of each.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// The fields of each event, as the table has them.
pub fn described() -> BTreeMap<String, BTreeSet<String>> {
    let page = include_str!("../../docs/operations.md");
    let table = page.split("| event | level | fields | when |").nth(1).unwrap().split("\n\n").next().unwrap();
    let quoted =
        |text: &str| -> Vec<String> { text.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
    table
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| {
            let mut cells = line.split('|').skip(1);
            let event = quoted(cells.next().unwrap()).remove(0);
            (event, quoted(cells.nth(1).unwrap()).into_iter().collect())
        })
        .collect()
}

/// That a line has the fields of its event and no other; `why` only if something failed.
#[track_caller]
pub fn check(described: &BTreeMap<String, BTreeSet<String>>, line: &Value) {
    let event = line["event"].as_str().unwrap_or_else(|| panic!("no event: {line}"));
    let mut expected = described.get(event).unwrap_or_else(|| panic!("not described: {line}")).clone();
    if line.get("outcome").is_some_and(|outcome| outcome != "error") {
        expected.remove("why");
    }
    let fields: BTreeSet<String> = line.as_object().unwrap().keys().cloned().collect();
    assert_eq!(fields, expected, "{line}");
}
