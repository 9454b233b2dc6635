//! Runs every scenario.

fn main() {
    let only = std::env::args().nth(1);
    for scenario in portcullis_simulation::Scenario::all() {
        if only.as_deref().is_none_or(|name| name == scenario.name) {
            let (row, _) = portcullis_simulation::simulate(&scenario);
            println!("{row:?}");
        }
    }
}
