//! Deterministic simulation testing: whole clusters under drawn schedules of operations and faults, checked after every event.
//!
//! A seed gives a [`Plan`]: a list of what happens when, as data. [`run()`] lives through it: clients call through the real
//! client library over the bus, faults are the world's own, and the safety checker ([`crate::history::safety`]) looks after
//! every event. Then everything is mended, and the cluster must elect, commit, answer and converge within the bounds
//! that [`run()`] states. A plan
//! that fails can be shrunk ([`minimize()`]) and written down as a script ([`script`]) that replays it; scripts of what was
//! found are tests (`tests/fuzz/*.plan`).
//!
//! Invariants: equal plans give equal traces, bit for bit; nothing is drawn while a plan runs, save what the world draws from
//! the plan's seed; an assertion of the product that fails is a violation like any other.
//!
//! Deliberately absent: threads (whoever wants two cores runs two ranges of seeds), coverage guidance, and, until members
//! can be changed and leadership transferred, plans that do so ([`plan::Action`] has the room).

mod call;
mod draw;
mod minimize;
pub mod plan;
mod run;
pub mod script;

pub use crate::raft::{Rule, RuleSet};
pub use draw::{Profile, draw};
pub use minimize::{Minimized, minimize};
pub use plan::Plan;
pub use run::{ANSWER_MAX, CONVERGE_MAX, ELECT_MAX, Report, run};
