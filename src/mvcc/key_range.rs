//! Which keys a request means.
//!
//! etcd has no wildcard: a request names a key and an end, and a prefix is an interval whose end is computed. The
//! single zero byte as an end means "no end", which is why it can never be an ordinary one.

use std::ops::Bound;

use serde::{Deserialize, Serialize};

use super::Bytes;

/// The end that means "every key from here on".
const NO_END: &[u8] = &[0];

/// A set of keys, by etcd's rules for `key` and `range_end` (`server/etcdserver` `mkGteRange`):
///
/// | `key`, `range_end` | the keys |
/// |---|---|
/// | k, empty | exactly k |
/// | k, `"\0"` | every x ≥ k |
/// | k, e with e > k | every x with k ≤ x < e |
/// | k, e with e ≤ k | none |
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct KeyRange {
    /// The first key.
    pub key: Bytes,
    /// The end as in the table above; never part of the range.
    pub range_end: Bytes,
}

impl KeyRange {
    /// The range that a request with these two fields means.
    pub fn new(key: impl Into<Bytes>, range_end: impl Into<Bytes>) -> Self {
        Self { key: key.into(), range_end: range_end.into() }
    }

    /// Exactly one key.
    pub fn single(key: impl Into<Bytes>) -> Self {
        Self::new(key, Bytes::EMPTY)
    }

    /// Every key from `key` on; from the empty key means every key, written `"\0"`, `"\0"` as etcd's client does.
    pub fn from_key(key: impl Into<Bytes>) -> Self {
        let key = key.into();
        if key.is_empty() {
            return Self::all();
        }
        Self::new(key, NO_END)
    }

    /// Every key that starts with `prefix`; the empty prefix means every key.
    pub fn prefix(prefix: impl Into<Bytes>) -> Self {
        let prefix = prefix.into();
        if prefix.is_empty() {
            return Self::all();
        }
        let range_end = prefix_range_end(prefix.as_bytes());
        Self::new(prefix, range_end)
    }

    /// Every key.
    pub fn all() -> Self {
        Self::new(NO_END, NO_END)
    }

    /// Whether the range names one key rather than an interval.
    pub fn is_single(&self) -> bool {
        self.range_end.is_empty()
    }

    /// Whether the interval ends at or before its start, so that it holds no key. etcd reads nothing from such a range
    /// and reports no error.
    pub fn is_empty_set(&self) -> bool {
        !self.is_single() && !self.is_open_ended() && self.range_end <= self.key
    }

    /// Whether `key` is in the range.
    pub fn contains(&self, key: &[u8]) -> bool {
        if self.is_single() {
            return key == self.key.as_bytes();
        }
        key >= self.key.as_bytes() && (self.is_open_ended() || key < self.range_end.as_bytes())
    }

    /// The range as the bounds of an ordered map. Must not be asked of an empty set, whose bounds are reversed.
    pub(super) fn bounds(&self) -> (Bound<&[u8]>, Bound<&[u8]>) {
        assert!(!self.is_empty_set(), "{self:?} holds no key");
        let start = Bound::Included(self.key.as_bytes());
        let end = if self.is_single() {
            start
        } else if self.is_open_ended() {
            Bound::Unbounded
        } else {
            Bound::Excluded(self.range_end.as_bytes())
        };
        (start, end)
    }

    fn is_open_ended(&self) -> bool {
        self.range_end.as_bytes() == NO_END
    }
}

/// The `range_end` that makes an interval of all keys with this prefix: the prefix with its last byte below 0xff raised
/// by one and everything after it cut off. A prefix without such a byte has no end, which is `"\0"`
/// (`client/v3/op.go` `getPrefix`).
pub fn prefix_range_end(prefix: &[u8]) -> Bytes {
    match prefix.iter().rposition(|byte| *byte < 0xff) {
        Some(last) => {
            let mut end = prefix[..=last].to_vec();
            end[last] += 1;
            Bytes::from(end)
        }
        None => Bytes::from(NO_END),
    }
}
