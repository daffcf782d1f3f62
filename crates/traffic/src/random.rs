//! Chance that is the same on every machine.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A bijective mix of 64 bits (the finaliser of SplitMix64).
pub(crate) const fn mix(value: u64) -> u64 {
    let z = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Natural logarithm of `x` in (0, 1], from basic operations only: the platform's own differs in the
/// last bit from machine to machine.
fn ln(x: f64) -> f64 {
    let bits = x.to_bits();
    let exponent = (bits >> 52) as i64 - 1023;
    let mantissa = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) | (1023 << 52));
    // ln m = 2 artanh((m - 1) / (m + 1)), m in [1, 2): the series' terms shrink ninefold or faster.
    let y = (mantissa - 1.0) / (mantissa + 1.0);
    let square = y * y;
    let mut sum = 0.0;
    let mut odd = 21.0;
    while odd >= 1.0 {
        sum = sum * square + 1.0 / odd;
        odd -= 2.0;
    }
    exponent as f64 * std::f64::consts::LN_2 + 2.0 * y * sum
}

/// Draws that both the stream of events and a user's fixed traits are made from.
pub(crate) trait Draw {
    /// 64 random bits.
    fn bits(&mut self) -> u64;

    /// A whole number in `0..bound`; 0 if `bound` is 0.
    fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(bound)) >> 64) as u64
    }

    /// A whole number in `from..to`; `from` if there is none.
    fn between(&mut self, from: i64, to: i64) -> i64 {
        from + self.below((to - from).max(0) as u64) as i64
    }

    /// True `per_mille` times in a thousand.
    fn per_mille(&mut self, per_mille: u32) -> bool {
        self.below(1000) < u64::from(per_mille)
    }

    /// True with probability `share`.
    fn share(&mut self, share: f64) -> bool {
        share > 0.0 && self.unit() < share
    }

    /// Uniform in [0, 1).
    fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Exponential with mean 1.
    fn exponential(&mut self) -> f64 {
        -ln(1.0 - self.unit())
    }

    /// One of the items.
    fn pick<T: Copy, const N: usize>(&mut self, items: &[T; N]) -> T {
        items[self.below(N as u64) as usize]
    }
}

/// The stream that decides what happens.
#[derive(Clone, Debug)]
pub(crate) struct Random(ChaCha8Rng);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        Self(ChaCha8Rng::from_seed(bytes))
    }
}

impl Draw for Random {
    fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }
}

/// A short stream of its own for one thing's fixed traits: no state need be kept for them.
#[derive(Clone, Debug)]
pub(crate) struct Traits(u64);

impl Traits {
    /// The traits of number `index` of the kind `domain`.
    pub(crate) const fn new(seed: u64, domain: u64, index: u64) -> Self {
        Self(mix(mix(seed ^ mix(domain)) ^ index))
    }
}

impl Draw for Traits {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithm_is_right() {
        for i in 1..=1000 {
            let x = f64::from(i) / 1000.0;
            assert!((ln(x) - x.ln()).abs() < 1e-9, "{x}");
        }
        assert_eq!(ln(1.0), 0.0);
    }

    #[test]
    fn draws_are_where_they_should_be() {
        let mut random = Random::new(7);
        let mut mean = 0.0;
        for _ in 0..20_000 {
            assert!(random.below(3) < 3);
            assert!((-5..9).contains(&random.between(-5, 9)));
            mean += random.exponential() / 20_000.0;
        }
        assert!((mean - 1.0).abs() < 0.05, "{mean}");
        assert!(!random.share(0.0));
        assert_eq!(random.below(0), 0);
    }

    #[test]
    fn streams_depend_on_seed_domain_and_index() {
        let first = |seed, domain, index| Traits::new(seed, domain, index).bits();
        assert_eq!(first(1, 2, 3), first(1, 2, 3));
        assert_ne!(first(1, 2, 3), first(2, 2, 3));
        assert_ne!(first(1, 2, 3), first(1, 3, 3));
        assert_ne!(first(1, 2, 3), first(1, 2, 4));
    }
}
