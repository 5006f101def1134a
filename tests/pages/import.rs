//! Inviting many people with a list: looked through first, then sent by a job, then taken back.
//!
//! The rule: until somebody presses "Send", nothing is written; what is sent is what was shown.

use serde_json::json;

use crate::reading::{plain, seen, tags, text_of};
use crate::scene::{browsing, page_of, upload};
use crate::structure::check_page;
use crate::support::client::{Client, Team};
use crate::support::{Answer, World};

fn open(plan: serde_json::Value) -> (Team, Client, String) {
    let mut team = Team::make(World::new(), "client-links", Some(plan));
    let path = page_of(&mut team, "/team/import");
    let owner = browsing(team.owner.clone());
    (team, owner, path)
}

fn unlimited() -> (Team, Client, String) {
    open(json!({"key": "test", "seat_limit": null}))
}

/// The rows of the table: what each cell says.
fn rows(page: &Answer) -> Vec<Vec<String>> {
    let text = page.text();
    let body = text.split("<tbody>").nth(1).unwrap_or_default().split("</tbody>").next().unwrap();
    let cells = |row: &str| {
        row.replace("</th>", "</td>").split("</td>").map(plain).filter(|cell| !cell.is_empty()).collect()
    };
    body.split("</tr>").map(cells).filter(|row: &Vec<String>| !row.is_empty()).collect()
}

fn value(page: &Answer, name: &str) -> String {
    let tags = tags(&page.text());
    tags.iter()
        .find(|tag| tag.get("name") == name)
        .unwrap_or_else(|| panic!("{name}"))
        .get("value")
        .to_owned()
}

const LIST: &str = "email,role,name\n\
                    ana@client.test,client,Ana\n\
                    \n\
                    adam.admin@studio.test,client,\n\
                    carl@client.test,client,\n\
                    bo@client,client,\n\
                    mia@studio.test,member,\n\
                    mo@studio.test,member,\n";

#[test]
fn a_list_is_looked_through_and_nothing_is_sent() {
    let (mut team, mut owner, path) = open(json!({"key": "test", "seat_limit": 2}));
    check_page(&owner.get(&path));
    team.joined("adam.admin@studio.test", "admin");
    team.invited("carl@client.test", "client");
    let before = team.world.state().database.borrow().dump();
    let page = upload(&mut owner, &path, &[("do", "check")], Some(("file", "list.csv", LIST.as_bytes())));
    check_page(&page);
    assert_eq!(page.status, 200, "{}", page.text());
    let shown = rows(&page);
    let states: Vec<(&str, &str, &str)> =
        shown.iter().map(|row| (row[0].as_str(), row[1].as_str(), row[2].as_str())).collect();
    assert_eq!(
        states,
        [
            ("ana@client.test", "2", "Ready"),
            ("adam.admin@studio.test", "4", "Already a member"),
            ("carl@client.test", "5", "Already invited"),
            ("bo@client", "6", "To correct"),
            ("mia@studio.test", "7", "Ready"),
            ("mo@studio.test", "8", "Over seats"),
        ]
    );
    assert!(shown[3][3].starts_with("E-mail: This is not an e-mail address."), "{:?}", shown[3]);
    // Who is given no account is told, and can be invited so; staff of this system too.
    assert!(shown[0][3].contains("until they are given one, they see nothing."), "{:?}", shown[0]);
    let text = seen(&page.text());
    for told in ["Nothing is sent yet.", "Send 2 invitations", "Ready 2", "Over seats 1", "To correct 1"] {
        assert!(text.contains(told), "{told} in {text}");
    }
    assert_eq!(team.world.state().database.borrow().dump(), before);

    let part = upload(&mut owner, &path, &[("rows", LIST), ("show", "wrong")], None);
    check_page(&part);
    assert_eq!(rows(&part).len(), 1);
    assert_eq!(value(&part, "of"), "wrong", "it stays so on the next page");
    assert_eq!(team.world.state().database.borrow().dump(), before);
}

