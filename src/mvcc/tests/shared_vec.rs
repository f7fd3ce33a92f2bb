//! The shared vector against a plain one, across its chunk borders.

use crate::mvcc::shared_vec::SharedVec;

#[test]
fn a_shared_vector_reads_like_a_plain_one() {
    for len in [0, 1, 63, 64, 65, 127, 128, 200] {
        let plain: Vec<usize> = (0..len).map(|index| index * 2).collect();
        let shared: SharedVec<usize> = plain.iter().copied().collect();
        assert_eq!(shared.last(), plain.last());
        for (index, element) in plain.iter().enumerate() {
            assert_eq!(shared.at(index), element);
        }
        for start in 0..=len + 1 {
            let rest: Vec<usize> = shared.iter_from(start).copied().collect();
            assert_eq!(rest, plain[start.min(len)..]);
        }
        for bound in 0..=len * 2 + 1 {
            assert_eq!(
                shared.partition_point(|element| *element < bound),
                plain.partition_point(|element| *element < bound)
            );
        }
    }
}

#[test]
fn pushing_to_a_clone_leaves_the_original_alone() {
    for len in [1, 63, 64, 65] {
        let original: SharedVec<usize> = (0..len).collect();
        let mut clone = original.clone();
        clone.push(len);
        assert_eq!(original.iter_from(0).count(), len);
        assert_eq!(clone.iter_from(0).count(), len + 1);
    }
}
