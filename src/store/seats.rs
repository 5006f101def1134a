//! The seat ledger. Counters in the organization's row are kept by triggers, in the transaction of whatever changes them,
//! so that nothing ever counts members. Every write that would take a seat asks [`seat_free`] in its own statement.
//!
//! Reservations whose time is over still stand in the counter until somebody stamps them; they are found by an index and
//! left out.

/// Whether the organization `o` has so many seats more, at a moment: `seat_free!("?3")`, or `seat_free!("?3", "1 - i.reserves")`
/// for an invitation whose own reservation counts as free. An ended trial has none; a plan lowered below its use neither.
macro_rules! seat_free {
    ($now:literal) => {
        seat_free!($now, "1")
    };
    ($now:literal, $seats:literal) => {
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
    ($now:literal, $seats:literal) => {
        concat!(
            "(o.seat_limit IS NULL OR o.seats_used + o.seats_reserved + (",
            $seats,
            ") <= o.seat_limit OR EXISTS (
               SELECT 1 FROM (SELECT row_number() OVER (ORDER BY l.expires_at) AS place FROM invitations l
                              WHERE l.organization_id = o.id AND l.reserves = 1 AND l.expires_at <= ",
            $now,
            ") WHERE place >= o.seats_used + o.seats_reserved + (",
            $seats,
            ") - o.seat_limit))"
        )
    };
}

/// How many reservations of the organization `o` still stand in its counter though their time is over.
macro_rules! lapsed {
    ($now:literal) => {
        concat!(
            "(SELECT count(*) FROM invitations l WHERE l.organization_id = o.id AND l.reserves = 1 AND l.expires_at <= ",
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

/// Whether the organization `o` may have custom permissions for its clients (S3-15).
macro_rules! may_customize {
    () => {
        "EXISTS (SELECT 1 FROM json_each(o.plan_features) f WHERE f.value = 'custom_client_permissions')"
    };
}
