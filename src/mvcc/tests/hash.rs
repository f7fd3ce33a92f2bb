//! The hash of the history.

use super::*;

/// The length of a round between two compactions in etcd's test.
const CYCLE: i64 = 71;

/// The key that etcd's test writes in step `step` (`server/storage/mvcc/testutil/hash.go`).
fn etcd_test_key(step: i64) -> &'static str {
    const KEYS: [&str; 7] = ["alice", "bob", "celine", "dominik", "eve", "frederica", "gorge"];
    match step {
        _ if step % (CYCLE * 2) == 30 => "zenek",
        _ if step % CYCLE == 30 => "xavery",
        _ => KEYS[usize::try_from(step % 7).unwrap()],
    }
}

/// Plays etcd's test: rounds of puts, after each the hash at a revision and a compaction there. Every round repeats the
/// last step of the one before.
fn etcd_test_hashes(revision_of: impl Fn(i64, i64) -> i64) -> Vec<HashKv> {
    const STEPS: i64 = 1210;
    let mut store = Store::new();
    let starts = (0..STEPS).step_by(usize::try_from(CYCLE).unwrap());
    let last = (starts.clone().count() as i64) * CYCLE;
    let rounds = starts.map(|start| (start, CYCLE)).chain([(last, STEPS)]);
    rounds
        .map(|(start, len)| {
            for step in start..=start + len {
                put(&mut store, etcd_test_key(step), &step.to_string());
            }
            let hash = store.hash(revision_of(start, len)).unwrap();
            store.compact(hash.hash_revision).unwrap();
            hash
        })
        .collect()
}

fn hash_kv((hash, compact_revision, hash_revision): (u32, i64, i64)) -> HashKv {
    HashKv { hash, compact_revision, hash_revision }
}

/// The expected values of etcd's `TestHashByRevValue` (`server/storage/mvcc/hash_test.go`).
#[test]
fn hashes_in_the_middle_of_history_equal_etcds_own() {
    let expected = [
        (4082599214, -1, 35),
        (2279933401, 35, 106),
        (3284231217, 106, 177),
        (126286495, 177, 248),
        (900108730, 248, 319),
        (2475485232, 319, 390),
        (1226296507, 390, 461),
        (2503661030, 461, 532),
        (4155130747, 532, 603),
        (106915399, 603, 674),
        (406914006, 674, 745),
        (1882211381, 745, 816),
        (806177088, 816, 887),
        (664311366, 887, 958),
        (1496914449, 958, 1029),
        (2434525091, 1029, 1100),
        (3988652253, 1100, 1171),
        (1122462288, 1171, 1242),
        (724436716, 1242, 1883),
    ];
    let hashes = etcd_test_hashes(|start, len| start + len / 2);
    assert_eq!(hashes, expected.map(hash_kv));
}

/// The expected values of etcd's `TestHashByRevValueLastRevision`.
#[test]
fn hashes_at_the_current_revision_equal_etcds_own() {
    let expected = [
        (1913897190, -1, 73),
        (224860069, 73, 145),
        (1565167519, 145, 217),
        (1566261620, 217, 289),
        (2037173024, 289, 361),
        (691659396, 361, 433),
        (2713730748, 433, 505),
        (3919322507, 505, 577),
        (769967540, 577, 649),
        (2909194793, 649, 721),
        (1576921157, 721, 793),
        (4067701532, 793, 865),
        (2226384237, 865, 937),
        (2923408134, 937, 1009),
        (2680329256, 1009, 1081),
        (1546717673, 1081, 1153),
        (2713657846, 1153, 1225),
        (1046575299, 1225, 1297),
        (2017735779, 1297, 2508),
    ];
    let hashes = etcd_test_hashes(|_, _| 0);
    assert_eq!(hashes, expected.map(hash_kv));
}

#[test]
fn a_revision_in_the_future_or_before_the_compact_revision_cannot_be_hashed() {
    let mut store = store_of(&[("k", "1"), ("k", "2")]);
    store.compact(3).unwrap();
    assert_eq!(store.hash(4), Err(MvccError::FutureRevision));
    assert_eq!(store.hash(2), Err(MvccError::Compacted));
    assert!(store.hash(3).is_ok());
}

#[test]
fn the_hash_tells_values_leases_and_deletes_apart() {
    let mut with_lease = Store::new();
    put_with_lease(&mut with_lease, "k", "1", 7);
    let mut deleted = store_of(&[("k", "1")]);
    delete_key(&mut deleted, "k");
    let stores = [store_of(&[("k", "1")]), store_of(&[("k", "2")]), with_lease, deleted];
    let mut hashes: Vec<u32> = stores.iter().map(|store| store.hash(0).unwrap().hash).collect();
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), stores.len());
}

#[test]
fn a_tombstone_at_the_compact_revision_does_not_count() {
    let mut store = store_of(&[("live", "1"), ("k", "1")]);
    delete_key(&mut store, "k");
    store.compact(4).unwrap();
    let mut older = store_of(&[("live", "1"), ("other", "1")]);
    delete_key(&mut older, "other");
    older.compact(4).unwrap();
    assert_eq!(store.hash(4), older.hash(4));
}
