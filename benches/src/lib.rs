//! Benchmarks of Parasol; see `benches/`.
