//! A worker's search, in slices of time.

use js_sys::Uint32Array;
use portcullis_challenge::{Challenge, Search, ShareCount, Step};
use wasm_bindgen::prelude::*;
use web_sys::Performance;

use crate::pace::Pace;

#[wasm_bindgen]
extern "C" {
    /// The global of that name, which a window and a worker both have.
    #[wasm_bindgen(thread_local_v2, js_name = performance)]
    static PERFORMANCE: Performance;
}

/// A search through one range of nonces for the shares of one challenge.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Solver {
    search: Search,
    pace: Pace,
    shares: usize,
    found: [u32; ShareCount::MAX],
    exhausted: bool,
}

#[wasm_bindgen]
impl Solver {
    /// A search of the challenge in `challenge` from the nonce `first` up to and without `end`, which may be 2³².
    ///
    /// The bounds are numbers as JavaScript has them, because 2³² is one more than a `u32` holds.
    ///
    /// # Errors
    ///
    /// When the text is not a challenge of a version and kind this solver knows.
    #[wasm_bindgen(constructor)]
    pub fn new(challenge: &str, first: f64, end: f64) -> Result<Self, JsError> {
        let challenge = Challenge::parse(challenge.as_bytes())?;
        Ok(Self {
            search: Search::new(&challenge.prefix(), challenge.fields.threshold, first as u64..end as u64),
            pace: Pace::unknown(),
            shares: usize::from(challenge.fields.shares.count()),
            found: [0; ShareCount::MAX],
            exhausted: false,
        })
    }

    /// Searches for about `milliseconds` and returns the nonces of the shares found in that time, in increasing order.
    ///
    /// Returns sooner with as many shares as the challenge asks for, and at the end of the range. The worker is deaf
    /// meanwhile, so let a slice be short: the first ones are shorter still, until the device's pace is known.
    #[wasm_bindgen(js_name = searchFor)]
    pub fn search_for(&mut self, milliseconds: f64) -> Uint32Array {
        let first = self.search.position();
        let started = PERFORMANCE.with(Performance::now);
        let count = self.advance(first + u64::from(self.pace.attempts(milliseconds)));
        let elapsed = PERFORMANCE.with(Performance::now) - started;
        self.pace.observe(self.search.position() - first, elapsed);
        Uint32Array::new_from_slice(&self.found[..count])
    }

    /// The first nonce not tried yet: where another worker goes on if this one is lost.
    #[wasm_bindgen(getter)]
    pub fn position(&self) -> f64 {
        // At most 2³², so the number is exact.
        self.search.position() as f64
    }

    /// Whether the range is done.
    #[wasm_bindgen(getter)]
    pub fn exhausted(&self) -> bool {
        self.exhausted
    }

    /// Fills `found` until the nonce `stop` and returns how many it holds.
    fn advance(&mut self, stop: u64) -> usize {
        let mut count = 0;
        while count < self.shares {
            // Even with no attempt left, shares of the vector tried last may wait to be handed out.
            let left = stop.saturating_sub(self.search.position()) as u32;
            match self.search.advance(left) {
                Step::Found(nonce) => {
                    self.found[count] = nonce;
                    count += 1;
                }
                Step::BudgetSpent => break,
                Step::Exhausted => {
                    self.exhausted = true;
                    break;
                }
            }
        }
        count
    }
}
