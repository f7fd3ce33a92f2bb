//! The arithmetic of majorities, apart from everything else so that it can be checked against its definition.
//!
//! A joint configuration has two halves, and needs the majority of each: it has committed what both have committed, and has
//! elected whom both have elected (§6). A half without voters holds nothing back, so the other half decides alone.

/// How many of `voters` are a majority.
pub fn quorum_of(voters: usize) -> usize {
    voters / 2 + 1
}

/// The highest value that at least `quorum` of `values` have reached; the highest there is if that is asked of nobody.
pub(super) fn reached_by(quorum: usize, values: &[u64]) -> u64 {
    let is_reached = |value: &&u64| values.iter().filter(|other| *other >= value).count() >= quorum;
    values.iter().filter(is_reached).max().copied().unwrap_or(if values.is_empty() { u64::MAX } else { 0 })
}

/// The highest index that a majority has reached. No voters: nothing holds anything back.
pub fn committed_index(matched: &[u64]) -> u64 {
    reached_by(quorum_of(matched.len()), matched)
}

/// How an election stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum VoteResult {
    /// Not decided.
    Pending,
    /// A majority has refused.
    Lost,
    /// A majority has granted.
    Won,
}

impl VoteResult {
    /// How it stands if both halves of a joint configuration must be won.
    pub fn and(self, other: VoteResult) -> VoteResult {
        match (self, other) {
            (VoteResult::Won, VoteResult::Won) => VoteResult::Won,
            (VoteResult::Lost, _) | (_, VoteResult::Lost) => VoteResult::Lost,
            _ => VoteResult::Pending,
        }
    }
}

/// How an election among `voters` stands. No voters: won.
pub fn vote_result(voters: usize, granted: usize, refused: usize) -> VoteResult {
    assert!(granted + refused <= voters, "{granted} granted + {refused} refused > {voters} voters");
    if voters == 0 || granted >= quorum_of(voters) {
        VoteResult::Won
    } else if voters - refused < quorum_of(voters) {
        VoteResult::Lost
    } else {
        VoteResult::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raft::{Configuration, NodeId};

    #[test]
    fn the_committed_index_is_the_highest_that_a_majority_has_for_all_small_clusters() {
        for size in 1..=5usize {
            for code in 0..4u32.pow(size as u32) {
                let matched: Vec<u64> = (0..size).map(|at| u64::from(code / 4u32.pow(at as u32) % 4)).collect();
                let by_definition = (0..=3)
                    .rev()
                    .find(|index| matched.iter().filter(|m| *m >= index).count() * 2 > size)
                    .expect("all have index 0");
                assert_eq!(committed_index(&matched), by_definition, "{matched:?}");
            }
        }
        assert_eq!(committed_index(&[]), u64::MAX);
    }

    #[test]
    fn an_election_is_decided_exactly_when_the_votes_that_are_out_cannot_change_it() {
        for voters in 1..=7usize {
            for granted in 0..=voters {
                for refused in 0..=voters - granted {
                    let won = granted * 2 > voters;
                    let can_win = (voters - refused) * 2 > voters;
                    let expected = match (won, can_win) {
                        (true, _) => VoteResult::Won,
                        (false, true) => VoteResult::Pending,
                        (false, false) => VoteResult::Lost,
                    };
                    assert_eq!(vote_result(voters, granted, refused), expected, "{voters} {granted} {refused}");
                }
            }
        }
    }

    const NODES: u16 = 4;

    /// Every pair of halves over a few nodes, the outgoing one empty or not.
    fn configurations() -> impl Iterator<Item = Configuration> {
        let half = |bits: u16| (1..=NODES).filter(move |node| bits >> (node - 1) & 1 == 1).map(NodeId);
        (0..1u16 << NODES).flat_map(move |incoming| {
            (0..1u16 << NODES).map(move |outgoing| Configuration {
                voters: half(incoming).collect(),
                outgoing: half(outgoing).collect(),
                ..Configuration::default()
            })
        })
    }

    /// Whether these nodes are a majority of each half, by counting.
    fn is_quorum(configuration: &Configuration, has: impl Fn(u16) -> bool) -> bool {
        [&configuration.voters, &configuration.outgoing]
            .iter()
            .all(|half| half.is_empty() || half.iter().filter(|node| has(node.0)).count() * 2 > half.len())
    }

    #[test]
    fn a_joint_configuration_has_committed_what_a_majority_of_each_half_has() {
        for configuration in configurations() {
            for code in 0..3u32.pow(u32::from(NODES)) {
                let matched = |node: u16| u64::from(code / 3u32.pow(u32::from(node) - 1) % 3);
                let is_committed = |index: &u64| is_quorum(&configuration, |node| matched(node) >= *index);
                let by_definition = (0..=3).rev().find(is_committed).expect("all have index 0");
                // Without any voter there is no highest index.
                let by_definition = if by_definition == 3 { u64::MAX } else { by_definition };
                let index = configuration.committed_index(&mut Vec::new(), |node| matched(node.0));
                assert_eq!(index, by_definition, "{configuration} {code}");
            }
        }
    }

    #[test]
    fn a_joint_election_is_decided_exactly_when_the_votes_that_are_out_cannot_change_it() {
        for configuration in configurations() {
            for code in 0..3u32.pow(u32::from(NODES)) {
                let vote = |node: u16| match code / 3u32.pow(u32::from(node) - 1) % 3 {
                    0 => None,
                    code => Some(code == 1),
                };
                let won = is_quorum(&configuration, |node| vote(node) == Some(true));
                let can_win = is_quorum(&configuration, |node| vote(node) != Some(false));
                let expected = match (won, can_win) {
                    (true, _) => VoteResult::Won,
                    (false, true) => VoteResult::Pending,
                    (false, false) => VoteResult::Lost,
                };
                assert_eq!(configuration.vote_result(|node| vote(node.0)), expected, "{configuration} {code}");
            }
        }
    }

    #[test]
    fn two_majorities_of_a_half_share_a_voter() {
        for configuration in configurations() {
            for (a, b) in (0..1u32 << NODES).flat_map(|a| (0..1u32 << NODES).map(move |b| (a, b))) {
                let has = |set: u32| move |node: NodeId| set >> (node.0 - 1) & 1 == 1;
                if configuration.is_quorum(has(a)) && configuration.is_quorum(has(b)) {
                    let shared = configuration.voter_ids().iter().any(|node| has(a & b)(*node));
                    assert!(shared || configuration.voter_ids().is_empty(), "{configuration} {a:b} {b:b}");
                }
            }
        }
    }
}
