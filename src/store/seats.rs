//! The seat ledger. Counters in the organization's row are kept by triggers, in the transaction of whatever changes them,
//! so that nothing ever counts members. Every write that would take a seat asks [`seat_free`] in its own statement.
//!
//! Reservations whose time is over still stand in the counter until somebody stamps them; they are found by an index and
//! left out.

use crate::domain::ids::EventId;
use crate::platform::Statement;
use crate::{params, sql};

/// Whether the organization `o` has so many seats more, at a moment: `seat_free!("?3")`, or `seat_free!("?3", "1 - i.reserves")`
/// for an invitation whose own reservation counts as free. An ended trial has none; a plan lowered below its use neither.
macro_rules! seat_free {
    ($now:literal) => {
        seat_free!($now, "1")
    };
    ($now:literal, $seats:expr) => {
        concat!(
            "((o.trial_ends_at IS NULL OR o.trial_ends_at > ",
            $now,
            ") AND ",
            within_limit!($now, $seats),
            ")"
        )
    };
}

/// The same without the trial. Lapsed reservations are read only as far as their seats are needed: each one stamped or used
/// again makes that fewer, so that it never is their whole number.
macro_rules! within_limit {
    ($now:literal, $seats:expr) => {
        concat!(
            "(o.seat_limit IS NULL OR o.seats_used + o.seats_reserved + (",
            $seats,
            ") <= o.seat_limit OR EXISTS (
               SELECT 1 FROM (SELECT row_number() OVER (ORDER BY l.expires_at) AS place FROM invitations l
                              WHERE l.organization_id = o.id AND l.outcome = 'open' AND l.reserves = 1
                                AND l.expires_at <= ",
            $now,
            ") WHERE place >= o.seats_used + o.seats_reserved + (",
            $seats,
            ") - o.seat_limit))"
        )
    };
}

/// How many seats, one or none, an open invitation of the organization `o` reserves for this user. That one is theirs if they take a
/// seat in another way: a person holds one at most. Only whoever proved the mailbox is the one whom it is for.
macro_rules! reserved_for {
    ($user:expr, $now:literal) => {
        concat!(
            "(SELECT count(*) FROM users h JOIN invitations k ON k.organization_id = o.id AND k.email_key = h.email_key
                AND k.outcome = 'open' AND k.reserves = 1 AND k.expires_at > ",
            $now,
            " WHERE h.id = ",
            $user,
            " AND h.email_verified_at IS NOT NULL)"
        )
    };
}

/// Frees what open invitations reserve for this user where they hold a seat: `released!("(SELECT …)")`. Stands after what may give
/// them one, or what proves their mailbox. The invitations stay open; accepting one takes no further seat.
macro_rules! released {
    ($user:literal) => {
        concat!(
            "UPDATE invitations SET takes_seat = 0 WHERE reserves = 1 AND id IN (
               SELECT k.id FROM users h
               JOIN members m ON m.user_id = h.id AND m.holds_seat = 1
               JOIN invitations k ON k.organization_id = m.organization_id AND k.email_key = h.email_key
                 AND k.outcome = 'open'
               WHERE h.email_verified_at IS NOT NULL AND h.id = ",
            $user,
            ")"
        )
    };
}

/// Whether somebody new takes a seat by the invitation `i`, whatever it reserves now.
macro_rules! would_take_seat {
    () => {
        "(i.role IN ('admin', 'member') OR (i.role = 'client' AND i.access_takes_seat = 1))"
    };
}

/// Whether this address is a member's of the organization `o` who proved it and holds a seat: then no invitation reserves another.
macro_rules! is_seated {
    ($email_key:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM users h JOIN members m ON m.user_id = h.id AND m.organization_id = o.id
                       AND m.holds_seat = 1
                     WHERE h.email_key = ",
            $email_key,
            " AND h.email_verified_at IS NOT NULL)"
        )
    };
}

/// How many reservations of the organization `o` still stand in its counter though their time is over.
macro_rules! lapsed {
    ($now:literal) => {
        concat!(
            "(SELECT count(*) FROM invitations l
              WHERE l.organization_id = o.id AND l.outcome = 'open' AND l.reserves = 1 AND l.expires_at <= ",
            $now,
            ")"
        )
    };
}

/// How many more seats the organization `o` has, the trial aside; null is any number, and below 0 a plan that was lowered
/// below its use. Reads each reservation that lapsed and was not stamped yet: the tick stamps five hundred a minute.
macro_rules! seats_left {
    ($now:literal) => {
        concat!("(o.seat_limit - o.seats_used - o.seats_reserved + ", lapsed!($now), ")")
    };
}

/// Whether every workspace of a JSON array (null is the oldest one) is in the organization `o`.
macro_rules! all_in_organization {
    ($workspaces:literal) => {
        concat!(
            "NOT EXISTS (SELECT 1 FROM json_each(",
            $workspaces,
            ") e WHERE NOT EXISTS (SELECT 1 FROM workspaces w WHERE w.id = e.value AND w.organization_id = o.id))"
        )
    };
}

/// Whether every resource of a JSON array of grants is in one of the workspaces of the other.
macro_rules! all_in_workspaces {
    ($grants:literal, $workspaces:literal) => {
        concat!(
            "NOT EXISTS (SELECT 1 FROM json_each(",
            $grants,
            ") e WHERE NOT ",
            is_in_workspaces!($workspaces),
            ")"
        )
    };
}

/// Whether the resource of the grant `e` is in one of the workspaces of a JSON array (null is the oldest one of `o`).
macro_rules! is_in_workspaces {
    ($workspaces:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM resources r WHERE r.id = e.value ->> 'id' AND r.organization_id = o.id
                     AND r.deleted_at IS NULL AND r.workspace_id IN (SELECT value FROM json_each(coalesce(",
            $workspaces,
            ", json_array((SELECT min(id) FROM workspaces WHERE organization_id = o.id))))))"
        )
    };
}

/// Whether the organization `o` may have custom permissions for its clients (S3-15): of any other feature that says nothing.
macro_rules! may_customize {
    () => {
        has_feature!("custom_client_permissions")
    };
}

/// Whether the plan of the organization `o` has this feature.
macro_rules! has_feature {
    ($feature:literal) => {
        concat!("EXISTS (SELECT 1 FROM json_each(o.plan_features) f WHERE f.value = '", $feature, "')")
    };
}

/// Whether the invitation `i` gives a client no list of permissions of their own, or the plan has that.
macro_rules! plan_allows {
    () => {
        concat!("(i.role <> 'client' OR i.permissions IS NULL OR ", may_customize!(), ")")
    };
}

/// Frees what is reserved for the member whom this claim is about, if they hold a seat now.
#[must_use]
pub fn release(claim: EventId) -> Statement {
    Statement::new(
        sql!(released!(
            "(SELECT m.user_id FROM audit_events a JOIN members m ON m.id = a.subject WHERE a.id = ?1)"
        )),
        params![claim],
    )
}
