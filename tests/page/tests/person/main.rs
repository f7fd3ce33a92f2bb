//! The page as a person uses it: real clicks, real keys, and only what they can see.

mod commands;
mod crash;
mod fit;
mod stage;
mod story;
mod terminal;
mod transport;
mod visit;
