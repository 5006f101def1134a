//! Many invitations in one request: how large it may be, and files that spreadsheets write.

use http::Method;
use serde_json::{Value, json};

use crate::bulk::{job, made, outcomes, send};
use crate::support::client::{Answer, Client, Team};
use crate::{about, complaint, refusal};

#[test]
fn nothing_over_a_thousand_rows_or_a_mebibyte_and_not_nothing_either() {
    let mut team = Team::new();
    let mut sent =
        |rows: Vec<Value>| complaint(&send(&mut team.owner, &team.organization, &rows.into(), true));
    assert_eq!(sent(Vec::new()), about(422, "invalid_value", "/rows"));
    assert_eq!(sent(vec![json!({}); 1001]), about(422, "invalid_value", "/rows"));
    assert_eq!(sent(vec![json!({"message": "x".repeat(1024 * 1024)})]).1, "payload_too_large");
    let path = team.path("/invitations/bulk");
    let complained = complaint(&team.owner.post(&path, &json!({"rows": {}})));
    assert_eq!(complained, about(422, "invalid_type", "/rows"));
    assert_eq!(complaint(&team.owner.post(&path, &json!({"rows": [], "dry": true}))).1, "unknown_field");
}

/// A body of the largest size, made of as many of this as fit.
fn full_of(before: &str, part: &str, after: &str) -> Vec<u8> {
    let many = (1024 * 1024 - before.len() - after.len()) / part.len();
    format!("{before}{}{after}", part.repeat(many)).into_bytes()
}

