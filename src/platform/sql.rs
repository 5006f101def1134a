//! SQL as it is written over many lines, and as it is sent: without the line breaks and what indents them, which D1 would
//! have to take and the Wasm would have to carry (some 4 KB of it, compressed).

/// Constant SQL, each line break with the blanks after it made one blank, when it is compiled. No text in quotes may
/// therefore hold a line break: `char(10)` says it.
#[macro_export]
macro_rules! sql {
    ($text:expr) => {{
        const TEXT: &str = $text;
        const BYTES: [u8; $crate::platform::sql::squeezed_len(TEXT)] = $crate::platform::sql::squeezed(TEXT);
        const SQL: &str = match ::core::str::from_utf8(&BYTES) {
            Ok(sql) => sql,
            Err(_) => panic!("only blanks were left out"),
        };
        SQL
    }};
}

/// How many bytes are left of it.
#[must_use]
pub const fn squeezed_len(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut at, mut len) = (0, 0);
    while at < bytes.len() {
        at = after(bytes, at);
        len += 1;
    }
    len
}

/// What is left of it, in as many bytes as [`squeezed_len`] counts.
#[must_use]
#[allow(clippy::indexing_slicing, reason = "the compiler runs it, and says what is wrong")]
pub const fn squeezed<const LEN: usize>(text: &str) -> [u8; LEN] {
    let bytes = text.as_bytes();
    let mut squeezed = [b' '; LEN];
    let (mut at, mut len) = (0, 0);
    while at < bytes.len() {
        if bytes[at] != b'\n' {
            squeezed[len] = bytes[at];
        }
        at = after(bytes, at);
        len += 1;
    }
    squeezed
}

/// Where the byte after this one is, or after a line break the first that is neither one nor a blank.
#[allow(clippy::indexing_slicing, reason = "the compiler runs it, and says what is wrong")]
const fn after(bytes: &[u8], at: usize) -> usize {
    let mut next = at + 1;
    while bytes[at] == b'\n' && next < bytes.len() && (bytes[next] == b' ' || bytes[next] == b'\n') {
        next += 1;
    }
    next
}

#[cfg(test)]
mod tests {
    #[test]
    fn lines_are_one_and_nothing_else_is_changed() {
        const WRITTEN: &str = concat!("SELECT 'a  b'\n        FROM t\n\n  WHERE", " é = 1\n");
        assert_eq!(sql!(WRITTEN), "SELECT 'a  b' FROM t WHERE é = 1 ");
        assert_eq!(sql!("SELECT 1"), "SELECT 1");
    }
}
