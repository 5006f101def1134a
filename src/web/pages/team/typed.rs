//! What is typed into the form that changes an invitation, and the body of the API's `PATCH` that it comes to.

use serde_json::{Map, Value, json};

use crate::domain::email_address::EmailAddress;
use crate::domain::invitation::Kind;
use crate::store::invitations::Record;
use crate::web::pages::form::Form;

/// What stands in the form.
pub(super) struct Typed {
    pub email: String,
    pub name: String,
    pub nickname: String,
    pub message: String,
    pub role: String,
    pub brand: String,
    pub max_uses: String,
    pub expires_in: String,
}

impl Typed {
    /// How it is.
    pub(super) fn of(record: &Record) -> Self {
        let state = &record.state;
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        Self {
            email: state.email.as_ref().map(EmailAddress::to_string).unwrap_or_default(),
            name: text(&record.name),
            nickname: text(&record.nickname),
            message: text(&record.message),
            role: state.role.as_str().to_owned(),
            brand: text(&record.branding_name),
            max_uses: state.max_uses.map(|most| most.to_string()).unwrap_or_default(),
            expires_in: String::new(),
        }
    }

    /// What was typed.
    pub(super) fn read(form: &Form) -> Self {
        let text = |name: &str| form.text(name).to_owned();
        Self {
            email: text("email"),
            name: text("name"),
            nickname: text("nickname"),
            message: text("message"),
            role: text("role"),
            brand: text("branding/name"),
            max_uses: text("max_uses"),
            expires_in: text("expires_in"),
        }
    }

    /// The body that `PATCH` would be sent: what differs from how it is. What was emptied is cleared.
    pub(super) fn changes(&self, record: &Record) -> Map<String, Value> {
        let is = Self::of(record);
        let mut body = Map::new();
        let mut say = |field: &str, typed: &str, is: &str, read: fn(&str) -> Value| {
            let typed = typed.trim().replace("\r\n", "\n");
            if typed != is {
                body.insert(field.to_owned(), read(&typed));
            }
        };
        let text = |typed: &str| if typed.is_empty() { Value::Null } else { Value::from(typed) };
        let needed = |typed: &str| Value::from(typed);
        let count = |typed: &str| match typed.parse::<i64>() {
            Ok(count) => Value::from(count),
            Err(_) if typed.is_empty() => Value::Null,
            Err(_) => Value::from(-1),
        };
        say("nickname", &self.nickname, &is.nickname, text);
        say("message", &self.message, &is.message, text);
        say("expires_in", &self.expires_in, &is.expires_in, count);
        if record.state.kind == Kind::Link {
            say("max_uses", &self.max_uses, &is.max_uses, count);
            if self.brand.trim() != is.brand {
                body.insert("branding".to_owned(), json!({"name": text(self.brand.trim())}));
            }
        } else {
            say("email", &self.email, &is.email, needed);
            say("name", &self.name, &is.name, text);
            // There is nothing to choose where there is but one role.
            if !self.role.is_empty() {
                say("role", &self.role, &is.role, needed);
            }
        }
        body
    }
}
