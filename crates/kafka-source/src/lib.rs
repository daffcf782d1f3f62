//! Kafka consumer: poll, pause, rebalance, commit; dead-letter and merge producers.
