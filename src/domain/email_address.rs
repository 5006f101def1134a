//! An e-mail address as Usher takes it: deliverable over the public mail system, kept as typed, compared in lower case.

use std::fmt;
use std::str::FromStr;

use email_address::Options;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An address, as it was typed. Two addresses are the same if they differ in case only.
#[derive(Debug, Clone)]
pub struct EmailAddress(String);

/// The text is no address that mail could be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("This is not an e-mail address. Write it like ana@example.com, with nothing before or after it.")]
pub struct NotAnAddress;

impl EmailAddress {
    /// The address as it was typed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What addresses are compared and looked up by. RFC 5321 lets a mailbox name's case matter, no provider does, and
    /// systems that tell `Ana@` from `ana@` lock people out of their own invitations.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// For logs and for people who hold only a link: `a••@client.test`.
    #[must_use]
    pub fn masked(&self) -> String {
        let (local, domain) = self.0.rsplit_once('@').unwrap_or(("", &self.0));
        format!("{}••@{domain}", local.chars().take(1).collect::<String>())
    }
}

impl FromStr for EmailAddress {
    type Err = NotAnAddress;

    /// Narrower than RFC 5321: no quoted mailbox names, no IP addresses, at least one dot in the domain, ASCII only (a
    /// domain such as `bücher.test` is written `xn--bcher-kva.test`, which is what mail is routed by).
    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        let options = Options::default().with_required_tld().without_domain_literal().without_display_text();
        let text = text.trim();
        // No top-level domain is a number: `ana@1.1` is an address of the network, not of the mail system.
        let named = text
            .rsplit('.')
            .next()
            .is_some_and(|ending| ending.bytes().any(|letter| letter.is_ascii_alphabetic()));
        let plain = text.len() <= 254 && text.is_ascii() && !text.contains('"') && named;
        if plain && email_address::EmailAddress::parse_with_options(text, options).is_ok() {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAnAddress)
        }
    }
}

impl PartialEq for EmailAddress {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}
impl Eq for EmailAddress {}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for EmailAddress {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for EmailAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_compared_without_case_and_kept_as_typed() {
        let [typed, other] = ["Ana.Client@Client.TEST", "ana.client@client.test"]
            .map(|text| text.parse::<EmailAddress>().unwrap());
        assert_eq!(typed, other);
        assert_eq!(typed.key(), other.key());
        assert_eq!(typed.as_str(), "Ana.Client@Client.TEST");
    }

    #[test]
    fn what_mail_can_not_be_sent_to_is_refused() {
        for wrong in [
            "",
            "ana",
            "ana@",
            "@client.test",
            "ana@client",
            "ana@@client.test",
            "a@b@client.test",
            "ana@client..test",
            "ana@[127.0.0.1]",
            "\"ana b\"@client.test",
            "Ana <ana@client.test>",
            "ana@client.test\r\nBcc: all@client.test",
            "ana@client.test, eve@client.test",
            "ana @client.test",
            "ana@bücher.test",
            "ana\0@client.test",
            ".ana@client.test",
            "ana@1.1",
        ] {
            assert!(wrong.parse::<EmailAddress>().is_err(), "{wrong:?}");
        }
        assert!(format!("{}@client.test", "a".repeat(65)).parse::<EmailAddress>().is_err());
        assert!(format!("ana@{}.test", "a".repeat(255)).parse::<EmailAddress>().is_err());
    }

    #[test]
    fn what_people_have_is_taken() {
        for right in
            ["ana@client.test", "ana+usher@client.co.test", "o'neil@client.test", " ana@client.test "]
        {
            assert!(right.parse::<EmailAddress>().is_ok(), "{right:?}");
        }
    }

    #[test]
    fn a_masked_address_shows_its_first_letter_and_domain() {
        assert_eq!("ana@client.test".parse::<EmailAddress>().unwrap().masked(), "a••@client.test");
    }
}
