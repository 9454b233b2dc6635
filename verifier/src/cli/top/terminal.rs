//! A terminal that is given back as it was.

use std::time::Duration;

use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};

use super::screen::Screen;

/// The whole terminal, for as long as this lives.
pub(super) struct Terminal(DefaultTerminal);

/// Something that an operator does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input {
    /// Asks to leave.
    Quit,
    /// Changes the size of the terminal.
    Resized,
}

impl Terminal {
    /// Takes the terminal.
    ///
    /// # Errors
    ///
    /// What the system says where it cannot be taken. It is as before then.
    pub(super) fn open() -> anyhow::Result<Self> {
        // Gives the terminal back before the message of a panic, too.
        let opened = ratatui::try_init();
        if opened.is_err() {
            // What failed first is what to tell.
            let _ = ratatui::try_restore();
        }
        Ok(Self(opened?))
    }

    /// Draws what is shown now.
    pub(super) fn draw(&mut self, screen: &Screen<'_>) -> anyhow::Result<()> {
        self.0.draw(|frame| frame.render_widget(screen, frame.area()))?;
        Ok(())
    }

    /// Waits for something to be done, for as long as `limit`.
    pub(super) fn input_within(&mut self, limit: Duration) -> anyhow::Result<Option<Input>> {
        if !event::poll(limit)? {
            return Ok(None);
        }
        Ok(meant(&event::read()?))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A terminal that is gone need not be given back.
        let _ = ratatui::try_restore();
    }
}

/// What an event means; nothing, for most.
fn meant(event: &Event) -> Option<Input> {
    let key = match event {
        Event::Resize(..) => return Some(Input::Resized),
        Event::Key(key) if key.kind != KeyEventKind::Release => key,
        _ => return None,
    };
    let control_c = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
    let quits = control_c || matches!(key.code, KeyCode::Char('q' | 'Q') | KeyCode::Esc);
    quits.then_some(Input::Quit)
}

#[cfg(test)]
mod tests {
    use ratatui::crossterm::event::KeyEvent;

    use super::*;

    #[test]
    fn q_escape_and_control_c_leave_and_nothing_else_does() {
        let key = |code, modifiers| meant(&Event::Key(KeyEvent::new(code, modifiers)));
        let none = KeyModifiers::NONE;
        for code in [KeyCode::Char('q'), KeyCode::Char('Q'), KeyCode::Esc] {
            assert_eq!(key(code, none), Some(Input::Quit), "{code:?}");
        }
        assert_eq!(key(KeyCode::Char('c'), KeyModifiers::CONTROL), Some(Input::Quit));
        assert_eq!(key(KeyCode::Char('c'), none), None);
        assert_eq!(key(KeyCode::Enter, none), None);
        assert_eq!(meant(&Event::Resize(80, 24)), Some(Input::Resized));
    }
}
