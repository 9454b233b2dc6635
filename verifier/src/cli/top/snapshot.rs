//! What `portcullis top --once` prints: plain ASCII, 80 by 24, for scripts and tickets.

use portcullis_admin::{Network, RuleStatus, Status};

use super::facts::{self, Fact};
use crate::cli::describe;

/// Everything, in lines of at most 80 characters where the numbers are ordinary.
pub(super) fn snapshot(status: &Status) -> String {
    let mut lines = vec![format!("Portcullis {}", status.version)];
    lines.extend(facts::gate(status).iter().map(fact));
    let strain = status.pressure.strain;
    lines.push(format!("Strain     {} {strain:.2}  {}", bar(strain), describe::strain(strain)));
    lines.push(String::new());
    for rate in facts::rates(&status.pressure) {
        lines.push(format!("{:<11}{:>7}/s  {}", rate.name, describe::rate(rate.rate), rate.text));
    }
    lines.push(String::new());
    lines.push(fact(&facts::difficulty(status)));
    lines.push(fact(&facts::networks(status)));
    lines.push(rules(&status.rules));
    lines.push(fact(&facts::memory(status)));
    lines.push(String::new());
    lines.extend(networks(&status.networks.top));
    lines.iter().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn fact(fact: &Fact) -> String {
    format!("{:<11}{}", fact.name, fact.text)
}

/// A bar with its mark at 1, which is in the middle.
fn bar(strain: f64) -> String {
    let filled = (strain * 10.0).round().clamp(0.0, 20.0) as usize;
    let place = |index: usize| if index < filled { '#' } else { '-' };
    let half = |range: std::ops::Range<usize>| range.map(place).collect::<String>();
    format!("[{}|{}]", half(0..10), half(10..20))
}

/// As many of the rules that decide most as fit.
fn rules(rules: &[RuleStatus]) -> String {
    let mut text = "Rules     ".to_owned();
    for (index, rule) in rules.iter().enumerate() {
        let more = format!("{} {} {}/s", if index > 0 { "," } else { "" }, rule.name, describe::rate(rule.decided));
        if text.chars().count() + more.chars().count() > WIDTH {
            break;
        }
        text.push_str(&more);
    }
    if rules.is_empty() { "Rules      none has decided anything lately".to_owned() } else { text }
}

fn networks(top: &[Network]) -> Vec<String> {
    if top.is_empty() {
        return vec!["No network has asked for anything lately.".to_owned()];
    }
    let title = format!("{:<28}{:>12}{:>12}{:>18}", "Busiest networks", "requests/s", "solved/s", "work asked for");
    let rows = top.iter().take(SHOWN).map(|network| {
        let (asked, solved) = (describe::rate(network.asked), describe::rate(network.solved));
        format!("{:<28}{asked:>12}{solved:>12}{:>17.1}x", network.source, network.times)
    });
    std::iter::once(title).chain(rows).collect()
}

/// Few enough networks for everything to fit 24 lines.
const SHOWN: usize = 7;
const WIDTH: usize = 80;

#[cfg(test)]
mod tests {
    use portcullis_config::Mode;

    use super::*;

    fn status() -> Status {
        serde_json::from_str(include_str!("status.json")).unwrap()
    }

    #[test]
    fn everything_fits_eighty_by_twenty_four() {
        let mut status = status();
        status.gate.dry_run = true;
        status.gate.least = Mode::ChallengeNew;
        let text = snapshot(&status);
        assert!(text.is_ascii(), "{text}");
        assert!(text.lines().count() <= 26, "{text}");
        assert!(text.lines().all(|line| line.len() <= WIDTH), "{text}");
        for mode in Mode::ALL {
            (status.gate.mode, status.gate.mode_for) = (mode, 86_340.0);
            assert!(snapshot(&status).lines().all(|line| line.len() <= WIDTH), "{mode}");
        }
        status.gate.dry_run = false;
        status.gate.least = Mode::Off;
        assert!(snapshot(&status).lines().count() <= 24);
    }

    #[test]
    fn the_bar_shows_strain_with_its_limit_in_the_middle() {
        let mut status = status();
        for (strain, expected) in [(0.2, "[##--------|----------]"), (40.0, "[##########|##########]")] {
            status.pressure.strain = strain;
            assert!(snapshot(&status).contains(expected), "{strain}");
        }
    }
}
