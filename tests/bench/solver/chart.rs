//! The bar chart for README: attempts a second of one worker, browser by browser.
//!
//! It brings its own background, so that it can be read on light and dark pages alike.

use std::fmt::Write as _;
use std::path::Path;

use crate::figures::{Row, columns, measured, rate};
use crate::machine::Setting;
use crate::plan::{Side, Solver, Unit};

const WIDTH: f64 = 720.0;
const LEFT: f64 = 286.0;
const RIGHT: f64 = 66.0;
const BAR: f64 = 22.0;
const TOP: f64 = 56.0;
/// Of a line from edge to edge: a character of a wide typeface takes 8 of the card's 688 units.
const MOST_CHARACTERS: usize = 86;

const STYLE: &str = "text{font:13px system-ui,sans-serif;fill:#1f2328}.q{fill:#59636e}.b{font-weight:600}\
    .p{fill:#fff;stroke:#d1d9e0}.o{fill:#0969da}.s{fill:#818b98}\
    @media(prefers-color-scheme:dark){text{fill:#f0f6fc}.q{fill:#9198a1}.p{fill:#0d1117;stroke:#3d444d}\
    .o{fill:#4493f8}.s{fill:#656c76}}";

/// The chart as SVG.
pub(crate) fn of(setting: &Setting, rows: &[Row]) -> String {
    let groups: Vec<_> =
        columns(rows).into_iter().filter(|(_, workers)| *workers == 1).zip(&setting.browsers).collect();
    let solvers: Vec<_> = measured(rows).into_iter().filter(|solver| solver.unit == Unit::Attempts).collect();
    let longest = groups.iter().flat_map(|(column, _)| solvers.iter().filter_map(|it| rate(rows, it.name, column)));
    let scale = (WIDTH - LEFT - RIGHT) / longest.fold(f64::MIN_POSITIVE, f64::max);
    let mut body = String::new();
    let mut y = TOP;
    for (column, version) in &groups {
        text(&mut body, 16.0, y + 16.0, "b", &version.split('.').next().map(str::to_owned).unwrap_or_default());
        y += BAR + 4.0;
        for (solver, mhs) in fastest_first(rows, &solvers, column) {
            bar(&mut body, y, solver, mhs, scale);
            y += BAR;
        }
        y += 14.0;
    }
    let command = on_any_machine(&setting.command);
    for words in [format!("{}. To measure and draw again:", setting.machine), command.clone()] {
        for line in wrapped(&words) {
            text(&mut body, 16.0, y + 12.0, "q", &line);
            y += 18.0;
        }
    }
    frame(&summary(rows, &solvers, &groups), &command, y + 12.0, &body)
}

/// The command as anyone can type it: without the file that keeps the figures, which changes nothing in the chart, and
/// without the names of this machine's folders.
fn on_any_machine(command: &str) -> String {
    let mut words = command.split_ascii_whitespace();
    let mut kept = Vec::new();
    while let Some(word) = words.next() {
        if word == "--json" {
            // Its file goes with it.
            words.next();
        } else if !word.starts_with("--json=") {
            kept.push(without_folder(word));
        }
    }
    kept.join(" ")
}

/// A word of a command, with the file's name alone where it has an absolute path.
fn without_folder(word: &str) -> String {
    let (option, path) = word.split_once('=').map_or(("", word), |(option, path)| (option, path));
    let name = Path::new(path).file_name().filter(|_| path.starts_with('/'));
    let path = name.map_or(path.into(), |name| name.to_string_lossy());
    if option.is_empty() { path.into_owned() } else { format!("{option}={path}") }
}

/// Lines that fit the card, broken between words; an option stays with its value.
fn wrapped(words: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for word in words.split(' ') {
        match parts.last_mut().filter(|last| last.starts_with("--") && !last.contains(' ') && !word.starts_with("--")) {
            Some(option) => *option = format!("{option} {word}"),
            None => parts.push(word.to_owned()),
        }
    }
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        let fits = |line: &&mut String| line.chars().count() + 1 + part.chars().count() <= MOST_CHARACTERS;
        match lines.last_mut().filter(fits) {
            Some(line) => *line = format!("{line} {part}"),
            None => lines.push(part),
        }
    }
    lines
}

fn fastest_first(rows: &[Row], solvers: &[Solver], column: &(String, u64)) -> Vec<(Solver, f64)> {
    let rates = solvers.iter().filter_map(|&solver| Some((solver, rate(rows, solver.name, column)?)));
    let mut sorted: Vec<_> = rates.collect();
    sorted.sort_by(|one, other| other.1.total_cmp(&one.1));
    sorted
}

