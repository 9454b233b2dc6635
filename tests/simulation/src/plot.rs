//! Pictures of a scenario: who logged in, how far the gate was lowered, how much work was asked for, and what the origin was
//! given, second by second.

use std::fmt::Write as _;

use portcullis_admission::pressure::Mode;

use crate::record::{Record, Second};
use crate::scenario::{PEACE, Scenario};
use crate::time::SECOND;

/// The picture as SVG, light or dark as its reader has it.
pub fn of(scenario: &Scenario, with: &Record, without: &Record) -> String {
    // Who came last is still there when the scenario ends.
    let shown = with.seconds.len().saturating_sub(STILL_THERE) / STEP * STEP;
    let frame = Frame::new(scenario, shown);
    let mut body = String::new();
    frame.attack(&mut body);
    let (with, without) = (steps(&with.seconds[..shown]), steps(&without.seconds[..shown.min(without.seconds.len())]));
    frame.panel(&mut body, 0, "People who logged in", &[(0.0, "0 %"), (1.0, "100 %")]);
    frame.line(&mut body, 0, "n", &without, |step| step.served);
    frame.line(&mut body, 0, "s", &with, |step| step.served);
    let modes = Mode::ALL.map(|mode| (mode as u8 as f64 / 4.0, mode.name()));
    frame.panel(&mut body, 1, "Mode", &modes);
    frame.line(&mut body, 1, "m", &with, |step| step.mode / 4.0);
    frame.panel(&mut body, 2, "Work asked of everybody", &[(0.0, "× 1"), (2.0 / 3.4, "× 4"), (1.0, "× 10")]);
    frame.line(&mut body, 2, "d", &with, |step| step.bits / 3.4);
    frame.panel(&mut body, 3, "What the site was given", &[(0.0, "0"), (1.0 / 1.2, "all it can do")]);
    let capacity = scenario.site.capacity;
    frame.area(&mut body, 3, "a", &with, |step| ((step.people + step.attackers) / capacity / 1.2).min(1.0));
    frame.area(&mut body, 3, "p", &with, |step| (step.people / capacity / 1.2).min(1.0));
    let title = format!("{}: {}", scenario.name, scenario.about);
    whole(&title, &body)
}

/// A few seconds together.
struct Step {
    served: f64,
    mode: f64,
    bits: f64,
    people: f64,
    attackers: f64,
}

fn steps(seconds: &[Second]) -> Vec<Step> {
    let steps = seconds.chunks_exact(STEP).map(|seconds| {
        let mean = |value: fn(&Second) -> f64| seconds.iter().map(value).sum::<f64>() / STEP as f64;
        let (came, served) = (mean(|second| second.came.into()), mean(|second| second.served.into()));
        Step {
            served: if came > 0.0 { served / came } else { 1.0 },
            mode: seconds.iter().map(|second| f64::from(second.mode as u8)).fold(0.0, f64::max),
            bits: mean(|second| second.bits),
            people: mean(|second| second.people.into()),
            attackers: mean(|second| second.attackers.into()),
        }
    });
    steps.collect()
}

/// Where things are.
struct Frame {
    seconds: f64,
    begin: f64,
    over: f64,
}

impl Frame {
    fn new(scenario: &Scenario, seconds: usize) -> Self {
        let at = |time| (time / SECOND) as f64;
        Self { seconds: seconds as f64, begin: at(PEACE), over: at(scenario.over()) }
    }

    fn x(&self, second: f64) -> f64 {
        LEFT + second / self.seconds * (WIDTH - LEFT - RIGHT)
    }

    /// When the attack is.
    fn attack(&self, body: &mut String) {
        let (from, to) = (self.x(self.begin), self.x(self.over));
        let height = bottom(3) - top(0);
        let _ = writeln!(
            body,
            r#"<rect class="k" x="{from:.1}" y="{}" width="{:.1}" height="{height}"/>"#,
            top(0),
            to - from
        );
        let middle = (from + to) / 2.0;
        let _ = writeln!(
            body,
            r#"<text class="q" text-anchor="middle" x="{middle:.1}" y="{}">attack</text>"#,
            top(0) - 28.0
        );
        for minute in (0..=(self.seconds / 60.0) as u32).step_by(if self.seconds > 600.0 { 2 } else { 1 }) {
            let x = self.x(f64::from(minute) * 60.0);
            let _ = writeln!(
                body,
                r#"<text class="q" text-anchor="middle" x="{x:.1}" y="{}">{minute} min</text>"#,
                bottom(3) + 18.0
            );
        }
    }

