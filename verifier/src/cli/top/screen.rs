//! What `portcullis top` shows, as lines: in colour in a terminal, plain with `--once`. Fits 80 by 24.

use portcullis::admin::{Network, PressureStatus, Rule, Status};
use portcullis::config::Mode;

use super::history::{History, Series};
use crate::cli::describe;

/// A line and how it is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) text: String,
    pub(super) tone: Tone,
}

/// How a line is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    Strong,
    Good,
    Careful,
    Bad,
}

/// Everything, in lines of at most `width` characters where the numbers are ordinary.
pub(super) fn screen(status: &Status, history: &History, width: usize) -> Vec<Line> {
    let mut lines = head(status, width);
    lines.extend(rates(&status.pressure, history, width));
    lines.extend(asked_for(status));
    lines.push(plain(String::new()));
    lines.extend(networks(&status.networks.top));
    lines
}

fn head(status: &Status, width: usize) -> Vec<Line> {
    let (gate, pressure) = (&status.gate, &status.pressure);
    let title = format!("Portcullis {}", status.version);
    let tone = match gate.mode {
        Mode::Off => Tone::Good,
        Mode::Watch | Mode::ChallengeNew => Tone::Careful,
        Mode::ChallengeAll | Mode::Queue => Tone::Bad,
    };
    let mode =
        format!("Mode       {} for {}: {}", gate.mode, describe::duration(gate.mode_for), describe::mode(gate.mode));
    let mut lines = vec![
        Line {
            text: format!("{title}{:>rest$}", "q quits", rest = width.saturating_sub(title.len())),
            tone: Tone::Strong,
        },
        Line { text: mode, tone },
        plain(format!("Set        {}", describe::setting(gate))),
    ];
    if gate.least > Mode::Off {
        lines.push(plain(format!("           at least {} by the schedule, where it is auto", gate.least)));
    }
    if gate.dry_run {
        let text = "DRY RUN    everything passes, whatever the mode; the log says what would not".to_owned();
        lines.push(Line { text, tone: Tone::Careful });
    }
    let tone = match pressure.strain {
        strain if strain >= 1.0 => Tone::Bad,
        strain if strain >= 0.7 => Tone::Careful,
        _ => Tone::Good,
    };
    let text =
        format!("Strain     {} {:.2}  {}", bar(pressure.strain), pressure.strain, describe::strain(pressure.strain));
    lines.push(Line { text, tone });
    lines.push(plain(String::new()));
    lines
}

/// A bar with its mark at 1, which is in the middle.
fn bar(strain: f64) -> String {
    let filled = (strain * 10.0).round().clamp(0.0, 20.0) as usize;
    let place = |index: usize| if index < filled { '#' } else { '-' };
    let half = |range: std::ops::Range<usize>| range.map(place).collect::<String>();
    format!("[{}|{}]", half(0..10), half(10..20))
}

fn rates(pressure: &PressureStatus, history: &History, width: usize) -> Vec<Line> {
    let asked = pressure.asked_new + pressure.asked_returning + pressure.asked_cleared;
    let row = |name: &str, rate: f64, words: String, series: Option<&Series>| {
        let mut text = format!("{name:<11}{:>7}/s  {words:<42}", describe::rate(rate));
        if let Some(series) = series {
            text.push_str(&series.bars(width.saturating_sub(text.chars().count() + 1)));
        }
        plain(text)
    };
    let [new, returning, cleared] =
        [pressure.asked_new, pressure.asked_returning, pressure.asked_cleared].map(describe::rate);
    let capacity = if pressure.capacity > 0.0 {
        format!("of {}/s that the site bears", describe::rate(pressure.capacity))
    } else {
        "what the site bears is not known yet".to_owned()
    };
    let answers = format!(
        "{}/s fail, 95 % begin within {:.0} ms, {} open",
        describe::rate(pressure.failed),
        pressure.latency * 1000.0,
        pressure.in_flight
    );
    let queue = match pressure.queue_rate {
        Some(rate) => format!("turn did not come; {} wait, {}/s go on", pressure.waiting, describe::rate(rate)),
        None => "turn did not come; there is no queue".to_owned(),
    };
    vec![
        row("Asked", asked, format!("{new} new, {returning} returning, {cleared} cleared"), Some(&history.asked)),
        row("Passed", pressure.passed, capacity, Some(&history.passed)),
        row("Answered", pressure.answered + pressure.failed, answers, None),
        row(
            "Solved",
            pressure.solved,
            format!("of {} challenges/s", describe::rate(pressure.issued)),
            Some(&history.solved),
        ),
        row("Sent away", pressure.overloaded, queue, None),
        plain(String::new()),
    ]
}