#[test]
fn what_is_ready_is_sent_by_a_job_and_taken_back_after_a_question() {
    let (mut team, mut owner, path) = unlimited();
    team.joined("adam.admin@studio.test", "admin");
    let sent = looked_at_and_sent(&mut owner, &path, LIST);
    assert_eq!(sent.status, 303, "{}", sent.text());
    let job = sent.header("location").unwrap().to_owned();
    assert!(job.starts_with(&path), "{job}");
    let waiting = owner.get(&job);
    check_page(&waiting);
    assert_eq!(text_of(&waiting.text(), "h1"), "The import is waiting");
    assert!(waiting.text().contains("http-equiv=\"refresh\""));
    let text = seen(&waiting.text());
    assert!(text.contains("4 invitations are on the way.") && text.contains("0 of 4 rows done."), "{text}");

    let question = owner.get(&format!("{job}?undo=1"));
    check_page(&question);
    let question = seen(&question.text());
    assert!(question.contains("4 rows are still waiting.") && !question.contains("It made"), "{question}");

    team.world.deliver();
    let done = owner.get(&job);
    check_page(&done);
    assert_eq!(text_of(&done.text(), "h1"), "The import is done");
    assert!(!done.text().contains("http-equiv=\"refresh\"") && !done.text().contains("data-fresh"));
    assert_eq!(rows(&done)[0][..3], ["ana@client.test", "Client", "Invited"]);
    let activity = owner.get(&format!("{}/activity", path.strip_suffix("/team/import").unwrap())).text();
    assert!(activity.contains(&format!("href=\"{job}\">See the import")), "{activity}");
    let notices = owner.get("/me/notifications").text();
    assert!(notices.contains(&format!("href=\"{job}\">See what became of each")), "{notices}");
    assert_eq!(rows(&done).len(), 4, "whoever is in already was not asked again");
    let open = "SELECT count(*) FROM invitations WHERE outcome = 'open'";
    assert_eq!(team.world.count(open), 4);

    let question = owner.get(&format!("{job}?undo=1"));
    check_page(&question);
    assert!(seen(&question.text()).contains("It made 4 invitations."), "{}", seen(&question.text()));
    assert_eq!(team.world.count(open), 4, "asking changes nothing");
    for told in
        ["4 invitations are withdrawn. Their links no longer work.", "This import was taken back already."]
    {
        let undone = owner.submit(&path, &job, &[("do", "undo")]);
        assert_eq!((undone.status.as_u16(), undone.header("location")), (303, Some(job.as_str())));
        let page = owner.get(&job);
        check_page(&page);
        assert!(seen(&page.text()).contains(told), "{told} in {}", seen(&page.text()));
        assert_eq!(text_of(&page.text(), "h1"), "The import was taken back");
    }
    assert_eq!(team.world.count(open), 0);
}

#[test]
fn what_has_changed_since_it_was_shown_is_shown_again() {
    let (team, mut owner, path) = unlimited();
    let before = team.world.state().database.borrow().dump();
    let shown = upload(&mut owner, &path, &[("do", "check"), ("rows", LIST)], None);
    let (list, ready) = (value(&shown, "list"), value(&shown, "ready"));
    let other = LIST.replace("ana@client.test,client", "eve@client.test,client");
    for (list, ready, rows, told) in [
        (list.as_str(), "", LIST, "somebody joined, or was invited"),
        ("", ready.as_str(), LIST, "You changed the list since it was checked."),
        // As many are ready as before, and nobody saw them.
        (&list, &ready, &other, "You changed the list since it was checked."),
    ] {
        let fields = [("do", "send"), ("list", list), ("ready", ready), ("rows", rows)];
        let page = upload(&mut owner, &path, &fields, None);
        check_page(&page);
        assert_eq!(page.status, 422, "{told}");
        assert!(seen(&page.text()).contains(told), "{told}");
        assert!(page.text().contains("@client.test,client,Ana"), "the list is still there");
    }
    assert_eq!(team.world.state().database.borrow().dump(), before);
}

/// Sends a list as its page was shown.
fn looked_at_and_sent(person: &mut Client, path: &str, list: &str) -> Answer {
    let shown = upload(person, path, &[("do", "check"), ("rows", list)], None);
    let (digest, ready) = (value(&shown, "list"), value(&shown, "ready"));
    // As a browser ends the lines of what is typed.
    let rows = list.replace('\n', "\r\n");
    let fields = [("do", "send"), ("list", &digest), ("ready", &ready), ("rows", &rows)];
    upload(person, path, &fields, None)
}

