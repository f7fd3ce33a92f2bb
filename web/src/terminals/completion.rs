//! What Tab does with the candidates that the shell offers.

use quorate::sandbox::view::CompletionView;

/// The shell's answer to a Tab.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Offer {
    /// Counts up, so that the same answer twice is two answers.
    pub(crate) number: u64,
    pub(crate) terminal: usize,
    /// The line up to the caret when Tab was pressed.
    pub(crate) line: String,
    pub(crate) completion: CompletionView,
}

impl Offer {
    /// The line up to the caret as it should become: the only candidate with a space, or what all candidates share.
    pub(crate) fn completed(&self) -> Option<String> {
        let CompletionView { start, candidates } = &self.completion;
        let (kept, typed) = (self.line.get(..*start)?, self.line.get(*start..)?);
        let (first, rest) = candidates.split_first()?;
        if rest.is_empty() {
            // What ends in a slash or an equals sign goes on.
            let end = if first.0.ends_with(['/', '=']) { "" } else { " " };
            return Some(format!("{kept}{}{end}", first.0));
        }
        let shared = rest.iter().fold(first.0.as_str(), |shared, (text, _)| common(shared, text));
        (shared.len() > typed.len()).then(|| format!("{kept}{shared}"))
    }

    /// The candidates to list: several, and nothing that they share is still missing.
    pub(crate) fn listed(&self) -> &[(String, String)] {
        if self.completion.candidates.len() > 1 && self.completed().is_none() {
            &self.completion.candidates
        } else {
            &[]
        }
    }
}

fn common<'a>(one: &'a str, two: &str) -> &'a str {
    let end = one
        .char_indices()
        .zip(two.chars())
        .find(|((_, a), b)| a != b)
        .map_or(one.len().min(two.len()), |((at, _), _)| at);
    &one[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(line: &str, start: usize, candidates: &[&str]) -> Offer {
        let candidates = candidates.iter().map(|text| ((*text).to_owned(), String::new())).collect();
        Offer { number: 1, terminal: 0, line: line.to_owned(), completion: CompletionView { start, candidates } }
    }

    #[test]
    fn the_only_candidate_is_taken_and_the_next_word_begins() {
        assert_eq!(offer("etcdctl pu", 8, &["put"]).completed().as_deref(), Some("etcdctl put "));
        assert_eq!(offer("get /con", 4, &["/config/"]).completed().as_deref(), Some("get /config/"));
    }

    #[test]
    fn several_candidates_complete_what_they_share_and_are_listed_after_that() {
        let first = offer("p", 0, &["partition", "partner"]);
        assert_eq!((first.completed().as_deref(), first.listed().len()), (Some("parti".get(..4).unwrap_or("")), 0));
        let second = offer("part", 0, &["partition", "partner"]);
        assert_eq!((second.completed(), second.listed().len()), (None, 2));
    }

    #[test]
    fn no_candidate_leaves_the_line_alone() {
        assert_eq!(offer("xyz", 0, &[]).completed(), None);
    }
}