fn asked_for(status: &Status) -> Vec<Line> {
    let networks = &status.networks;
    let mut stores = status.stores.iter().map(|store| {
        let percent = 100.0 * store.held as f64 / (store.capacity as f64).max(1.0);
        (percent, format!("{} {} ({percent:.0} %)", store.name, describe::grouped(store.held as f64)))
    });
    let full = stores.clone().any(|(percent, _)| percent >= 80.0);
    let stores = stores.by_ref().map(|(_, text)| text).collect::<Vec<_>>().join(", ");
    vec![
        plain(format!("Difficulty {}", describe::difficulty(status.gate.difficulty))),
        plain(format!(
            "Networks   {} active, {} stand out, {} asked for more work",
            networks.active, networks.conspicuous, networks.pressed
        )),
        plain(rules(&status.rules)),
        Line { text: format!("Memory     {stores}"), tone: if full { Tone::Bad } else { Tone::Plain } },
    ]
}

/// As many of the rules that decide most as fit.
fn rules(rules: &[Rule]) -> String {
    let mut text = "Rules     ".to_owned();
    for (index, rule) in rules.iter().enumerate() {
        let more = format!("{} {} {}/s", if index > 0 { "," } else { "" }, rule.name, describe::rate(rule.decided));
        if text.chars().count() + more.chars().count() > NARROWEST {
            break;
        }
        text.push_str(&more);
    }
    if rules.is_empty() { "Rules      none had anything to decide".to_owned() } else { text }
}

fn networks(top: &[Network]) -> Vec<Line> {
    if top.is_empty() {
        return vec![plain("No network has asked for anything lately.".to_owned())];
    }
    let title =
        format!("{:<28}{:>12}{:>12}{:>18}", "Networks that ask for most", "requests/s", "solved/s", "work asked for");
    let rows = top.iter().take(SHOWN).map(|network| {
        let (asked, solved) = (describe::rate(network.asked), describe::rate(network.solved));
        let text = format!("{:<28}{asked:>12}{solved:>12}{:>17.1}x", network.source, network.times);
        Line { text, tone: if network.times > 1.0 { Tone::Careful } else { Tone::Plain } }
    });
    std::iter::once(Line { text: title, tone: Tone::Strong }).chain(rows).collect()
}

fn plain(text: String) -> Line {
    Line { text, tone: Tone::Plain }
}

/// So many networks that everything fits 24 lines.
const SHOWN: usize = 7;
const NARROWEST: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;

    fn status() -> Status {
        let text = include_str!("status.json");
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn everything_fits_eighty_by_twenty_four() {
        let mut status = status();
        let mut history = History::default();
        for _ in 0..300 {
            history.add(&status);
        }
        status.gate.dry_run = true;
        status.gate.least = Mode::ChallengeNew;
        let lines = screen(&status, &history, 80);
        // Below two more lines, the terminal leaves out the last two networks.
        assert!(lines.len() <= 26, "{}", lines.len());
        for line in &lines {
            assert!(line.text.chars().count() <= 80, "{:?}", line.text);
        }
        for mode in Mode::ALL {
            (status.gate.mode, status.gate.mode_for) = (mode, 86_340.0);
            assert!(screen(&status, &history, 80)[1].text.len() <= 80, "{mode}");
        }
        status.gate.dry_run = false;
        status.gate.least = Mode::Off;
        assert!(screen(&status, &history, 80).len() <= 24);
    }

    #[test]
    fn too_much_is_shown_as_such() {
        let mut status = status();
        let of = |status: &Status| {
            screen(status, &History::default(), 80).into_iter().find(|line| line.text.starts_with("Strain")).unwrap()
        };
        status.pressure.strain = 0.2;
        assert_eq!(of(&status).tone, Tone::Good);
        assert!(of(&status).text.contains("[##--------|----------]"));
        status.pressure.strain = 40.0;
        assert_eq!(of(&status).tone, Tone::Bad);
        assert!(of(&status).text.contains("[##########|##########]"));
    }
}
