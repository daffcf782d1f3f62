//! Realistic, seeded traffic: the generator behind demo, tests and benchmarks.
