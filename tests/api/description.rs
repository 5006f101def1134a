//! The API's description and what is answered hold each other: every answer of these tests is held against it (`Client::send`), and
//! a walk through it asks every operation as everybody. The same walk goes through the real runtime (`tests/edge/described.rs`).

use http::Method;
use serde_json::{Value, json};

use crate::support::World;
use crate::support::client::Team;
use crate::support::description::{Answered, DESCRIPTION, Description};
use crate::support::platform::{OPERATOR_KEY, ORIGIN, ROOT_KEY};
use crate::support::walk::{Deployment, Got, Sent, walk};

const SESSION: &str = "__Host-usher_session";

#[test]
fn every_operation_answers_every_caller_as_the_description_says() {
    let world = World::with_settings(&[
        ("LIMITS", "off"),
        ("INVITATIONS_PER_DAY", "100000"),
        ("MAILS_PER_ADDRESS", "1000"),
        ("MAILS_PER_SENDER", "1000"),
    ]);
    let mut send = |sent: &Sent<'_>| {
        let mut client = world.client();
        if let Some(key) = &sent.by.bearer {
            client = client.bearer(key);
        }
        if let Some(session) = &sent.by.session {
            client = client.with_cookie(SESSION, session);
        }
        let method: Method = sent.method.parse().unwrap();
        let request = client.request(&method, sent.path, sent.content_type, sent.body.to_vec());
        let answer = client.receive(crate::support::platform::block_on(world.app().handle(request)));
        // Newest first needs a clock that goes on.
        world.pass(std::time::Duration::from_millis(1));
        Got {
            status: answer.status.as_u16(),
            content_type: answer.header("content-type").map(str::to_owned),
            session: client.cookie(SESSION).map(str::to_owned),
            body: answer.body.to_vec(),
        }
    };
    let deployment =
        Deployment { origin: ORIGIN, operator_key: OPERATOR_KEY, root_key: ROOT_KEY, send: &mut send };
    let walked = walk(&DESCRIPTION, deployment);
    assert!(walked.complaints.is_empty(), "{}", walked.complaints.join("\n"));
    assert_eq!(walked.undone(), [""; 0], "never did what they are for");
    assert!((1_000..3_000).contains(&walked.requests), "{} requests", walked.requests);
}

/// A description that says anything else than what is answered is found out.
#[test]
fn a_description_that_is_wrong_is_found_out() {
    let mut team = Team::new();
    let path = format!("/v1/organizations/{}", team.organization);
    let answer = team.owner.get(&path);
    let refused = team.world.client().get(&path);
    let complaint = |tamper: &dyn Fn(&mut Value)| {
        let mut document = DESCRIPTION.document().clone();
        tamper(&mut document);
        let description = Description::of(document);
        [&answer, &refused].into_iter().find_map(|answer| {
            let answered = Answered {
                status: answer.status.as_u16(),
                content_type: answer.header("content-type"),
                body: &answer.body,
            };
            description.complaint(description.operation("GET", &path).unwrap(), &answered)
        })
    };
    assert_eq!(complaint(&|_| {}), None);
    let operation = "/paths/~1v1~1organizations~1{organization}/get";
    let organization = "/components/schemas/Organization";
    let remove = |pointer: String, field: &'static str| {
        move |document: &mut Value| {
            document.pointer_mut(&pointer).unwrap().as_object_mut().unwrap().remove(field).unwrap();
        }
    };
    for (tamper, told) in [
        (&remove(format!("{operation}/responses"), "200") as &dyn Fn(&mut Value), "not a status"),
        (&remove(format!("{operation}/responses"), "401"), "not a status"),
        (&remove(format!("{operation}/responses/200/content"), "application/json"), "not a content type"),
        (&remove(format!("{organization}/properties"), "slug"), "not valid"),
        (
            &|document: &mut Value| {
                document["components"]["schemas"]["Organization"]["properties"]["slug"] =
                    json!({"type": "integer"});
            },
            "not valid",
        ),
        (
            &|document: &mut Value| {
                document["components"]["schemas"]["Organization"]["required"] = json!(["missing"]);
            },
            "not valid",
        ),
        (
            &remove(
                "/components/responses/unauthenticated/content/application~1problem+json/examples".to_owned(),
                "unauthenticated",
            ),
            "not a code",
        ),
    ] {
        let complaint = complaint(tamper).unwrap_or_else(|| panic!("{told}: nobody complains"));
        assert!(complaint.contains(told), "{complaint}");
    }
}
