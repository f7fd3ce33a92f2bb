//! etcd's rules for key and range end.

use super::*;

fn selects(range: &KeyRange, key: &[u8]) -> bool {
    let mut store = Store::new();
    let mut txn = store.begin();
    txn.put(key.into(), Bytes::EMPTY, 0);
    txn.finish();
    let found = store.range(range, &RangeOptions::default()).unwrap().count == 1;
    assert_eq!(found, range.contains(key), "{range:?} disagrees with itself about {key:?}");
    found
}

#[test]
fn an_empty_end_means_exactly_the_key() {
    let range = KeyRange::single("k");
    assert!(range.is_single());
    assert!(selects(&range, b"k"));
    assert!(!selects(&range, b"k\0"));
    assert!(!selects(&range, b"j"));
}

#[test]
fn a_zero_byte_as_end_means_every_key_from_the_key_on() {
    let range = KeyRange::new("k", "\0");
    assert_eq!(range, KeyRange::from_key("k"));
    assert!(selects(&range, b"k"));
    assert!(selects(&range, b"\xff\xff"));
    assert!(!selects(&range, b"j"));
}

#[test]
fn zero_bytes_as_key_and_end_mean_every_key() {
    let range = KeyRange::new("\0", "\0");
    for same in [KeyRange::all(), KeyRange::from_key(""), KeyRange::prefix("")] {
        assert_eq!(range, same);
    }
    for key in [&b"\0"[..], b"\0\0", b"a", b"\xff"] {
        assert!(selects(&range, key));
    }
}

#[test]
fn a_later_end_bounds_the_keys_bytewise_and_is_not_included() {
    let range = KeyRange::new("a", "b");
    for key in [&b"a"[..], b"a\0", b"a\xff"] {
        assert!(selects(&range, key));
    }
    for key in [&b"b"[..], b"A", b"`"] {
        assert!(!selects(&range, key));
    }
}

#[test]
fn an_end_at_or_before_the_key_selects_nothing_without_an_error() {
    for end in ["b", "a", "\0\0"] {
        let range = KeyRange::new("b", end);
        assert!(range.is_empty_set());
        assert!(!selects(&range, b"a"));
        assert!(!selects(&range, b"b"));
        assert!(events_from(&store_of(&[("b", "1")]), &range, 1).is_empty());
        assert!(store_of(&[("b", "1")]).begin().delete_range(&range).is_empty());
    }
    assert!(!KeyRange::single("b").is_empty_set());
    assert!(!KeyRange::from_key("b").is_empty_set());
}

#[test]
fn a_prefix_ends_where_its_last_byte_below_0xff_is_raised() {
    assert_eq!(prefix_range_end(b"foo"), Bytes::from("fop"));
    assert_eq!(prefix_range_end(b"a\xff\xff"), Bytes::from("b"));
    assert_eq!(prefix_range_end(b"a\xfe\xff"), Bytes::from(b"a\xff"));
}

#[test]
fn a_prefix_without_a_byte_below_0xff_has_no_end() {
    assert_eq!(prefix_range_end(b""), Bytes::from("\0"));
    assert_eq!(prefix_range_end(b"\xff\xff"), Bytes::from("\0"));
    let range = KeyRange::prefix(b"\xff");
    assert!(selects(&range, b"\xff\xff"));
    assert!(!selects(&range, b"\xfe"));
}
