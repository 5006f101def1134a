//! `make deploy` refuses, in a clear line and before anything has changed, what could not work; else it does each thing once and
//! in its order. The script runs as it is, in a checkout of its own, with a wrangler and a curl that only note what they are
//! asked to do.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by failing")]

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// Notes its call, and answers as the files beside the notes say: `<name>` fails it, `secrets` is what it lists.
const WRANGLER: &str = r#"#!/bin/sh
echo "wrangler $*" >>"$CALLS/calls"
case "$*" in
  whoami*) [ ! -e "$CALLS/logged_out" ] ;;
  "secret list"*) cat "$CALLS/secrets" ;;
  "d1 migrations"*) [ ! -e "$CALLS/migrations_fail" ] ;;
  deploy*) [ ! -e "$CALLS/deploy_fails" ] ;;
esac
"#;
const CURL: &str = r#"#!/bin/sh
for last; do :; done
echo "curl $last" >>"$CALLS/calls"
[ ! -e "$CALLS/unwell" ]
"#;
const BUILD: &str = "#!/bin/sh\necho build >>\"$CALLS/calls\"\n";
const SIZE: &str =
    "#!/bin/sh\necho \"size $WASM_BUDGET\" >>\"$CALLS/calls\"\n[ ! -e \"$CALLS/too_large\" ]\n";

/// The calls that come before anything is changed.
const LOOKED: [&str; 2] = ["wrangler whoami --json", "wrangler secret list --format json"];

/// A checkout that could be deployed, and the account it would be deployed to.
struct Checkout {
    folder: PathBuf,
}

/// How the script ended.
struct Ended {
    well: bool,
    /// What it wrote.
    said: String,
    /// What was called, in order.
    calls: Vec<String>,
}