#[test]
fn a_list_that_can_not_be_read_comes_back_with_what_was_typed() {
    let (team, mut owner, path) = unlimited();
    let before = team.world.state().database.borrow().dump();
    let many = format!("email,role\n{}", "a@b.test,client\n".repeat(1001));
    let typed = |text: &'static str| (text, None, "rows");
    for ((text, file, field), status, told) in [
        (typed(""), 422, "Choose a file, or paste the rows."),
        (typed("email,rloe\na@b.test,client\n"), 422, "The column “rloe” is not known."),
        (typed("email,role\n"), 422, "Send 1 to 1,000 rows."),
        (("kept", Some(&b"PK\x03\x04\xff a spreadsheet"[..]), "file"), 400, "Save it as CSV in UTF-8."),
        (("kept", Some(many.as_bytes()), "file"), 422, "Send 1 to 1,000 rows."),
    ] {
        let file = file.map(|bytes| ("file", "list.csv", bytes));
        let page = upload(&mut owner, &path, &[("do", "check"), ("rows", text)], file);
        check_page(&page);
        assert_eq!(page.status.as_u16(), status, "{told}");
        assert!(page.text().contains(&format!("<a href=\"#{field}\">")), "{told}");
        assert!(seen(&page.text()).contains(told) && page.text().contains(text), "{told}");
    }
    assert_eq!(team.world.state().database.borrow().dump(), before);
}

/// What is wrong comes back as a file to mend: with the lines that the rows stood on, and no formula in it.
#[test]
fn the_rows_to_mend_are_downloaded_mended_and_sent_again() {
    let (mut team, mut owner, path) = unlimited();
    team.invited("carl@client.test", "client");
    let list = "email,role,name\nana@client.test,client,Ana\n\nbo@client,client,=HYPERLINK()\ncarl@client.test,client,Carl\n";
    let before = team.world.state().database.borrow().dump();
    let page = upload(&mut owner, &path, &[("rows", list), ("do", "check")], None);
    assert!(seen(&page.text()).contains("Download the 2 rows to correct"), "{}", seen(&page.text()));
    let file = upload(&mut owner, &path, &[("rows", list), ("do", "mend")], None);
    assert_eq!(file.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
    assert_eq!(file.header("content-disposition"), Some("attachment; filename=\"rows-to-correct.csv\""));
    let text = file.text();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "line,problem,email,role,name");
    assert!(lines[1].starts_with("4,\"E-mail: This is not an e-mail address."), "{text}");
    assert!(lines[1].ends_with(",\"bo@client\",\"client\",\"'=HYPERLINK()\""), "{text}");
    assert!(
        lines[2].starts_with("5,\"") && lines[2].ends_with(",\"carl@client.test\",\"client\",\"Carl\""),
        "{text}"
    );
    assert_eq!(team.world.state().database.borrow().dump(), before, "and nothing is sent");
    let mended = text.replace("bo@client", "bo@client.test");
    let again = upload(
        &mut owner,
        &path,
        &[("do", "check")],
        Some(("file", "rows-to-correct.csv", mended.as_bytes())),
    );
    check_page(&again);
    assert_eq!(rows(&again)[0][..3], ["bo@client.test", "2", "Ready"]);
    // Where all is well there is nothing to mend.
    let well =
        upload(&mut owner, &path, &[("rows", "email,role\nana@client.test,client\n"), ("do", "check")], None);
    assert!(!seen(&well.text()).contains("to correct"), "{}", seen(&well.text()));
}

#[test]
fn a_long_list_is_shown_in_parts() {
    let (_team, mut owner, path) = unlimited();
    let list: Vec<String> = (0..60).map(|number| format!("c{number}@client.test,client")).collect();
    let list = format!("email,role\n{}", list.join("\n"));
    let first = upload(&mut owner, &path, &[("rows", &list), ("do", "check")], None);
    check_page(&first);
    assert_eq!((rows(&first).len(), rows(&first)[0][0].as_str()), (50, "c0@client.test"));
    let from = value(&first, "from");
    let next = upload(&mut owner, &path, &[("rows", &list), ("from", &from)], None);
    check_page(&next);
    assert_eq!((rows(&next).len(), rows(&next)[0][0].as_str()), (10, "c50@client.test"));
    assert!(seen(&next.text()).contains("51 to 60 of 60"));
}

