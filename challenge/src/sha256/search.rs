//! The search of a range of nonces, vector by vector.

use core::ops::Range;

use super::kernel::Midstate;
use super::lanes::Lane;

/// The first nonce in `nonces` whose attempt ends in a word not above `threshold`, on lanes of type `L`.
pub(super) fn first_share_on<L: Lane>(prefix: [u32; 12], threshold: u32, nonces: Range<u64>) -> Option<u32> {
    let start = Midstate::<L>::new(prefix);
    let end = nonces.end.min(1 << 32);
    let mut next = nonces.start;
    while next < end {
        let hits = start.last_word(L::counting_from(next as u32)).not_above(threshold);
        if hits != 0 {
            let share = next + u64::from(hits.trailing_zeros());
            // Lanes beyond the end belong to another search, or have wrapped.
            return (share < end).then_some(share as u32);
        }
        next += L::WIDTH as u64;
    }
    None
}
