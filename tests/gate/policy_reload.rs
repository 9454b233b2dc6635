//! A policy is replaced many times under load: each answer is the one of a policy that was in use while it was made, whole;
//! and a policy that cannot be used changes nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use portcullis_tests::attacker::wire::{self, Connection};
use portcullis_tests::processes::{Origin, PATIENCE, Settings, Verifier, eventually};
use tempfile::TempDir;

/// What is known of which policy is in use. Policies have numbers, from 0.
#[derive(Debug, Default)]
struct Course {
    /// The last one that is certainly in use.
    in_use: AtomicUsize,
    /// The last one that may be.
    offered: AtomicUsize,
    answered: AtomicUsize,
    over: AtomicBool,
}

/// How a verifier comes to know of another policy.
#[derive(Clone, Copy, Debug)]
enum ReloadTrigger {
    /// It sees for itself that the file is another.
    Nothing,
    /// SIGHUP.
    HangUp,
}

/// The file of the policy, and the verifier that reads it.
struct Setting {
    folder: TempDir,
    verifier: Verifier,
}

#[tokio::test]
async fn under_load_every_answer_is_of_one_whole_policy() {
    let origin = Origin::start();
    let setting = Setting::start(&origin).await;
    let course = Arc::new(Course::default());
    let address = setting.verifier.address();
    let visitors: Vec<_> = (0..VISITORS).map(|_| tokio::spawn(visit(address, Arc::clone(&course)))).collect();

    for number in 1..=ROUNDS {
        let told = if number % 4 == 1 { ReloadTrigger::Nothing } else { ReloadTrigger::HangUp };
        course.offered.store(number, Ordering::SeqCst);
        setting.replace(Some(&good(number)), told);
        setting.is_in_use(number).await;
        course.in_use.store(number, Ordering::SeqCst);
        course.goes_on().await;

        let (line, bad, says) = bad(number);
        let others = setting.not_taken().len();
        setting.replace(bad.as_deref(), told);
        eventually("a bad policy is told of", PATIENCE, async || (setting.not_taken().len() > others).then_some(()))
            .await;
        let error = setting.not_taken().pop().unwrap_or_default();
        assert!(error.contains(&format!("policy.toml:{line}: ")) && error.contains(says), "{error}");
        course.goes_on().await;
    }

    course.over.store(true, Ordering::SeqCst);
    for visitor in visitors {
        visitor.await.expect("every request is answered, by a policy that was in use");
    }
}

/// Asks again and again. Every answer has to be of a policy that may have been in use between question and answer.
async fn visit(address: std::net::SocketAddr, course: Arc<Course>) {
    let mut connection = Connection::open(address).await.expect("the verifier listens");
    while !course.over.load(Ordering::SeqCst) {
        let first = course.in_use.load(Ordering::SeqCst);
        let request = format!("GET /login HTTP/1.1\r\nHost: {address}\r\n\r\n");
        connection.send(request.as_bytes()).await.expect("the connection is kept");
        let answer = connection.answer().await.expect("every request is answered");
        let last = course.offered.load(Ordering::SeqCst);
        let says = PolicyOutcome::read(&answer);
        assert!(
            (first..=last).any(|number| PolicyOutcome::of(number) == says),
            "{says:?} by none of {first} to {last}"
        );
        course.answered.fetch_add(1, Ordering::SeqCst);
    }
}

/// What an answer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PolicyOutcome {
    Passed,
    Denied,
    MoreWork,
    /// What half a policy would say, or none.
    UsualWork,
}

impl PolicyOutcome {
    fn of(policy: usize) -> Self {
        [Self::Passed, Self::Denied, Self::MoreWork][policy % 3]
    }

    fn read(answer: &[u8]) -> Self {
        let text = String::from_utf8_lossy(answer);
        match wire::status(answer) {
            200 => Self::Passed,
            403 if text.contains("\"denied\"") => Self::Denied,
            403 if text.contains("level=2") => Self::MoreWork,
            403 => Self::UsualWork,
            other => panic!("{other}: {text}"),
        }
    }
}

