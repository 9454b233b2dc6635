//! The time for which a program has kept a processor busy.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

/// The time of each thread of a process, in its own code and in the kernel's.
pub(crate) struct Busy(HashMap<OsString, Duration>);

impl Busy {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// When there is no such process, or this kernel does not count.
    pub(crate) fn of(process: u32) -> Result<Self> {
        let folder = format!("/proc/{process}/task");
        let threads = fs::read_dir(&folder).with_context(|| format!("could not read {folder}"))?;
        let mut times = HashMap::new();
        for thread in threads {
            let thread = thread?;
            // A thread may end while it is looked at.
            if let Ok(text) = fs::read_to_string(thread.path().join("schedstat")) {
                times.insert(thread.file_name(), on_processor(&text).context("schedstat is not as expected")?);
            }
        }
        if times.is_empty() {
            anyhow::bail!("there is no schedstat in {folder}");
        }
        Ok(Self(times))
    }

    /// What came on top since `before`. Of a thread that has ended meanwhile, nothing is known.
    pub(crate) fn since(&self, before: &Self) -> Duration {
        let one = |(thread, now): (&OsString, &Duration)| {
            now.saturating_sub(before.0.get(thread).copied().unwrap_or_default())
        };
        self.0.iter().map(one).sum()
    }
}

/// The first of three numbers, in nanoseconds (sched-stats in the kernel's documentation).
fn on_processor(schedstat: &str) -> Option<Duration> {
    schedstat.split_ascii_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_that_came_later_count_from_their_start() {
        let busy = |times: &[(&str, u64)]| {
            Busy(times.iter().map(|(thread, nanos)| ((*thread).into(), Duration::from_nanos(*nanos))).collect())
        };
        let (before, after) = (busy(&[("1", 100), ("2", 50)]), busy(&[("1", 130), ("3", 7)]));
        assert_eq!(after.since(&before), Duration::from_nanos(37));
    }

    #[test]
    fn this_process_is_busy_and_the_kernel_counts() {
        let before = Busy::of(std::process::id()).unwrap();
        // Of a thread that runs, the kernel counts at its next tick.
        let counted = (0..MOST_LOOKS).any(|_| Busy::of(std::process::id()).unwrap().since(&before) > Duration::ZERO);
        assert!(counted);
        assert_eq!(on_processor("1500 20 3\n"), Some(Duration::from_nanos(1500)));
    }

    /// Seconds of looking, where the kernel would not count.
    const MOST_LOOKS: u32 = 100_000;
}