fn bar(body: &mut String, y: f64, solver: Solver, mhs: f64, scale: f64) {
    let (bar, label) = if solver.side == Side::Ours { ("o", "b") } else { ("s", "") };
    let width = (mhs * scale).max(1.0);
    text(body, 16.0, y + 15.0, label, solver.title);
    let height = BAR - 6.0;
    let _ = writeln!(body, r#"<rect class="{bar}" x="{LEFT}" y="{}" width="{width:.1}" height="{height}"/>"#, y + 3.0);
    let figure = if mhs < 1.0 { format!("{mhs:.2}") } else { format!("{mhs:.1}") };
    text(body, (LEFT + width + 6.0).round(), y + 15.0, label, &figure);
}

fn text(body: &mut String, x: f64, y: f64, class: &str, words: &str) {
    let class = if class.is_empty() { String::new() } else { format!(r#" class="{class}""#) };
    let _ = writeln!(body, r#"<text{class} x="{x}" y="{y}">{}</text>"#, escaped(words));
}

/// What the chart shows, in a sentence for each browser: for those who do not see it.
fn summary(rows: &[Row], solvers: &[Solver], groups: &[((String, u64), &String)]) -> String {
    let sentence = |(column, version): &((String, u64), &String)| {
        let rates = fastest_first(rows, solvers, column).into_iter();
        let list: Vec<_> = rates.map(|(solver, mhs)| format!("{} {mhs:.2}", solver.name)).collect();
        format!("{version}: {}.", list.join(", "))
    };
    groups.iter().map(sentence).collect::<Vec<_>>().join(" ")
}

fn frame(summary: &str, command: &str, height: f64, body: &str) -> String {
    let title = "Million attempts a second, one worker";
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="t d">
<title id="t">{title}</title>
<desc id="d">{}</desc>
<metadata>Drawn by {}</metadata>
<style>{STYLE}</style>
<rect class="p" x=".5" y=".5" width="{}" height="{}" rx="8"/>
<text class="b" x="16" y="28">{title}</text>
<text class="q" x="16" y="46">Solvers of proof-of-work pages, measured in one run</text>
{body}</svg>
"#,
        escaped(summary),
        escaped(command),
        WIDTH - 1.0,
        height - 1.0,
    )
}

fn escaped(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::tests::rows;

    #[test]
    fn the_chart_has_a_bar_for_every_solver_and_stays_small() {
        let setting = Setting {
            machine: "A & B <processor>, 2 cores".into(),
            browsers: vec!["Chromium 156.0.1.2".into(), "Firefox 153.0".into()],
            packages: Vec::new(),
            command: String::new(),
        };
        let chart = of(&setting, &rows());
        let bars = chart.matches(r#"class="o" x"#).count() + chart.matches(r#"class="s" x"#).count();
        assert_eq!(bars, 2 * 9);
        assert!(chart.contains("A &amp; B &lt;processor&gt;") && chart.contains(">Firefox 153<"), "{chart}");
        assert!(chart.len() <= 8192, "{} bytes", chart.len());
    }

    #[test]
    fn the_command_has_nothing_of_this_machine_in_it() {
        for (typed, anyone) in [
            ("cargo xtask bench solver --svg docs/a.svg", "cargo xtask bench solver --svg docs/a.svg"),
            ("bench solver --json /home/ada/rates.json --svg /home/ada/a.svg", "bench solver --svg a.svg"),
            ("bench solver --json=rates.json --cap-wasm=/srv/cap.wasm", "bench solver --cap-wasm=cap.wasm"),
            ("bench solver --browser chromium --json", "bench solver --browser chromium"),
        ] {
            assert_eq!(on_any_machine(typed), anyone);
        }
    }

    #[test]
    fn no_line_under_the_bars_is_longer_than_the_card_is_wide() {
        let words = "cargo xtask bench solver --native --cap-wasm cap_wasm_bg.wasm ".repeat(4);
        let lines = wrapped(words.trim_end());
        assert!(lines.len() > 2 && lines.iter().all(|line| line.len() <= MOST_CHARACTERS), "{lines:?}");
        assert!(lines.iter().all(|line| !line.ends_with("--cap-wasm")), "{lines:?}");
        assert_eq!(lines.join(" "), words.trim_end());
    }
}
