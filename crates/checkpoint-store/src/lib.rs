//! Atomic save and load of partition snapshots, with versioned, checksummed files.
