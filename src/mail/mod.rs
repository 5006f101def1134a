//! Mail: what a message is, who carries it, and the messages Usher writes.

pub mod account;
pub mod email_change;
pub mod invitation;
mod letter;
pub mod member_added;
pub mod notification;
pub mod providers;

/// A message: always in plain text and in HTML (`multipart/alternative`), to one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Who it comes from.
    pub from: Sender,
    /// The recipient's address.
    pub to: String,
    /// The subject, one line.
    pub subject: String,
    /// The plain text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
}

/// A name and an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// What mail programs show.
    pub name: String,
    /// The address.
    pub address: String,
}

impl std::fmt::Display for Sender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // RFC 5322: a name with any of these must be quoted, or it is read as something else.
        if self.name.contains(['(', ')', '<', '>', '[', ']', ':', ';', '@', '\\', ',', '.', '"']) {
            let quoted = self.name.replace('\\', "\\\\").replace('"', "\\\"");
            write!(f, "\"{quoted}\" <{}>", self.address)
        } else {
            write!(f, "{} <{}>", self.name, self.address)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_senders_name_that_would_be_read_as_something_else_is_quoted() {
        let shown = |name: &str| {
            Sender { name: name.to_owned(), address: "invites@usher.test".to_owned() }.to_string()
        };
        assert_eq!(shown("Example Studio via Usher"), "Example Studio via Usher <invites@usher.test>");
        assert_eq!(shown(r#"A "B", C"#), r#""A \"B\", C" <invites@usher.test>"#);
    }
}
