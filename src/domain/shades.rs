//! An organization's colour, made readable: whatever colour it is, text on it and text in it can be read (WCAG 2.2, 1.4.3
//! and 1.4.11), in light and in dark. Nobody's colour is refused; where it must be, its lightness changes and its hue stays.

use oklab::{LinearRgb, Oklab};

use crate::domain::organization::Accent;

/// What a colour is used for on a light or a dark page. Each is `#rrggbb`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shades {
    /// Behind a button's words.
    pub fill: Colour,
    /// The same while it is pointed at.
    pub fill_hover: Colour,
    /// A button's words.
    pub on_fill: Colour,
    /// Links, on a light page.
    pub text_light: Colour,
    /// Links, on a dark page.
    pub text_dark: Colour,
    /// Edges and marks, on a light page.
    pub edge_light: Colour,
    /// Edges and marks, on a dark page.
    pub edge_dark: Colour,
}

/// What text stands out from its ground by.
const TEXT: f32 = 4.5;
/// What an edge stands out from its ground by.
const EDGE: f32 = 3.0;
/// A hair more than is asked for, since colours are whole numbers.
const MARGIN: f32 = 0.02;

/// The grounds that text stands on, as the stylesheet has them: page, card, sunken.
const LIGHT: [Colour; 3] = [Colour([0xf6, 0xf7, 0xf9]), Colour([0xff; 3]), Colour([0xee, 0xf0, 0xf3])];
const DARK: [Colour; 3] =
    [Colour([0x11, 0x14, 0x18]), Colour([0x18, 0x1c, 0x21]), Colour([0x20, 0x25, 0x2b])];
const WHITE: Colour = Colour([0xff; 3]);
const BLACK: Colour = Colour([0; 3]);

impl Shades {
    /// The shades of a colour.
    #[must_use]
    pub fn of(accent: &Accent) -> Self {
        let own = Colour::parse(accent);
        let on_white = contrast(own, WHITE);
        // White on it wherever a little darker is enough for that: most brands are made for white letters.
        let (fill, on_fill) = if on_white >= TEXT {
            (own, WHITE)
        } else if on_white >= EDGE {
            (own.until(&[WHITE], TEXT, Towards::Black), WHITE)
        } else {
            (own, BLACK)
        };
        let fill_hover = fill.moved(if on_fill == WHITE { -0.06 } else { 0.06 });
        Self {
            fill,
            fill_hover: if contrast(fill_hover, on_fill) >= TEXT { fill_hover } else { fill },
            on_fill,
            text_light: own.until(&LIGHT, TEXT, Towards::Black),
            text_dark: own.until(&DARK, TEXT, Towards::White),
            edge_light: own.until(&LIGHT, EDGE, Towards::Black),
            edge_dark: own.until(&DARK, EDGE, Towards::White),
        }
    }
}

/// A colour as it is used, on the ground that it is hardest to tell from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Swatch {
    /// For what.
    pub of: &'static str,
    /// Words or an edge.
    pub colour: Colour,
    /// What they stand on.
    pub ground: Colour,
    /// How far they stand out from it, as [`ratio`] writes it.
    pub ratio: String,
}

impl Shades {
    /// What became of a colour, to whoever chose it: how readable it is, or what was done so that it is.
    #[must_use]
    pub fn told(&self, accent: &Accent) -> String {
        let own = Colour::parse(accent);
        let letters = if self.on_fill == WHITE { "White" } else { "Black" };
        if self.fill == own {
            format!("Readable. {letters} text on your colour: {}.", ratio(own, self.on_fill))
        } else {
            format!("We darkened {own} to {} on buttons so that white text is readable.", self.fill)
        }
    }

    /// Each of its uses, with how far it stands out.
    #[must_use]
    pub fn swatches(&self) -> [Swatch; 3] {
        let swatch = |of, colour, grounds: &[Colour]| {
            let nearest = |one: &&Colour, other: &&Colour| {
                contrast(colour, **one).total_cmp(&contrast(colour, **other))
            };
            let ground = grounds.iter().min_by(nearest).copied().unwrap_or(WHITE);
            Swatch { of, colour, ground, ratio: ratio(colour, ground) }
        };
        [
            swatch("Buttons", self.on_fill, &[self.fill]),
            swatch("Links on a light page", self.text_light, &LIGHT),
            swatch("Links on a dark page", self.text_dark, &DARK),
        ]
    }
}

/// How far one colour stands out from another, rounded down: `6.1 to 1`.
fn ratio(one: Colour, other: Colour) -> String {
    // 21 is a hair less than that in binary.
    format!("{:.1} to 1", (contrast(one, other) * 10.0 + 0.001).floor() / 10.0)
}

/// A colour of a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour([u8; 3]);

#[derive(Clone, Copy)]
enum Towards {
    Black,
    White,
}

impl Colour {
    fn parse(accent: &Accent) -> Self {
        let digits = u32::from_str_radix(accent.as_str().trim_start_matches('#'), 16).unwrap_or_default();
        let [_, red, green, blue] = digits.to_be_bytes();
        Self([red, green, blue])
    }

    /// The nearest lightness, in that direction, at which it stands out from each of the grounds by so much; itself if it
    /// does already.
    fn until(self, grounds: &[Self], ratio: f32, towards: Towards) -> Self {
        let enough = |colour: Self| grounds.iter().all(|ground| contrast(colour, *ground) >= ratio + MARGIN);
        if enough(self) {
            return self;
        }
        let start = self.lab().l;
        let (mut near, mut far) = match towards {
            Towards::Black => (start, 0.0),
            Towards::White => (start, 1.0),
        };
        for _ in 0..16 {
            let middle = f32::midpoint(near, far);
            if enough(self.at(middle)) { far = middle } else { near = middle }
        }
        self.at(far)
    }

