//! Shrinking a plan that fails: as few steps, members, clients and seconds as still break the same invariant.
//!
//! Delta debugging: pieces are left out, halves first, then ever smaller ones down to single steps, as long as something
//! could be left out. What the world draws depends on what happens before, so a smaller plan may fail otherwise or not at
//! all; it is kept only if the same invariant breaks.

use super::plan::{Plan, Step};
use super::run::run;
use crate::history::safety::{Invariant, Violation};
use crate::sim::{Duration, Time};

/// How many plans are tried at most.
const RUNS_MAX: usize = 3_000;

/// What came of shrinking.
#[derive(Clone, Debug)]
pub struct Minimized {
    /// The smallest plan found that fails.
    pub plan: Plan,
    /// How it fails.
    pub violation: Violation,
    /// How many plans were tried.
    pub runs: usize,
}

/// Shrinks a plan; `None`: it does not fail.
pub fn minimize(plan: &Plan) -> Option<Minimized> {
    minimize_by(plan, |plan| run(plan).violation)
}

fn minimize_by(plan: &Plan, try_plan: impl Fn(&Plan) -> Option<Violation>) -> Option<Minimized> {
    let violation = try_plan(plan)?;
    let mut search = Search { try_plan, best: plan.clone(), invariant: violation.invariant, violation, runs: 1 };
    loop {
        let before = search.size();
        search.shorten();
        search.drop_steps();
        search.drop_nodes_and_clients();
        if search.size() == before || search.runs >= RUNS_MAX {
            break;
        }
    }
    Some(Minimized { plan: search.best, violation: search.violation, runs: search.runs })
}

struct Search<T> {
    try_plan: T,
    best: Plan,
    invariant: Invariant,
    violation: Violation,
    runs: usize,
}

impl<T: Fn(&Plan) -> Option<Violation>> Search<T> {
    fn size(&self) -> (usize, u8, u8, Duration) {
        (self.best.steps.len(), self.best.nodes, self.best.clients, self.best.length)
    }

    /// Takes the plan if it fails alike; whether it does.
    fn attempt(&mut self, plan: Plan) -> bool {
        if self.runs >= RUNS_MAX {
            return false;
        }
        self.runs += 1;
        match (self.try_plan)(&plan) {
            Some(violation) if violation.invariant == self.invariant => {
                self.best = plan;
                self.violation = violation;
                true
            }
            _ => false,
        }
    }

    /// Ends the plan with its violation, or with its last step.
    fn shorten(&mut self) {
        let at = self.violation.at;
        let steps: Vec<Step> = self.best.steps.iter().filter(|step| step.at <= at).cloned().collect();
        let last = steps.last().map_or(Time::ZERO, |step| step.at);
        for end in [last, at] {
            let length = (end - Time::ZERO) + Duration::millis(1);
            if length < self.best.length && self.attempt(Plan { length, steps: steps.clone(), ..self.best.clone() }) {
                return;
            }
        }
    }

    fn drop_steps(&mut self) {
        let mut piece = self.best.steps.len().div_ceil(2);
        while piece > 0 {
            let mut dropped = false;
            let mut end = self.best.steps.len();
            while end > 0 {
                let begin = end.saturating_sub(piece);
                let mut steps = self.best.steps.clone();
                steps.drain(begin..end);
                dropped |= self.attempt(Plan { steps, ..self.best.clone() });
                end = begin;
            }
            if !dropped || piece > 1 {
                piece /= 2;
            }
        }
    }

    fn drop_nodes_and_clients(&mut self) {
        for nodes in [3, 5] {
            if nodes < self.best.nodes && self.attempt(self.best.clone().folded(nodes, self.best.clients)) {
                break;
            }
        }
        for clients in 1..self.best.clients {
            if self.attempt(self.best.clone().folded(self.best.nodes, clients)) {
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz::plan::{Action, Ask, Trouble};
    use crate::fuzz::{Profile, draw};
    use crate::sim::EventId;

    /// Fails at the first put after a crash.
    fn put_after_a_crash(plan: &Plan) -> Option<Violation> {
        let mut crashed = false;
        let at = plan.steps.iter().find_map(|step| {
            crashed |= matches!(step.action, Action::Trouble(Trouble::Crash(_)));
            let puts = matches!(step.action, Action::Ask { ask: Ask::Put(..), .. });
            (crashed && puts).then_some(step.at)
        })?;
        Some(Violation { invariant: Invariant::Read, event: EventId(0), at, detail: String::new() })
    }

    #[test]
    fn what_does_not_matter_is_dropped() {
        let plan = draw(1, Some(7), Profile::All, Duration::seconds(20));
        let minimized = minimize_by(&plan, put_after_a_crash).expect("20 s have a put after a crash");
        let plan = minimized.plan;
        assert_eq!((plan.steps.len(), plan.nodes, plan.clients), (2, 3, 1), "{plan}");
        assert!(plan.length < Duration::seconds(20));
    }

    #[test]
    fn a_plan_that_does_not_fail_is_not_shrunk() {
        let plan = draw(1, None, Profile::None, Duration::seconds(2));
        assert!(minimize_by(&plan, |_| None).is_none());
    }
}