/// What would take many times its size is told in few words, and kept in few.
#[test]
fn a_body_of_nothing_but_errors_is_answered_and_kept_in_few_words() {
    let mut team = Team::of("client-links");
    let path = team.path("/invitations/bulk");
    let row = r#"{"email":"a@b.test","role":"client","access":{"permissions":["#;
    // One row with a list that nobody could mean, and rows with many wrong entries each.
    let one = full_of(&format!(r#"{{"rows":[{row}1"#), ",1", "]}}]}");
    let wrong = format!("{row}1{}]}}}}", ",1".repeat(100));
    let many =
        json!({"rows": vec![serde_json::from_str::<Value>(&wrong).unwrap(); 1000]}).to_string().into_bytes();
    for (body, code, most) in [(one, "payload_too_large", 1024), (many, "invalid_value", 1024 * 1024)] {
        let json = Some("application/json");
        let told = team.owner.send(&Method::POST, &format!("{path}?dry_run=true"), json, body.clone()).ok();
        assert!(told.body.len() <= most, "{}", told.body.len());
        assert_eq!(outcomes(&told.json())[0], code);
        team.owner.send(&Method::POST, &path, json, body).ok();
    }
    assert!(team.world.count("SELECT max(length(problem)) FROM bulk_rows") < 1024);
}

#[test]
fn lists_that_nobody_could_mean_are_refused_as_a_whole() {
    let mut team = Team::of("client-links");
    let path = team.path("/invitations");
    let ids = |many: usize| json!(vec!["nothing"; many]);
    for (field, pointer, list) in [
        ("permissions", "/access/permissions", ids(129)),
        ("addable_kinds", "/access/addable_kinds", ids(100)),
        ("resources", "/access/resources", ids(501)),
    ] {
        let access = json!({field: list});
        let answer = team.owner.post(&path, &json!({"kind": "link", "role": "client", "access": access}));
        assert_eq!(complaint(&answer), about(422, "invalid_value", pointer));
        assert_eq!(answer.json()["errors"].as_array().unwrap().len(), 1);
    }
    let answer =
        team.owner.post(&path, &json!({"kind": "link", "role": "client", "workspace_ids": ids(101)}));
    assert_eq!(complaint(&answer), about(422, "invalid_value", "/workspace_ids"));
    let access = json!({"permissions": ids(128)});
    let answer = team.owner.post(&path, &json!({"kind": "link", "role": "client", "access": access}));
    assert_eq!(
        answer.json()["errors"].as_array().unwrap().len(),
        20,
        "and of the entries, the first are told"
    );
}

/// As many rows as a body holds, in either form, are refused for their number alone.
#[test]
fn rows_beyond_a_thousand_are_not_read() {
    let mut team = Team::new();
    let path = team.path("/invitations/bulk");
    for (form, body) in [
        ("application/json", full_of(r#"{"rows":[{"":1}"#, r#",{"":1}"#, "]}")),
        ("text/csv", full_of("email,role\n", "a,\n", "")),
    ] {
        let answer = team.owner.send(&Method::POST, &path, Some(form), body);
        assert_eq!(complaint(&answer), about(422, "invalid_value", "/rows"), "{form}");
        assert!(answer.body.len() < 1024);
    }
}

#[test]
fn a_row_that_is_too_large_is_refused_by_itself() {
    let mut team = Team::new();
    let path = team.path("/invitations/bulk?dry_run=true");
    let large = "x".repeat(64 * 1024);
    let rows = json!({"rows": [{"email": "a@client.test", "role": "client", "message": large},
                               {"email": "b@client.test", "role": "client"}]});
    let told = team.owner.post(&path, &rows).ok().json();
    assert_eq!(outcomes(&told), ["payload_too_large", "would_create"]);
    let file = format!("email,role,message\na@client.test,client,{large}\nb@client.test,client,\n");
    let told = csv(&mut team.owner, &path, &file).ok().json();
    assert_eq!(outcomes(&told), ["payload_too_large", "would_create"]);
}

#[test]
fn rows_that_say_much_are_carried_over_in_several_parameters() {
    let mut team = Team::of("publishing");
    let rows: Vec<Value> = (0..900)
        .map(|number| {
            json!({"email": format!("p{number}@studio.test"), "role": "client", "message": "m".repeat(900),
                   "access": {"permissions": ["posts"]}})
        })
        .collect();
    let told = made(&mut team, &rows.into());
    assert!(outcomes(&told).iter().all(|outcome| outcome == "created"), "{:?}", outcomes(&told));
    assert_eq!(outcomes(&told).len(), 900);
    assert!(
        team.world.count("SELECT sum(length(wanted)) FROM bulk_rows") > 1_000_000,
        "more than one parameter"
    );
}

fn csv(by: &mut Client, path: &str, file: &str) -> Answer {
    by.send(&Method::POST, path, Some("text/csv; charset=utf-8"), file.as_bytes().to_vec())
}

#[test]
fn a_spreadsheets_export_is_taken_as_it_is() {
    let mut team = Team::new();
    let workspace = team.workspace();
    let path = team.path("/invitations/bulk");
    let file = format!(
        "\u{feff}Email;Role;Name;Message;Workspace_IDs;Expires_in;Send_email\r\n\
         ana@client.test;client;\"Ana; Client\";\"Hello,\r\nAna\";{workspace};7200;no\r\n\
         ;;;;;;\r\n\
         bea@client.test;boss;;;;;\r\n\
         cleo@client.test;client;;;wsp_1;soon;yes\r\n\
         dan@client.test;client;;;;;;;\r\n"
    );
    let told = csv(&mut team.owner, &format!("{path}?dry_run=true"), &file).ok().json();
    assert_eq!(outcomes(&told), ["would_create", "invalid_value", "invalid_type", "invalid_type"]);
    assert_eq!(told["data"][1]["problem"]["errors"][0]["pointer"], "/role");
    let id = csv(&mut team.owner, &path, &file).ok().str("/job_id");
    team.world.deliver();
    let done = job(&mut team.owner, &id);
    let invitation = done["data"][0]["invitation_id"].as_str().unwrap();
    let shown = team.owner.get(&format!("/v1/invitations/{invitation}")).ok().json();
    assert_eq!((&shown["name"], &shown["message"]), (&json!("Ana; Client"), &json!("Hello,\nAna")));
    assert_eq!((&shown["delivery"], &shown["workspace_ids"]), (&json!("none"), &json!([workspace])));
}

/// What stands behind an open quote is other people's rows, which would be mailed to the first.
#[test]
fn a_file_that_ends_inside_quotes_mails_nobody() {
    let mut team = Team::new();
    let path = team.path("/invitations/bulk");
    let before = team.world.state().database.borrow().dump();
    let file = "email,role,message\nana@client.test,client,\"Hello\nbea@client.test,client,Hi\n";
    for path in [&path, &format!("{path}?dry_run=true")] {
        let answer = csv(&mut team.owner, path, file);
        assert_eq!(answer.refusal(), refusal(400, "invalid_form"));
        assert!(answer.str("/detail").starts_with("Line 2 "), "{}", answer.text());
    }
    assert_eq!(team.world.state().database.borrow().dump(), before);
}

#[test]
fn a_file_whose_columns_cannot_be_used_is_refused_whole() {
    let mut team = Team::new();
    let path = team.path("/invitations/bulk");
    let mut sent = |file: &str| complaint(&csv(&mut team.owner, &path, file));
    assert_eq!(sent("email,role,salary\n"), about(422, "unknown_field", "/columns/2"));
    assert_eq!(sent("email\n"), about(422, "required", "/columns"));
    assert_eq!(sent("email,role\n"), about(422, "invalid_value", "/rows"));
    let answer = team.owner.send(&Method::POST, &path, Some("text/csv"), vec![0xff, 0xfe, b'e', 0]);
    assert_eq!(answer.refusal(), refusal(400, "invalid_form"));
    let answer = team.owner.send(&Method::POST, &path, Some("application/vnd.ms-excel"), vec![1]);
    assert_eq!(answer.refusal(), refusal(415, "unsupported_media_type"));
    let answer = csv(&mut team.owner, &format!("{path}?dry_run=perhaps"), "email,role\n");
    assert_eq!(complaint(&answer), about(422, "invalid_value", "?dry_run"));
}
