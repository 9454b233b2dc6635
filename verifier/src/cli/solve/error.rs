//! Why there is no solution, or no cookie.

use std::time::Duration;

/// What went wrong. No message contains a challenge, a solution or a token: messages end up in logs.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SolveError {
    /// Options that do not go together.
    #[error("{0}")]
    Arguments(&'static str),
    /// A file or standard input could not be read.
    #[error("cannot read {what}: {why}")]
    Unreadable {
        /// What was to be read.
        what: String,
        /// The system's reason.
        why: String,
    },
    /// It is solved, but the result cannot be written.
    #[error("cannot write to standard output: {0}")]
    Unwritten(#[from] std::io::Error),
    /// Something was read, and it is not a challenge.
    #[error("{what} is not a challenge: {why}")]
    NotAChallenge {
        /// What was read.
        what: String,
        /// What is wrong, and what should be there.
        why: String,
    },
    /// It was too late from the beginning.
    #[error("the challenge has expired, by this machine's clock; get a fresh one, and check the clock")]
    Expired,
    /// The search took longer than the challenge is valid.
    #[error(
        "the challenge expired after {} s, before it was solved; use a faster machine or more threads, \
         or have the site ask for less (`challenge.difficulty`) or wait longer (`challenge.lifetime`)", .0.as_secs()
    )]
    TooSlow(Duration),
    /// One in fifty of the hardest possible challenges has none.
    #[error("every nonce was tried, and the challenge has no solution; get a fresh one")]
    NoSolution,
    /// Nothing that answers is a verifier.
    #[error("{site}: {why}")]
    Unreachable {
        /// The site's address.
        site: String,
        /// What happened, and what to try.
        why: String,
    },
    /// A verifier answers, and refuses.
    #[error("{site} refused with status {status} ({code}): {detail}")]
    Refused {
        /// The site's address.
        site: String,
        /// The HTTP status.
        status: u16,
        /// The stable code of the problem document.
        code: String,
        /// The verifier's words.
        detail: String,
        /// The level of the challenge that it asks for instead.
        level: Option<u8>,
    },
}

impl SolveError {
    /// The program's exit status. 2 is the command line's own.
    pub(crate) fn exit_status(&self) -> u8 {
        match self {
            Self::Arguments(_) | Self::Unreadable { .. } | Self::Unwritten(_) => 1,
            Self::NotAChallenge { .. } => 3,
            Self::Expired | Self::TooSlow(_) | Self::NoSolution => 4,
            Self::Unreachable { .. } => 5,
            Self::Refused { .. } => 6,
        }
    }
}

/// Text from elsewhere, made safe for a terminal and a log: one line of printable characters, and not too long.
pub(super) fn printable(words: &str) -> String {
    let mut line: String = words.chars().map(|char| if char.is_control() { ' ' } else { char }).take(LONGEST).collect();
    if words.chars().nth(LONGEST).is_some() {
        line.push('…');
    }
    line
}

const LONGEST: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_stranger_says_cannot_steer_the_terminal_or_fill_the_log() {
        assert_eq!(printable("red \x1b[31m\r\nalert\u{9b}"), "red  [31m  alert ");
        assert_eq!(printable(&"a".repeat(10_000)).chars().count(), LONGEST + 1);
    }
}
