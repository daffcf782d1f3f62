//! The fold: a partition's windowed state, as a pure function of its records.
