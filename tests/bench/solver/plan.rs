//! Who is measured, and when.
//!
//! What the others publish is installed by `package-lock.json`, run unmodified, and never shipped:
//!
//! | package | licence | puzzle | how attempts are counted |
//! |---|---|---|---|
//! | `@cap.js/widget`, `@cap.js/wasm` | Apache-2.0 | SHA-256 | the nonce found, from 0 |
//! | `@mcaptcha/pow-wasm` | MIT or Apache-2.0 | SHA-256 | the nonce found, from 1 |
//! | `friendly-challenge` (and `friendly-pow` in it) | MIT | BLAKE2b | the nonce found, from 0 |
//! | `altcha` | MIT | SHA-256 or PBKDF2 through WebCrypto | the counter found, from 0 |
//! | crate `sha2` | MIT or Apache-2.0 | ours | nonces handed out |

use anyhow::{Context, Result};
use serde_json::json;

use crate::driver::Session;
use crate::figures::{Row, median};

/// A solver, as `page/contestants.js` calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Solver {
    /// Its name in the figures.
    pub(crate) name: &'static str,
    /// What it is, for readers of the chart.
    pub(crate) title: &'static str,
    /// Whose it is.
    pub(crate) side: Side,
    /// What its figure counts.
    pub(crate) unit: Unit,
}

/// Whose a solver is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// Shipped by us.
    Ours,
    /// Published by another page.
    Peer,
    /// Neither: what the crate `sha2` alone would give.
    Yardstick,
}

/// What is counted, in millions a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Attempts: one compression each.
    Attempts,
    /// SHA-256 compressions, of which an attempt takes thousands.
    Compressions,
}

/// Everyone, in the order of the table.
pub(crate) const SOLVERS: [Solver; 11] = {
    use Side::{Ours, Peer, Yardstick};
    use Unit::{Attempts, Compressions};
    const fn solver(name: &'static str, title: &'static str, side: Side, unit: Unit) -> Solver {
        Solver { name, title, side, unit }
    }
    [
        solver("portcullis-simd", "Portcullis, WebAssembly SIMD", Ours, Attempts),
        solver("portcullis-scalar", "Portcullis, WebAssembly 1.0", Ours, Attempts),
        solver("portcullis-js", "Portcullis, plain JavaScript", Ours, Attempts),
        solver("sha2-simd128", "crate sha2, WebAssembly SIMD", Yardstick, Attempts),
        solver("cap", "Cap", Peer, Attempts),
        solver("mcaptcha", "mCaptcha", Peer, Attempts),
        solver("friendly", "Friendly Captcha (BLAKE2b)", Peer, Attempts),
        solver("altcha-sha", "ALTCHA, SHA-256", Peer, Attempts),
        solver("webcrypto-loop", "WebCrypto, one digest an attempt", Peer, Attempts),
        solver("portcullis-pbkdf2", "Portcullis, PBKDF2 through WebCrypto", Ours, Compressions),
        solver("altcha-pbkdf2", "ALTCHA, PBKDF2", Peer, Compressions),
    ]
};

/// Measured only when the file was given.
pub(crate) const CAP_FILE: Solver =
    Solver { name: "cap-file", title: "Cap, newer than on npm", side: Side::Peer, unit: Unit::Attempts };

/// How long, how often, and whom.
pub(crate) struct Plan {
    solvers: Vec<Solver>,
    quick: bool,
    rounds: usize,
    warm_ms: u32,
    time_ms: u32,
}

impl Plan {
    /// The full plan takes about two seconds a figure; the quick one goes the same way once, with one worker.
    pub(crate) fn new(quick: bool, cap_file: bool) -> Self {
        let solvers = SOLVERS.into_iter().chain(cap_file.then_some(CAP_FILE)).collect();
        let (rounds, warm_ms, time_ms) = if quick { (1, 0, 1) } else { (5, 300, 400) };
        Self { solvers, quick, rounds, warm_ms, time_ms }
    }

    /// Measures everyone in one browser, with one worker and with all.
    ///
    /// # Errors
    /// When one solver fails: a table without it would look complete.
    pub(crate) async fn measure(&self, session: &Session) -> Result<Vec<Row>> {
        let all = session.all_workers().await?;
        let counts = if self.quick || all == 1 { vec![1] } else { vec![1, all] };
        let mut rows = Vec::new();
        for workers in counts {
            rows.extend(self.measure_with(session, workers).await?);
        }
        Ok(rows)
    }

    /// One after the other, round after round, so that whatever slows the machine for a while slows all alike.
    async fn measure_with(&self, session: &Session, workers: u64) -> Result<Vec<Row>> {
        let mut rates = vec![Vec::new(); self.solvers.len()];
        for round in 1..=self.rounds {
            eprintln!("{} ×{workers}: round {round} of {}", session.version, self.rounds);
            for (solver, rates) in self.solvers.iter().zip(&mut rates) {
                let plan = json!({ "workers": workers, "warmMs": self.warm_ms, "timeMs": self.time_ms });
                rates.push(session.rate(solver.name, plan).await?);
            }
        }
        let row = |(solver, rates): (&Solver, Vec<f64>)| {
            let mhs = median(rates).with_context(|| format!("{} was not measured", solver.name))?;
            Ok(Row { solver: solver.name.into(), browser: session.browser.name().into(), workers, mhs })
        };
        self.solvers.iter().zip(rates).map(row).collect()
    }
}
