//! Typed ids: `inv_01k…`, a prefix and a UUIDv7 in Crockford's base32, as the TypeID specification 0.3 writes them.
//!
//! They sort by the time they were made, which is what lists and cursors lean on. The encoding is ours because the
//! crates that have it bring a second random number generator into the Wasm.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::domain::time::Timestamp;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// 128 bits in groups of five.
const ENCODED_LENGTH: usize = 26;

/// What an id is of: its prefix.
pub trait Kind {
    /// What stands before the underscore, such as `inv`.
    const PREFIX: &'static str;
}

/// An id of one kind. Two kinds never mix: the compiler refuses it, and parsing refuses another kind's prefix.
pub struct Id<K>(Uuid, PhantomData<fn() -> K>);

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident, $alias:ident, $prefix:literal;)*) => {$(
        #[doc = concat!("Marks ids that begin with `", $prefix, "_`.")]
        #[derive(Debug)]
        pub enum $kind {}
        impl Kind for $kind {
            const PREFIX: &'static str = $prefix;
        }
        $(#[$doc])*
        pub type $alias = Id<$kind>;
    )*};
}

kinds! {
    /// An organization's id.
    Organization, OrganizationId, "org";
    /// A workspace's id.
    Workspace, WorkspaceId, "wsp";
    /// A user's id.
    User, UserId, "usr";
    /// A member's id.
    Member, MemberId, "mbr";
    /// An invitation's id.
    Invitation, InvitationId, "inv";
    /// A redemption's id: the claim row of somebody who came in through an invitation.
    Redemption, RedemptionId, "red";
    /// A session's id. Not its token.
    Session, SessionId, "ses";
    /// A job's id; also the idempotency key under which a provider is asked to do it.
    Job, JobId, "job";
    /// An API key's id. Not the key.
    ApiKey, ApiKeyId, "key";
    /// A resource's id.
    Resource, ResourceId, "res";
    /// A notification's id.
    Notification, NotificationId, "ntf";
    /// An audit entry's id.
    Event, EventId, "evt";
    /// A webhook's id.
    Webhook, WebhookId, "whk";
    /// The id of an invitation that is still being written.
    Draft, DraftId, "drf";
    /// The id of a change of somebody's address, which both mailboxes are to prove.
    EmailChange, EmailChangeId, "emc";
}

/// The text was not an id of this kind. Answered as 404: such a thing does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id of this kind")]
pub struct NotAnId;

impl<K: Kind> Id<K> {
    /// A new id: `now` in its first 48 bits, the rest random.
    #[must_use]
    pub fn new(now: Timestamp, random: [u8; 10]) -> Self {
        let millis = u64::try_from(now.millis()).unwrap_or_default();
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid(), PhantomData)
    }
}

impl<K> Copy for Id<K> {}
impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}
impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = self.0.as_u128();
        write!(f, "{}_", K::PREFIX)?;
        for group in (0..ENCODED_LENGTH).rev() {
            let digit = usize::try_from((bits >> (group * 5)) & 31).unwrap_or_default();
            let letter = ALPHABET.get(digit).copied().unwrap_or(b'0');
            write!(f, "{}", char::from(letter))?;
        }
        Ok(())
    }
}

impl<K: Kind> FromStr for Id<K> {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let digits = text.strip_prefix(K::PREFIX).and_then(|rest| rest.strip_prefix('_')).ok_or(NotAnId)?;
        // 26 groups of five are 130 bits: a first digit over 7 would be a number that no id has.
        if digits.len() != ENCODED_LENGTH || digits.as_bytes().first().is_none_or(|first| *first > b'7') {
            return Err(NotAnId);
        }
        digits
            .bytes()
            .try_fold(0_u128, |bits, letter| {
                let digit = ALPHABET.iter().position(|known| *known == letter)?;
                Some((bits << 5) | digit as u128)
            })
            .map(|bits| Self(Uuid::from_u128(bits), PhantomData))
            .ok_or(NotAnId)
    }
}

impl<K: Kind> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, K: Kind> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(|_| D::Error::custom(format!("not an id that begins with {}_", K::PREFIX)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The TypeID specification's own valid and invalid examples, with one of our prefixes.
    #[test]
    fn ids_are_written_as_the_typeid_specification_says() {
        let text = "inv_01h455vb4pex5vsknk084sn02q";
        let id: InvitationId = text.parse().unwrap();
        assert_eq!(id.0, Uuid::parse_str("01890a5d-ac96-774b-bcce-b302099a8057").unwrap());
        assert_eq!(id.to_string(), text);
        assert_eq!("inv_7zzzzzzzzzzzzzzzzzzzzzzzzz".parse::<InvitationId>().unwrap().0, Uuid::max());
        for wrong in [
            "inv_8zzzzzzzzzzzzzzzzzzzzzzzzz",
            "inv_1234567890123456789012345",
            "inv_123456789012345678901234567",
            "inv_01H455VB4PEX5VSKNK084SN02Q",
            "inv_ooooooiiiiiiuuuuuuulllllll",
            "inv__01h455vb4pex5vsknk084sn02q",
            "01h455vb4pex5vsknk084sn02q",
            "inv_01h455vb4pex5vsknk084sn02é",
            "",
        ] {
            assert_eq!(wrong.parse::<InvitationId>(), Err(NotAnId), "{wrong}");
        }
    }

    #[test]
    fn an_id_of_another_kind_is_not_an_id() {
        let member = MemberId::new(Timestamp::from_millis(1), [7; 10]).to_string();
        assert_eq!(member.parse::<InvitationId>(), Err(NotAnId));
        assert!(member.parse::<MemberId>().is_ok());
    }

    proptest! {
        #[test]
        fn an_id_reads_back_as_itself_and_sorts_by_time(a in 0_i64..253_402_300_799_999, b in 0_i64..253_402_300_799_999, random: [u8; 10]) {
            let [first, second] = [a, b].map(|at| JobId::new(Timestamp::from_millis(at), random));
            prop_assert_eq!(first.to_string().parse(), Ok(first));
            prop_assert_eq!(first.to_string().cmp(&second.to_string()), a.cmp(&b));
        }
    }
}
