//! The real ClickHouse engine in-process, behind its HTTP interface.
