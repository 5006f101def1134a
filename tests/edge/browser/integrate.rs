//! docs/integrate.md as somebody new goes through it: each command in a shell, each step in a browser, in the order of the
//! page.
//!
//! The rule: nothing of the page is left out and nothing is helped along. The two ports are others, so that it runs beside
//! whatever runs on the usual ones; a command fails where its answer is a refusal, where it says something on standard error, or
//! where what it keeps is empty; and what the page shows as an answer is that answer, but for ids and times.

use std::io::{BufRead, BufReader, Lines, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use super::chromium::{Browser, run};
use crate::harness::{PASSWORD, SESSION_COOKIE, free_port, node, wait_for, wait_for_port};

/// The steps in the browser, as the page tells them: each is done by [`Reader::look`].
const IN_THE_BROWSER: [&str; 4] = [
    "In the browser, open {usher}/dev/mailbox, where all mail of your machine is. At the message to olga@studio.test \
     press *Open the link*, choose a password, and join.",
    "Open {app} and press *Sign in*. You come back as Olga, the owner: Usher knew you already.",
    "In a private window, open {usher}/dev/mailbox, and join from the message to ana@client.test. Press *Open the app*, \
     and there *Posts*: she may see them.",
    "Load Postbox in her window again: nobody is signed in.",
];

/// What a reader of the page does next.
enum Step {
    /// A command that goes on running.
    Serve(String),
    /// Commands.
    Shell(String),
    /// What the last of them answered.
    Shows(Value),
    /// What a token says.
    Claims(Value),
    /// Something in the browser.
    Look(String),
}

/// The page's steps.
///
/// # Panics
/// For a block of a kind that nothing here runs.
fn steps(page: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(kind) = line.strip_prefix("```") {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            let block = block.join("\n");
            let json = || serde_json::from_str(&block).unwrap_or_else(|error| panic!("{error}: {block}"));
            steps.extend(match kind {
                "sh server" => Some(Step::Serve(block)),
                "sh" => Some(Step::Shell(block)),
                "json" => Some(Step::Shows(json())),
                "json claims" => Some(Step::Claims(json())),
                // An excerpt of the program that runs here: that it is one, tests/documents.rs sees to.
                "js" => None,
                other => panic!("nothing runs ```{other}"),
            });
        } else if let Some(first) = line.strip_prefix("> ") {
            let mut text = first.to_owned();
            while let Some(more) = lines.next_if(|line| line.starts_with("> ")) {
                text = text + " " + &more[2..];
            }
            steps.push(Step::Look(text));
        }
    }
    steps
}

/// Whether an answer is as the page shows it: `…` stands for any rest of a text, and of two times any may be meant.
fn is_as_shown(shown: &Value, answer: &Value) -> bool {
    let text = |shown: &str, answer: &str| match shown.split_once('…') {
        Some((begins, ends)) => answer.starts_with(begins) && answer.ends_with(ends),
        None => shown == answer,
    };
    let is_time = |value: &Value| value.as_u64().is_some_and(|seconds| seconds > 1_000_000_000);
    match (shown, answer) {
        (Value::String(shown), Value::String(answer)) => text(shown, answer),
        (Value::Array(shown), Value::Array(answer)) => {
            shown.len() == answer.len()
                && shown.iter().zip(answer).all(|(one, other)| is_as_shown(one, other))
        }
        (Value::Object(shown), Value::Object(answer)) => {
            let found = |(name, value): (&String, &Value)| {
                answer.iter().any(|(other, known)| text(name, other) && is_as_shown(value, known))
            };
            shown.len() == answer.len() && shown.iter().all(found)
        }
        _ => shown == answer || is_time(shown) && is_time(answer),
    }
}

#[test]
fn an_answer_is_compared_with_what_the_page_shows() {
    let shown = json!({"id": "org_…", "names": ["a"], "at": 1_795_359_600, "of": {"wsp_…": true}});
    let answer = json!({"id": "org_1", "names": ["a"], "at": 1_800_000_000, "of": {"wsp_2": true}});
    assert!(is_as_shown(&shown, &answer));
    for (name, value) in [
        ("id", json!("usr_1")),
        ("names", json!([])),
        ("at", json!(5)),
        ("of", json!({})),
        ("more", json!(1)),
    ] {
        let mut other = answer.clone();
        other[name] = value;
        assert!(!is_as_shown(&shown, &other), "{other}");
    }
}

