//! The status of a verifier in words: how `portcullis mode` and `portcullis top` describe its numbers.

use portcullis_admin::GateStatus;
use portcullis_admission::SetBy;
use portcullis_config::{Mode, Setting};

/// What a mode does.
pub(super) fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Off => "everything passes",
        Mode::Watch => "only networks that stand out are challenged",
        Mode::ChallengeNew => "only new visitors are challenged",
        Mode::ChallengeAll => "only visitors with a clearance token pass",
        Mode::Queue => "cleared visitors pass in turn",
    }
}

/// Who set the mode, and for how long.
pub(super) fn setting(gate: &GateStatus) -> String {
    let what = match gate.setting {
        Setting::Auto => "auto (the pressure decides)".to_owned(),
        Setting::Forced(mode) => mode.to_string(),
    };
    let by = match (gate.set_by, gate.remaining) {
        (SetBy::Configuration, _) => "set by gate.mode".to_owned(),
        (SetBy::Operator, Some(seconds)) => {
            format!("set by an operator for {} more, then {}", duration(seconds), gate.configured)
        }
        (SetBy::Operator, None) => "set by an operator, until set again or restarted".to_owned(),
    };
    format!("{what}, {by}")
}

/// What a strain means.
pub(super) fn strain(strain: f64) -> &'static str {
    if strain >= 1.0 {
        "over its limit"
    } else if strain >= 0.7 {
        "busy, within its limit"
    } else {
        "well within its limit"
    }
}

/// What this many attempts cost a visitor.
pub(super) fn difficulty(attempts: f64) -> String {
    let wait = attempts / OLDER_PHONE;
    // To three digits: the protocol rounds the rest.
    let unit = 10_f64.powf((attempts.max(1.0).log10() - 2.0).floor().max(0.0));
    let attempts = (attempts / unit).round() * unit;
    format!("{} attempts: an older phone (4 MH/s) waits about {wait:.1} s", grouped(attempts))
}

/// Such as `2h 5m` or `40s`: two parts at most.
pub(super) fn duration(seconds: f64) -> String {
    let seconds = seconds.max(0.0) as u64;
    let parts = [(seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")];
    let first = parts.iter().position(|(count, _)| *count > 0).unwrap_or(3);
    let shown = parts[first..].iter().take(2).filter(|(count, _)| *count > 0);
    let shown: Vec<_> = shown.map(|(count, unit)| format!("{count}{unit}")).collect();
    if shown.is_empty() { "0s".to_owned() } else { shown.join(" ") }
}

/// A rate a second: whole numbers from ten on.
pub(super) fn rate(rate: f64) -> String {
    if rate == 0.0 || rate >= 9.95 { grouped(rate) } else { format!("{rate:.1}") }
}

/// A whole number with its thousands apart.
pub(super) fn grouped(number: f64) -> String {
    let digits = format!("{:.0}", number.max(0.0));
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// Attempts a second.
const OLDER_PHONE: f64 = 4e6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_easy_to_read() {
        assert_eq!(
            [0.0, 59.0, 60.0, 3661.0, 7200.0, 90_000.0].map(duration),
            ["0s", "59s", "1m", "1h 1m", "2h", "1d 1h"]
        );
        assert_eq!([0.0, 0.25, 9.94, 9.96, 1234.0].map(rate), ["0", "0.2", "9.9", "10", "1 234"]);
        assert_eq!([7.0, 999.0, 1_500_000.0].map(grouped), ["7", "999", "1 500 000"]);
        assert_eq!(difficulty(1_499_999.0), "1 500 000 attempts: an older phone (4 MH/s) waits about 0.4 s");
    }
}
