//! Every parser against bytes that nobody would send, and against what it should take: nothing panics, nothing is our
//! failure, and what is valid reads back as it was. `make fuzz` asks the same of bytes that a fuzzer finds.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/parsers.rs"]
mod parsers;

use bytes::Bytes;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use usher::domain::secret::Bearer;
use usher::web::api::spreadsheet;
use usher::web::request;

/// The examples that the fuzzer begins with too.
fn seeds(parser: &str) -> Vec<Vec<u8>> {
    let folder = format!("tests/fuzz/seeds/{parser}");
    let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder}: {error}"));
    files.map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
}

/// Bytes of any kind: made up, or an example of which some are changed, left out or put in twice.
fn bytes(examples: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let edit = (any::<prop::sample::Index>(), any::<u8>(), 0..4_u8);
    let edited =
        (prop::sample::select(examples), prop::collection::vec(edit, 0..6)).prop_map(|(example, edits)| {
            edits.into_iter().fold(example, |mut bytes, (place, byte, how)| {
                let at = place.index(bytes.len() + 1);
                match how {
                    0 if at < bytes.len() => bytes[at] = byte,
                    1 if at < bytes.len() => drop(bytes.remove(at)),
                    2 => bytes.insert(at, byte),
                    _ => bytes.extend_from_within(at..),
                }
                bytes
            })
        });
    prop_oneof![
        4 => edited,
        2 => "\\PC{0,60}".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..300),
    ]
}

fn check(strategy: impl Strategy<Value = Vec<u8>>, property: fn(&[u8])) {
    let config = Config { cases: 2000, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&strategy, |bytes| {
            property(&bytes);
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}

macro_rules! parsers {
    ($($parser:ident: $test:ident;)*) => {
        $(
            #[test]
            fn $test() {
                check(bytes(seeds(stringify!($parser))), parsers::$parser);
            }
        )*

        const TESTED: &[&str] = &[$(stringify!($parser)),*];
    };
}

parsers! {
    token: no_token_opens_but_the_one_that_was_signed;
    json: any_body_is_read_or_refused_in_its_place;
    query: any_query_is_read_or_refused;
    form: any_form_is_read_or_refused;
    multipart: any_form_with_a_file_is_read_or_refused;
    headers: any_header_is_read_or_counts_for_nothing;
    path: any_path_is_one_route_or_none;
    id: any_id_is_written_in_one_way_and_of_one_kind;
    email: any_address_is_one_mailbox_or_none;
    csv: any_spreadsheet_is_read_or_refused_row_by_row;
    text: any_text_is_clean_or_refused;
    signature: any_signature_counts_for_nothing_but_the_one_that_was_made;
}

/// A parser that is not asked here, or has no target for the fuzzer, fails.
#[test]
fn every_parser_is_tested_here_and_fuzzed() {
    let known: Vec<&str> = parsers::ALL.iter().map(|(name, _)| *name).collect();
    assert_eq!(TESTED, known);
    let manifest = std::fs::read_to_string("tests/fuzz/Cargo.toml").unwrap();
    for name in known {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
        let target = std::fs::read_to_string(format!("tests/fuzz/targets/{name}.rs")).unwrap();
        assert!(target.contains(&format!("parsers::{name}(bytes)")), "{name}");
    }
}

/// The good token opens: or else all of the above would hold of a parser that refuses everything.
#[test]
fn what_nobody_changed_is_taken() {
    parsers::token(&[1]);
    for (name, property) in parsers::ALL {
        for seed in seeds(name) {
            property(&seed);
        }
    }
    assert!(spreadsheet::rows(&seeds("csv")[0], 20, 4096, |_, row| row.is_ok()).unwrap().contains(&true));
    let read = parsers::read_multipart("b", &seeds("multipart")[0]).unwrap();
    assert!(read.0.fields().count() > 0);
}

proptest! {
    #![proptest_config(Config { failure_persistence: None, ..Config::default() })]

    /// Fields and a file arrive as they were sent.
    #[test]
    fn a_form_with_a_file_reads_back(
        fields in prop::collection::vec(("[a-z]{1,8}", "[^\"\\r\\n]{0,20}"), 0..5),
        file in prop::collection::vec(any::<u8>(), 1..80),
    ) {
        let boundary = "----usher4f1c2b";
        let mut body = Vec::new();
        let fields: Vec<_> = fields.into_iter().filter(|(name, _)| name != "file").collect();
        for (name, value) in &fields {
            body.extend(format!("--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
        }
        body.extend(format!("--{boundary}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n").bytes());
        body.extend(&file);
        body.extend(format!("\r\n--{boundary}--\r\n").bytes());
        let (form, read) = parsers::read_multipart(boundary, &body).unwrap();
        let read_fields: Vec<_> = form.fields().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        prop_assert_eq!(read_fields, fields);
        prop_assert_eq!(read, Some(Bytes::from(file)));
    }

    /// A cookie of ours is found among any others.
    #[test]
    fn a_cookie_reads_back_among_others(secret: [u8; 32], before in "[a-z]{1,5}=[a-z\"]{0,5}", after in "[a-z]{1,5}=[!-~&&[^;]]{0,9}") {
        let secret = Bearer::new(secret);
        let mut headers = http::HeaderMap::new();
        let text = format!("{before}; {}={};{after}", request::SESSION_COOKIE, secret.reveal());
        headers.insert("cookie", text.parse().unwrap());
        prop_assert_eq!(request::cookie(&headers, request::SESSION_COOKIE).unwrap().digest(), secret.digest());
    }

    /// Whatever a cell holds, quoted as programs quote it, it arrives in its row and column; but for the apostrophe that we put
    /// before a formula.
    #[test]
    fn a_spreadsheet_reads_back(cells in prop::collection::vec(("\\PC{0,20}", "\\PC{0,20}"), 1..8), delimiter in prop::sample::select(vec![',', ';', '\t'])) {
        let quoted = |cell: &str| format!("\"{}\"", cell.replace('"', "\"\""));
        let mut file = format!("email{delimiter}name{delimiter}message{delimiter}role\r\n");
        for (name, message) in &cells {
            file.push_str(&[quoted("a@b.test"), quoted(name), quoted(message), quoted("client")].join(&delimiter.to_string()));
            file.push_str("\r\n");
        }
        let rows = spreadsheet::rows(file.as_bytes(), 20, 4096, |_, row| row.unwrap()).unwrap();
        prop_assert_eq!(rows.len(), cells.len());
        let bare = |cell: &str| {
            let cell = cell.trim();
            let formula = cell.strip_prefix('\'').filter(|rest| rest.starts_with(['=', '+', '-', '@', '\t', '\r']));
            formula.unwrap_or(cell).to_owned()
        };
        for (row, (name, message)) in rows.iter().zip(&cells) {
            prop_assert_eq!(row["name"].as_str().unwrap_or_default(), bare(name));
            prop_assert_eq!(row["message"].as_str().unwrap_or_default(), bare(message));
        }
    }
}
