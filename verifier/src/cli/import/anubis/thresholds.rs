//! Thresholds of Anubis, each an expression of the weight, as ours, each from a weight on.

use super::cel::Expression;
use super::source::Threshold;

/// From a weight on, the first threshold whose expression holds, by its place; `None` if none does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct From {
    pub(super) weight: i64,
    pub(super) threshold: Option<usize>,
}

/// Where each threshold begins to count, from the lowest weight on, and the names of those that cannot be read.
pub(super) fn ranges(thresholds: &[Threshold]) -> (Vec<From>, Vec<String>) {
    let mut read = Vec::new();
    let mut unread = Vec::new();
    for (index, threshold) in thresholds.iter().enumerate() {
        let expression = Expression::parse(&threshold.expression.text());
        match expression.filter(|expression| expression.of_weight(0).is_some()) {
            Some(expression) => read.push((index, expression)),
            None => unread.push(threshold.name.clone()),
        }
    }
    // The result changes only at the numbers that are compared with, or right after them.
    let numbers = read.iter().flat_map(|(_, expression)| expression.numbers());
    let mut weights: Vec<i64> = numbers.flat_map(|number| [number, number.saturating_add(1)]).collect();
    weights.retain(|weight| (LOWEST + 1..=-LOWEST).contains(weight));
    weights.push(LOWEST);
    weights.sort_unstable();
    let mut ranges: Vec<From> = Vec::new();
    for weight in weights {
        let threshold = read.iter().find(|(_, holds)| holds.of_weight(weight) == Some(true)).map(|(index, _)| *index);
        if ranges.last().is_none_or(|last| last.threshold != threshold) {
            ranges.push(From { weight, threshold });
        }
    }
    (ranges, unread)
}

/// Far below what rules can add up to.
const LOWEST: i64 = -1_000_000;

#[cfg(test)]
mod tests {
    use super::super::source::Expression as Written;
    use super::*;

    fn threshold(expression: &str) -> Threshold {
        let expression = Written::One(expression.to_owned());
        Threshold { name: "a".to_owned(), action: "ALLOW".to_owned(), expression, challenge: None }
    }

    #[test]
    fn ranges_say_at_every_weight_what_the_first_true_expression_says() {
        let expressions =
            ["weight <= 0", "weight > 0 && weight < 10", "weight == 15", "weight >= 10 && weight < 20 || weight > 40"];
        let (ranges, unread) = ranges(&expressions.map(threshold));
        assert!(unread.is_empty());
        for weight in -60..60 {
            let expected =
                expressions.iter().position(|text| Expression::parse(text).unwrap().of_weight(weight) == Some(true));
            let from = ranges.iter().rev().find(|from| weight >= from.weight).unwrap();
            assert_eq!(from.threshold, expected, "{weight}");
        }
        assert_eq!(super::ranges(&[threshold("load_1m > 2")]).1, ["a"]);
    }
}
