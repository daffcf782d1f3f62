//! The /metrics, /healthz and /readyz endpoints, from published snapshots.