    fn panel(&self, body: &mut String, panel: usize, title: &str, marks: &[(f64, &str)]) {
        let _ = writeln!(body, r#"<text x="{LEFT}" y="{}">{title}</text>"#, top(panel) - 8.0);
        for (height, name) in marks {
            let y = y(panel, *height);
            let _ = writeln!(body, r#"<path class="g" d="M{LEFT} {y:.1}H{}"/>"#, WIDTH - RIGHT);
            let _ = writeln!(
                body,
                r#"<text class="q" text-anchor="end" x="{}" y="{:.1}">{name}</text>"#,
                LEFT - 8.0,
                y + 4.0
            );
        }
    }

    fn line(&self, body: &mut String, panel: usize, class: &str, steps: &[Step], value: impl Fn(&Step) -> f64) {
        let _ = writeln!(body, r#"<path class="{class}" d="M{}"/>"#, self.points(panel, steps, value));
    }

    fn area(&self, body: &mut String, panel: usize, class: &str, steps: &[Step], value: impl Fn(&Step) -> f64) {
        let floor = y(panel, 0.0);
        let points = self.points(panel, steps, value);
        let end = self.x((steps.len() * STEP) as f64);
        let _ = writeln!(body, r#"<path class="{class}" d="M{LEFT} {floor}L{points}L{end:.1} {floor}Z"/>"#);
    }

    fn points(&self, panel: usize, steps: &[Step], value: impl Fn(&Step) -> f64) -> String {
        let point = |(index, step): (usize, &Step)| {
            format!("{:.1} {:.1}", self.x((index * STEP) as f64 + STEP as f64 / 2.0), y(panel, value(step)))
        };
        steps.iter().enumerate().map(point).collect::<Vec<_>>().join("L")
    }
}

fn whole(title: &str, body: &str) -> String {
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="t d">
<!-- Drawn by `cargo xtask simulate` with the option plots. -->
<title id="t">{title}</title>
<desc id="d">{DESCRIPTION}</desc>
<style>{STYLE}</style>
<rect class="f" x=".5" y=".5" width="{}" height="{}" rx="8"/>
<text class="b" x="16" y="28">{title}</text>
{body}<path class="s" d="M440 {LEGEND}h20"/><text class="q" x="466" y="{}">with the gate</text>
<path class="n" d="M560 {LEGEND}h20"/><text class="q" x="586" y="{}">without</text>
<rect class="p" x="440" y="{}" width="20" height="10"/><text class="q" x="466" y="{}">people</text>
<rect class="a" x="560" y="{}" width="20" height="10"/><text class="q" x="586" y="{}">attackers</text>
</svg>
"#,
        WIDTH - 1.0,
        HEIGHT - 1.0,
        LEGEND + 4.0,
        LEGEND + 4.0,
        top(3) - 17.0,
        top(3) - 8.0,
        top(3) - 17.0,
        top(3) - 8.0,
    )
}

fn top(panel: usize) -> f64 {
    74.0 + PANEL * panel as f64
}

fn bottom(panel: usize) -> f64 {
    top(panel) + PANEL - 32.0
}

fn y(panel: usize, height: f64) -> f64 {
    bottom(panel) - height * (bottom(panel) - top(panel))
}

/// Seconds at the end that are not drawn.
const STILL_THERE: usize = 30;
/// Seconds that are drawn as one.
const STEP: usize = 5;
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 528.0;
const LEFT: f64 = 104.0;
const RIGHT: f64 = 24.0;
/// A panel with its title.
const PANEL: f64 = 110.0;
/// Where the first panel says what its lines are.
const LEGEND: f64 = 62.0;

const DESCRIPTION: &str = "Four panels over the same time: the share of people who came in a moment and logged in, with and without the gate; \
    the mode; how many times the least work is asked of everybody; and the reads that the site was given, of people and of attackers.";

const STYLE: &str = "text{font:13px system-ui,sans-serif;fill:#1f2328}.q{fill:#59636e;font-size:12px}.b{font-weight:600}\
    .f{fill:#fff;stroke:#d1d9e0}path{fill:none;stroke-width:2;stroke-linejoin:round}.g{stroke:#d1d9e0;stroke-width:1}\
    .k{fill:#afb8c1;fill-opacity:.18}.s{stroke:#0969da}.n{stroke:#818b98;stroke-dasharray:4 3}.m{stroke:#8250df}.d{stroke:#bc4c00}\
    .a{fill:#cf222e;fill-opacity:.45;stroke:none}.p{fill:#1f883d;fill-opacity:.85;stroke:none}\
    @media(prefers-color-scheme:dark){text{fill:#f0f6fc}.q{fill:#9198a1}.f{fill:#0d1117;stroke:#3d444d}.g{stroke:#3d444d}\
    .k{fill:#656c76;fill-opacity:.25}.s{stroke:#4493f8}.n{stroke:#656c76}.m{stroke:#ab7df8}.d{stroke:#f0883e}.a{fill:#f85149}.p{fill:#3fb950}}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_its_panels_and_stays_small() {
        let scenario = Scenario::named("pulsed").expect("a scenario");
        let seconds = vec![Second { came: 2, served: 1, people: 20, ..Second::default() }; 800];
        let record = Record { seconds, ..Record::default() };
        let picture = of(&scenario, &record, &record);
        for title in ["People who logged in", "Mode", "Work asked of everybody", "What the site was given"] {
            assert!(picture.contains(title), "{title}");
        }
        assert!(picture.len() < 20_000 && !picture.contains("NaN") && !picture.contains("inf"), "{}", picture.len());
        let comment =
            picture.split_once("<!--").and_then(|(_, rest)| rest.split_once("-->")).map(|(comment, _)| comment);
        assert!(comment.is_some_and(|comment| !comment.contains("--")), "two hyphens in a comment, and it is not XML");
    }
}
