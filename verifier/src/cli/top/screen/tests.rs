use portcullis_config::Mode;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::{Color, Modifier};

use super::*;

fn status() -> Status {
    serde_json::from_str(include_str!("../status.json")).unwrap()
}

fn minutes_of(status: &Status) -> History {
    let mut history = History::default();
    for _ in 0..300 {
        history.add(status);
    }
    history
}

fn drawn(status: &Status, problem: Option<&str>, palette: Palette, (width, height): (u16, u16)) -> Buffer {
    let history = minutes_of(status);
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let screen = Screen { status, history: &history, problem, palette };
    terminal.draw(|frame| frame.render_widget(&screen, frame.area())).unwrap();
    terminal.backend().buffer().clone()
}

fn lines(buffer: &Buffer) -> Vec<String> {
    let width = usize::from(buffer.area.width);
    let row = |cells: &[ratatui::buffer::Cell]| cells.iter().map(|cell| cell.symbol()).collect::<String>();
    buffer.content.chunks(width).map(|cells| row(cells).trim_end().to_owned()).collect()
}

fn shown(status: &Status, size: (u16, u16)) -> String {
    lines(&drawn(status, None, Palette::COLOURED, size)).join("\n")
}

#[test]
fn everything_is_on_a_screen_of_eighty_by_twenty_four() {
    let mut status = status();
    status.gate.dry_run = true;
    status.gate.least = Mode::ChallengeNew;
    let text = shown(&status, (80, 24));
    for part in [
        "Portcullis 0.1.0",
        "q quits",
        "Mode       challenge-all for 4m 10s: only visitors with a clearance token pass",
        "Set        challenge-all, set by an operator for 1h 55m more, then auto",
        "at least challenge-new",
        "DRY RUN",
        "1.32  over its limit",
        "Asked       12 668/s  12 345 new, 12 returning, 310 cleared",
        "Passed         322/s  of 500/s that the site can take",
        "Answered       322/s  22/s fail, 95 % begin within 1681 ms, 512 open",
        "Solved          31/s  of 220 challenges/s",
        "Sent away        0/s",
        "Difficulty 1 500 000 attempts",
        "Networks   2210 active, 14 stand out, 9 asked for more work",
        "Memory     replay 1 871 (0 %), budgets 1 250 (0 %), tokens 1 871 (3 %)",
        "Busiest networks",
        "203.0.113.0/24",
        "2001:db8:ffff::/48",
        "10.0x",
        "Rules that decide most",
        "passwords",
        "11 900",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn the_manual_shows_what_is_drawn() {
    let manual = include_str!("../../../../../docs/operating.md").replace("\r\n", "\n");
    let picture = manual.split_once("$ portcullis top\n").unwrap().1.split_once("\n```").unwrap().0;
    let status = status();
    let mut history = History::default();
    // An attack that grows for half a minute and then stays as it is.
    for second in 0..40 {
        let mut then = status.clone();
        let grown = f64::from(second.min(28)) / 28.0;
        for value in [&mut then.pressure.asked_new, &mut then.pressure.strain, &mut then.pressure.solved] {
            *value *= grown;
        }
        history.add(&then);
    }
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    let screen = Screen { status: &status, history: &history, problem: None, palette: Palette::COLOURED };
    terminal.draw(|frame| frame.render_widget(&screen, frame.area())).unwrap();
    let drawn = lines(terminal.backend().buffer()).join("\n");
    assert_eq!(picture, drawn.trim_end(), "put this into docs/operating.md:\n{drawn}");
}

#[test]
fn a_larger_terminal_shows_more_and_a_smaller_one_the_most_important() {
    let status = status();
    let large = shown(&status, (160, 60));
    assert!(large.contains("198.51.105.0/24") && large.contains("a-rule-with-a-rather-long-name"), "{large}");
    assert!(large.contains("Requests a second") && large.contains('█'), "{large}");
    let narrow = shown(&status, (40, 30));
    assert!(narrow.contains("Busiest networks") && narrow.contains("Rules that decide most"), "{narrow}");
    let low = shown(&status, (40, 15));
    assert!(low.contains("203.0.113.") && !low.contains("Rules that decide most"), "{low}");
    let small = shown(&status, (40, 10));
    assert!(small.contains("Mode       challenge-all") && small.contains("1.32"), "{small}");
    assert!(!small.contains("Requests a second"), "{small}");
    // No size is too small.
    for size in [(1, 1), (10, 3), (80, 1), (3, 40), (300, 100)] {
        drawn(&status, Some("nobody answers"), Palette::COLOURED, size);
    }
}

#[test]
fn too_much_is_shown_as_such() {
    let mut status = status();
    for (strain, colour, filled) in [(0.2, Color::Green, 2), (0.8, Color::Yellow, 8), (40.0, Color::Red, 20)] {
        status.pressure.strain = strain;
        let buffer = drawn(&status, None, Palette::COLOURED, (80, 24));
        let row = lines(&buffer).iter().position(|line| line.starts_with("Strain")).unwrap();
        let cells = &buffer.content[80 * row..80 * (row + 1)];
        assert_eq!(cells.iter().filter(|cell| cell.symbol() == "█").count(), filled, "{strain}");
        assert!(cells.iter().filter(|cell| cell.symbol() == "█").all(|cell| cell.fg == colour), "{strain}");
    }
    status.stores[0].held = status.stores[0].capacity;
    let buffer = drawn(&status, None, Palette::COLOURED, (80, 24));
    let row = lines(&buffer).iter().position(|line| line.starts_with("Memory")).unwrap();
    assert_eq!(buffer.content[80 * row + NAMES].fg, Color::Red);
}

#[test]
fn without_colour_only_boldness_is_left() {
    let buffer = drawn(&status(), Some("nobody answers"), Palette::BLACK_AND_WHITE, (80, 24));
    assert!(buffer.content.iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset));
    assert!(buffer.content.iter().any(|cell| cell.modifier.contains(Modifier::BOLD)));
}

#[test]
fn old_figures_stay_with_the_reason_why_there_are_no_newer_ones() {
    let buffer = drawn(&status(), Some("nobody answers at 127.0.0.1:9180"), Palette::COLOURED, (80, 24));
    let lines = lines(&buffer);
    assert_eq!(lines.last().map(String::as_str), Some("No fresh data: nobody answers at 127.0.0.1:9180"));
    assert!(lines[1].starts_with("Mode       challenge-all"), "{lines:?}");
}

#[test]
fn a_verifier_that_nobody_has_asked_yet_is_shown_too() {
    let mut status = status();
    status.networks.top.clear();
    status.rules.clear();
    let text = shown(&status, (80, 24));
    assert!(text.contains("Nothing asked lately") && text.contains("Nothing decided lately"), "{text}");
}
