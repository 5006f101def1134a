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
    let settings: BTreeSet<String> = ["needed(\"", "get(\""]
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
