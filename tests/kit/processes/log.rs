//! What a program logs, one JSON object a line.

use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::Value;

use super::eventually;

/// One line, such as `{"level":"INFO","event":"solved","solved_in_ms":812}`.
pub type Line = Value;

/// The lines logged so far; they keep coming.
#[derive(Clone, Debug, Default)]
pub struct LogLines(Arc<Mutex<Vec<Line>>>);

impl LogLines {
    /// Reads `output` to its end, in a thread of its own, after what has been read before.
    pub(super) fn follow(&self, output: impl Read + Send + 'static) {
        let lines = Arc::clone(&self.0);
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let line = serde_json::from_str(&line).unwrap_or(Value::String(line));
                let mut lines = lines.lock();
                if lines.len() <= MAX_LINES {
                    lines.push(line);
                }
            }
        });
    }

    /// Every line so far, oldest first.
    ///
    /// # Panics
    ///
    /// When there were more than are kept.
    pub fn all(&self) -> Vec<Line> {
        let lines = self.0.lock().clone();
        assert!(lines.len() <= MAX_LINES, "the program logged more than {MAX_LINES} lines");
        lines
    }

    /// The lines after the first `count`.
    pub fn after(&self, count: usize) -> Vec<Line> {
        self.0.lock().get(count..).unwrap_or_default().to_vec()
    }

    /// The lines of one event, such as `solved`.
    pub fn of(&self, event: &str) -> Vec<Line> {
        self.all().into_iter().filter(|line| line["event"] == event).collect()
    }

    /// How often an event happened: the verifier writes 20 lines of a kind in a second, and says in the next one how
    /// many it did not write. Those after the last line are missing here.
    pub fn count(&self, event: &str) -> u64 {
        self.of(event).iter().map(|line| 1 + line["unwritten"].as_u64().unwrap_or(0)).sum()
    }

    /// Waits until an event has happened `count` times.
    ///
    /// # Panics
    ///
    /// When it has not after `limit`.
    pub async fn wait_for(&self, event: &str, count: u64, limit: Duration) {
        let what = format!("the log says {event:?} {count} times");
        eventually(&what, limit, async || (self.count(event) >= count).then_some(())).await;
    }
}

/// More than any test makes a program write.
const MAX_LINES: usize = 20_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_that_were_not_written_count_too() {
        let log = LogLines::default();
        log.follow(&b"{\"event\":\"solved\",\"unwritten\":0}\nno JSON\n{\"event\":\"solved\",\"unwritten\":7}\n"[..]);
        log.wait_for("solved", 9, Duration::from_secs(5)).await;
        assert_eq!(log.of("solved").len(), 2);
        assert_eq!(log.all()[1], "no JSON");
    }
}
