-- One row per partition of a topic: read = accepted + duplicate + late + skipped + dead_lettered.
-- position is the partition's next offset, rules the fingerprint of what decides the fold.
CREATE OR REPLACE VIEW {db}.accounting AS
SELECT
    topic,
    partition,
    read,
    accepted,
    duplicate,
    late,
    skipped,
    dead_lettered,
    version AS position,
    lower(leftPad(hex(rules), 16, '0')) AS rules
FROM {db}.accounting_rows FINAL;
