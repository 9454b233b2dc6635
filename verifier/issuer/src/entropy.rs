//! The one place that reads randomness.

/// Bytes from the operating system's generator.
///
/// # Panics
///
/// When the operating system has no randomness to give; nothing may then be issued.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // The generator is seeded long before a server starts, and does not fail after that.
    getrandom::fill(&mut bytes).expect("the operating system gives randomness");
    bytes
}
