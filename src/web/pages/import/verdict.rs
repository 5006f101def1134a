//! What would become of a row, and what is wrong with it, in words.

use serde_json::Value;

use crate::web::pages::words;

/// What would become of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Ready,
    Member,
    Invited,
    /// An earlier row is for the same address.
    Twice,
    Wrong,
    OverSeats,
    Tomorrow,
}

impl Verdict {
    pub const ALL: [Self; 7] =
        [Self::Ready, Self::Member, Self::Invited, Self::Twice, Self::Wrong, Self::OverSeats, Self::Tomorrow];

    /// Tells it by the problem that a row is refused with.
    pub fn of(problem: &Value) -> Self {
        match problem.get("code").and_then(Value::as_str).unwrap_or_default() {
            "already_member" => Self::Member,
            "already_invited" => Self::Invited,
            "seat_limit_reached" | "trial_ended" => Self::OverSeats,
            "daily_limit" => Self::Tomorrow,
            _ => Self::Wrong,
        }
    }

    /// As the form names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Member => "member",
            Self::Invited => "invited",
            Self::Twice => "twice",
            Self::Wrong => "wrong",
            Self::OverSeats => "seats",
            Self::Tomorrow => "tomorrow",
        }
    }

    pub fn read(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.as_str() == text)
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Ready => "Ready",
            Self::Member => "Already a member",
            Self::Invited => "Already invited",
            Self::Twice => "Twice in the list",
            Self::Wrong => "To correct",
            Self::OverSeats => "Over seats",
            Self::Tomorrow => "Enough for today",
        }
    }

    /// How it is marked.
    pub fn mark(self) -> &'static str {
        match self {
            Self::Ready => "good",
            Self::Member | Self::Invited | Self::Twice => "",
            Self::Wrong => "bad",
            Self::OverSeats | Self::Tomorrow => "warn",
        }
    }
}

/// What is wrong with a row: of each column that is, or of the row as a whole.
pub fn problem_in_words(problem: &Value) -> String {
    let text =
        |value: &Value, field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let errors = problem.get("errors").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if errors.is_empty() {
        return text(problem, "detail");
    }
    let told = errors.iter().map(|error| {
        let pointer = text(error, "pointer");
        let column = pointer
            .trim_start_matches('/')
            .trim_start_matches("access/")
            .split('/')
            .next()
            .unwrap_or_default();
        let detail = text(error, "detail");
        match column {
            "" => detail,
            "email" => format!("E-mail: {detail}"),
            // As the list calls them.
            "resources" => format!("Accounts: {detail}"),
            "workspace_ids" => format!("Workspaces: {detail}"),
            column => format!("{}: {detail}", words(column)),
        }
    });
    told.collect::<Vec<_>>().join(" ")
}
