//! The screen of `portcullis top`. Fits 80 by 24, uses what a larger terminal has, and leaves out the least in a smaller one.

use portcullis_admin::Status;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Cell, Paragraph, Row, Sparkline, Table, Widget};

use super::facts::{self, Fact, Tone};
use super::history::{History, Series};
use super::palette::Palette;
use crate::cli::describe;

/// Everything there is to show.
#[derive(Clone, Copy, Debug)]
pub(super) struct Screen<'a> {
    /// What was seen last.
    pub(super) status: &'a Status,
    /// What was seen before.
    pub(super) history: &'a History,
    /// Why nothing newer is seen, if so.
    pub(super) problem: Option<&'a str>,
    /// Its colours.
    pub(super) palette: Palette,
}

impl Widget for &Screen<'_> {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let gate = facts::gate(self.status);
        let heights = [1, gate.len() as u16, 1, RATES, FACTS];
        let problem = u16::from(self.problem.is_some()).min(area.height);
        let left = area.height.saturating_sub(problem + heights.iter().sum::<u16>());
        let charts = if left >= LEAST_CHART + LEAST_TABLE { (left / 3).clamp(LEAST_CHART, MOST_CHART) } else { 0 };
        let mut below = Rect { height: area.height - problem, ..area };
        let problem = Rect { y: below.bottom(), height: problem, ..area };
        // From the top: in a terminal that is too low, what comes last is left out.
        let mut next = |height: u16| {
            let taken = Rect { height: height.min(below.height), ..below };
            below = Rect { y: taken.bottom(), height: below.height - taken.height, ..below };
            taken
        };
        let [title, told, strain, rates, facts] = heights.map(&mut next);
        let (charts, tables) = (next(charts), next(u16::MAX));
        self.title(title, buffer);
        self.facts(&gate, told, buffer);
        self.strain(strain, buffer);
        self.rates(rates, buffer);
        let general = [facts::difficulty(self.status), facts::networks(self.status), facts::memory(self.status)];
        self.facts(&general, facts, buffer);
        if charts.height > 0 {
            self.charts(charts, buffer);
        }
        self.tables(tables, buffer);
        if let Some(why) = self.problem {
            Line::styled(format!("No fresh data: {why}"), self.palette.of(Tone::Bad)).render(problem, buffer);
        }
    }
}

