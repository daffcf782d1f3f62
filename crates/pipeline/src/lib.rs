//! Pure decisions around the fold: positions, recovery, flush order.