#[test]
fn the_example_can_be_sent_as_it_is() {
    let (_team, mut owner, path) = unlimited();
    let example = owner.get(&format!("{path}/example.csv")).ok();
    assert!(example.header("content-type").unwrap().starts_with("text/csv"));
    let page = upload(&mut owner, &path, &[("do", "check")], Some(("file", "example.csv", &example.body)));
    check_page(&page);
    assert!(rows(&page).len() >= 2 && rows(&page).iter().all(|row| row[2] == "Ready"), "{:?}", rows(&page));
}

/// Staff who may invite clients do so with a list, and see their own only (S3-05).
#[test]
fn staff_import_whom_they_may_invite_and_see_their_own_imports() {
    let (mut team, mut owner, path) = unlimited();
    let policy = json!({"policy": {"invites": {"member": ["client"]}}});
    team.owner.patch(&team.path(""), &policy).ok();
    let mut mia = browsing(team.joined("mia.member@studio.test", "member"));
    let list = "email,role\nana@client.test,client\nmo@studio.test,member\n";
    let page = upload(&mut mia, &path, &[("do", "check"), ("rows", list)], None);
    check_page(&page);
    assert_eq!(rows(&page)[1][2], "To correct");
    let import = |person: &mut Client, list: &str| {
        let sent = looked_at_and_sent(person, &path, list);
        sent.header("location").unwrap_or_else(|| panic!("{}", sent.text())).to_owned()
    };
    let hers = import(&mut mia, list);
    let owners = import(&mut owner, "email,role\nmo@studio.test,member\n");
    assert_eq!((mia.get(&hers).status.as_u16(), owner.get(&hers).status.as_u16()), (200, 200));
    assert_eq!(mia.get(&owners).status, 403);
    // The same job under another organization's name is nowhere.
    let other = team.world.operator().create_organization("Other Studio", "olga.owner@studio.test");
    let slug = team.world.operator().get(&format!("/v1/organizations/{other}")).ok().str("/slug");
    let id = owners.rsplit('/').next().unwrap();
    assert_eq!(owner.get(&format!("/o/{slug}/team/import/{id}")).status, 404);
    let client = browsing(team.joined("cleo@client.test", "client")).get(&path);
    check_page(&client);
    assert_eq!(client.status, 403);
}

/// Rows that the day has no room for are told apart from those that something is wrong with.
#[test]
fn rows_that_the_day_has_no_room_for_are_marked_as_such() {
    let (team, mut owner, path) = unlimited();
    let day = team.world.now().seconds() / 86_400;
    team.world.state().database.borrow().change(&format!(
        "UPDATE daily_counts SET count = 1999 WHERE day = {day} AND whose = '{}'",
        team.organization
    ));
    let list = b"email,role\nana@client.test,client\nbea@client.test,client\n";
    let page = upload(&mut owner, &path, &[("do", "check")], Some(("file", "list.csv", list)));
    check_page(&page);
    let shown = rows(&page);
    let states: Vec<(&str, &str)> = shown.iter().map(|row| (row[0].as_str(), row[2].as_str())).collect();
    assert_eq!(states, [("ana@client.test", "Ready"), ("bea@client.test", "Enough for today")]);
}

/// Nobody is said to be invited already because the list names them a second time.
#[test]
fn whom_the_list_names_twice_is_told_so() {
    let (mut team, mut owner, path) = unlimited();
    team.invited("carl@client.test", "client");
    let list = "email,role\nana@client.test,client\nAna@client.test,client\ncarl@client.test,client\n";
    let page = upload(&mut owner, &path, &[("do", "check"), ("rows", list)], None);
    check_page(&page);
    let states: Vec<String> = rows(&page).iter().map(|row| row[2].clone()).collect();
    assert_eq!(states, ["Ready", "Twice in the list", "Already invited"]);
}
