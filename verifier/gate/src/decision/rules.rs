//! The policy in use, how often each of its rules decided, and how another policy replaces it: completely, or not at
//! all.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use portcullis_challenge::UnixMillis;
use portcullis_files::watched_file;

use portcullis_policy::{Policy, PolicyError};

/// The policy in use.
#[derive(Debug)]
pub struct Rules {
    current: ArcSwap<Current>,
    /// Of every file, as it was at the last look.
    seen: Mutex<Vec<Stamp>>,
    measured: Mutex<Measured>,
}

/// How much each rule decides, at the last measurement.
#[derive(Debug, Default)]
struct Measured {
    at: Option<UnixMillis>,
    counts: HashMap<String, u64>,
    /// Decisions a second, of the rules that make most of them.
    busiest: Vec<(String, f64)>,
}

#[derive(Clone, Debug)]
struct Current {
    file: Option<PathBuf>,
    policy: Arc<Policy>,
    decided: Arc<HashMap<String, AtomicU64>>,
    /// Of every file, as it was before it was last read, whether that succeeded or not.
    read: Vec<Stamp>,
}

/// A file, and its state. A file that cannot be seen has none.
type Stamp = (PathBuf, Option<watched_file::Stamp>);

impl Rules {
    /// Reads the policy for the first time.
    ///
    /// # Errors
    ///
    /// [`PolicyError`].
    pub(crate) fn read(file: Option<PathBuf>) -> Result<Self, PolicyError> {
        let current = ArcSwap::from_pointee(Current::read(file, None)?);
        Ok(Self { current, seen: Mutex::default(), measured: Mutex::default() })
    }

    /// The policy in use. Each request is decided on by one policy to the end, even if another replaces it meanwhile.
    pub(crate) fn policy(&self) -> Arc<Policy> {
        Arc::clone(&self.current.load().policy)
    }

