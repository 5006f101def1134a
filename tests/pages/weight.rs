//! What a page weighs.
//!
//! The rule: whoever opens an invitation on a bad line waits for one round trip.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::faces::FACES;

fn gzipped(bytes: &[u8]) -> usize {
    let mut gzip =
        Command::new("gzip").arg("-9c").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    gzip.stdin.take().unwrap().write_all(bytes).unwrap();
    gzip.wait_with_output().unwrap().stdout.len()
}

/// One round trip's worth of bytes on a new connection (RFC 6928: ten segments).
#[test]
fn an_invitation_page_and_its_stylesheet_arrive_in_one_round_trip() {
    let css = gzipped(include_bytes!("../../assets/usher.css"));
    assert!(css <= 6 * 1024, "the stylesheet: {css}");
    for face in FACES {
        let page = gzipped(&(face.scene)().open().body);
        assert!(page + css <= 14 * 1024, "{}: {page} + {css}", face.what);
    }
}
