//! Every path is read as it is written.

use super::*;
use crate::domain::time::Timestamp;

fn sample(pattern: &str) -> String {
    let now = Timestamp::from_millis(1);
    pattern
        .replace("{token}", "eyJ.x-_.y")
        .replace("{hash}", "0123456789abcdef")
        .replace("{slug}", "example-studio")
        .replace("{key}", &ApiKeyId::new(now, [1; 10]).to_string())
        .replace("{draft}", &DraftId::new(now, [1; 10]).to_string())
        .replace("{step}", "person")
        .replace("{job}", &JobId::new(now, [1; 10]).to_string())
        .replace("{organization}", &OrganizationId::new(now, [1; 10]).to_string())
        .replace("{invitation}", &InvitationId::new(now, [1; 10]).to_string())
        .replace("{member}", &MemberId::new(now, [1; 10]).to_string())
        .replace("{session}", &SessionId::new(now, [1; 10]).to_string())
        .replace("{workspace}", &WorkspaceId::new(now, [1; 10]).to_string())
        .replace("{webhook}", &WebhookId::new(now, [1; 10]).to_string())
        .replace("{resource}", &ResourceId::new(now, [1; 10]).to_string())
}

#[test]
fn every_route_reads_back_from_the_path_it_writes() {
    for (pattern, methods) in Route::PATTERNS {
        let path = sample(pattern);
        let route = Route::parse(&path).unwrap_or_else(|| panic!("{path}"));
        assert_eq!(route.path(), path);
        assert_eq!(route.methods(), *methods);
    }
}

#[test]
fn what_a_path_holds_is_no_pattern() {
    let draft = DraftId::new(Timestamp::from_millis(1), [1; 10]);
    let route = Route::InviteStep("a{draft}{step}".to_owned(), draft, Step::Person);
    assert_eq!(route.path(), format!("/o/a{{draft}}{{step}}/team/invite/{draft}/person"));
    assert_eq!(Route::parse(&route.path()), Some(route));
}

#[test]
fn an_id_of_another_kind_is_nowhere() {
    let job = JobId::new(Timestamp::from_millis(1), [1; 10]);
    assert_eq!(Route::parse(&format!("/v1/invitations/{job}")), None);
    assert_eq!(Route::parse("/v1/organizations/org_1/members"), None);
    assert_eq!(Route::parse("/nowhere"), None);
    assert_eq!(Route::parse("/v1/invitations/preview"), Some(Route::Preview));
}
