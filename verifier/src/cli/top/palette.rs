//! The colours of `portcullis top`, or none.

use ratatui::style::{Color, Style};

use super::facts::Tone;

/// Whether there is colour. Without it, what to act on still stands out, in bold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Palette {
    coloured: bool,
}

impl Palette {
    /// Colour, unless the variable `NO_COLOR` is set to something.
    pub(super) fn of_environment() -> Self {
        Self { coloured: std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) }
    }

    /// How something meant so looks.
    pub(super) fn of(self, tone: Tone) -> Style {
        match tone {
            Tone::Plain => Style::new(),
            Tone::Good => self.colour(Color::Green),
            Tone::Careful => self.colour(Color::Yellow),
            Tone::Bad => self.colour(Color::Red).bold(),
        }
    }

    /// How the names of facts look.
    pub(super) fn name(self) -> Style {
        Style::new().bold()
    }

    /// How lines between parts, and words that are always the same, look.
    pub(super) fn quiet(self) -> Style {
        self.colour(Color::DarkGray)
    }

    /// How curves of rates look.
    pub(super) fn curve(self) -> Style {
        self.colour(Color::Cyan)
    }

    fn colour(self, colour: Color) -> Style {
        if self.coloured { Style::new().fg(colour) } else { Style::new() }
    }
}

#[cfg(test)]
impl Palette {
    /// Colour, whatever the environment says.
    pub(super) const COLOURED: Self = Self { coloured: true };
    /// No colour.
    pub(super) const BLACK_AND_WHITE: Self = Self { coloured: false };
}
