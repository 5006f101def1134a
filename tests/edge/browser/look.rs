//! Looking at a page: what stands out of the window, what is too small to hit, what axe-core finds, and a photograph.
//!
//! The rule: it only looks and answers what it found; which pages are looked at, and on which screens, stands in the
//! tests.

use std::path::Path;
use std::sync::OnceLock;

use base64ct::{Base64, Encoding};
use serde_json::{Value, json};

use super::chromium::Browser;

const SCHEMES: [&str; 2] = ["light", "dark"];
/// The smallest control, in CSS pixels: what a thumb hits.
const SMALLEST_CONTROL: f64 = 44.0;
/// The smallest box to check, whose words can be hit too.
const SMALLEST_BOX: f64 = 24.0;

/// The narrowest screen that must do (WCAG 2.2, 1.4.10), and a desk's.
pub const WIDTHS: [u32; 2] = [320, 1280];

/// Whatever of WCAG 2.2 A and AA a machine can see, and what axe's authors hold good practice.
pub const OF_PAGES: &[&str] = &["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
/// A mail has no landmarks: the program that shows it has.
pub const OF_MAILS: &[&str] = &["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

impl Browser {
    /// Looks at the page that is open, on every screen: nothing overflows, axe finds nothing. Answers what was found.
    pub async fn look(&self, name: &str, widths: [u32; 2], rules: &[&str]) -> Vec<String> {
        let mut found = Vec::new();
        for scheme in SCHEMES {
            for width in widths {
                self.set(scheme, width);
                self.photograph(&format!("{name}-{width}-{scheme}"));
                let faults = self.overflowing().await.into_iter().chain(self.axe(rules).await);
                found.extend(faults.map(|fault| format!("{name} at {width} in {scheme}: {fault}")));
            }
        }
        // WCAG 1.4.12: whoever needs it spreads the text, and nothing may be lost by that.
        self.set("light", widths[0]);
        let spread = "
            const sheet = new CSSStyleSheet();
            sheet.replaceSync('* { line-height: 1.5 !important; letter-spacing: .12em !important; ' +
                'word-spacing: .16em !important } p { margin-bottom: 2em !important }');
            document.adoptedStyleSheets = [sheet];";
        self.client.execute(spread, vec![]).await.unwrap();
        found.extend(self.overflowing().await.into_iter().map(|fault| format!("{name}, spread: {fault}")));
        self.client.execute("document.adoptedStyleSheets = [];", vec![]).await.unwrap();
        found
    }

    /// What stands out of the window, and controls too small to hit.
    async fn overflowing(&self) -> Vec<String> {
        let script = "
            const found = [];
            const page = document.documentElement;
            if (page.scrollWidth > innerWidth) found.push(`the page is ${page.scrollWidth} wide`);
            for (const element of document.querySelectorAll('body *')) {
                const box = element.getBoundingClientRect();
                if (element.closest('.skip, .hidden, [aria-hidden]') || box.width === 0) continue;
                // What only screen readers meet is one pixel, on purpose.
                if (getComputedStyle(element).clipPath !== 'none') continue;
                if (box.right > innerWidth + 1 || box.left < -1) found.push(`${element.outerHTML.slice(0, 80)} stands out`);
                if (element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0
                    && getComputedStyle(element).overflowX === 'hidden') found.push(`${element.className} is cut`);
                // A box is hit by its label too, and a row's buttons are small where there is a pointer (2.5.8).
                const small = element.matches('[type=checkbox], [type=radio]') || innerWidth > 768 && element.matches('.small');
                if (element.matches('button, input, .button') && box.height < (small ? 24 : arguments[0])) {
                    found.push(`${element.outerHTML.slice(0, 80)} is ${box.height} high`);
                }
            }
            return found;";
        strings(
            &self.client.execute(script, vec![SMALLEST_CONTROL.into(), SMALLEST_BOX.into()]).await.unwrap(),
        )
    }

    /// What axe-core says is wrong.
    pub async fn axe(&self, rules: &[&str]) -> Vec<String> {
        static AXE: OnceLock<String> = OnceLock::new();
        let axe = AXE.get_or_init(|| {
            let file = concat!(env!("CARGO_MANIFEST_DIR"), "/node_modules/axe-core/axe.min.js");
            std::fs::read_to_string(file).expect("axe-core, which `make build` installs")
        });
        self.client.execute(axe, vec![]).await.unwrap();
        let script = "
            const done = arguments[arguments.length - 1];
            axe.run(document, {runOnly: arguments[0], resultTypes: ['violations']}).then(
                result => done(result.violations.map(rule =>
                    `${rule.id}: ${rule.nodes.map(node => node.html + ' ' + node.failureSummary).join(' | ')}`)),
                error => done([`axe failed: ${error}`]));";
        strings(&self.client.execute_async(script, vec![json!(rules)]).await.unwrap())
    }

    fn photograph(&self, name: &str) {
        let shot =
            self.command("Page.captureScreenshot", &json!({"format": "png", "captureBeyondViewport": true}));
        let png = Base64::decode_vec(shot["data"].as_str().unwrap()).unwrap();
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("screenshots");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), png).unwrap();
    }
}

fn strings(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|each| each.as_str().unwrap().to_owned()).collect()
}
