//! Puzzles of kind 1: one SHA-256 compression of an attempt, written once over a lane type.
//!
//! `kernel` is the algorithm, `lanes` says what it needs of a lane, `search` goes through a range of nonces. Only this
//! file chooses the lane type.

mod kernel;
mod lanes;
mod search;

use core::ops::Range;

use lanes::Lane;
use search::first_share_on;

/// The lane type of this build.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
type Chosen = core::arch::wasm32::v128;
/// The lane type of this build.
#[cfg(all(target_arch = "wasm32", not(target_feature = "simd128")))]
type Chosen = u32;
/// The lane type of this build.
#[cfg(target_feature = "avx512f")]
type Chosen = wide::u32x16;
/// The lane type of this build.
#[cfg(all(target_feature = "avx2", not(target_feature = "avx512f")))]
type Chosen = wide::u32x8;
/// The lane type of this build.
#[cfg(not(any(target_arch = "wasm32", target_feature = "avx2", target_feature = "avx512f")))]
type Chosen = wide::u32x4;

/// How many nonces this build tries at once: 4 in WebAssembly with `simd128`, 1 without; natively 4, 8 with AVX2, 16 with
/// AVX-512.
pub const LANES: usize = Chosen::WIDTH;

/// A search for the first share: the prefix's words, the threshold's word, and the nonces, whose end may be 2³².
pub type Kernel = fn([u32; 12], u32, Range<u64>) -> Option<u32>;

/// Every search that this build has, with its number of lanes: for tests that compare them with each other, and for
/// benchmarks. [`Puzzle::first_share`](crate::Puzzle::first_share) uses the one with [`LANES`] lanes.
pub const KERNELS: &[(usize, Kernel)] = &[
    (1, first_share_on::<u32>),
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    (4, first_share_on::<Chosen>),
    #[cfg(not(target_arch = "wasm32"))]
    (4, first_share_on::<wide::u32x4>),
    #[cfg(not(target_arch = "wasm32"))]
    (8, first_share_on::<wide::u32x8>),
    #[cfg(not(target_arch = "wasm32"))]
    (16, first_share_on::<wide::u32x16>),
];

/// The first share on the lanes of this build.
pub(crate) fn first_share(prefix: [u32; 12], threshold: u32, nonces: Range<u64>) -> Option<u32> {
    first_share_on::<Chosen>(prefix, threshold, nonces)
}
