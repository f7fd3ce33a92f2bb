//! What happened, judged: checkers that read a run and say what must not have been.
//!
//! A checker looks and never touches: it reads the world after an event and is told what clients were told. It holds no
//! part of the protocol's code to be right. [`safety`] checks as the run goes on.
//!
//! Deliberately absent: drawing schedules and breaking things (`fuzz`), and any way back into the world.

pub mod safety;
