//! The browser side of the challenge.
