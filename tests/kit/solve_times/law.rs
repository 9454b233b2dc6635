//! Gamma(k) for whole k, which is Erlang's law: its distribution function is a finite sum.

/// The law of a sum of `shares` exponentially distributed times, over its mean.
#[derive(Clone, Copy, Debug)]
pub struct Erlang {
    shares: u32,
}

impl Erlang {
    /// The law for solutions of this many shares.
    ///
    /// # Panics
    ///
    /// For 0 shares, which nobody asks for.
    pub fn of(shares: u32) -> Self {
        assert!(shares > 0, "no share takes no time");
        Self { shares }
    }

    /// The probability that a solve takes no longer than `time`, where 1 is the mean.
    pub fn distribution(self, time: f64) -> f64 {
        if time <= 0.0 {
            return 0.0;
        }
        // 1 − e^−x · Σ xⁿ/n! for n < k. Every term is taken as one exponential: neither factor can under- or overflow.
        let x = time * f64::from(self.shares);
        let mut log_factorial = 0.0;
        let mut later = 0.0;
        for n in 0..self.shares {
            let n = f64::from(n);
            if n > 1.0 {
                log_factorial += n.ln();
            }
            later += (n * x.ln() - log_factorial - x).exp();
        }
        (1.0 - later).clamp(0.0, 1.0)
    }

    /// The time within which the fraction `part` of all solves is done, where 1 is the mean.
    pub fn quantile(self, part: f64) -> f64 {
        let (mut low, mut high) = (0.0, FAR);
        for _ in 0..BISECTIONS {
            let middle = f64::midpoint(low, high);
            if self.distribution(middle) < part { low = middle } else { high = middle }
        }
        f64::midpoint(low, high)
    }
}

/// Later than any quantile that is asked for: e⁻⁶⁴ of the times of a single share are longer.
const FAR: f64 = 64.0;
/// As many as make a difference to a `f64` of this size.
const BISECTIONS: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;

    /// Published values of the χ² distribution with 2k degrees of freedom, over 2k.
    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (shares, part, chi_squared) in [
            (1, 0.5, 1.386),
            (1, 0.99, 9.210),
            (5, 0.95, 18.307),
            (15, 0.99, 50.892),
            (32, 0.5, 63.335),
            (50, 0.95, 124.342),
        ] {
            let expected = chi_squared / f64::from(2 * shares);
            let got = Erlang::of(shares).quantile(part);
            // The tables have three digits after the point.
            assert!(
                (got - expected).abs() < 0.0006 / f64::from(2 * shares),
                "{shares} shares, {part}: {got} instead of {expected}"
            );
        }
    }

    #[test]
    fn the_distribution_stays_a_probability_where_its_terms_are_tiny() {
        for shares in [1, 32, 64, 1_000] {
            let law = Erlang::of(shares);
            assert_eq!((law.distribution(-1.0), law.distribution(0.0)), (0.0, 0.0));
            assert!(law.distribution(1e-9) < 1e-8, "{shares} shares");
            assert!((law.distribution(50.0) - 1.0).abs() < 1e-9, "{shares} shares");
            let values: Vec<f64> = (0..500).map(|step| law.distribution(f64::from(step) / 100.0)).collect();
            // Up to the rounding of a sum of this many terms.
            assert!(values.windows(2).all(|pair| pair[1] > pair[0] - 1e-12), "{shares} shares");
        }
    }
}
