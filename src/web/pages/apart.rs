//! Names within sentences, each written in its own direction whatever that of the sentence is (R9).

/// Around a name: no name has these, since what turns the direction of writing is refused in one.
const AROUND: [char; 2] = ['\u{2068}', '\u{2069}'];

/// A name that is to stand apart in a sentence.
#[must_use]
pub fn apart(name: &str) -> String {
    let [begin, end] = AROUND;
    format!("{begin}{name}{end}")
}

/// A sentence in its parts, and whether each is a name.
pub fn parts(sentence: &str) -> impl Iterator<Item = (bool, &str)> {
    sentence.split(AROUND).enumerate().map(|(place, part)| (place % 2 == 1, part))
}
