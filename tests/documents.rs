//! The documents say what is so: settings, files and codes that they name exist, and those that exist are named.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

use std::collections::BTreeSet;
use std::path::Path;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[test]
fn the_readme_describes_exactly_the_settings_that_are_read() {
    let described: BTreeSet<String> = read("README.md")
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next().map(str::to_owned))
        .collect();
    let source = read("src/config.rs");
    let code = source.split("#[cfg(test)]").next().unwrap();
    let settings: BTreeSet<String> = ["needed(\"", "get(\"", "number(\"", "contact(\""]
        .iter()
        .flat_map(|call| code.split(call).skip(1))
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect();
    assert_eq!(described, settings);
}

#[test]
fn the_architecture_names_only_files_that_exist() {
    let text = read("docs/architecture.md");
    let named: Vec<&str> = text
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|quoted| {
            let path = Path::new(quoted);
            quoted.contains('/') && path.extension().is_some_and(|kind| kind == "rs")
        })
        .collect();
    assert!(named.len() > 15, "{named:?}");
    for file in named {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert!(root.join(file).exists() || root.join("src").join(file).exists(), "{file}");
    }
}

#[test]
fn the_queue_gives_a_message_up_later_than_a_job_is_given_up() {
    let settings = read("wrangler.toml");
    let of_jobs = settings.split("queue = \"usher-jobs\"\nmax_batch_size").nth(1).unwrap();
    let retries = of_jobs.split("max_retries = ").nth(1).unwrap();
    let retries: i64 = retries.split_whitespace().next().unwrap().parse().unwrap();
    assert!(retries > usher::jobs::MOST_ATTEMPTS, "{retries}");
}

/// What stands between backticks in a document.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The code of every test and module.
fn code() -> String {
    let mut folders = vec![std::path::PathBuf::from("tests"), std::path::PathBuf::from("src")];
    let mut all = String::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                all.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    all
}

#[test]
fn the_threat_model_names_files_and_tests_that_exist() {
    let (text, code) = (read("docs/threat-model.md"), code());
    let (mut files, mut tests) = (0, 0);
    for name in quoted(&text) {
        if Path::new(name).extension().is_some_and(|kind| kind == "rs") {
            assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(name).exists(), "{name}");
            files += 1;
        } else if name.matches('_').count() > 3
            && name.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
        {
            let called = [format!("fn {name}("), format!(": {name};")];
            assert!(called.iter().any(|call| code.contains(call)), "{name}");
            tests += 1;
        }
    }
    assert!(files > 30 && tests > 30, "{files} files, {tests} tests");
}

/// Each attack that has tests is in the threat model.
#[test]
fn every_attack_that_is_tested_stands_in_the_threat_model() {
    let (text, code) = (read("docs/threat-model.md"), code());
    let numbered = |text: &str, before: &str| -> BTreeSet<String> {
        let of = |rest: &str| {
            rest.get(..2)
                .filter(|number| number.bytes().all(|digit| digit.is_ascii_digit()))
                .map(str::to_owned)
        };
        text.split(before).skip(1).filter_map(of).collect()
    };
    let missing: Vec<String> = numbered(&code, "fn v").difference(&numbered(&text, "`v")).cloned().collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Whoever reads an excerpt reads what runs; and reads all of it in a few minutes.
#[test]
fn the_host_product_is_short_and_what_is_shown_of_it_stands_in_it() {
    let (page, program) = (read("docs/integrate.md"), read("docs/examples/host.mjs"));
    assert!(program.lines().count() < 100, "{} lines", program.lines().count());
    assert!(program.lines().all(|line| line.len() <= 120));
    let excerpts: Vec<&str> =
        page.split("```js\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(excerpts.len() >= 3);
    for excerpt in excerpts {
        assert!(program.contains(excerpt), "{excerpt}");
    }
    let modules = program.lines().filter_map(|line| line.strip_prefix("import ")?.split('"').nth(1));
    assert!(modules.into_iter().all(|module| module.starts_with("node:")), "it needs no packages");
}

/// The table of what a token says has a row for each claim of the one that is shown, which a test compares with a real one.
#[test]
fn the_integration_page_explains_each_claim_of_the_token_that_it_shows() {
    let page = read("docs/integrate.md");
    let shown = page.split("```json claims\n").nth(1).unwrap().split("```").next().unwrap();
    let shown: BTreeSet<&str> =
        shown.lines().filter_map(|line| line.strip_prefix("  \"")?.split('"').next()).collect();
    let table = page.split("| claim |").nth(1).unwrap().split("\n\n").next().unwrap();
    let told = table.lines().filter_map(|line| line.strip_prefix("| `")?.split(" |").next());
    let told: BTreeSet<&str> =
        told.flat_map(|names| names.split(", ")).map(|name| name.trim_matches('`')).collect();
    assert!(shown.len() > 8);
    assert_eq!(shown, told);
}

/// `make bench` writes the page: whoever changes what is measured, or a goal, measures anew.
#[test]
fn the_performance_page_shows_each_work_and_whether_its_goals_are_met() {
    let (page, works) = (read("docs/performance.md"), read("benches/works.mjs"));
    let works = works.split("export const WORKS").nth(1).unwrap().split("];").next().unwrap();
    let row = |name: &str| {
        let start = format!("| {name} |");
        page.lines().find(|line| line.starts_with(&start)).unwrap_or_else(|| panic!("no row of {name}"))
    };
    let mut goals = 0;
    for work in works.lines().filter(|line| line.contains("work: ")) {
        let name = work.split("name: \"").nth(1).unwrap().split('"').next().unwrap();
        let (row, aimed) = (row(name), work.split("goals: {").nth(1).unwrap());
        for goal in aimed.split(": ").skip(1) {
            let number: f64 = goal.split([' ', ',']).next().unwrap().parse().unwrap();
            let shown = row.split(" | ").filter_map(|cell| cell.split_once(" ×: "));
            let shown: Vec<_> = shown.filter(|(goal, _)| goal.parse() == Ok(number)).collect();
            assert!(!shown.is_empty(), "the goal of {number} × in {row}");
            assert!(
                shown
                    .iter()
                    .all(|(_, met)| met.trim_end_matches(" |").ends_with("met") || met.contains("not met")),
                "{row}"
            );
            goals += 1;
        }
    }
    assert_eq!(goals, 11);
}