    /// Counts a decision of a rule, or of the weight if no rule decided.
    pub(crate) fn decided(&self, rule: Option<&str>) {
        let current = self.current.load();
        if let Some(count) = current.decided.get(rule.unwrap_or(NO_RULE)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How often each rule decided, by name. Rules that keep their name keep their count.
    pub fn counts(&self) -> Vec<(String, u64)> {
        let decided = Arc::clone(&self.current.load().decided);
        let mut counts: Vec<_> =
            decided.iter().map(|(name, count)| (name.clone(), count.load(Ordering::Relaxed))).collect();
        counts.sort();
        counts
    }

    /// Measures how much each rule decides, on the clock that never steps. About once a second.
    pub(crate) fn measure(&self, now: UnixMillis) {
        let counts: HashMap<_, _> = self.counts().into_iter().collect();
        let mut measured = self.measured.lock();
        let seconds = measured.at.map_or(0.0, |at| now.0.saturating_sub(at.0) as f64 / 1000.0);
        let rate = |(name, count): (&String, &u64)| {
            let more = count.saturating_sub(measured.counts.get(name).copied().unwrap_or_default());
            (more > 0 && seconds > 0.0).then(|| (name.clone(), more as f64 / seconds))
        };
        let mut busiest: Vec<_> = counts.iter().filter_map(rate).collect();
        busiest.sort_by(|(one, rate), (other, other_rate)| other_rate.total_cmp(rate).then_with(|| one.cmp(other)));
        busiest.truncate(MOST_TOLD);
        *measured = Measured { at: Some(now), counts, busiest };
    }

    /// The rules that decide most, and how often a second.
    pub fn busiest(&self) -> Vec<(String, f64)> {
        self.measured.lock().busiest.clone()
    }

    /// Reads the policy again if one of its files has changed. Blocks on the disk.
    pub(crate) fn watch(&self) {
        if let Some(file) = self.changed() {
            self.take(Some(file));
        }
    }

    /// Takes over another policy, or the same one read again. One that cannot be used changes nothing, and the log says
    /// why. Blocks on the disk.
    pub(crate) fn take(&self, file: Option<PathBuf>) {
        match self.replace(file) {
            Ok(()) => tracing::info!(event = "policy-reloaded", rules = self.policy().rules().len()),
            Err(error) => {
                tracing::error!(event = "policy-not-reloaded", %error, "the policy read before stays in use");
            }
        }
    }

    /// Replaces the policy in use with the one at `file`. Blocks on the disk.
    ///
    /// # Errors
    ///
    /// [`PolicyError`]; the policy in use stays.
    fn replace(&self, file: Option<PathBuf>) -> Result<(), PolicyError> {
        let before = self.current.load_full();
        // As they are before they are read: anything written meanwhile is read again.
        let others: Vec<Stamp> = before.policy.sources().iter().chain(&file).cloned().map(stamp).collect();
        match Current::read(file, Some(&before)) {
            Ok(taken) => {
                self.current.store(Arc::new(taken));
                Ok(())
            }
            Err(error) => {
                // Reading them again is pointless until one of the files changes.
                self.current.rcu(|current| Current { read: others.clone(), ..Current::clone(current) });
                Err(error)
            }
        }
    }

    /// The file of the policy, if it or one that it names is not as it was last read. A file that has changed since the
    /// last look may be half written, and is left alone until the next look.
    fn changed(&self) -> Option<PathBuf> {
        let current = self.current.load();
        let now: Vec<Stamp> = current.read.iter().map(|(path, _)| stamp(path.clone())).collect();
        let seen = std::mem::replace(&mut *self.seen.lock(), now.clone());
        current.file.clone().filter(|_| now != current.read && now == seen)
    }
}

impl Current {
    fn read(file: Option<PathBuf>, before: Option<&Self>) -> Result<Self, PolicyError> {
        let stamp_first: Vec<Stamp> = file.iter().cloned().map(stamp).collect();
        let policy = Policy::read(file.as_deref())?;
        // Only now is it known which files it names. One that changes meanwhile is read once more than necessary.
        let mut read: Vec<Stamp> = policy.sources().iter().cloned().map(stamp).collect();
        for (path, state) in stamp_first {
            read.iter_mut().filter(|(other, _)| *other == path).for_each(|(_, read)| *read = state);
        }
        let count_of = |name: &str| before.and_then(|before| Some(before.decided.get(name)?.load(Ordering::Relaxed)));
        let names = policy.rules().iter().map(|rule| rule.name.as_str()).chain([NO_RULE]);
        let decided = names.map(|name| (name.to_owned(), AtomicU64::new(count_of(name).unwrap_or_default()))).collect();
        Ok(Self { file, policy: Arc::new(policy), decided: Arc::new(decided), read })
    }
}

fn stamp(path: PathBuf) -> Stamp {
    let state = watched_file::Stamp::of(&path).ok();
    (path, state)
}

/// The name under which decisions are counted that no rule made.
const NO_RULE: &str = "no-rule";
/// How many rules fit on a line.
const MOST_TOLD: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_busiest_rules_are_those_of_the_last_second() {
        let rules = Rules::read(None).unwrap();
        rules.decided(Some("assets"));
        rules.measure(UnixMillis(1000));
        assert!(rules.busiest().is_empty(), "nothing was measured before");
        for _ in 0..3 {
            rules.decided(Some("assets"));
            rules.decided(None);
        }
        rules.decided(None);
        rules.measure(UnixMillis(3000));
        assert_eq!(rules.busiest(), [("no-rule".to_owned(), 2.0), ("assets".to_owned(), 1.5)]);
        rules.measure(UnixMillis(4000));
        assert!(rules.busiest().is_empty());
    }

    #[test]
    fn a_changed_file_is_read_once_and_a_bad_one_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("policy.toml");
        let rule = |name: &str| format!("[[rule]]\nname = \"{name}\"\naction = \"deny\"\nnetwork_file = [\"list\"]\n");
        std::fs::write(folder.path().join("list"), "192.0.2.1\n").unwrap();
        std::fs::write(&file, rule("one")).unwrap();
        let rules = Rules::read(Some(file.clone())).unwrap();
        let names = || rules.policy().rules().iter().map(|rule| rule.name.clone()).collect::<Vec<_>>();
        rules.decided(Some("one"));
        assert_eq!(rules.changed(), None);

        std::fs::write(&file, rule("other")).unwrap();
        assert_eq!(rules.changed(), None, "it may be half written");
        std::fs::write(&file, rule("other").repeat(2)).unwrap();
        assert_eq!(rules.changed(), None, "it was: there is more of it now");
        assert!(rules.replace(rules.changed()).is_err());
        assert_eq!((names(), rules.changed()), (vec!["one".to_owned()], None));

        std::fs::write(&file, rule("one") + &rule("other")).unwrap();
        assert_eq!(rules.changed(), None);
        rules.replace(rules.changed()).unwrap();
        assert_eq!((names().len(), rules.changed()), (2, None));
        rules.decided(None);
        assert_eq!(rules.counts(), [("no-rule".to_owned(), 1), ("one".to_owned(), 1), ("other".to_owned(), 0)]);

        std::fs::write(folder.path().join("list"), "192.0.2.1\n192.0.2.2\n").unwrap();
        assert_eq!(rules.changed(), None);
        assert_eq!(rules.changed().as_deref(), Some(file.as_path()));
    }
}
