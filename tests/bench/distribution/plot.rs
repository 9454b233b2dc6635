//! The plot: which part of all solves is done after how long, simulated and in a browser, with the law behind them.
//!
//! It brings its own background, so that it can be read on light and dark pages alike.

use std::fmt::Write as _;

use portcullis_tests::solve_times::{Erlang, Sample};

/// The plot as SVG, for solutions of 32 shares.
pub(crate) fn of(simulated: &Sample, real: &Sample) -> String {
    let mut body = String::new();
    axes(&mut body);
    let _ = writeln!(body, r#"<path class="h" d="{}"/>"#, curve(Erlang::of(1)));
    let _ = writeln!(body, r#"<path class="l" d="{}"/>"#, curve(Erlang::of(32)));
    let _ = writeln!(body, r#"<path class="s" d="{}"/>"#, steps(simulated));
    let _ = writeln!(body, r#"<path class="r" d="{}"/>"#, steps(real));
    legend(&mut body, simulated, real);
    frame(simulated, real, &body)
}

fn axes(body: &mut String) {
    for tenth in (0..=10).step_by(2) {
        let part = f64::from(tenth) / 10.0;
        let _ = writeln!(body, r#"<path class="g" d="M{LEFT} {0}H{1}"/>"#, y(part), x(LATEST));
        let _ = writeln!(
            body,
            r#"<text class="q" text-anchor="end" x="{}" y="{}">{} %</text>"#,
            LEFT - 8.0,
            y(part) + 4.0,
            10 * tenth
        );
    }
    for half in 0..=(2.0 * LATEST) as u32 {
        let time = f64::from(half) / 2.0;
        let _ = writeln!(
            body,
            r#"<text class="q" text-anchor="middle" x="{}" y="{}">{time} ×</text>"#,
            x(time),
            y(0.0) + 20.0
        );
    }
}

/// A law as a line.
fn curve(law: Erlang) -> String {
    let points = (0..=POINTS).map(|step| LATEST * f64::from(step) / f64::from(POINTS));
    path(points.map(|time| (time, law.distribution(time))))
}

/// A sample as steps: as many of its times as can be told apart in the plot.
fn steps(sample: &Sample) -> String {
    let count = sample.times().len();
    let every = count.div_ceil(POINTS as usize);
    let places = (0..count).step_by(every).chain([count - 1]);
    path(places.map(|place| (sample.times()[place].min(LATEST), (place + 1) as f64 / count as f64)))
}

fn path(points: impl Iterator<Item = (f64, f64)>) -> String {
    let mut path = String::new();
    for (time, part) in points {
        let command = if path.is_empty() { 'M' } else { 'L' };
        let _ = write!(path, "{command}{:.1} {:.1}", x(time), y(part));
    }
    path
}

fn legend(body: &mut String, simulated: &Sample, real: &Sample) {
    let ratio = |sample: &Sample| sample.quantile(0.99) / sample.quantile(0.5);
    let hard = Erlang::of(1);
    let lines = [
        ("s", format!("{} solves simulated, p99/p50 {:.2}", simulated.times().len(), ratio(simulated))),
        ("r", format!("{} visits with Chromium, {:.2}", real.times().len(), ratio(real))),
        ("l", "Gamma(32): the law".to_owned()),
        ("h", format!("one hard puzzle, {:.1}", hard.quantile(0.99) / hard.quantile(0.5))),
    ];
    for (place, (class, words)) in (0_u32..).zip(lines) {
        let at = y(0.0) - 84.0 + 20.0 * f64::from(place);
        let start = x(1.45);
        let _ = writeln!(body, r#"<path class="{class}" d="M{start} {}h24"/>"#, at - 4.0);
        let _ = writeln!(body, r#"<text x="{}" y="{at}">{words}</text>"#, start + 32.0);
    }
}

fn frame(simulated: &Sample, real: &Sample, body: &str) -> String {
    let title = "How long a challenge of 32 shares takes, over the mean";
    let told = |name: &str, sample: &Sample| {
        let [p50, p95, p99] = [0.5, 0.95, 0.99].map(|part| sample.quantile(part));
        format!("{name}: half are done after {p50:.2} times the mean, 95 % after {p95:.2}, 99 % after {p99:.2}.")
    };
    let description = format!("{} {}", told("Simulated", simulated), told("With Chromium", real));
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="t d">
<!-- Drawn by `cargo xtask bench distribution`. The whole command is below the title: two hyphens end a comment. -->
<title id="t">{title}</title>
<desc id="d">{description}</desc>
<style>{STYLE}</style>
<rect class="p" x=".5" y=".5" width="{}" height="{}" rx="8"/>
<text class="b" x="16" y="28">{title}</text>
<text class="q" x="16" y="46">Part of all solves that are done. Redraw: cargo xtask bench distribution --svg docs/solve-times.svg</text>
{body}</svg>
"#,
        WIDTH - 1.0,
        HEIGHT - 1.0,
    )
}

fn x(time: f64) -> f64 {
    LEFT + time / LATEST * (WIDTH - LEFT - 24.0)
}

fn y(part: f64) -> f64 {
    HEIGHT - 36.0 - part * (HEIGHT - 36.0 - 66.0)
}

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 64.0;
/// The right edge, in means. One solve of a hundred hard puzzles takes longer still.
const LATEST: f64 = 3.0;
const POINTS: u32 = 150;

const STYLE: &str = "text{font:13px system-ui,sans-serif;fill:#1f2328}.q{fill:#59636e}.b{font-weight:600}\
    .p{fill:#fff;stroke:#d1d9e0}path{fill:none;stroke-width:2}.g{stroke:#d1d9e0;stroke-width:1}.l{stroke:#59636e}\
    .s{stroke:#0969da;stroke-dasharray:5 3}.r{stroke:#bc4c00}.h{stroke:#818b98;stroke-dasharray:2 3}\
    @media(prefers-color-scheme:dark){text{fill:#f0f6fc}.q{fill:#9198a1}.p{fill:#0d1117;stroke:#3d444d}\
    .g{stroke:#3d444d}.l{stroke:#9198a1}.s{stroke:#4493f8}.r{stroke:#f0883e}.h{stroke:#656c76}}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plot_has_both_samples_and_both_laws_and_stays_small() {
        let even = |count: u32| {
            let law = Erlang::of(32);
            Sample::over(
                (0..count).map(|place| law.quantile((f64::from(place) + 0.5) / f64::from(count))).collect(),
                1.0,
            )
        };
        let plot = of(&even(2_000), &even(100));
        for class in ["s", "r", "l", "h"] {
            assert_eq!(plot.matches(&format!(r#"<path class="{class}""#)).count(), 2, "{class}: a line and its legend");
        }
        assert!(
            plot.contains("2000 solves simulated, p99/p50 1.4") && plot.contains("100 visits with Chromium"),
            "{plot}"
        );
        assert!(plot.len() <= 15_000, "{} bytes", plot.len());
        // Two hyphens in a comment, and it is not XML.
        let comment = plot.split_once("<!--").and_then(|(_, rest)| rest.split_once("-->")).map(|(comment, _)| comment);
        assert!(comment.is_some_and(|comment| !comment.contains("--")), "{comment:?}");
        assert!(!plot.contains("NaN") && !plot.contains("inf"), "{plot}");
    }
}
