//! `portcullis solve`, the real program: what it prints, and what it says when there is nothing to print.

mod fake;
mod local;
mod site;
mod tls;

use std::process::Stdio;

use portcullis_challenge::{
    Audience, Binding, Challenge, ChallengeId, Difficulty, Fields, KeyId, Kind, Lifetime, ShareCount, Solution, Tag,
    UnixMillis,
};
use portcullis_tests::processes::{PATIENCE, program};
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// How a run of the program ended.
#[derive(Debug)]
struct Ended {
    status: i32,
    printed: String,
    said: String,
}

/// Runs `portcullis solve` with `arguments`.
async fn solve(arguments: &[&str]) -> Ended {
    solve_input(arguments, b"").await
}

/// Runs it with `input` on standard input.
async fn solve_input(arguments: &[&str], input: &[u8]) -> Ended {
    run(Command::from(program("portcullis")).arg("solve").args(arguments), input).await
}

async fn run(command: &mut Command, input: &[u8]) -> Ended {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("standard input is piped");
    // It may refuse before it has read everything.
    let _ = stdin.write_all(input).await;
    drop(stdin);
    let output = tokio::time::timeout(PATIENCE, child.wait_with_output()).await.expect("it ends by itself");
    let output = output.expect("a child's output can be read");
    let text = |bytes| String::from_utf8(bytes).expect("it prints text");
    Ended { status: output.status.code().unwrap_or(-1), printed: text(output.stdout), said: text(output.stderr) }
}

impl Ended {
    /// What it printed; it has solved.
    #[track_caller]
    fn line(&self) -> &str {
        assert_eq!(self.status, 0, "{}", self.said);
        let line = self.printed.strip_suffix('\n').expect("it prints a whole line");
        assert!(!line.contains('\n'), "more than one line: {line}");
        line
    }

    /// The nonces it printed for `challenge`, checked.
    #[track_caller]
    fn nonces_for(&self, challenge: &Challenge) -> Vec<u32> {
        let printed: Value = serde_json::from_str(self.line()).expect("it prints JSON");
        assert_eq!(printed["challenge"].as_str(), Some(text(challenge).as_str()));
        assert_eq!(printed.as_object().map(serde_json::Map::len), Some(2), "{printed}");
        let solution = printed["solution"].as_str().unwrap_or_default();
        let solution = Solution::parse(solution.as_bytes()).expect("it prints a solution in form");
        challenge.puzzle().verify(challenge.fields.shares, &solution).expect("it has done the work");
        solution.nonces().to_vec()
    }

    /// It has failed with this status, printed nothing, and said each of these words.
    #[track_caller]
    fn failed(&self, status: i32, words: &[&str]) {
        assert_eq!((self.status, self.printed.as_str()), (status, ""), "{}", self.said);
        for word in words {
            assert!(self.said.contains(word), "{word:?} is not in {:?}", self.said);
        }
    }
}

/// A challenge nobody vouches for, which the solver cannot know. Good for `lifetime` milliseconds from now.
fn challenge(kind: Kind, shares: u8, attempts: u32, lifetime: u32) -> Challenge {
    use portcullis_clearance::clock::{Clock as _, SystemClock};
    issued_at(SystemClock::start().now(), kind, shares, attempts, lifetime)
}

fn issued_at(issued_at: UnixMillis, kind: Kind, shares: u8, attempts: u32, lifetime: u32) -> Challenge {
    let shares = ShareCount::new(shares).expect("1 to 64 shares");
    let threshold = Difficulty::new(attempts).and_then(|difficulty| difficulty.threshold(shares).ok());
    let fields = Fields {
        kind,
        key_id: KeyId(0),
        shares,
        threshold: threshold.expect("a difficulty within the protocol"),
        issued_at,
        lifetime: Lifetime::from_millis(lifetime).expect("a lifetime within the protocol"),
        audience: Audience([1; 16]),
        binding: Binding([2; 16]),
        id: ChallengeId([3; 16]),
    };
    Challenge { fields, tag: Tag([4; 32]) }
}

fn text(challenge: &Challenge) -> String {
    String::from_utf8_lossy(&challenge.to_text()).into_owned()
}
