//! The verifier in this process: the real router, a clock that stands still, a recording origin.
