//! A colour of the vendor's, and whether text in it can be read (WCAG 2.2, 1.4.3).

use std::fmt;

/// Red, green and blue of sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour([u8; 3]);

/// The darkest ground of a light page that the accent stands on, and the lightest of a dark one.
pub const LIGHT_GROUND: Colour = Colour([0xf1, 0xf4, 0xf7]);
pub const DARK_GROUND: Colour = Colour([0x1a, 0x22, 0x2b]);

/// Contrast that text needs.
pub const CONTRAST: f64 = 4.5;

impl Colour {
    /// `#0a7` or `#00aa77`.
    pub fn read(text: &str) -> Option<Self> {
        let hex = text.strip_prefix('#')?;
        if !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let number = u32::from_str_radix(hex, 16).ok()?;
        let [_, red, green, blue] = number.to_be_bytes();
        match hex.len() {
            6 => Some(Colour([red, green, blue])),
            3 => Some(Colour([green % 16 * 17, blue / 16 * 17, blue % 16 * 17])),
            _ => None,
        }
    }

    /// The contrast of text in this colour on `ground`, from 1 to 21.
    pub fn contrast(self, ground: Colour) -> f64 {
        let (a, b) = (self.luminance(), ground.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// The nearest colour of this hue, darker on a light ground and lighter on a dark one, that can be read on it.
    pub fn readable_on(self, ground: Colour) -> Colour {
        let end = if ground.luminance() > 0.18 { 0 } else { 255 };
        (0..=100)
            .map(|step| self.towards(end, step))
            .find(|colour| colour.contrast(ground) >= CONTRAST)
            .unwrap_or(Colour([end; 3]))
    }

    fn towards(self, end: u8, percent: u16) -> Colour {
        let mixed = |from: u8| {
            let sum = u16::from(from) * (100 - percent) + u16::from(end) * percent;
            u8::try_from(sum / 100).unwrap_or(end)
        };
        Colour(self.0.map(mixed))
    }

    /// Relative luminance, 0 for black and 1 for white.
    fn luminance(self) -> f64 {
        let linear = |value: u8| {
            let value = f64::from(value) / 255.0;
            if value <= 0.040_45 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        let [red, green, blue] = self.0.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}
