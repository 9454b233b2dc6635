//! The simulation's own randomness: the same seed gives the same numbers on every machine, for ever.

/// SplitMix64 (Steele, Lea and Flood, 2014): eight lines, and good enough for arrivals.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Numbers that follow from `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Evenly between 0 and 1, and neither.
    pub fn unit(&mut self) -> f64 {
        ((self.bits() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// Evenly between two numbers.
    pub fn between(&mut self, least: f64, most: f64) -> f64 {
        least + (most - least) * self.unit()
    }

    /// One of the first `count` numbers.
    pub fn below(&mut self, count: usize) -> usize {
        ((self.unit() * count as f64) as usize).min(count - 1)
    }

    /// The time between events that come at random, `mean` on average.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -self.unit().ln() * mean
    }

    /// The time to find `shares` shares, `mean` on average: the sum of as many exponential times.
    pub fn gamma(&mut self, shares: u8, mean: f64) -> f64 {
        (0..shares).map(|_| self.exponential(1.0)).sum::<f64>() * mean / f64::from(shares)
    }
}

/// A choice between things that are not equally likely.
#[derive(Clone, Debug)]
pub struct Weighted(Vec<f64>);

impl Weighted {
    /// A choice in which each number is as likely as its weight says.
    pub fn new(weights: impl Iterator<Item = f64>) -> Self {
        let mut sum = 0.0;
        Self(
            weights
                .map(|weight| {
                    sum += weight;
                    sum
                })
                .collect(),
        )
    }

    /// One of the numbers.
    pub fn pick(&self, random: &mut Random) -> usize {
        let point = random.unit() * self.0.last().copied().unwrap_or_default();
        self.0.partition_point(|sum| *sum < point)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_published_generator() {
        let mut random = Random::new(1_234_567);
        assert_eq!([random.bits(), random.bits()], [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
    }

    #[test]
    fn solve_times_have_the_mean_and_the_spread_of_their_law() {
        let mut random = Random::new(7);
        let mut times: Vec<_> = (0..20_000).map(|_| random.gamma(32, 2.0)).collect();
        times.sort_by(f64::total_cmp);
        let mean = times.iter().sum::<f64>() / times.len() as f64;
        let p95 = times[times.len() * 95 / 100] / mean;
        assert!((mean - 2.0).abs() < 0.02 && (p95 - 1.31).abs() < 0.02, "{mean} {p95}");
    }

    #[test]
    fn what_weighs_twice_as_much_is_picked_twice_as_often() {
        let (mut random, choice) = (Random::new(7), Weighted::new([1.0, 2.0, 1.0].into_iter()));
        let middle = (0..10_000).filter(|_| choice.pick(&mut random) == 1).count();
        assert!((4_800..5_200).contains(&middle), "{middle}");
    }
}
