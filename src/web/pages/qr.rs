//! A link as a QR code: a drawing of squares, in the page itself (S0-22).

use std::fmt::Write;

use qrcodegen::{QrCode, QrCodeEcc};

/// As wide as the white edge must be for a camera to find the code, in squares.
const EDGE: i32 = 4;

/// A QR code, drawn.
pub struct Code {
    /// Its width and height with the edge, in squares.
    pub size: i32,
    /// The dark squares, as a path of SVG: each row's runs.
    pub path: String,
}

impl Code {
    /// Draws a text; none that is longer than a code can hold.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let code = QrCode::encode_text(text, QrCodeEcc::Low).ok()?;
        let mut path = String::new();
        for y in 0..code.size() {
            let mut x = 0;
            while x < code.size() {
                let run = (x..code.size()).take_while(|x| code.get_module(*x, y)).count();
                let run = i32::try_from(run).unwrap_or(0);
                if run > 0 {
                    // Writing to a string can't fail.
                    let _ = write!(path, "M{} {}h{run}v1h-{run}z", x + EDGE, y + EDGE);
                }
                x += run.max(1);
            }
        }
        Some(Self { size: code.size() + 2 * EDGE, path })
    }
}
