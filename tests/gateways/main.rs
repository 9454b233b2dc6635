//! The recipes of `deploy/`, each with the real gateway, the real verifier and an origin that keeps what it received.
//!
//! `checks` are what every recipe must pass, `failing` those with a verifier that fails; `recipes` says how each gateway is
//! started and plugs the checks in, so that a test is called `recipes::nginx::subrequest::admits_with_a_token`. All tests of
//! a gateway have its name in theirs, and can be skipped where it is not to be had.

mod answer;
mod checks;
mod client;
mod corpus;
mod failing;
mod failure;
mod gateway;
mod latency;
mod manual;
mod origin;
mod recipe;
mod recipes;
mod rules;
mod site;
mod visit;
