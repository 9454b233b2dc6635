//! Runs every scenario.

fn main() {
    let only = std::env::args().nth(1);
    for scenario in portcullis_simulation::Scenario::all() {
        if only.as_deref().is_none_or(|name| name == scenario.name) {
            let (r, _) = portcullis_simulation::simulate(&scenario);
            println!(
                "{:16} served {:5.1} ret {:5.1} p50 {:5.2} p95 {:5.2} assets {:3.0} att {:4.0} react {:?} rec {:?} sd {:.3} most {:.2} wait {} nets {} tok {} without {:.1}",
                r.scenario,
                r.served * 100.,
                r.returning_served * 100.,
                r.p50_wait_s,
                r.p95_wait_s,
                r.assets * 100.,
                r.attackers_share * 100.,
                r.react_s,
                r.recover_s,
                r.sd_log2_difficulty.unwrap_or(-1.),
                r.most_asked_s,
                r.most_waiting,
                r.most_networks,
                r.tokens,
                r.served_without_gate * 100.
            );
        }
    }
}
