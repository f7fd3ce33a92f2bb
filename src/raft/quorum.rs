//! The arithmetic of majorities, apart from everything else so that it can be checked against its definition.

use super::types::LogIndex;

/// How many of `voters` are a majority.
pub fn quorum_of(voters: usize) -> usize {
    voters / 2 + 1
}

/// The highest index that a majority has reached. No voters: nothing holds anything back.
pub fn committed_index(matched: &[LogIndex]) -> LogIndex {
    let quorum = quorum_of(matched.len());
    let is_reached = |index: &&LogIndex| matched.iter().filter(|other| *other >= index).count() >= quorum;
    matched.iter().filter(is_reached).max().copied().unwrap_or(LogIndex(u64::MAX))
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

    #[test]
    fn the_committed_index_is_the_highest_that_a_majority_has_for_all_small_clusters() {
        for size in 1..=5usize {
            for code in 0..4u32.pow(size as u32) {
                let matched: Vec<LogIndex> =
                    (0..size).map(|at| LogIndex(u64::from(code / 4u32.pow(at as u32) % 4))).collect();
                let by_definition = (0..=3)
                    .rev()
                    .find(|index| matched.iter().filter(|m| m.0 >= *index).count() * 2 > size)
                    .expect("all have index 0");
                assert_eq!(committed_index(&matched), LogIndex(by_definition), "{matched:?}");
            }
        }
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
}
