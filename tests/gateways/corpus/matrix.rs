//! The matrix of the manual: a row a request, a column a recipe, and under it the reason for every cell that is not as it
//! should be.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::outcome::Outcome;
use super::rows::{Expect, Row};
use crate::recipe::{Mode, Recipe};

/// What one recipe did.
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) outcomes: Vec<Option<Outcome>>,
    /// `None` for the verifier's own proxy.
    pub(super) recipe: Option<Recipe>,
}

/// Writes the manual's matrix, or compares it with what happened.
///
/// # Panics
///
/// When a request was done with otherwise than it must be, without a reason; when a reason is given for nothing; when the
/// manual says otherwise.
pub(super) fn settle(rows: &[Row], columns: &[Column], all_columns: usize) {
    let mut unexplained = String::new();
    let mut used = vec![false; EXCEPTIONS.len()];
    let cells: Vec<Vec<String>> = columns
        .iter()
        .map(|column| {
            rows.iter()
                .zip(&column.outcomes)
                .map(|(row, outcome)| cell(row, column, outcome.as_ref(), &mut used, &mut unexplained))
                .collect()
        })
        .collect();
    assert!(unexplained.is_empty(), "not as it must be, and no reason given:\n{unexplained}");
    let whole = columns.len() == all_columns;
    for (exception, used) in EXCEPTIONS.iter().zip(used).filter(|_| whole) {
        assert!(used, "a reason for nothing: {}", exception.reason);
    }
    let written = document(rows, columns, &cells);
    if std::env::var_os("PORTCULLIS_WRITE_MATRIX").is_some() {
        assert!(whole, "the matrix is written where every gateway is installed");
        fs::write(path(), written).expect("the manual can be written to");
        return;
    }
    let manual = fs::read_to_string(path()).unwrap_or_default();
    let is_there = |line: &str| manual.lines().any(|other| other == line);
    let missing: Vec<_> = written.lines().filter(|line| !is_there(line)).collect();
    assert!(
        !whole || missing.is_empty(),
        "docs/gateway-matrix.md says otherwise; look at what changed, and rewrite it with\n    \
         PORTCULLIS_WRITE_MATRIX=1 cargo xtask test --only gateways\n{}",
        missing.join("\n")
    );
}

fn cell(row: &Row, column: &Column, outcome: Option<&Outcome>, used: &mut [bool], unexplained: &mut String) -> String {
    let Some(outcome) = outcome else { return "—".to_owned() };
    if outcome.is(row.expect) {
        return outcome.to_string();
    }
    match EXCEPTIONS.iter().position(|exception| exception.covers(row, column)) {
        Some(index) => {
            used[index] = true;
            format!("{outcome} [^{}]", index + 1)
        }
        None => {
            let _ = writeln!(unexplained, "{}: {}: {outcome} instead of {:?}", column.name, row.name, row.expect);
            String::new()
        }
    }
}

fn document(rows: &[Row], columns: &[Column], cells: &[Vec<String>]) -> String {
    let mut text = HEAD.to_owned();
    let mut attack = 0;
    for (index, row) in rows.iter().enumerate() {
        if row.attack != attack {
            attack = row.attack;
            let names: String = columns.iter().map(|column| format!(" {} |", column.name)).collect();
            let _ = write!(text, "\n## {}\n\n| request | must be |{names}\n", title(attack));
            let _ = writeln!(text, "|---|---|{}", "---|".repeat(columns.len()));
        }
        let outcomes: String = cells.iter().map(|column| format!(" {} |", column[index])).collect();
        let _ = writeln!(text, "| {} | {} |{outcomes}", row.name, wanted(row.expect));
    }
    text.push_str("\n## Why a cell is not as it should be\n\n");
    for (index, exception) in EXCEPTIONS.iter().enumerate() {
        let _ = writeln!(text, "[^{}]: {}", index + 1, exception.reason);
    }
    text
}

fn title(attack: u8) -> &'static str {
    match attack {
        12 => "Forged tokens",
        13 => "Borrowed tokens",
        14 => "Keys that are not ours",
        21 => "Claims about oneself",
        22 => "Targets, hosts and methods that slip past a rule",
        24 => "A verifier that fails",
        25 => "Names of good bots",
        _ => "One request inside another",
    }
}

fn wanted(expect: Expect) -> &'static str {
    match expect {
        Expect::Admit => "admitted",
        Expect::Challenge => "kept out",
        Expect::Budget => "429",
        Expect::One => "one request or none",
        Expect::Closed => "closed",
        Expect::Open => "admitted",
    }
}

/// A reason for cells that are not as they should be.
struct Exception {
    /// Columns.
    who: fn(&Column) -> bool,
    /// Rows.
    what: fn(&Row) -> bool,
    reason: &'static str,
}

impl Exception {
    fn covers(&self, row: &Row, column: &Column) -> bool {
        (self.who)(column) && (self.what)(row)
    }
}

fn is_offline(column: &Column) -> bool {
    column.recipe.is_some_and(|recipe| recipe.mode == Mode::Offline)
}

const EXCEPTIONS: &[Exception] = &[
    Exception {
        who: is_offline,
        what: |row| row.expect == Expect::Budget,
        reason: "A gateway that checks tokens itself does not ask about good ones, so nothing is counted. Where budgets \
                 matter, as at the login, use the subrequest.",
    },
    Exception {
        who: is_offline,
        what: |row| row.expect == Expect::Closed,
        reason: "A gateway that checks tokens itself can recognise a good one without the verifier, and goes on admitting them.",
    },
];

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/gateway-matrix.md")
}

const HEAD: &str = "\
# What each gateway does with each request

Written by a test that sends every request, byte for byte, to every recipe of `deploy/` with the real gateway, the real
verifier and an origin that keeps what it receives, and to the verifier's own proxy. `cargo xtask test --only gateways`
sends them again and fails where anything has changed. How the recipes are set up is in [gateways.md](gateways.md).
`/login` fails closed, everything else fails open.

- *challenged*: the challenge page with 403.
- *denied*: the verifier does not judge a request that is stated in two ways.
- *refused*: the gateway does not take the request as it is, with this status.
- *closed*: 503, because there was no verdict.
- *admitted as*: the gateway gave the origin another spelling of the target.
- *kept out*: in HTTP/2 only whether the origin was reached is looked at. Recipes without HTTP/2 refuse it.
- *—*: the verifier's own proxy is the verifier. If it has failed, no requests are passed on.
";
