//! The solution (4 k bytes), and its one textual form.

use core::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};

use crate::{ParseError, ShareCount};

/// The longest solution in bytes.
pub const SOLUTION_MAX_LEN: usize = 4 * ShareCount::MAX;
/// The longest solution as base64url without padding.
pub const SOLUTION_TEXT_MAX_LEN: usize = 342;

/// 1 to 64 strictly increasing nonces: well formed by construction, so duplicates cannot exist. Not yet verified.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Solution {
    nonces: [u32; ShareCount::MAX],
    count: ShareCount,
}

impl Solution {
    /// A solution from nonces in order.
    ///
    /// # Errors
    ///
    /// [`ParseError::Nonces`] unless there are 1 to 64 of them and each is greater than the one before.
    pub fn new(nonces: &[u32]) -> Result<Self, ParseError> {
        let count = u8::try_from(nonces.len()).ok().and_then(ShareCount::new).ok_or(ParseError::Nonces)?;
        if !nonces.is_sorted_by(|earlier, later| earlier < later) {
            return Err(ParseError::Nonces);
        }
        let mut all = [0; ShareCount::MAX];
        all[..nonces.len()].copy_from_slice(nonces);
        Ok(Self { nonces: all, count })
    }

    /// Reads the canonical base64url text of a solution.
    ///
    /// # Errors
    ///
    /// [`ParseError`] for a text that is too long, not canonical, not a whole number of nonces, or out of order.
    pub fn parse(text: &[u8]) -> Result<Self, ParseError> {
        if text.len() > SOLUTION_TEXT_MAX_LEN {
            return Err(ParseError::Encoding);
        }
        let mut bytes = [0; SOLUTION_MAX_LEN];
        let decoded = Base64UrlUnpadded::decode(text, &mut bytes).map_err(|_| ParseError::Encoding)?;
        let (words, rest) = decoded.as_chunks::<4>();
        if !rest.is_empty() {
            return Err(ParseError::Nonces);
        }
        let mut nonces = [0; ShareCount::MAX];
        for (nonce, word) in nonces.iter_mut().zip(words) {
            *nonce = u32::from_be_bytes(*word);
        }
        Self::new(&nonces[..words.len()])
    }

    /// Writes the solution as base64url without padding into `buffer` and returns it.
    pub fn to_text<'buffer>(&self, buffer: &'buffer mut [u8; SOLUTION_TEXT_MAX_LEN]) -> &'buffer str {
        let mut bytes = [0; SOLUTION_MAX_LEN];
        let (words, _) = bytes.as_chunks_mut::<4>();
        for (word, nonce) in words.iter_mut().zip(self.nonces()) {
            *word = nonce.to_be_bytes();
        }
        // The buffer holds the longest solution, so encoding cannot fail.
        Base64UrlUnpadded::encode(&bytes[..4 * self.nonces().len()], buffer).unwrap_or_default()
    }

    /// The nonces, in order.
    pub fn nonces(&self) -> &[u32] {
        &self.nonces[..usize::from(self.count.count())]
    }
}

impl fmt::Debug for Solution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Solution").field(&self.nonces()).finish()
    }
}
