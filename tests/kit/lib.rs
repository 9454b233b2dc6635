//! What the tests share: the verifier in this process under a clock of the test's own, the real programs in processes
//! of their own, an attacker that does what no browser would, a name server that says what it is told to, what the
//! manual shows between fences, and the law that the time to solve follows.

pub mod attacker;
pub mod in_process;
pub mod manual;
pub mod name_server;
pub mod processes;
pub mod solve_times;