/// A policy whose last rule decides, and which has more rules than any other.
fn good(number: usize) -> String {
    let others: String = (0..OTHERS + number)
        .map(|other| format!("[[rule]]\nname = \"r{other}\"\naction = \"deny\"\npath = [\"/{other}\"]\n"))
        .collect();
    let action = match PolicyOutcome::of(number) {
        PolicyOutcome::Denied => "\"deny\"",
        PolicyOutcome::MoreWork => "\"challenge\"\nlevel = 2",
        _ => "\"allow\"",
    };
    format!("[[level]]\nlevel = 2\ndifficulty = 4.0\n{others}[[rule]]\nname = \"last\"\naction = {action}\n")
}

/// A policy that cannot be used, the line that is to blame, and what is said about it. It would decide otherwise than
/// the one in use. `None`: there is no file.
fn bad(number: usize) -> (usize, Option<String>, &'static str) {
    let before = good(number + 1);
    let next = before.lines().count() + 1;
    let with = |more: &str| Some(before.clone() + more);
    match number % 6 {
        0 => (next, with("[[rule]\nname = \"a\"\n"), ""),
        1 => (next + 2, with("[[rule]]\nname = \"a\"\naction = \"block\"\n"), "`allow`"),
        2 => (next, with("[[rule]]\nname = \"last\"\naction = \"deny\"\n"), "give each its own name"),
        3 => (next, with("[[rule]]\nname = \"a\"\naction = \"deny\"\nnetwork_file = [\"none\"]\n"), "cannot read"),
        4 => (next, with("[[rule]]\nname = \"a\"\naction = \"challenge\"\nlevel = 3\n"), "write it as [[level]]"),
        _ => (1, None, "cannot read the policy"),
    }
}

impl Setting {
    async fn start(origin: &Origin) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        fs::write(file_in(folder.path()), good(0)).expect("it can be written to");
        let settings = Settings::in_front_of(origin.url()).set("log.level", "\"info\"");
        let settings = settings.set("policy.file", &format!("{:?}", file_in(folder.path())));
        Self { verifier: Verifier::start(settings).await, folder }
    }

    /// Puts another policy in the place of the one there is, in one step, or takes it away.
    fn replace(&self, policy: Option<&str>, told: ReloadTrigger) {
        let (file, new) = (file_in(self.folder.path()), self.folder.path().join("new"));
        match policy {
            Some(text) => {
                fs::write(&new, text).expect("it can be written to");
                fs::rename(&new, &file).expect("it can be renamed");
            }
            None => fs::remove_file(&file).expect("it can be removed"),
        }
        if matches!(told, ReloadTrigger::HangUp) {
            self.verifier.reload();
        }
    }

    /// Waits until a good policy is in use.
    async fn is_in_use(&self, number: usize) {
        let rules = OTHERS + number + 1;
        eventually("a good policy is taken up", PATIENCE, async || {
            let taken = self.verifier.log().of("policy-reloaded");
            taken.iter().any(|line| line["rules"] == rules).then_some(())
        })
        .await;
    }

    /// What the log says about policies that cannot be used.
    fn not_taken(&self) -> Vec<String> {
        let lines = self.verifier.log().of("policy-not-reloaded");
        lines.iter().map(|line| line["error"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

impl Course {
    /// Waits for answers that were asked for and given after this.
    async fn goes_on(&self) {
        let enough = self.answered.load(Ordering::SeqCst) + 10 * VISITORS;
        eventually("the load goes on", PATIENCE, async || {
            (self.answered.load(Ordering::SeqCst) >= enough).then_some(())
        })
        .await;
    }
}

fn file_in(folder: &Path) -> PathBuf {
    folder.join("policy.toml")
}

const VISITORS: usize = 8;
const ROUNDS: usize = 12;
/// Rules that decide nothing here, before the one that does.
const OTHERS: usize = 300;
