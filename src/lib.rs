//! Quorate: complete simulated coordination clusters, deterministic to the bit.
#![forbid(unsafe_code)]

pub mod sandbox;
pub mod sim;
