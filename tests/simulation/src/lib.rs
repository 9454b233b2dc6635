//! A site under attack, in virtual time: people who want to log in, attackers who want them not to, an origin with a
//! limit, and between them the verifier's own policy: `pressure::Pressure`, `pressure::FairQueue`,
//! `admission::Admission` and `budget::Ledger`, called as the verifier calls them, with another clock.
//!
//! Nothing is hashed: a solution takes as long as the law of its shares says. The same seed gives the same table.
//!
//! [`Scenario`] says what happens, `World` lets it happen, [`Record`] writes it down, and [`Row`] is the result.
//! `report` makes tables of rows, and `plot` pictures of records.

mod attacker;
mod gate;
pub mod origin;
mod people;
pub mod plot;
pub mod random;
pub mod record;
pub mod report;
pub mod scenario;
pub mod time;
mod world;

pub use record::{Record, Row};
pub use scenario::Scenario;

/// Lets a scenario happen, with the gate or without one. The same `seed` gives the same record.
pub fn run(scenario: &Scenario, has_gate: bool, seed: u64) -> Record {
    let admission = gate::admission(scenario, has_gate);
    world::World::new(scenario, &admission, seed).run()
}
