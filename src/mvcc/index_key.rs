//! A key as the index holds it: its first bytes beside the reference to all of them.
//!
//! A search of the index compares some thirty keys. Following each reference to its bytes would be most of a put's cost, so
//! the first bytes decide where they can.
//!
//! Invariant: the order is that of the bytes. The head is padded with zeros, so a key that ends within it stands at or before
//! all that go on from there; where two heads are equal, all bytes are compared.

use std::borrow::Borrow;
use std::cmp::Ordering;

use super::Bytes;

/// Words of the head: enough for a usual key, or for the directory of a long one.
const HEAD_WORDS: usize = 3;

#[derive(Clone, Debug)]
pub(super) struct IndexKey {
    /// The first bytes, the first of each word in its highest place.
    head: [u64; HEAD_WORDS],
    bytes: Bytes,
}

impl IndexKey {
    pub(super) fn new(bytes: Bytes) -> Self {
        let mut head = [0; HEAD_WORDS];
        for (word, bytes) in head.iter_mut().zip(bytes.as_bytes().chunks(8)) {
            let mut padded = [0; 8];
            padded[..bytes.len()].copy_from_slice(bytes);
            *word = u64::from_be_bytes(padded);
        }
        Self { head, bytes }
    }

    pub(super) fn bytes(&self) -> &Bytes {
        &self.bytes
    }
}

// Equal and ordered as the bytes are, so that a slice of bytes may stand for a key in a search.
impl Borrow<[u8]> for IndexKey {
    fn borrow(&self) -> &[u8] {
        self.bytes.as_bytes()
    }
}

impl PartialEq for IndexKey {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for IndexKey {}

impl PartialOrd for IndexKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for IndexKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.head.cmp(&other.head).then_with(|| self.bytes.cmp(&other.bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Keys with much in common, zeros and all ones among them, around the length of the head.
    fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(prop::sample::select(vec![0, b'a', 0xff]), 0..40)
    }

    proptest! {
        #[test]
        fn keys_are_ordered_as_their_bytes(a in any_bytes(), b in any_bytes(), common in any_bytes()) {
            let key = |tail: &[u8]| IndexKey::new(Bytes::from([&common[..], tail].concat()));
            prop_assert_eq!(key(&a).cmp(&key(&b)), a.cmp(&b));
            prop_assert_eq!(key(&a).bytes().cmp(key(&b).bytes()), a.cmp(&b));
        }
    }
}
