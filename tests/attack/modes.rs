//! The modes that the verifier says it takes.

use std::time::Duration;

use portcullis_clearance::clock::{Clock, SystemClock};
use portcullis_tests::processes::LogLines;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// Modes as they are taken, each with its time.
pub(crate) struct Modes {
    taken: watch::Receiver<Vec<(u64, String)>>,
    task: JoinHandle<()>,
}

impl Modes {
    /// Begins to read them from the log.
    pub(crate) fn read(log: &LogLines, clock: SystemClock) -> Self {
        let (tell, taken) = watch::channel(Vec::new());
        let log = log.clone();
        let task = tokio::spawn(async move {
            let mut read = 0;
            loop {
                let lines = log.after(read);
                read += lines.len();
                for line in lines.iter().filter(|line| line["event"] == "mode") {
                    let mode = line["mode"].as_str().unwrap_or_default().to_owned();
                    tell.send_modify(|taken| taken.push((clock.steady().0, mode)));
                }
                sleep(PAUSE).await;
            }
        });
        Self { taken, task }
    }

    /// All so far.
    pub(crate) fn so_far(&self) -> Vec<(u64, String)> {
        self.taken.borrow().clone()
    }

    /// When the gate was raised: the last mode taken is `off`. Waits for that.
    pub(crate) async fn off_at(&self) -> u64 {
        let mut taken = self.taken.clone();
        let is_off = |taken: &Vec<(u64, String)>| taken.last().is_none_or(|(_, mode)| mode == "off");
        // Ends with this value at the earliest.
        let taken = taken.wait_for(is_off).await.expect("the log is being read");
        taken.last().map_or(0, |(at, _)| *at)
    }
}

impl Drop for Modes {
    fn drop(&mut self) {
        self.task.abort();
    }
}

const PAUSE: Duration = Duration::from_millis(50);
