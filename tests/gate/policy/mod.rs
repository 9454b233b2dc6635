//! What an operator's rules make of requests, through the whole verifier.

mod levels;
mod verdicts;
