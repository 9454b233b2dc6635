//! Holds the protocol crate against the vectors, through its public API alone. Runs natively and in a browser.

use portcullis_challenge::{
    Challenge, Difficulty, Iterations, Kind, ParseError, Prefix, Puzzle, SOLUTION_TEXT_MAX_LEN, ShareCount, Solution,
    Threshold, reference,
};
use serde::de::DeserializeOwned;

use crate::format::{
    ChallengeVector, DifficultyVector, File, MalformedVector, ShareVector, SolvedVector, ThresholdVector, WrongVector,
};

/// The vectors of a file.
pub(crate) fn read<T: DeserializeOwned>(json: &str) -> Vec<T> {
    let file: File<T> = serde_json::from_str(json).expect("a file of vectors");
    assert!(!file.vectors.is_empty(), "no vectors: {}", file.about);
    file.vectors
}

/// `challenges.json`, and `forged-challenges.json`, whose form is good too.
pub(crate) fn challenges(json: &str) {
    for vector in read::<ChallengeVector>(json) {
        let name = &vector.name;
        let challenge = Challenge::parse(vector.text.as_bytes()).expect(name);
        let fields = challenge.fields;
        assert_eq!(vector.kind, fields.encode()[1], "{name}");
        assert_eq!(vector.key_id, fields.key_id.0, "{name}");
        assert_eq!(vector.iterations, iterations_of(fields.kind), "{name}");
        assert_eq!(vector.shares, fields.shares.count(), "{name}");
        assert_eq!(vector.threshold, fields.threshold.word(), "{name}");
        assert_eq!(vector.issued_at, fields.issued_at.0.to_string(), "{name}");
        assert_eq!(vector.lifetime, fields.lifetime.millis(), "{name}");
        assert_eq!(vector.audience.0, fields.audience.0, "{name}");
        assert_eq!(vector.binding.0, fields.binding.0, "{name}");
        assert_eq!(vector.id.0, fields.id.0, "{name}");
        assert_eq!(vector.mac_input.0, fields.encode(), "{name}");
        assert_eq!(vector.tag.0, challenge.tag.0, "{name}");
        assert_eq!(vector.prefix.0, challenge.puzzle().prefix.as_bytes(), "{name}");
        assert_eq!(vector.difficulty, fields.difficulty().attempts(), "{name}");
        assert_eq!(vector.text.as_bytes(), challenge.to_text(), "{name}");
    }
}

/// `malformed-challenges.json`.
pub(crate) fn malformed_challenges(json: &str) {
    for MalformedVector { name, text, error } in read(json) {
        let refused = Challenge::parse(text.as_bytes()).map(drop);
        assert_eq!(refused.map_err(error_name), Err(error.as_str()), "{name}");
    }
}

/// `malformed-solutions.json`.
pub(crate) fn malformed_solutions(json: &str) {
    for MalformedVector { name, text, error } in read(json) {
        let refused = Solution::parse(text.as_bytes()).map(drop);
        assert_eq!(refused.map_err(error_name), Err(error.as_str()), "{name}");
    }
}

/// `difficulties.json`.
pub(crate) fn difficulties(json: &str) {
    for DifficultyVector { shares, difficulty, threshold, reached } in read(json) {
        let shares = ShareCount::new(shares).expect("a share count");
        let got = Difficulty::new(difficulty).and_then(|asked| asked.threshold(shares).ok());
        assert_eq!(got.map(Threshold::word), threshold, "{shares:?} {difficulty}");
        let got = got.and_then(|threshold| Difficulty::of(threshold, shares));
        assert_eq!(got.map(Difficulty::attempts), reached, "{shares:?} {difficulty}");
    }
}

/// `thresholds.json`.
pub(crate) fn thresholds(json: &str) {
    for ThresholdVector { shares, threshold, difficulty } in read(json) {
        let shares = ShareCount::new(shares).expect("a share count");
        let got = Threshold::new(threshold).and_then(|threshold| Difficulty::of(threshold, shares));
        assert_eq!(got.map(Difficulty::attempts), difficulty, "{shares:?} {threshold}");
    }
}

/// `shares.json`: by the verifier's check, by the solver and by the plain reference.
pub(crate) fn shares(json: &str) {
    for vector in read::<ShareVector>(json) {
        let ShareVector { name, nonce, .. } = &vector;
        let prefix = Prefix::from_bytes(vector.prefix.0.as_slice().try_into().expect(name));
        let threshold = Threshold::new(vector.threshold).expect(name);
        let kind = kind_of(vector.iterations);
        let puzzle = Puzzle { kind, prefix, threshold };
        assert_eq!(reference::last_word(&puzzle, *nonce), vector.last_word, "{name}");
        assert_eq!(puzzle.is_share(*nonce), vector.is_share, "{name}");
        let range = u64::from(*nonce)..u64::from(*nonce) + 1;
        assert_eq!(puzzle.first_share(range), vector.is_share.then_some(*nonce), "{name}");
    }
}

/// `solved-challenges.json`: the solution is read, written, found and verified.
pub(crate) fn solved_challenges(json: &str) {
    for vector in read::<SolvedVector>(json) {
        let name = &vector.name;
        let challenge = Challenge::parse(vector.challenge.as_bytes()).expect(name);
        let solution = Solution::parse(vector.solution.as_bytes()).expect(name);
        assert_eq!(solution.nonces(), vector.nonces, "{name}");
        let written = Solution::new(&vector.nonces).expect(name);
        assert_eq!(written.to_text(&mut [0; SOLUTION_TEXT_MAX_LEN]), vector.solution, "{name}");
        let count = vector.nonces.len();
        let found: Vec<u32> = challenge.puzzle().shares(u64::from(vector.search_from)..1 << 32).take(count).collect();
        assert_eq!(found, vector.nonces, "{name}");
        assert_eq!(challenge.puzzle().verify(challenge.fields.shares, &solution), Ok(()), "{name}");
    }
}

/// `wrong-solutions.json`.
pub(crate) fn wrong_solutions(json: &str) {
    for WrongVector { name, challenge, solution, error } in read(json) {
        let challenge = Challenge::parse(challenge.as_bytes()).expect(&name);
        let outcome = Solution::parse(solution.as_bytes()).map_err(error_name).and_then(|solution| {
            challenge.puzzle().verify(challenge.fields.shares, &solution).map_err(|_| "insufficient-work")
        });
        assert_eq!(outcome, Err(error.as_str()), "{name}");
    }
}

/// The files' iterations of a kind: 0 for kind 1.
fn iterations_of(kind: Kind) -> u32 {
    match kind {
        Kind::Pbkdf2(iterations) => iterations.count(),
        _ => 0,
    }
}

fn kind_of(iterations: u32) -> Kind {
    Iterations::new(iterations).map_or(Kind::Sha256, Kind::Pbkdf2)
}

/// The files' name of an error.
fn error_name(error: ParseError) -> &'static str {
    match error {
        ParseError::Encoding => "encoding",
        ParseError::Version => "version",
        ParseError::Kind => "kind",
        ParseError::Parameter => "parameter",
        ParseError::Nonces => "nonces",
        _ => "an error the files do not name",
    }
}
