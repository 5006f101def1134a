//! Mistakes about invitations, members, seats and mails.

use super::Flaw;

/// The mistake that shows only where somebody who was mailed an invitation comes in by a link for many.
pub const SECOND_SEAT: &str = "a second seat stays reserved for whoever came by another link";

pub const FLAWS: &[Flaw] = &[
    Flaw { name: "a batch is no transaction", within: "", text: "", instead: "" },
    Flaw {
        name: "the claim takes any version of the link",
        within: "INSERT INTO redemptions",
        text: "i.ver = ?5",
        instead: "?5 > 0",
    },
    Flaw {
        name: "the claim takes an invitation that is over",
        within: "INSERT INTO redemptions",
        text: "i.outcome = 'open'",
        instead: "i.outcome <> 'accepted'",
    },
    Flaw {
        name: "the claim takes anybody's address",
        within: "INSERT INTO redemptions",
        text: "i.email_key = u.email_key",
        instead: "1",
    },
    Flaw {
        name: "the claim takes an account that nobody proved",
        within: "INSERT INTO redemptions",
        text: "u.email_verified_at IS NOT NULL",
        instead: "1",
    },
    Flaw {
        name: "the claim looks at no seat",
        within: "INSERT INTO redemptions",
        text: "<= o.seat_limit",
        instead: "<= o.seat_limit + 1",
    },
    Flaw {
        name: SECOND_SEAT,
        within: "UPDATE invitations SET takes_seat = 0",
        text: "m.holds_seat = 1",
        instead: "m.holds_seat = 2",
    },
    Flaw {
        name: "inviting takes one seat too many",
        within: "INSERT INTO invitations",
        text: "<= o.seat_limit",
        instead: "<= o.seat_limit + 1",
    },
    Flaw {
        name: "adding takes one seat too many",
        within: "'notified'",
        text: "<= o.seat_limit",
        instead: "<= o.seat_limit + 1",
    },
    Flaw {
        name: "whoever is invited already can be added",
        within: "'notified'",
        text: "i.outcome = 'open'",
        instead: "i.outcome = 'never'",
    },
    Flaw {
        name: "whoever is added is not told",
        within: "'member.added', json_object",
        text: "WHERE a.id = ?2",
        instead: "WHERE a.id = ?2 AND 0",
    },
    Flaw {
        name: "many take one seat too many",
        within: "UPDATE bulk_rows",
        text: "<= seats_left",
        instead: "<= seats_left + 1",
    },
    Flaw {
        name: "undoing leaves open what was made",
        within: "UPDATE invitations SET revoked_at = ?3",
        text: "outcome = 'revoked')",
        instead: "outcome = 'cancelled')",
    },
    Flaw {
        name: "sending again takes one seat too many",
        within: "UPDATE invitations AS i",
        text: "o.seat_limit IS NULL",
        instead: "1",
    },
    Flaw {
        name: "the invitation keeps its state when somebody joins",
        within: "UPDATE invitations SET uses",
        text: "uses + 1",
        instead: "uses",
    },
    Flaw {
        name: "somebody joins without their workspaces",
        within: "INSERT INTO memberships",
        text: "WHERE r.id = ?1",
        instead: "WHERE r.id = ?1 AND 0",
    },
    Flaw {
        name: "the outbox stays empty",
        within: "INSERT INTO jobs",
        text: "delivery = 'queued'",
        instead: "delivery = 'none'",
    },
    Flaw {
        name: "a job is taken by two at once",
        within: "UPDATE jobs SET attempts",
        text: "AND due_at <= ?2",
        instead: "AND ?2 > 0",
    },
    Flaw {
        name: "the tick finds no lost job",
        within: "UPDATE jobs SET requeue_at",
        text: "WHERE waiting = 1",
        instead: "WHERE waiting = 2",
    },
    Flaw {
        name: "a reminder is not noted",
        within: "end_told = iif",
        text: "iif(next_mail = 'reminder', ?2, reminded_at)",
        instead: "reminded_at",
    },
    Flaw {
        name: "an inviter is told of an end again and again",
        within: "end_told = iif",
        text: "iif(next_mail = 'ending', expires_at, end_told)",
        instead: "end_told",
    },
    Flaw {
        name: "what an inviter is told in the app is not mailed",
        within: "'notification_email', n.organization_id",
        text: "RETURNING id",
        instead: "WHERE 0 RETURNING id",
    },
    Flaw {
        name: "accepting is not audited",
        within: "r.member_id, 'invitation.accepted'",
        text: "WHERE r.id = ?2",
        instead: "WHERE r.id = ?2 AND 0",
    },
    Flaw {
        name: "the inviter is not told who came in",
        within: "'invitation.accepted', json_object",
        text: "WHERE r.id = ?2",
        instead: "WHERE r.id = ?2 AND 0",
    },
];