    /// So much lighter, or darker.
    fn moved(self, by: f32) -> Self {
        self.at((self.lab().l + by).clamp(0.0, 1.0))
    }

    fn lab(self) -> Oklab {
        oklab::srgb_to_oklab(self.0.into())
    }

    /// At this lightness, with its hue, and with as much of its colour as a screen can show there.
    fn at(self, lightness: f32) -> Self {
        let own = self.lab();
        let with = |share: f32| Oklab { l: lightness, a: own.a * share, b: own.b * share };
        let shows = |lab: Oklab| {
            let LinearRgb { r, g, b } = lab.to_linear_rgb();
            [r, g, b].iter().all(|part| (-0.001..=1.001).contains(part))
        };
        let (mut least, mut most) = (0.0, 1.0);
        if shows(with(1.0)) {
            least = 1.0;
        } else {
            for _ in 0..12 {
                let middle = f32::midpoint(least, most);
                if shows(with(middle)) { least = middle } else { most = middle }
            }
        }
        let screen = with(least).to_srgb();
        Self([screen.r, screen.g, screen.b])
    }

    /// WCAG 2.2, "relative luminance".
    fn luminance(self) -> f32 {
        let linear = |part: u8| {
            let part = f32::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        let [red, green, blue] = self.0.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

/// WCAG 2.2, "contrast ratio": 1 to 21.
fn contrast(one: Colour, other: Colour) -> f32 {
    let (one, other) = (one.luminance(), other.luminance());
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

impl std::fmt::Display for Colour {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shades(colour: Colour) -> Shades {
        Shades::of(&Accent::parse(&colour.to_string()).unwrap())
    }

    #[track_caller]
    fn check(colour: Colour) {
        let shades = shades(colour);
        assert!(contrast(shades.fill, shades.on_fill) >= TEXT, "{colour}: {shades:?}");
        assert!(contrast(shades.fill_hover, shades.on_fill) >= TEXT, "{colour}: {shades:?}");
        for (grounds, text, edge) in
            [(LIGHT, shades.text_light, shades.edge_light), (DARK, shades.text_dark, shades.edge_dark)]
        {
            for ground in grounds {
                assert!(contrast(text, ground) >= TEXT, "{colour} as text on {ground}: {text}");
                assert!(contrast(edge, ground) >= EDGE, "{colour} as an edge on {ground}: {edge}");
            }
        }
    }

    /// Every ninth of each part: 28 × 28 × 28 colours, with all the corners.
    #[test]
    fn any_colour_can_be_read() {
        let parts = || (0..=27).map(|step| u8::try_from(step * 255 / 27).unwrap());
        for red in parts() {
            for green in parts() {
                for blue in parts() {
                    check(Colour([red, green, blue]));
                }
            }
        }
    }

    /// Whatever the colour, it is taken, and what is said of it is true.
    #[test]
    fn whoever_chose_a_colour_is_told_what_became_of_it() {
        for (colour, told) in [
            ("#1f5fbf", "Readable. White text on your colour: 6.0 to 1."),
            ("#ffe600", "Readable. Black text on your colour: 16.5 to 1."),
            ("#16a34a", "We darkened #16a34a to #00893a on buttons so that white text is readable."),
        ] {
            let accent = Accent::parse(colour).unwrap();
            assert_eq!(Shades::of(&accent).told(&accent), told);
        }
    }

    #[test]
    fn every_use_of_a_colour_is_shown_on_the_ground_that_is_hardest_for_it() {
        for colour in ["#000000", "#ffffff", "#16a34a", "#ffe600", "#6366f1"] {
            let swatches = Shades::of(&Accent::parse(colour).unwrap()).swatches();
            for Swatch { of, colour, ground, ratio: told } in swatches {
                assert!(contrast(colour, ground) >= TEXT, "{of}: {colour} on {ground}");
                assert_eq!(told, ratio(colour, ground));
                let grounds = if of.contains("dark") { DARK } else { LIGHT };
                if of != "Buttons" {
                    assert!(grounds.iter().all(|other| contrast(colour, *other) >= contrast(colour, ground)));
                }
            }
        }
        assert_eq!(ratio(WHITE, BLACK), "21.0 to 1");
        assert_eq!(ratio(WHITE, Colour([0x76; 3])), "4.5 to 1", "never more than it is");
    }

    #[test]
    fn a_colour_that_can_be_read_already_stays_as_it_is() {
        let own = Colour([0x1f, 0x5f, 0xbf]);
        let shades = shades(own);
        assert_eq!((shades.fill, shades.on_fill, shades.text_light), (own, WHITE, own));
        assert_ne!(shades.text_dark, own, "on a dark page it is lighter");
    }

    #[test]
    fn a_light_colour_has_black_letters_and_one_that_is_nearly_dark_enough_white_ones() {
        let yellow = shades(Colour([0xff, 0xe6, 0x00]));
        assert_eq!((yellow.fill, yellow.on_fill), (Colour([0xff, 0xe6, 0x00]), BLACK));
        let green = shades(Colour([0x16, 0xa3, 0x4a]));
        assert_eq!(green.on_fill, WHITE);
        assert_ne!(green.fill, Colour([0x16, 0xa3, 0x4a]));
    }
}
