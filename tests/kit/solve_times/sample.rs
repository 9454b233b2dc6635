//! Times that were measured, or counted.

use super::Erlang;

/// Times to solve, divided by a mean, in order.
#[derive(Clone, Debug)]
pub struct Sample(Vec<f64>);

impl Sample {
    /// Times divided by their own mean, for a device whose rate is not known.
    ///
    /// # Panics
    ///
    /// When there are none, or one is not a time.
    pub fn over_their_mean(times: Vec<f64>) -> Self {
        let mean = times.iter().sum::<f64>() / times.len() as f64;
        Self::over(times, mean)
    }

    /// Times divided by the mean that they should have.
    ///
    /// # Panics
    ///
    /// When there are none, or one is not a time.
    pub fn over(mut times: Vec<f64>, mean: f64) -> Self {
        assert!(!times.is_empty() && mean > 0.0, "no times, or no mean: {mean}");
        assert!(times.iter().all(|time| time.is_finite() && *time > 0.0), "a time is not valid");
        times.iter_mut().for_each(|time| *time /= mean);
        times.sort_by(f64::total_cmp);
        Self(times)
    }

    /// The times, in order.
    pub fn times(&self) -> &[f64] {
        &self.0
    }

    /// The time within which the fraction `part` was done, between neighbours by proportion.
    pub fn quantile(&self, part: f64) -> f64 {
        let place = part * (self.0.len() - 1) as f64;
        let (below, above) = (self.0[place.floor() as usize], self.0[place.ceil() as usize]);
        below + (above - below) * place.fract()
    }

    /// The statistic of Kolmogorov and Smirnov: how far the sample's distribution is from the law where they differ most.
    pub fn distance(&self, law: Erlang) -> f64 {
        let count = self.0.len() as f64;
        let steps = self.0.iter().enumerate().map(|(place, time)| {
            let expected = law.distribution(*time);
            // Just before the step, and on it.
            (expected - place as f64 / count).max((place + 1) as f64 / count - expected)
        });
        steps.fold(0.0, f64::max)
    }

    /// The distance that one sample in a hundred exceeds, of as many times that do follow the law (Stephens 1974).
    ///
    /// For times divided by their own mean it is rarer than that: their mean fits by construction.
    pub fn critical_distance(&self) -> f64 {
        let root = (self.0.len() as f64).sqrt();
        1.628 / (root + 0.12 + 0.11 / root)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a law would give if chance were perfectly even.
    fn even(law: Erlang, count: u32) -> Sample {
        let times = (0..count).map(|place| law.quantile((f64::from(place) + 0.5) / f64::from(count)));
        Sample::over(times.collect(), 1.0)
    }

    #[test]
    fn a_perfect_sample_is_half_a_step_away() {
        for count in [10, 100] {
            let distance = even(Erlang::of(32), count).distance(Erlang::of(32));
            assert!((distance - 0.5 / f64::from(count)).abs() < 1e-9, "{distance}");
        }
    }

    #[test]
    fn the_critical_distance_is_that_of_the_tables() {
        let critical = even(Erlang::of(1), 40).critical_distance();
        assert!((critical - 0.252).abs() < 0.002, "{critical}");
    }

    #[test]
    fn quantiles_lie_between_the_times() {
        let sample = Sample::over_their_mean(vec![3.0, 1.0, 2.0]);
        assert_eq!((sample.quantile(0.0), sample.quantile(0.5), sample.quantile(1.0)), (0.5, 1.0, 1.5));
        assert!((sample.quantile(0.75) - 1.25).abs() < 1e-12);
    }
}
