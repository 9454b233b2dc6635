//! The verifier's JSON log lines, told as sentences.

use serde_json::Value;

use crate::clock::Stopwatch;

/// Tells log lines as they come, with bursts of the same event as one line.
pub(super) struct Narrator {
    since: Stopwatch,
    burst: Option<(Burst, u32)>,
}

/// An event that comes in bursts: a page and everything it loads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Burst {
    Challenged,
    Admitted,
}

/// What a log line says.
enum LogMessage {
    /// An event, and how many of its kind there were.
    OneOfMany(Burst, u32),
    Sentence(String),
    Nothing,
}

impl Narrator {
    /// Times are counted from `since`.
    pub(super) fn new(since: Stopwatch) -> Self {
        Self { since, burst: None }
    }

    /// Takes a line of the log; gives the lines to print now.
    pub(super) fn tell(&mut self, line: &str) -> Vec<String> {
        match read(line) {
            LogMessage::Nothing => Vec::new(),
            LogMessage::Sentence(sentence) => {
                let mut told = self.pause();
                told.push(self.stamped(&sentence));
                told
            }
            LogMessage::OneOfMany(kind, more) => match &mut self.burst {
                Some((current, count)) if *current == kind => {
                    *count = count.saturating_add(more);
                    Vec::new()
                }
                _ => {
                    let told = self.pause();
                    self.burst = Some((kind, more));
                    told
                }
            },
        }
    }

    /// Nothing came for a while: returns the burst that is over, if there was one.
    pub(super) fn pause(&mut self) -> Vec<String> {
        let sentence = match self.burst.take() {
            None => return Vec::new(),
            Some((Burst::Challenged, 1)) => "challenged".to_owned(),
            Some((Burst::Challenged, count)) => format!("challenged, {count} requests"),
            Some((Burst::Admitted, 1)) => "admitted".to_owned(),
            Some((Burst::Admitted, count)) => format!("admitted, {count} requests"),
        };
        vec![self.stamped(&sentence)]
    }

    fn stamped(&self, sentence: &str) -> String {
        let seconds = self.since.elapsed().as_secs();
        format!("  {:3}:{:02}  {sentence}", seconds / 60, seconds % 60)
    }
}

/// Reads one line: an event of the gate, a warning, or something that was not logged at all, such as a panic.
fn read(line: &str) -> LogMessage {
    let Ok(entry) = serde_json::from_str::<Value>(line) else {
        return LogMessage::Sentence(line.to_owned());
    };
    let text = |name: &str| entry.get(name).and_then(Value::as_str);
    let number = |name: &str| entry.get(name).and_then(Value::as_u64);
    // Of a flood the verifier writes a few lines a second, each with how many it left out before.
    let many = || number("unwritten").and_then(|more| u32::try_from(more).ok()).unwrap_or(0).saturating_add(1);
    match text("event") {
        Some("challenged") => LogMessage::OneOfMany(Burst::Challenged, many()),
        Some("admitted") => LogMessage::OneOfMany(Burst::Admitted, many()),
        Some("solved") => LogMessage::Sentence(match number("solved_in_ms") {
            Some(millis) => format!("solved in {millis} ms"),
            None => "solved".to_owned(),
        }),
        Some("refused") => LogMessage::Sentence(format!("refused: {}", text("code").unwrap_or("no reason given"))),
        event => match text("level") {
            Some("WARN" | "ERROR") => {
                let told = [event, text("reason"), text("error"), text("message")];
                LogMessage::Sentence(format!("warning: {}", told.into_iter().flatten().collect::<Vec<_>>().join(": ")))
            }
            _ => LogMessage::Nothing,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(lines: &[&str]) -> Vec<String> {
        let mut narrator = Narrator::new(Stopwatch::start());
        let mut told: Vec<_> = lines.iter().flat_map(|line| narrator.tell(line)).collect();
        told.extend(narrator.pause());
        told.iter().map(|line| line.trim_start_matches([' ', ':', '0']).to_owned()).collect()
    }

    #[test]
    fn a_visit_is_told_in_three_lines() {
        let lines = [
            r#"{"level":"INFO","event":"challenged"}"#,
            r#"{"level":"INFO","event":"solved","solved_in_ms":812}"#,
            r#"{"level":"DEBUG","event":"admitted"}"#,
            r#"{"level":"DEBUG","event":"admitted"}"#,
        ];
        assert_eq!(told(&lines), ["challenged", "solved in 812 ms", "admitted, 2 requests"]);
    }

    #[test]
    fn refusals_warnings_and_panics_are_told_and_chatter_is_not() {
        let lines = [
            r#"{"level":"INFO","event":"refused","code":"forged"}"#,
            r#"{"level":"WARN","event":"origin-failed","reason":"slow"}"#,
            r#"{"level":"INFO","event":"listening"}"#,
            "thread 'main' panicked",
        ];
        assert_eq!(told(&lines), ["refused: forged", "warning: origin-failed: slow", "thread 'main' panicked"]);
    }

    #[test]
    fn a_flood_is_told_in_full_though_not_logged_in_full() {
        let lines = [
            r#"{"level":"INFO","event":"challenged","unwritten":0}"#,
            r#"{"level":"INFO","event":"challenged","unwritten":980}"#,
        ];
        assert_eq!(told(&lines), ["challenged, 982 requests"]);
    }
}
