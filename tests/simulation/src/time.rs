//! Virtual time, in microseconds since the simulation began.

use portcullis_challenge::UnixMillis;

/// A moment or a span, in microseconds.
pub type Time = u64;

/// One second.
pub const SECOND: Time = 1_000_000;

/// This many seconds.
pub fn seconds(count: f64) -> Time {
    (count * SECOND as f64) as Time
}

/// A span in seconds.
pub fn in_seconds(span: Time) -> f64 {
    span as f64 / SECOND as f64
}

/// A moment as the verifier knows it: some time after its own zero.
pub fn on_the_clock(now: Time) -> UnixMillis {
    UnixMillis(BEGINS + now / 1000)
}

/// Later than any age that a standing token is asked for.
const BEGINS: u64 = 30 * 24 * 60 * 60 * 1000;
