//! What a person who holds an invitation's link may do next.
//!
//! [`Standing::next`] is the one place that decides it, for the page, for `preview` and for `accept` alike: it asks what
//! became of the invitation, who is signed in on this browser, and whether the invited address has an account whose mailbox
//! somebody proved.

use serde::{Deserialize, Serialize};

use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{MemberId, UserId};
use crate::domain::invitation::Invitation;
use crate::domain::link::{Link, Via};
use crate::domain::time::Timestamp;
use crate::error::Code;

/// An account, as far as redeeming needs to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Whose.
    pub id: UserId,
    /// Its address.
    pub email: EmailAddress,
    /// Whether somebody proved to have that mailbox.
    pub verified: bool,
    /// Whether it has a password; one of somebody who was only added has none yet.
    pub has_password: bool,
}

/// Everything that decides what the holder of a link may do.
#[derive(Debug, Clone)]
pub struct Standing<'a> {
    /// The invitation.
    pub invitation: &'a Invitation,
    /// The account with the invited address, if there is one.
    pub addressee: Option<Account>,
    /// The account that is signed in on this browser, if one is.
    pub session: Option<Account>,
    /// What that account became by this invitation before, and whether it still is.
    pub redeemed: Option<Redeemed>,
    /// When that account was last removed from the organization.
    pub removed_at: Option<Timestamp>,
    /// When the account with the invited address was.
    pub addressee_removed_at: Option<Timestamp>,
    /// Whether whoever is signed in came in by it and lacks the second factor that it asks for.
    pub lacks_factor: bool,
}

/// An earlier redemption of the same invitation by the same person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Redeemed {
    /// The member they became.
    pub member_id: MemberId,
    /// Whether they still are.
    pub active: bool,
}

/// What the holder of a link does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(described, derive(schemars::JsonSchema))]
pub enum Next {
    /// Make an account: the address has none that counts.
    SignUp,
    /// Sign in: the address has an account.
    SignIn,
    /// Accept: the right account is signed in.
    Accept,
    /// Sign out first: another account is signed in.
    SwitchAccount,
    /// Set a second factor up: they are in, and until then may do nothing there (S2-06).
    EnrolMfa,
    /// Nothing: they are in already.
    None,
}