/// A process group that ends with what holds it.
struct Group(Child);

impl Group {
    fn start(command: &mut Command) -> Self {
        Self(command.process_group(0).spawn().unwrap())
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let group = format!("-{}", self.0.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _ = self.0.wait();
    }
}

/// The reader's terminal.
struct Shell {
    input: ChildStdin,
    done: Lines<BufReader<ChildStdout>>,
    folder: PathBuf,
    _bash: Group,
}

impl Shell {
    fn start(folder: &Path) -> Self {
        let tools = node().parent().unwrap().display().to_string();
        let path = format!("{tools}:{}", std::env::var("PATH").unwrap_or_default());
        let mut bash = Command::new("bash");
        bash.args(["-eu", "-o", "pipefail"]).env("PATH", path);
        let mut bash = Group::start(bash.stdin(Stdio::piped()).stdout(Stdio::piped()).current_dir(project()));
        let mut input = bash.0.stdin.take().unwrap();
        // A reader would see a refusal; here it has to be an error.
        writeln!(input, "curl() {{ command curl --show-error --fail-with-body \"$@\"; }}").unwrap();
        let done = BufReader::new(bash.0.stdout.take().unwrap()).lines();
        Self { input, done, folder: folder.to_owned(), _bash: bash }
    }

    /// Runs a block. Answers what it wrote.
    fn run(&mut self, block: &str) -> String {
        let [out, err] = ["out", "err"].map(|name| self.folder.join(name));
        let names = block.lines().filter_map(|line| line.strip_prefix("export ")?.split('=').next());
        let kept = names.fold(String::new(), |kept, name| kept + "${" + name + ":?} ");
        writeln!(
            self.input,
            "{{\n{block}\n}} > '{}' 2> '{}' < /dev/null\necho \"done {kept}\"",
            out.display(),
            err.display()
        )
        .unwrap();
        let done = self.done.next().and_then(Result::ok).unwrap_or_default();
        let [out, err] = [out, err].map(|file| std::fs::read_to_string(file).unwrap());
        let is_empty = done.split(' ').any(|kept| kept == "undefined");
        assert!(done.starts_with("done") && err.is_empty() && !is_empty, "{block}\n{done}\n{out}\n{err}");
        out
    }
}

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Somebody who goes through the page.
struct Reader {
    usher: String,
    app: String,
    browser: Browser,
    /// What a token says of Ana.
    claims: Value,
}

impl Reader {
    async fn look(&mut self, text: &str) {
        let told =
            IN_THE_BROWSER.map(|step| step.replace("{usher}", &self.usher).replace("{app}", &self.app));
        let (browser, app) = (&self.browser, self.app.clone());
        match told.iter().position(|step| *step == text) {
            Some(0) => self.join("olga@studio.test").await,
            Some(1) => {
                browser.goto(&app).await;
                browser.press("Sign in").await;
                assert_eq!(browser.heading().await, "Hello, Olga Owner");
                assert!(browser.text().await.contains("Signed in as owner"));
            }
            Some(2) => {
                browser.command("Network.clearBrowserCookies", &json!({}));
                self.join("ana@client.test").await;
                self.claims = self.claims();
                self.browser.press("Open the app").await;
                assert_eq!(self.browser.heading().await, "Hello, Ana Client");
                self.browser.press("Posts").await;
                assert_eq!(self.browser.heading().await, "Posts");
            }
            Some(3) => {
                // The webhook takes its moment.
                for _ in 0..600 {
                    browser.goto(&app).await;
                    if browser.heading().await == "Postbox" {
                        return;
                    }
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
                panic!("she is signed in for ever");
            }
            _ => panic!("nobody does this here: {text}"),
        }
    }

    /// Joins from the mail to this address.
    async fn join(&self, address: &str) {
        let (mailbox, browser) = (format!("{}/dev/mailbox", self.usher), &self.browser);
        wait_for("the mail", || {
            let page = ureq::get(&mailbox).call().unwrap().body_mut().read_to_string().unwrap();
            page.contains(address).then_some(())
        });
        browser.goto(&mailbox).await;
        browser.press_at(&format!("//article[.//dd[.='{address}']]//a[.='Open the link']")).await;
        browser.fill("Choose a password", PASSWORD).await;
        browser.press("Create account and join").await;
        assert!(browser.text().await.contains("You joined"), "{}", browser.path().await);
    }

    /// What a token says of whoever is signed in to Usher.
    fn claims(&self) -> Value {
        use base64ct::{Base64UrlUnpadded, Encoding};
        let found = self.browser.command("Network.getCookies", &json!({"urls": [self.usher]}));
        let mut cookies = found["cookies"].as_array().unwrap().iter();
        let session =
            cookies.find(|cookie| cookie["name"] == SESSION_COOKIE).unwrap()["value"].as_str().unwrap();
        let ask = |method: &str, path: &str, body: Option<Value>| -> Value {
            let request = http::Request::builder()
                .method(method)
                .uri(format!("{}{path}", self.usher))
                .header("cookie", format!("{SESSION_COOKIE}={session}"))
                .header("origin", &self.usher)
                .header("content-type", "application/json")
                .body(body.map(|body| body.to_string()).unwrap_or_default())
                .unwrap();
            ureq::run(request).unwrap().body_mut().read_json().unwrap()
        };
        let organization = ask("GET", "/v1/me/workspaces", None)["data"][0]["organization"]["id"].clone();
        let token = ask("POST", "/v1/me/token", Some(json!({"organization_id": organization})));
        let claims = token["token"].as_str().unwrap().split('.').nth(1).unwrap();
        serde_json::from_slice(&Base64UrlUnpadded::decode_vec(claims).unwrap()).unwrap()
    }
}

#[test]
fn the_page_leads_from_nothing_to_a_member() {
    run(async {
        // Where the servers have theirs, so that the next run takes away what one that failed has left.
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("edge");
        let folder = folder.join(format!("{}-integrate", std::process::id()));
        std::fs::create_dir_all(folder.join("tmp")).unwrap();
        let (usher, app) = (free_port(), free_port());
        let page = std::fs::read_to_string(project().join("docs/integrate.md")).unwrap();
        let page = page.replace("8788", &usher.to_string()).replace("3000", &app.to_string());
        let mut reader = Reader {
            usher: format!("http://localhost:{usher}"),
            app: format!("http://localhost:{app}"),
            browser: Browser::start(true).await,
            claims: Value::Null,
        };
        let (mut servers, mut shell) = (Vec::new(), Shell::start(&folder));
        let (mut answer, mut looks) = (String::new(), 0);
        for step in steps(&page) {
            match step {
                Step::Serve(block) => {
                    let log = std::fs::File::create(folder.join("server")).unwrap();
                    let mut bash = Command::new("bash");
                    bash.args(["-eu", "-c", &block])
                        .current_dir(project())
                        .env("PORT", usher.to_string())
                        .env("STATE", folder.join("state"))
                        .env("TMPDIR", folder.join("tmp"))
                        .stdin(Stdio::null())
                        .stdout(log.try_clone().unwrap())
                        .stderr(log);
                    servers.push(Group::start(&mut bash));
                    wait_for("the Worker to start", || {
                        let said = std::fs::read_to_string(folder.join("server")).unwrap();
                        said.contains("ready http").then_some(())
                    });
                }
                Step::Shell(block) => {
                    answer = shell.run(&block);
                    if block.trim_end().ends_with('&') {
                        wait_for_port(app);
                    }
                }
                Step::Shows(shown) => {
                    let answer = serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{answer}"));
                    assert!(is_as_shown(&shown, &answer), "{shown}\n{answer}");
                }
                Step::Claims(shown) => {
                    assert!(is_as_shown(&shown, &reader.claims), "{shown}\n{}", reader.claims);
                }
                Step::Look(text) => {
                    reader.look(&text).await;
                    looks += 1;
                }
            }
        }
        assert_eq!(looks, IN_THE_BROWSER.len());
        drop((shell, servers));
        let _ = std::fs::remove_dir_all(&folder);
    });
}
