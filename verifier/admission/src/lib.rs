//! Admission: which requests are admitted, and how far the gate is lowered. No HTTP and no I/O; the time is an
//! argument, so that the simulation of attacks runs the same code as the gate.
//!
//! # How a request is handled
//!
//! 1. [`judge`] decides on a request: it is [admitted](Admission::admit), asked for work, or asked to wait.
//! 2. [`pressure`] counts the request, and says what is asked of its client now. Once a second it takes the next
//!    stance; in mode `queue` it says whose turn it is.
//! 3. [`budget`] counts what each token has been used for.
//! 4. [`network_quota`] limits what each network gets: standing tokens, and the first turns of the queue.
//!
//! Beside these, [`control`] knows who sets the mode: an operator, the configuration with its schedule, or the
//! pressure.

pub mod budget;
pub mod control;
pub mod judge;
pub mod network_quota;
pub mod pressure;

pub use budget::{Allowance, Budget, Ledger, Purpose};
pub use control::schedule::Scheduled;
pub use control::week_time::{Day, WeekTime};
pub use control::{Control, ControlTerms, SetBy, Steering};
pub use judge::{Admission, Outcome, Request, RuleDemand, TokenIds};
pub use network_quota::NetworkQuota;
pub use pressure::{Mode, Pressure, Setting};
