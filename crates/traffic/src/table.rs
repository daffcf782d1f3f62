//! Drawing by weight in constant time.

use crate::random::Draw;

const SLOTS: u64 = 4096;

/// Whole-number weights, laid out over 4096 slots: a draw is one look-up.
#[derive(Clone, Debug)]
pub(crate) struct Table(Vec<u16>);

impl Table {
    /// Item `i` gets a share of slots in proportion to `weights[i]`, at least one.
    pub(crate) fn new(weights: &[u64]) -> Self {
        let total: u64 = weights.iter().sum();
        let mut slots = Vec::with_capacity(SLOTS as usize + weights.len());
        for (item, weight) in weights.iter().enumerate() {
            let count = (weight * SLOTS / total.max(1)).max(1);
            slots.extend(std::iter::repeat_n(item as u16, count as usize));
        }
        Self(slots)
    }

    /// `count` items, item `i` with weight 1 / (i + 1).
    pub(crate) fn zipf(count: usize) -> Self {
        let weights: Vec<u64> = (1..=count as u64).map(|rank| (1 << 32) / rank).collect();
        Self::new(&weights)
    }

    /// The number of an item.
    pub(crate) fn draw(&self, random: &mut impl Draw) -> u16 {
        self.0[random.below(self.0.len() as u64) as usize]
    }
}

/// Ranks 0..n with weight 1 / (rank + q), q a fiftieth of n: the busiest users are about fifty times as
/// busy as the least.
#[derive(Clone, Debug)]
pub(crate) struct HeavyTail {
    /// For each bucket of equal weight the first and last rank it covers.
    buckets: Vec<(u32, u32)>,
}

impl HeavyTail {
    const BUCKETS: u64 = 1024;

    pub(crate) fn new(count: u32) -> Self {
        let shift = u64::from(count) / 50 + 5;
        let weight = |rank: u32| (1u64 << 40) / (u64::from(rank) + shift);
        let total: u64 = (0..count).map(weight).sum();
        let mut buckets = Vec::with_capacity(Self::BUCKETS as usize);
        let mut rank = 0;
        let mut passed = 0; // weight of all ranks before `rank`
        for bucket in 0..Self::BUCKETS {
            let first = rank;
            let end = total / Self::BUCKETS * (bucket + 1);
            while rank + 1 < count && passed + weight(rank) <= end {
                passed += weight(rank);
                rank += 1;
            }
            buckets.push((first, rank));
        }
        Self { buckets }
    }

    /// A rank.
    pub(crate) fn draw(&self, random: &mut impl Draw) -> u32 {
        let (first, last) = self.buckets[random.below(Self::BUCKETS) as usize];
        random.between(i64::from(first), i64::from(last) + 1) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn zipf_halves_at_the_second_rank() {
        let (table, mut random) = (Table::zipf(200), Random::new(1));
        let mut counts = [0u32; 200];
        for _ in 0..200_000 {
            counts[usize::from(table.draw(&mut random))] += 1;
        }
        assert!(counts.iter().all(|&n| n > 0));
        let ratio = f64::from(counts[0]) / f64::from(counts[1]);
        assert!((1.9..2.1).contains(&ratio), "{ratio}");
    }

    #[test]
    fn the_tail_is_heavy_and_complete() {
        for count in [1, 2, 7, 1000, 50_000] {
            let (tail, mut random) = (HeavyTail::new(count), Random::new(2));
            let mut counts = vec![0u32; count as usize];
            for _ in 0..1_000_000 {
                counts[tail.draw(&mut random) as usize] += 1;
            }
            let drawn = counts.iter().filter(|&&n| n > 0).count();
            assert!(drawn as u32 > count / 100 * 95, "{drawn} of {count}");
            if count >= 1000 {
                let tenth = counts[..count as usize / 10].iter().sum::<u32>();
                assert!((300_000..600_000).contains(&tenth), "{tenth}");
            }
        }
    }
}
