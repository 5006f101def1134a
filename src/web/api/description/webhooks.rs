//! Webhooks, and what was delivered to them.

use http::Method;

use super::operation::By::{Operator, Session};
use super::operation::Operation;
use crate::error::Code;
use crate::store::webhook_deliveries::Shown as Delivery;
use crate::store::webhooks::Shown as Webhook;
use crate::web::api::by_hand::WebhookWithSecret;
use crate::web::api::{Listed, webhooks};

const OF_ALL: &str = "/v1/organizations/{organization}/webhooks";
const OF_ONE: &str = "/v1/organizations/{organization}/webhooks/{webhook}";

/// What a password is refused with.
const PROVING: &[Code] = &[Code::ReauthenticationRequired, Code::InvalidCredentials, Code::RateLimited];

pub(super) fn operations() -> Vec<Operation> {
    let all = vec![
        Operation::new(Method::POST, OF_ALL, "createWebhook", "Make a webhook")
            .told("Its signing secret is in `secret`, this once.")
            .body::<webhooks::Body>()
            .answers::<WebhookWithSecret>(201, "The webhook.")
            .refuses(PROVING)
            .refuses(&[Code::TooManyWebhooks]),
        Operation::new(Method::GET, OF_ALL, "listWebhooks", "List an organization's webhooks")
            .paged()
            .answers::<Listed<Webhook>>(200, "A page of them, without their secrets."),
        Operation::new(Method::GET, OF_ONE, "getWebhook", "Look at a webhook")
            .answers::<Webhook>(200, "The webhook."),
        Operation::new(Method::PATCH, OF_ONE, "changeWebhook", "Change a webhook, or turn it on or off")
            .body::<webhooks::Patch>()
            .answers::<Webhook>(200, "The webhook.")
            .refuses(PROVING),
        Operation::new(Method::DELETE, OF_ONE, "deleteWebhook", "Delete a webhook")
            .told("What waits to be delivered to it is given up.")
            .done(),
        Operation::new(
            Method::POST,
            "/v1/organizations/{organization}/webhooks/{webhook}/rotate",
            "rotateWebhookSecret",
            "Replace a webhook's secret",
        )
        .told("The new one is in `secret`, this once. Deliveries are signed with the one before too, for a day from now, and with those before \
               that until their day is over. While five that were replaced still count, no other is made.")
        .no_fields()
        .answers::<WebhookWithSecret>(200, "The webhook.")
        .refuses(&[Code::RateLimited]),
        Operation::new(
            Method::POST,
            "/v1/organizations/{organization}/webhooks/{webhook}/test",
            "testWebhook",
            "Have a test event delivered",
        )
        .told("Now, however long a receiver that fails is left alone.")
        .no_fields()
        .answers::<Delivery>(202, "The delivery, which waits.")
        .refuses(&[Code::WebhookDisabled]),
        Operation::new(
            Method::GET,
            "/v1/organizations/{organization}/webhooks/{webhook}/deliveries",
            "listWebhookDeliveries",
            "List what was delivered to a webhook",
        )
        .told("For thirty days.")
        .query::<webhooks::Query>()
        .answers::<Listed<Delivery>>(200, "A page of deliveries."),
        Operation::new(
            Method::POST,
            "/v1/organizations/{organization}/webhooks/{webhook}/deliveries/replay",
            "replayFailedDeliveries",
            "Have what failed delivered again",
        )
        .told(
            "What was given up and not delivered since, the newest hundred of it; and what waits for its next try, which is now.",
        )
        .no_fields()
        .answers::<webhooks::Replayed>(202, "How many that are.")
        .refuses(&[Code::WebhookDisabled]),
        Operation::new(
            Method::POST,
            "/v1/organizations/{organization}/webhooks/{webhook}/deliveries/{job}/replay",
            "replayDelivery",
            "Have an event delivered again",
        )
        .told("Under the id that it had. A delivery that waits for its next try is made now, and is the one that is answered.")
        .no_fields()
        .answers::<Delivery>(202, "The delivery, which waits.")
        .refuses(&[Code::WebhookDisabled, Code::NotReplayable]),
    ];
    all.into_iter().map(|operation| operation.by(&[Operator, Session])).collect()
}
