//! A page as gzip (RFC 1952), for the price of copying it: what is the same for all visitors is compressed once, at
//! start.
//!
//! A page is a chain of [`Segment`]s with something of the visitor's own after each, and its gzip form is
//!
//! ```text
//! header │ segment, deflated │ its own bytes, stored │ segment │ … │ empty last block │ CRC-32 │ length
//! ```
//!
//! - A segment ends with a sync flush, so on a whole byte, and in the head of a stored block (RFC 1951, 3.2.4). That
//!   block is empty until the visitor's bytes are put into it; nothing else changes.
//! - A segment refers to nothing outside itself: how far away that would be depends on the bytes between.
//! - The checksums of segments are combined, not computed. An answer costs about a microsecond, two or three times the
//!   plain one; compressing it again, even at the fastest level, would cost thirty times as much, and a flood would
//!   choose when.
//!
//! Nothing that a request can influence is ever compressed, and neither is anything secret: challenge, host and carried
//! form are in stored blocks. So the length of an answer reveals their length and nothing about their content, and it
//! cannot be used as a compression oracle (as in BREACH).

use std::io::{self, Write as _};

use crc32fast::Hasher;
use flate2::Compression;
use flate2::write::DeflateEncoder;

/// Text that is the same for every visitor, ready to send in both forms.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    text: String,
    /// Up to the length of the stored block it ends in.
    deflated: Vec<u8>,
    checksum: Hasher,
}

impl Segment {
    /// Compresses `text`, as small as it goes.
    ///
    /// # Errors
    ///
    /// If the compressor does not do what it documents.
    pub(super) fn new(text: String) -> io::Result<Self> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text.as_bytes())?;
        encoder.flush()?;
        let deflated = encoder.get_ref().strip_suffix(&length_of(&[])).map(<[u8]>::to_vec);
        let deflated = deflated.ok_or_else(|| io::Error::other("a sync flush ends with an empty stored block"))?;
        let mut checksum = Hasher::new();
        checksum.update(text.as_bytes());
        Ok(Self { text, deflated, checksum })
    }

    /// The text itself.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether it takes fewer bytes than its text, which could stand in the stored block before it.
    pub(super) fn is_smaller(&self) -> bool {
        self.deflated.len() + length_of(&[]).len() < self.text.len()
    }
}

/// A gzip member that is being assembled.
#[derive(Debug)]
pub(super) struct Member {
    bytes: Vec<u8>,
    checksum: Hasher,
    /// Of what it unpacks to.
    length: usize,
}

impl Member {
    pub(super) fn new() -> Self {
        let mut bytes = Vec::with_capacity(USUAL_LENGTH);
        bytes.extend(HEADER);
        Self { bytes, checksum: Hasher::new(), length: 0 }
    }

    /// Adds a segment, and what follows it as it is.
    pub(super) fn push(&mut self, segment: &Segment, stored: &[u8]) {
        self.bytes.extend_from_slice(&segment.deflated);
        self.checksum.combine(&segment.checksum);
        let (first, rest) = stored.split_at(stored.len().min(MAX_STORED));
        self.bytes.extend(length_of(first));
        self.bytes.extend_from_slice(first);
        for block in rest.chunks(MAX_STORED) {
            self.bytes.push(STORED);
            self.bytes.extend(length_of(block));
            self.bytes.extend_from_slice(block);
        }
        self.checksum.update(stored);
        self.length += segment.text.len() + stored.len();
    }

    /// The whole member.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.bytes.extend(EMPTY_LAST_BLOCK);
        self.bytes.extend(self.checksum.finalize().to_le_bytes());
        // ISIZE: the length modulo 2^32.
        self.bytes.extend(&self.length.to_le_bytes()[..4]);
        self.bytes
    }
}

/// The length of a stored block, of at most [`MAX_STORED`] bytes, and its complement.
fn length_of(block: &[u8]) -> [u8; 4] {
    let [low, high, ..] = block.len().to_le_bytes();
    [low, high, !low, !high]
}

/// Deflate, no name, no time, smallest, from an unknown system (RFC 1952, 2.3.1).
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255];
/// The head of a stored block that is not the last, on a whole byte.
const STORED: u8 = 0;
/// The last block, of the fixed code, with nothing but its end.
const EMPTY_LAST_BLOCK: [u8; 2] = [3, 0];
const MAX_STORED: usize = 65_535;
/// Enough for a page without a carried form.
const USUAL_LENGTH: usize = 4 << 10;

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::GzDecoder;
    use proptest::collection::vec;
    use proptest::prelude::{ProptestConfig, any, proptest};
    use proptest::test_runner::RngSeed;

    use super::*;

    proptest! {
        // The same cases on every run.
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(0x677a),
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn any_chain_of_segments_and_stored_bytes_is_unpacked_as_it_was(
            chain in vec(("[ -~]{0,300}|(ab|<p>){0,200}", vec(any::<u8>(), 0..300)), 0..6),
        ) {
            let parts: Vec<(&str, &[u8])> = chain.iter().map(|(text, stored)| (&text[..], &stored[..])).collect();
            let expected: Vec<u8> = parts.iter().flat_map(|(text, stored)| [text.as_bytes(), stored].concat()).collect();
            assert_eq!(unpacked(&member(&parts)), expected);
        }
    }

    fn member(parts: &[(&str, &[u8])]) -> Vec<u8> {
        let mut member = Member::new();
        for (text, stored) in parts {
            member.push(&Segment::new((*text).to_owned()).unwrap(), stored);
        }
        member.finish()
    }

    /// Unpacks one member that fills `gzip`; the decoder checks the checksum and the length.
    fn unpacked(gzip: &[u8]) -> Vec<u8> {
        let (mut decoder, mut text) = (GzDecoder::new(gzip), Vec::new());
        decoder.read_to_end(&mut text).unwrap();
        assert!(decoder.into_inner().is_empty(), "nothing follows");
        text
    }

    /// Bytes that no compressor makes shorter.
    fn noise(length: usize) -> Vec<u8> {
        let mut state = 1u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        };
        (0..length).map(|_| next()).collect()
    }

    #[test]
    fn stored_bytes_of_any_length_are_unpacked_as_they_were() {
        for length in [0, 1, 2, 255, 256, 4095, 65_534, 65_535, 65_536, 65_537, 131_070, 131_071, 400_000] {
            for other in [0, 1, 65_536] {
                let (a, b) = (noise(length), noise(other));
                let gzip = member(&[("<p>the first text</p>", &a), ("<p>the second</p>", &b), ("", b"z")]);
                let expected = [b"<p>the first text</p>", &a[..], b"<p>the second</p>", &b, b"z"].concat();
                assert!(unpacked(&gzip) == expected, "{length} and {other} bytes");
            }
        }
    }

    #[test]
    fn stored_bytes_are_never_compressed_not_even_with_themselves() {
        let secret = b"the same, the same, the same, the same";
        let gzip = member(&[("the same, the same, the same", secret), ("the same, the same", secret)]);
        assert_eq!(gzip.windows(secret.len()).filter(|bytes| bytes == secret).count(), 2);
        let other = member(&[("the same, the same, the same", &noise(38)), ("the same, the same", &noise(38))]);
        assert_eq!(gzip.len(), other.len(), "the length depends on nothing but lengths");
    }

    #[test]
    fn a_segment_knows_whether_it_is_worth_it() {
        let smaller = |text: &str| Segment::new(text.to_owned()).unwrap().is_smaller();
        assert!(smaller(&"<p hidden data-when=\"working\">".repeat(9)));
        assert!(!smaller("\" data-form-notice=\""));
        assert!(!smaller(""));
    }
}