impl Checkout {
    /// One in which everything is as it should be.
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("deploy-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&folder);
        let this = Self { folder };
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for script in ["deploy", "lib.sh", "lock"] {
            let text = std::fs::read_to_string(root.join(".ci").join(script)).unwrap();
            this.program(&format!("checkout/.ci/{script}"), &text);
        }
        this.program("checkout/.ci/build", BUILD);
        this.program("checkout/.ci/size", SIZE);
        this.program("checkout/node_modules/.bin/wrangler", WRANGLER);
        this.program("bin/curl", CURL);
        this.write("checkout/.gitignore", "node_modules\ntarget\n");
        this.write(
            "calls/secrets",
            r#"[{"name": "OPERATOR_KEY", "type": "secret_text"}, {"name": "ROOT_KEYS"}]"#,
        );
        let settings = std::fs::read_to_string(root.join("wrangler.toml")).unwrap();
        this.write("checkout/wrangler.toml", &settings);
        this.set("https://usher.example.com", "https://join.studio.test")
            .set("usher@example.com", "invites@studio.test")
            .set("00000000-0000-0000-0000-000000000000", "5f0c7d1e-2b1a-4c3d-8e9f-0a1b2c3d4e5f")
            .set("00000000000000000000000000000000", "5f0c7d1e2b1a4c3d8e9f0a1b2c3d4e5f")
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn program(&self, path: &str, text: &str) {
        self.write(path, text);
        std::fs::set_permissions(self.folder.join(path), PermissionsExt::from_mode(0o755)).unwrap();
    }

    /// With a passage of its `wrangler.toml` replaced.
    fn set(self, passage: &str, replacement: &str) -> Self {
        let path = self.folder.join("checkout/wrangler.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(passage), "wrangler.toml no longer says {passage:?}");
        std::fs::write(path, text.replacen(passage, replacement, 1)).unwrap();
        self
    }

    /// With something about the account or the tools that is otherwise: see the programs above.
    fn but(self, what: &str) -> Self {
        self.write(&format!("calls/{what}"), "");
        self
    }

    /// With these secrets.
    fn with_secrets(self, names: &[&str]) -> Self {
        let list: Vec<String> = names.iter().map(|name| format!("{{\"name\": \"{name}\"}}")).collect();
        self.write("calls/secrets", &format!("[{}]", list.join(", ")));
        self
    }

    fn git(&self, arguments: &[&str]) -> String {
        let done = Command::new("git")
            .args([
                "-c",
                "user.name=Olga Operator",
                "-c",
                "user.email=olga@studio.test",
                "-c",
                "commit.gpgsign=false",
            ])
            .args(arguments)
            .current_dir(self.folder.join("checkout"))
            .output()
            .unwrap();
        assert!(done.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    }

    /// Commits what is there.
    fn commit(self) -> Self {
        self.git(&["init", "--quiet"]);
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "All of it"]);
        self
    }

    /// Runs the script.
    fn deploy(&self) -> Ended {
        let path = format!("{}:{}", self.folder.join("bin").display(), std::env::var("PATH").unwrap());
        let ran = Command::new("bash")
            .arg(".ci/deploy")
            .current_dir(self.folder.join("checkout"))
            .env("PATH", path)
            .env("CALLS", self.folder.join("calls"))
            .env("WASM_BUDGET", "1000")
            .env("GIT_CEILING_DIRECTORIES", &self.folder)
            .env_remove("USHER_LOCKED")
            .output()
            .unwrap();
        let calls = std::fs::read_to_string(self.folder.join("calls/calls")).unwrap_or_default();
        Ended {
            well: ran.status.success(),
            said: String::from_utf8_lossy(&[ran.stdout, ran.stderr].concat()).into_owned(),
            calls: calls.lines().map(str::to_owned).collect(),
        }
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Ended {
    /// That it refused, in a line that says this, having called nothing but these.
    #[track_caller]
    fn refused(&self, why: &str, calls: &[&str]) {
        assert!(!self.well, "{}", self.said);
        let line = self.said.lines().find(|line| line.starts_with("usher: ") && line.contains(why));
        assert!(line.is_some(), "no line says {why:?}: {}", self.said);
        assert_eq!(self.calls, calls, "{}", self.said);
    }
}

#[test]
fn it_looks_then_builds_weighs_migrates_deploys_and_asks_whether_all_is_well() {
    let checkout = Checkout::new().commit();
    let ended = checkout.deploy();
    assert!(ended.well, "{}", ended.said);
    let deployed = format!("wrangler deploy --tag {}", checkout.git(&["rev-parse", "--short=12", "HEAD"]));
    let after = [
        "build",
        "size 1000",
        "wrangler d1 migrations apply DB --remote",
        &deployed,
        "curl https://join.studio.test/healthz",
        "curl https://join.studio.test/readyz",
    ];
    assert_eq!(ended.calls, [&LOOKED[..], &after].concat());
}

#[test]
fn whoever_is_not_logged_in_is_told_how_to() {
    let ended = Checkout::new().but("logged_out").commit().deploy();
    ended.refused("you are not logged in: run `npx wrangler login`", &LOOKED[..1]);
}

/// A fresh clone has all of it to do, and is told all of it at once.
#[test]
fn all_that_is_wrong_is_told_at_once() {
    let example = Checkout::new().set("invites@studio.test", "usher@example.com");
    let ended = example.but("logged_out").commit().deploy();
    ended.refused("you are not logged in", &LOOKED[..1]);
    ended.refused("MAIL_FROM in wrangler.toml is still the example", &LOOKED[..1]);
}

#[test]
fn each_setting_that_is_still_the_example_is_named() {
    for (name, set, example) in [
        ("ORIGIN", "https://join.studio.test", "https://usher.example.com"),
        ("MAIL_FROM", "invites@studio.test", "usher@example.com"),
        ("database_id", "5f0c7d1e-2b1a-4c3d-8e9f-0a1b2c3d4e5f", "00000000-0000-0000-0000-000000000000"),
        ("id", "5f0c7d1e2b1a4c3d8e9f0a1b2c3d4e5f", "00000000000000000000000000000000"),
    ] {
        let ended = Checkout::new().set(set, example).commit().deploy();
        ended.refused(&format!("{name} in wrangler.toml is still the example"), &LOOKED[..1]);
        assert_eq!(ended.said.matches("is still the example").count(), 1, "{}", ended.said);
    }
}

#[test]
fn what_is_not_committed_is_not_deployed() {
    let checkout = Checkout::new().commit();
    checkout.write("checkout/.ci/new", "");
    checkout.deploy().refused("there are changes that are not committed", &LOOKED[..1]);
}

#[test]
fn what_is_no_checkout_is_not_deployed() {
    Checkout::new().deploy().refused("this is no git checkout", &[]);
}

#[test]
fn each_secret_that_is_missing_is_named() {
    let ended = Checkout::new().with_secrets(&["OPERATOR_KEY"]).commit().deploy();
    ended.refused("these secrets are missing: ROOT_KEYS.", &LOOKED);
    let both = Checkout::new().set("MAIL_PROVIDER = \"cloudflare\"", "MAIL_PROVIDER = \"resend,postmark\"");
    let ended = both.with_secrets(&["ROOT_KEYS", "OPERATOR_KEY", "RESEND_WEBHOOK_SECRET"]).commit().deploy();
    ended.refused("these secrets are missing: RESEND_API_KEY POSTMARK_TOKEN.", &LOOKED);
}

#[test]
fn what_weighs_too_much_is_not_deployed() {
    let ended = Checkout::new().but("too_large").commit().deploy();
    assert!(!ended.well);
    assert_eq!(ended.calls, [&LOOKED[..], &["build", "size 1000"]].concat());
}

#[test]
fn nothing_is_deployed_on_a_database_that_was_not_migrated() {
    let ended = Checkout::new().but("migrations_fail").commit().deploy();
    let calls = [&LOOKED[..], &["build", "size 1000", "wrangler d1 migrations apply DB --remote"]].concat();
    ended.refused("the version that ran before still runs. Nothing was deployed", &calls);
}

#[test]
fn what_is_deployed_and_not_well_is_said_with_the_way_back() {
    let ended = Checkout::new().but("unwell").commit().deploy();
    assert!(!ended.well);
    assert!(ended.said.contains("npx wrangler rollback"), "{}", ended.said);
    assert_eq!(ended.calls.last().unwrap(), "curl https://join.studio.test/healthz");
}

#[test]
fn what_is_closed_is_deployed_and_not_asked() {
    let ended = Checkout::new().with_secrets(&["CLOSED", "OPERATOR_KEY", "ROOT_KEYS"]).commit().deploy();
    assert!(ended.well, "{}", ended.said);
    assert!(ended.calls.last().unwrap().starts_with("wrangler deploy"), "{:?}", ended.calls);
    assert!(ended.said.contains("npx wrangler secret delete CLOSED"), "{}", ended.said);
}