impl Screen<'_> {
    fn title(&self, area: Rect, buffer: &mut Buffer) {
        let title = Span::styled(format!("Portcullis {}", self.status.version), self.palette.name());
        // Spans, because a line would colour the whole row.
        Line::from(title).render(area, buffer);
        Line::from(Span::styled("q quits", self.palette.quiet())).right_aligned().render(area, buffer);
    }

    fn facts(&self, facts: &[Fact], area: Rect, buffer: &mut Buffer) {
        let line = |fact: &Fact| Line::from(vec![self.name(fact.name), self.said(fact)]);
        Paragraph::new(facts.iter().map(line).collect::<Vec<_>>()).render(area, buffer);
    }

    fn name(&self, name: &str) -> Span<'static> {
        Span::styled(format!("{name:<NAMES$}"), self.palette.name())
    }

    fn said(&self, fact: &Fact) -> Span<'static> {
        Span::styled(fact.text.clone(), self.palette.of(fact.tone))
    }

    /// A bar with its mark at 1, which is in the middle.
    fn strain(&self, area: Rect, buffer: &mut Buffer) {
        let strain = self.status.pressure.strain;
        let half = (usize::from(area.width) / 8).clamp(5, 20);
        let filled = (strain * half as f64).round().clamp(0.0, 2.0 * half as f64) as usize;
        let style = self.palette.of(facts::tone_of(strain));
        let part = |length: usize, filled: usize| {
            let filled = filled.min(length);
            [Span::styled("█".repeat(filled), style), Span::styled("░".repeat(length - filled), self.palette.quiet())]
        };
        let mut spans = vec![self.name("Strain")];
        spans.extend(part(half, filled));
        spans.push(Span::raw("│"));
        spans.extend(part(half, filled.saturating_sub(half)));
        spans.push(Span::styled(format!(" {strain:.2}  {}", describe::strain(strain)), style));
        Line::from(spans).render(area, buffer);
    }

    /// A row for each rate, with its last minutes beside it where there is room.
    fn rates(&self, area: Rect, buffer: &mut Buffer) {
        for (rate, row) in facts::rates(&self.status.pressure).iter().zip(area.rows()) {
            let series = match rate.name {
                "Asked" => Some(&self.history.asked),
                "Passed" => Some(&self.history.passed),
                "Solved" => Some(&self.history.solved),
                _ => None,
            };
            let room = row.width.saturating_sub(NUMBERS);
            let text = if series.is_some() { room.min(TEXTS) } else { room };
            let widths = [Constraint::Max(NUMBERS), Constraint::Length(text), Constraint::Fill(1)];
            let [number, text, curve] = Layout::horizontal(widths).areas(row);
            let said = Span::raw(format!("{:>7}/s", describe::rate(rate.rate)));
            Line::from(vec![self.name(rate.name), said]).render(number, buffer);
            Line::raw(rate.text.as_str()).render(text, buffer);
            if let Some(series) = series {
                self.curve(series, 100, curve, buffer);
            }
        }
    }

    /// The last minutes of requests and strain, side by side.
    fn charts(&self, area: Rect, buffer: &mut Buffer) {
        let [requests, strain] = Layout::horizontal([Constraint::Fill(1); 2]).spacing(2).areas(area);
        for (title, series, least, area) in [
            ("Requests a second", &self.history.asked, 100, requests),
            // The limit is in sight, however calm it is.
            ("Strain", &self.history.strain, 100, strain),
        ] {
            let block = self.block(title.to_owned());
            self.curve(series, least, block.inner(area), buffer);
            block.render(area, buffer);
        }
    }

    /// A curve whose top is the highest value shown, and `least` hundredths at the least.
    fn curve(&self, series: &Series, least: u64, area: Rect, buffer: &mut Buffer) {
        let values = series.hundredths(area.width.into());
        let most = values.iter().copied().fold(least, u64::max);
        Sparkline::default().data(values).max(most).style(self.palette.curve()).render(area, buffer);
    }

    /// The busiest networks, and the rules that decide most: side by side where there is room, otherwise one above the
    /// other.
    fn tables(&self, area: Rect, buffer: &mut Buffer) {
        let [networks, rules] = if area.width >= SIDE_BY_SIDE {
            Layout::horizontal([Constraint::Fill(5), Constraint::Fill(3)]).spacing(2).areas(area)
        } else if area.height >= ONE_ABOVE_THE_OTHER {
            Layout::vertical([Constraint::Fill(1); 2]).areas(area)
        } else {
            [area, Rect::ZERO]
        };
        self.networks(networks, buffer);
        self.rules(rules, buffer);
    }

    fn networks(&self, area: Rect, buffer: &mut Buffer) {
        let rows = self.status.networks.top.iter().map(|network| {
            let tone = if network.times > 1.0 { Tone::Careful } else { Tone::Plain };
            let numbers =
                [describe::rate(network.asked), describe::rate(network.solved), format!("{:.1}x", network.times)];
            row(&network.source, numbers).style(self.palette.of(tone))
        });
        let widths = [Constraint::Fill(1), Constraint::Length(10), Constraint::Length(8), Constraint::Length(6)];
        let table = Table::new(rows, widths).header(row("", ["requests/s", "solved/s", "work"].map(str::to_owned)));
        let idle = self.status.networks.top.is_empty();
        self.table("Busiest networks", table, idle.then_some("Nothing asked lately."), area, buffer);
    }

    fn rules(&self, area: Rect, buffer: &mut Buffer) {
        let rows = self.status.rules.iter().map(|rule| row(&rule.name, [describe::rate(rule.decided)]));
        let table = Table::new(rows, [Constraint::Fill(1), Constraint::Length(10)]);
        let table = table.header(row("", ["requests/s".to_owned()]));
        let idle = self.status.rules.is_empty();
        self.table("Rules that decide most", table, idle.then_some("Nothing decided lately."), area, buffer);
    }

    /// A table below its title, or what is said where it would be empty.
    fn table(&self, title: &str, table: Table<'_>, instead: Option<&str>, area: Rect, buffer: &mut Buffer) {
        let block = self.block(title.to_owned());
        match instead {
            Some(words) => Paragraph::new(words).block(block).render(area, buffer),
            None => table.block(block).render(area, buffer),
        }
    }

    fn block(&self, title: String) -> Block<'static> {
        let title = Line::styled(format!("{title} "), self.palette.name());
        Block::new().borders(Borders::TOP).border_style(self.palette.quiet()).title(title)
    }
}

/// A name, and numbers to the right of it.
fn row<const COUNT: usize>(name: &str, numbers: [String; COUNT]) -> Row<'static> {
    let numbers = numbers.into_iter().map(|number| Cell::from(Line::raw(number).right_aligned()));
    Row::new(std::iter::once(Cell::from(name.to_owned())).chain(numbers))
}

/// The column of names.
const NAMES: usize = 11;
/// Names with their rates, and what is said beside them.
const NUMBERS: u16 = NAMES as u16 + 11;
const TEXTS: u16 = 42;
/// Asked, passed, answered, solved, sent away.
const RATES: u16 = 5;
/// Difficulty, networks, memory.
const FACTS: u16 = 3;
/// With their titles: charts of three rows, tables with a header and five.
const LEAST_CHART: u16 = 4;
const MOST_CHART: u16 = 12;
const LEAST_TABLE: u16 = 7;
/// From this width on both tables can be read beside each other.
const SIDE_BY_SIDE: u16 = 70;
/// From this height on both have two rows or more; below, there are only networks.
const ONE_ABOVE_THE_OTHER: u16 = 8;

#[cfg(test)]
mod tests;
