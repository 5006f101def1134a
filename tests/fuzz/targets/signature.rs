#![no_main]

#[path = "../../support/parsers.rs"]
#[allow(dead_code, reason = "each target asks one of them")]
mod parsers;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| parsers::signature(bytes));
