//! What asks nobody who they are: health, public keys; and what providers tell.

use http::Method;

use super::operation::By::{Everybody, Provider};
use super::operation::Operation;
use crate::error::Code;
use crate::web::api::by_hand::{Event, Health, PublicKeys, Received};

pub(super) fn operations() -> Vec<Operation> {
    let hook = |path, id, summary, by| {
        Operation::new(Method::POST, path, id, summary)
            .told("Each event counts once; one of an unknown kind is nothing. Not there where its secret is not set.")
            .by(by)
            .body::<Event>()
            .answers::<Received>(200, "Kept, or nothing to Usher.")
            .refuses(&[Code::NotFound, Code::RateLimited])
    };
    vec![
        hook("/hooks/email/resend", "hearResend", "What Resend tells of a message", &[Provider("resend")]),
        hook(
            "/hooks/email/postmark",
            "hearPostmark",
            "What Postmark tells of a message",
            &[Provider("postmark")],
        ),
        hook(
            "/hooks/billing/stripe",
            "hearStripe",
            "What Stripe tells of a subscription",
            &[Provider("stripe")],
        ),
        Operation::new(
            Method::GET,
            "/.well-known/jwks.json",
            "getPublicKeys",
            "Get the public keys of the tokens for host products",
        )
        .by(&[Everybody])
        .answers::<PublicKeys>(200, "The keys."),
        Operation::new(Method::GET, "/healthz", "getHealth", "Whether the service runs")
            .by(&[Everybody])
            .answers::<Health>(200, "It does."),
        Operation::new(Method::GET, "/readyz", "getReadiness", "Whether it reaches its database")
            .by(&[Everybody])
            .answers::<Health>(200, "It does."),
    ]
}
