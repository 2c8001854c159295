//! Threshold VOPRF.
