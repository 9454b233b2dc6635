//! What the tests share: the verifier in this process under a clock of the test's own, the real programs in processes
//! of their own, and an attacker who does what no browser would.

pub mod attacker;
pub mod in_process;
pub mod processes;
