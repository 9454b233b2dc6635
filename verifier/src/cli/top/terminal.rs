//! A terminal that is given back as it was.

use std::io::{Stdout, Write as _, stdout};
use std::time::Duration;

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use crossterm::style::{Attribute, Color, Print, ResetColor, SetAttribute, SetForegroundColor};
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode, size,
};
use crossterm::{execute, queue};

use super::screen::{Line, Tone};

/// The whole terminal, for as long as this lives.
pub(super) struct Terminal(Stdout);

/// A key that means something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// To end.
    Quit,
}

impl Terminal {
    /// Takes the terminal.
    pub(super) fn open() -> anyhow::Result<Self> {
        enable_raw_mode()?;
        // From here on it is given back, whatever happens.
        let mut terminal = Self(stdout());
        execute!(terminal.0, EnterAlternateScreen, Hide)?;
        Ok(terminal)
    }

    /// Draws as much as fits, and `problem` below it if there is one.
    pub(super) fn draw(&mut self, lines: impl Fn(usize) -> Vec<Line>, problem: Option<&str>) -> anyhow::Result<()> {
        let (width, height) = size()?;
        let (width, height) = (usize::from(width), usize::from(height));
        let mut lines = lines(width);
        lines.truncate(height);
        if let Some(problem) = problem {
            lines.truncate(height.saturating_sub(1));
            lines.push(Line { text: format!("NOT NOW: {problem}"), tone: Tone::Bad });
        }
        for (row, line) in lines.iter().enumerate() {
            let text: String = line.text.chars().take(width).collect();
            queue!(self.0, MoveTo(0, row as u16))?;
            match line.tone {
                Tone::Plain => {}
                Tone::Strong => queue!(self.0, SetAttribute(Attribute::Bold))?,
                Tone::Good => queue!(self.0, SetForegroundColor(Color::Green))?,
                Tone::Careful => queue!(self.0, SetForegroundColor(Color::Yellow))?,
                Tone::Bad => queue!(self.0, SetForegroundColor(Color::Red), SetAttribute(Attribute::Bold))?,
            }
            queue!(self.0, Print(text), SetAttribute(Attribute::Reset), ResetColor, Clear(ClearType::UntilNewLine))?;
        }
        if lines.len() < height {
            queue!(self.0, MoveTo(0, lines.len() as u16), Clear(ClearType::FromCursorDown))?;
        }
        self.0.flush()?;
        Ok(())
    }

    /// Waits for a key or a change of size, so long at most.
    pub(super) fn key_within(&mut self, limit: Duration) -> anyhow::Result<Option<Key>> {
        if !event::poll(limit)? {
            return Ok(None);
        }
        let Event::Key(key) = event::read()? else { return Ok(None) };
        let control_c = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
        let quits = control_c || matches!(key.code, KeyCode::Char('q' | 'Q') | KeyCode::Esc);
        Ok((quits && key.kind != KeyEventKind::Release).then_some(Key::Quit))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A terminal that is gone need not be given back.
        let _ = execute!(self.0, Show, LeaveAlternateScreen);
        let _ = disable_raw_mode();
    }
}
