//! What is not in the one form the protocol allows.

use core::fmt;

/// A message that is not in the one form the protocol allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseError {
    /// Not canonical base64url, or not of the right length.
    Encoding,
    /// A version other than 1.
    Version,
    /// A puzzle kind this verifier does not set.
    Kind,
    /// A parameter outside its range.
    Parameter,
    /// Nonces that are too few, too many, out of order or repeated.
    Nonces,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Encoding => "not canonical base64url of the right length",
            Self::Version => "unknown protocol version",
            Self::Kind => "unknown puzzle kind",
            Self::Parameter => "a parameter is outside its range",
            Self::Nonces => "the nonces are not 1 to 64 in strictly increasing order",
        })
    }
}

impl core::error::Error for ParseError {}
