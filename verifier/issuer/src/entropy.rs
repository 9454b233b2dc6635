//! The one place that reads randomness.

/// Bytes from the operating system's generator.
///
/// # Panics
///
/// If the operating system has no randomness to give; then nothing may be issued.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // The generator is seeded long before a server starts, and does not fail after that.
    getrandom::fill(&mut bytes).expect("the operating system gives randomness");
    bytes
}
