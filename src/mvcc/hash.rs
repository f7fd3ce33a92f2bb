//! The hash by which members check that they hold the same history.
//!
//! It is etcd's, to the bit: CRC-32C over the bucket's name and then, for each record in revision order, the backend's
//! key (the revision) and value (the key-value in protobuf encoding). etcd's own expected hashes are among the tests.

use std::rc::Rc;

use crc::{CRC_32_ISCSI, Crc, Table};

use super::{KeyValue, MvccError, Record, Store};

/// CRC-32C (Castagnoli). A larger table would be quicker, but it is noise that no compression makes smaller for those who
/// download the page.
pub static CRC_32C: Crc<u32, Table<1>> = Crc::<u32, Table<1>>::new(&CRC_32_ISCSI);

/// The name of the backend bucket that holds the records.
const BUCKET: &[u8] = b"key";

/// A hash and what it covers. Two members' hashes can be compared when both revisions are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashKv {
    /// CRC-32C of the records up to `hash_revision` that a compaction at `compact_revision` leaves.
    pub hash: u32,
    /// The compact revision when it was computed.
    pub compact_revision: i64,
    /// The revision it was computed at.
    pub hash_revision: i64,
}

impl Store {
    /// Hashes the history up to a revision; 0 is the current one. A negative revision covers no record.
    ///
    /// Records up to the compact revision count only while they are live at the hashed revision, and a tombstone at the
    /// compact revision never counts, since older etcd versions do not keep it (`server/storage/mvcc/hash.go`).
    ///
    /// # Errors
    /// As [`Store::range`].
    pub fn hash(&self, revision: i64) -> Result<HashKv, MvccError> {
        let hash_revision = if revision == 0 { self.revision } else { revision };
        if hash_revision > self.revision {
            return Err(MvccError::FutureRevision);
        }
        if hash_revision > 0 && hash_revision < self.compact_revision {
            return Err(MvccError::Compacted);
        }
        // With nothing live at all etcd takes it that no compaction is under way, and skips nothing.
        let is_anything_live = self.index.values().any(|key_index| key_index.live_at(hash_revision).is_some());
        let is_counted = |record: &Record| {
            record.revision.main > self.compact_revision
                || (!is_anything_live || self.is_live_at(record, hash_revision))
                    && !(record.is_tombstone() && record.revision.main == self.compact_revision)
        };
        let mut digest = CRC_32C.digest();
        digest.update(BUCKET);
        let mut encoded = Vec::new();
        let records = self.log.iter_from(0).map(Rc::as_ref);
        for record in records.take_while(|record| record.revision.main <= hash_revision) {
            if is_counted(record) {
                encoded.clear();
                encode_record(record, &mut encoded);
                digest.update(&encoded);
            }
        }
        Ok(HashKv { hash: digest.finalize(), compact_revision: self.compact_revision, hash_revision })
    }

    /// Whether `record` is what its key is at the end of main revision `main`.
    fn is_live_at(&self, record: &Record, main: i64) -> bool {
        self.index
            .get(record.kv.key.as_bytes())
            .and_then(|key_index| key_index.live_at(main))
            .is_some_and(|live| std::ptr::eq(live, &record.kv))
    }
}

/// Appends the record as etcd's backend stores it: the revision as key, then the key-value.
fn encode_record(record: &Record, out: &mut Vec<u8>) {
    out.extend(record.revision.main.to_be_bytes());
    out.push(b'_');
    out.extend(record.revision.sub.to_be_bytes());
    if record.is_tombstone() {
        out.push(b't');
        encode_bytes(1, record.kv.key.as_bytes(), out);
    } else {
        encode_key_value(&record.kv, out);
    }
}

/// Appends the protobuf encoding of `mvccpb.KeyValue`.
fn encode_key_value(kv: &KeyValue, out: &mut Vec<u8>) {
    encode_bytes(1, kv.key.as_bytes(), out);
    encode_int(2, kv.create_revision, out);
    encode_int(3, kv.mod_revision, out);
    encode_int(4, kv.version, out);
    encode_bytes(5, kv.value.as_bytes(), out);
    encode_int(6, kv.lease, out);
}

/// Appends a protobuf `bytes` field; an empty one is left out.
fn encode_bytes(field: u8, bytes: &[u8], out: &mut Vec<u8>) {
    if !bytes.is_empty() {
        out.push(field << 3 | 2);
        encode_varint(bytes.len() as u64, out);
        out.extend(bytes);
    }
}

/// Appends a protobuf `int64` field; a zero is left out.
fn encode_int(field: u8, value: i64, out: &mut Vec<u8>) {
    if value != 0 {
        out.push(field << 3);
        encode_varint(value.cast_unsigned(), out);
    }
}

fn encode_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
