//! What may be answered to what people do: anything else is a mistake, whoever came first.

use super::Operation as Op;

impl Op {
    /// Whether the contract has this answer to it: the status, and the code of a refusal.
    pub fn is_documented(&self, status: u16, code: &str) -> bool {
        const NOT_YOURS: [&str; 3] = ["unauthenticated", "forbidden", "not_found"];
        const NO_ROOM: [&str; 3] = ["seat_limit_reached", "trial_ended", "plan_feature_required"];
        const CLOSED: [&str; 8] = [
            "link_disabled",
            "link_full",
            "access_removed",
            "invitation_expired",
            "invitation_replaced",
            "invitation_revoked",
            "invitation_used",
            "invitation_declined",
        ];
        let refused = |codes: &[&str]| codes.contains(&code);
        match self {
            Op::Invite { .. } | Op::AddMember { .. } => {
                status == 201
                    || refused(&NOT_YOURS)
                    || refused(&[
                        "role_not_allowed",
                        "already_invited",
                        "already_member",
                        "daily_limit",
                        "member_not_active",
                    ])
                    || refused(&NO_ROOM)
            }
            Op::Resend(_) | Op::OperatorResend(_) => {
                status == 200
                    || refused(&NOT_YOURS)
                    || refused(&[
                        "not_pending",
                        "already_invited",
                        "already_member",
                        "daily_limit",
                        "undeliverable",
                        "link_has_no_recipient",
                    ])
                    || refused(&NO_ROOM)
            }
            Op::MakeLink { .. } => {
                status == 201
                    || refused(&NOT_YOURS)
                    || refused(&["role_not_allowed", "daily_limit", "plan_feature_required"])
            }
            Op::Rotate(_) | Op::Disable(_) | Op::Enable(_) => {
                status == 200 || refused(&NOT_YOURS) || code == "not_pending"
            }
            Op::ChangeRole(..) | Op::ChangeAccess { .. } => {
                status == 200
                    || refused(&NOT_YOURS)
                    || refused(&["role_not_allowed", "member_not_active", "membership_exists", "last_owner"])
                    || refused(&NO_ROOM)
            }
            Op::Standing(op) => op.is_documented(status, code) || refused(&NOT_YOURS),
            Op::Place(op) => op.is_documented(status, code) || refused(&NOT_YOURS),
            Op::Webhook(op) => op.is_documented(status, code) || refused(&NOT_YOURS),
            Op::Plan(op) => op.is_documented(status, code),
            Op::Mail(_) => super::mails::Op::is_documented(status, code),
            Op::Bulk { .. } => status == 202 || refused(&NOT_YOURS) || code == "role_not_allowed",
            Op::Undo(_) => status == 200 || refused(&NOT_YOURS) || code == "not_undoable",
            Op::Revoke(_) | Op::CopyLink(_) => status == 200 || refused(&NOT_YOURS) || code == "not_pending",
            Op::Remove { .. } | Op::Read(_) | Op::ListInvitations(_) | Op::ListMembers(_) => {
                status == 200 || refused(&NOT_YOURS)
            }
            Op::Preview(_) => status == 200 || refused(&["invitation_expired", "invitation_replaced"]),
            Op::Accept(_) | Op::SignUp(_) => {
                status == 200
                    || refused(&CLOSED)
                    || refused(&["sign_in_required", "wrong_account", "email_unverified"])
                    || refused(&NO_ROOM)
                    || (code == "required" && matches!(self, Op::Accept(_)))
            }
            Op::Decline(_) => {
                status == 204 || refused(&CLOSED) || refused(&["link_has_no_recipient", "email_unverified"])
            }
            Op::Look(_) => matches!(status, 200 | 303 | 403 | 410),
            Op::AcceptForm(_) => matches!(status, 303 | 401 | 403 | 409 | 410),
            // 403 also when the form lay open for too long.
            // A link for many is declined by nobody: the form leads back to it.
            Op::DeclineForm(_) => matches!(status, 200 | 303 | 403 | 410),
            // A session may be over before its own answer: somebody who proved the mailbox ended it.
            Op::SignIn => {
                status == 201 || refused(&["invalid_credentials", "unauthenticated", "rate_limited"])
            }
            Op::SignOut => status == 204 || code == "unauthenticated",
            Op::Me => status == 200 || code == "unauthenticated",
            Op::CreateOrganization { .. } => status == 201,
        }
    }
}
