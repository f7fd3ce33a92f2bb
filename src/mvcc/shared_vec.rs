//! A vector that grows at its end and whose clones share what they have in common.
//!
//! Checkpoints clone every store of the world, and between two checkpoints a history only grows. So all but the last
//! few elements live in full chunks that are never touched again and are shared by reference count: a clone costs one
//! count per chunk, and the clone's memory is its chunk table and its tail.
//!
//! Invariants: every sealed chunk holds exactly `CHUNK` elements; the tail holds fewer.
//! Deliberately absent: changing or removing an element. Compaction builds a new vector.

use std::rc::Rc;

const CHUNK: usize = 64;

#[derive(Clone, Debug)]
pub(super) struct SharedVec<T> {
    sealed: Vec<Rc<[T]>>,
    tail: Vec<T>,
}

impl<T> Default for SharedVec<T> {
    fn default() -> Self {
        Self { sealed: Vec::new(), tail: Vec::new() }
    }
}

impl<T> SharedVec<T> {
    pub(super) fn push(&mut self, element: T) {
        self.tail.push(element);
        if self.tail.len() == CHUNK {
            // What has filled one piece will fill another.
            self.sealed.push(Rc::from(std::mem::replace(&mut self.tail, Vec::with_capacity(CHUNK))));
        }
    }

    pub(super) fn len(&self) -> usize {
        self.sealed.len() * CHUNK + self.tail.len()
    }

    /// The element at `index`, which must be below the length.
    pub(super) fn at(&self, index: usize) -> &T {
        match self.sealed.get(index / CHUNK) {
            Some(chunk) => &chunk[index % CHUNK],
            None => &self.tail[index - self.sealed.len() * CHUNK],
        }
    }

    pub(super) fn last(&self) -> Option<&T> {
        self.tail.last().or_else(|| self.sealed.last().and_then(|chunk| chunk.last()))
    }

    /// The elements from `start` on, in order; none when `start` is the length or more.
    pub(super) fn iter_from(&self, start: usize) -> impl Iterator<Item = &T> {
        let chunks_skipped = (start / CHUNK).min(self.sealed.len());
        self.sealed[chunks_skipped..]
            .iter()
            .flat_map(|chunk| chunk.iter())
            .chain(&self.tail)
            .skip(start - chunks_skipped * CHUNK)
    }

    /// How many elements stand before the first for which `is_before` is false; it must be true for a prefix only.
    pub(super) fn partition_point(&self, is_before: impl Fn(&T) -> bool) -> usize {
        let chunks = self.sealed.partition_point(|chunk| is_before(&chunk[CHUNK - 1]));
        let rest = self.sealed.get(chunks).map_or(&self.tail[..], |chunk| chunk);
        chunks * CHUNK + rest.partition_point(is_before)
    }
}

impl<T> FromIterator<T> for SharedVec<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        let mut vec = Self::default();
        for element in elements {
            vec.push(element);
        }
        vec
    }
}
