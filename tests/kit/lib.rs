//! What the tests share: the verifier in this process under a clock of the test's own, the real programs in processes
//! of their own, an attacker who does what no browser would, and the law that the time to solve follows.

pub mod attacker;
pub mod in_process;
pub mod processes;
pub mod solve_times;