impl Standing<'_> {
    /// What the holder of this link does next.
    ///
    /// # Errors
    /// Why the link gets them nowhere, as the code to answer with.
    pub fn next(&self, link: &Link, now: Timestamp) -> Result<Next, Code> {
        let invitation = self.invitation;
        match self.redeemed {
            Some(Redeemed { active: true, .. }) if self.lacks_factor => return Ok(Next::EnrolMfa),
            Some(Redeemed { active: true, .. }) => return Ok(Next::None),
            Some(Redeemed { active: false, .. }) => return Err(Code::AccessRemoved),
            None => {}
        }
        // What became of the invitation tells more than that this link is an old one, but for a link that a newer one
        // replaced while it was open.
        match invitation.status(now).refusal() {
            Some(Code::InvitationExpired) | None if !invitation.honours(link) => {
                return Err(Code::InvitationReplaced);
            }
            Some(code) => return Err(code),
            None => {}
        }
        if let Some(session) = &self.session
            && invitation.email.as_ref().is_none_or(|invited| *invited == session.email)
        {
            return self.next_signed_in(session, link);
        }
        // An account whose mailbox nobody proved counts as none for who proves it now (design, "Who is accepting"); and so does
        // one without a password, which nobody can sign in to, for who was sent this very link.
        let has_account = self.addressee.as_ref().is_some_and(|account| {
            account.verified
                || (link.via == Via::Copy && (account.has_password || invitation.email.is_none()))
        });
        match (&self.session, has_account) {
            (Some(_), _) => Ok(Next::SwitchAccount),
            (None, true) => Ok(Next::SignIn),
            // An account that counts as none is taken over, not made: what it was removed from it stays removed from.
            (None, false) if self.is_from_before(self.addressee_removed_at) => Err(Code::AccessRemoved),
            (None, false) => Ok(Next::SignUp),
        }
    }

    fn next_signed_in(&self, session: &Account, link: &Link) -> Result<Next, Code> {
        if self.is_from_before(self.removed_at) {
            return Err(Code::AccessRemoved);
        }
        match (session.verified, link.via) {
            (true, _) => Ok(Next::Accept),
            (false, Via::Email) => Ok(Next::SignUp),
            (false, Via::Copy) => Err(Code::EmailUnverified),
        }
    }

    /// Whether the invitation was last offered before this removal.
    fn is_from_before(&self, removal: Option<Timestamp>) -> bool {
        removal.is_some_and(|removed| removed >= self.invitation.offered_at)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::invitation::Kind;
    use crate::domain::invitation::tests::{invitation, start};

    fn account(email: &str, verified: bool) -> Option<Account> {
        let id = UserId::new(start(), [3; 10]);
        Some(Account { id, email: email.parse().ok()?, verified, has_password: true })
    }

    fn link(ver: i64, via: Via) -> Link {
        let of = invitation();
        Link { ver, ..Link::to(&of, via) }
    }

    fn standing(invitation: &Invitation) -> Standing<'_> {
        Standing {
            invitation,
            addressee: None,
            session: None,
            redeemed: None,
            removed_at: None,
            addressee_removed_at: None,
            lacks_factor: false,
        }
    }

    /// design.md, "Who is accepting", as a table.
    #[test]
    fn who_holds_the_link_decides_what_comes_next() {
        use Via::{Copy, Email};
        let of = invitation();
        let ana = || account("ANA@client.test", true);
        let ana_unproved = || account("ana@client.test", false);
        let ana_added = || ana_unproved().map(|ana| Account { has_password: false, ..ana });
        let eve = || account("eve@other.test", true);
        for (via, addressee, session, next) in [
            (Email, None, None, Ok(Next::SignUp)),
            (Copy, None, None, Ok(Next::SignUp)),
            (Email, ana(), None, Ok(Next::SignIn)),
            (Copy, ana(), None, Ok(Next::SignIn)),
            (Email, ana(), ana(), Ok(Next::Accept)),
            (Copy, ana(), ana(), Ok(Next::Accept)),
            (Email, None, eve(), Ok(Next::SwitchAccount)),
            (Copy, ana(), eve(), Ok(Next::SwitchAccount)),
            (Email, ana_unproved(), None, Ok(Next::SignUp)),
            (Email, ana_unproved(), ana_unproved(), Ok(Next::SignUp)),
            (Copy, ana_unproved(), None, Ok(Next::SignIn)),
            (Email, ana_added(), None, Ok(Next::SignUp)),
            (Copy, ana_added(), None, Ok(Next::SignUp)),
            (Copy, ana_unproved(), ana_unproved(), Err(Code::EmailUnverified)),
        ] {
            let label = format!("{via:?} {addressee:?} {session:?}");
            let here = Standing { addressee, session, ..standing(&of) };
            assert_eq!(here.next(&link(2, via), start()), next, "{label}");
        }
    }

    /// A link for many is bound to nobody, and never came by mail: whoever is signed in accepts as themselves, and otherwise
    /// the address that they typed decides.
    #[test]
    fn by_a_link_for_many_everybody_comes_as_themselves() {
        let of = Invitation { kind: Kind::Link, email: None, max_uses: None, ..invitation() };
        let ana = |verified| account("ana@client.test", verified);
        for (addressee, session, next) in [
            (None, None, Ok(Next::SignUp)),
            (ana(true), None, Ok(Next::SignIn)),
            (ana(false), None, Ok(Next::SignIn)),
            (None, ana(true), Ok(Next::Accept)),
            (account("eve@other.test", true), ana(true), Ok(Next::Accept)),
            (None, ana(false), Err(Code::EmailUnverified)),
        ] {
            let label = format!("{addressee:?} {session:?}");
            let here = Standing { addressee, session, ..standing(&of) };
            assert_eq!(here.next(&link(2, Via::Copy), start()), next, "{label}");
        }
    }

    #[test]
    fn a_link_that_a_newer_one_replaced_says_so() {
        let of = invitation();
        assert_eq!(standing(&of).next(&link(1, Via::Email), start()), Err(Code::InvitationReplaced));
        let revoked = Invitation { revoked_at: Some(start()), ..invitation() };
        assert_eq!(standing(&revoked).next(&link(1, Via::Email), start()), Err(Code::InvitationRevoked));
    }

    #[test]
    fn whoever_came_in_by_it_before_is_in_or_was_removed() {
        let of = Invitation { accepted_at: Some(start()), uses: 1, ..invitation() };
        let member_id = MemberId::new(start(), [4; 10]);
        let again = |active| Standing { redeemed: Some(Redeemed { member_id, active }), ..standing(&of) };
        assert_eq!(again(true).next(&link(2, Via::Email), start()), Ok(Next::None));
        let without_factor = Standing { lacks_factor: true, ..again(true) };
        assert_eq!(without_factor.next(&link(2, Via::Email), start()), Ok(Next::EnrolMfa));
        assert_eq!(again(false).next(&link(2, Via::Email), start()), Err(Code::AccessRemoved));
        assert_eq!(standing(&of).next(&link(2, Via::Email), start()), Err(Code::InvitationUsed));
    }

    #[test]
    fn an_invitation_from_before_a_removal_does_not_bring_the_person_back() {
        let of = invitation();
        let removed = |at| Standing {
            session: account("ana@client.test", true),
            addressee: account("ana@client.test", true),
            removed_at: Some(at),
            ..standing(&of)
        };
        let before = start().minus(Duration::from_secs(1));
        assert_eq!(removed(start()).next(&link(2, Via::Email), start()), Err(Code::AccessRemoved));
        assert_eq!(removed(before).next(&link(2, Via::Email), start()), Ok(Next::Accept));

        let taken_over = |at| Standing {
            addressee: account("ana@client.test", false),
            addressee_removed_at: Some(at),
            ..standing(&of)
        };
        assert_eq!(taken_over(start()).next(&link(2, Via::Email), start()), Err(Code::AccessRemoved));
        assert_eq!(taken_over(before).next(&link(2, Via::Email), start()), Ok(Next::SignUp));
    }
}
