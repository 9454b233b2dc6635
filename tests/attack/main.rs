//! A live attack: a flood by wrk, native solvers and headless browsers at once, against the real program in front of a site
//! that is small, while visitors log in. `docs/live-attack.md` says what is measured.
//!
//! Everything is bounded in count and time, is on loopback, and ends with the test.

mod attackers;
mod course;
mod modes;
mod report;
mod site;
mod visitors;

use course::Course;
use report::{Demands, Report};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrk_solvers_and_chromium_attack_and_visitors_log_in_all_the_same() {
    let course = Course::as_asked();
    let report = Report { without: course.without_the_gate().await, with: course.with_the_gate().await };
    println!("{report}");
    report.meets(&Demands::default());
}
