//! The text as a whole.

use crate::fixture::busy_exporter;

#[test]
fn everything_at_once() {
    insta::assert_snapshot!(busy_exporter().render().unwrap());
}
