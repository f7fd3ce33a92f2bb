//! The byte string of keys and values.
//!
//! Keys and values are read far more often than made: each is shared by the log, the index, events and replies. So a
//! clone is a reference count and never a copy. The empty string owns nothing, because tombstones, single-key ranges
//! and keys-only replies are full of them.

use std::borrow::{Borrow, Cow};
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use serde::{Deserialize, Serialize};

/// An immutable byte string, ordered bytewise as etcd orders keys. Any bytes are allowed; text is only a convention.
///
/// Serialises as a sequence of bytes.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(from = "Vec<u8>", into = "Vec<u8>")]
pub struct Bytes(
    /// `None` is the empty string; a `Some` is never empty.
    Option<Rc<[u8]>>,
);

impl Bytes {
    /// The empty byte string.
    pub const EMPTY: Self = Self(None);

    /// The bytes themselves.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_deref().unwrap_or_default()
    }

    /// The length in bytes.
    pub fn len(&self) -> usize {
        self.as_bytes().len()
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The bytes as text for a human; what is not UTF-8 becomes U+FFFD.
    pub fn to_string_lossy(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.as_bytes())
    }
}

impl From<&[u8]> for Bytes {
    fn from(bytes: &[u8]) -> Self {
        Self((!bytes.is_empty()).then(|| Rc::from(bytes)))
    }
}

impl<const N: usize> From<&[u8; N]> for Bytes {
    fn from(bytes: &[u8; N]) -> Self {
        Self::from(bytes.as_slice())
    }
}

impl From<&str> for Bytes {
    fn from(text: &str) -> Self {
        Self::from(text.as_bytes())
    }
}

impl From<String> for Bytes {
    fn from(text: String) -> Self {
        Self::from(text.into_bytes())
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self::from(bytes.as_slice())
    }
}

impl From<Bytes> for Vec<u8> {
    fn from(bytes: Bytes) -> Self {
        bytes.as_bytes().to_vec()
    }
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl Borrow<[u8]> for Bytes {
    fn borrow(&self) -> &[u8] {
        self.as_bytes()
    }
}

// Compared through the slice, so that `Borrow<[u8]>` may stand for `Bytes` in an ordered map.
impl PartialEq for Bytes {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Bytes {}

impl PartialOrd for Bytes {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Bytes {
    /// Eight bytes at a time: keys begin alike, and WebAssembly's own comparison goes byte by byte.
    fn cmp(&self, other: &Self) -> Ordering {
        let (mine, theirs) = (self.as_bytes(), other.as_bytes());
        let words = mine.as_chunks::<8>().0.iter().zip(theirs.as_chunks::<8>().0);
        let mut alike = 0;
        for (a, b) in words {
            if a != b {
                return u64::from_be_bytes(*a).cmp(&u64::from_be_bytes(*b));
            }
            alike += 8;
        }
        mine[alike..].cmp(&theirs[alike..])
    }
}

impl Hash for Bytes {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_string_lossy(), formatter)
    }
}
