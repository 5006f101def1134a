//! An organization's logo: PNG, JPEG or WebP, told by its own first bytes. What a caller says that it is counts for nothing,
//! and an SVG, which can hold a script, is no picture here.

use sha2::{Digest, Sha256};

/// The largest logo, in bytes.
pub const LARGEST: usize = 1024 * 1024;

/// A logo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logo {
    /// What it is.
    pub format: Format,
    /// Its name: a digest of its bytes, so that what is cached under it never changes.
    pub hash: String,
}

/// What a logo may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Portable Network Graphics.
    Png,
    /// JPEG.
    Jpeg,
    /// WebP.
    Webp,
}

impl Format {
    /// As HTTP names it.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
        }
    }

    /// Tells it by a picture's first bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::Webp),
            _ => None,
        }
    }
}

impl Logo {
    /// Reads a logo. `None` for anything else, and for one that is too large.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let format = Format::of(bytes).filter(|_| bytes.len() <= LARGEST)?;
        // Half of the digest: enough that no two logos share a name.
        let hash = format!("{:.32x}", Sha256::digest(bytes));
        Some(Self { format, hash })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logo_is_told_by_its_bytes_and_an_svg_is_none() {
        let webp = b"RIFF\x24\0\0\0WEBPVP8 ";
        assert_eq!(Format::of(b"\x89PNG\r\n\x1a\n\0\0"), Some(Format::Png));
        assert_eq!(Format::of(b"\xff\xd8\xff\xe0"), Some(Format::Jpeg));
        assert_eq!(Format::of(webp), Some(Format::Webp));
        for other in
            [&b"<svg xmlns='http://www.w3.org/2000/svg'/>"[..], b"GIF89a", b"", b"RIFF\x24\0\0\0WAVE"]
        {
            assert_eq!(Format::of(other), None);
        }
        assert_eq!(Logo::read(&[&b"\xff\xd8\xff"[..], &vec![0; LARGEST]].concat()), None);
    }

    #[test]
    fn two_logos_have_two_names() {
        let name = |bytes: &[u8]| Logo::read(bytes).unwrap().hash;
        assert_ne!(name(b"\xff\xd8\xff\x01"), name(b"\xff\xd8\xff\x02"));
        assert_eq!(name(b"\xff\xd8\xff\x01").len(), 32);
    }
}
