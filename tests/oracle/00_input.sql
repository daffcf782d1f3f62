-- The input: one row per line of the replayed file, `line_no` in the file's order, bytes as they are.
CREATE DATABASE IF NOT EXISTS oracle;

CREATE TABLE oracle.raw (line_no UInt64, line String) ENGINE = MergeTree ORDER BY line_no;

-- The replay's `--as-of` in epoch milliseconds, NULL when not given; the placeholder is the only one.
CREATE TABLE oracle.parameters ENGINE = Memory AS SELECT CAST({as_of} AS Nullable(Int64)) AS as_of;

-- The rolling windows.
CREATE TABLE oracle.windows (window String, minutes UInt32) ENGINE = Memory;

INSERT INTO oracle.windows VALUES ('1d', 1440), ('7d', 10080), ('30d', 43200);
