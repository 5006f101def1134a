//! Looking at a page: what stands out of the window or is cut, what is too small to hit, what axe-core finds, and a
//! photograph; then the same page as those see it who need larger or wider text, and with names of any length and script.
//!
//! The rule: it only looks and answers what it found, and leaves the page as it was; which pages are looked at, and on
//! which screens, stands in the tests, and which must be, in [`super::table`].

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

/// WCAG 1.4.12: as wide as whoever needs it spreads text.
const SPREAD: &str = "* { line-height: 1.5 !important; letter-spacing: .12em !important; \
                      word-spacing: .16em !important } p { margin-bottom: 2em !important }";

/// Where axe-core can't tell what is behind a text because something lies over it, and what that is. It was looked at by hand:
/// the text is not meant to be read there, and its contrast is measured where nothing lies over it. Whatever else axe leaves
/// undecided is a fault.
const LAYERS: &[(&str, &str)] = &[
    (".chosen", "follows the list while it scrolls: what is under it is scrolled to"),
    (".ways:popover-open", "the open menu, which darkens the rest of the page"),
    (".brand bdi", "the rest of a long name, which is cut off after two lines"),
];

const TWICE: &str = "html { font-size: 200% !important }";

/// Names of eighty letters, of other scripts, that run the other way, and that have nowhere to break.
fn names() -> [String; 4] {
    [
        "W".repeat(80),
        "مؤسسة عائشة القحطاني للتصميم والنشر والتوزيع في المدينة القديمة".to_owned(),
        "上海市浦东新区世纪大道设计与出版工作室有限责任公司".repeat(3),
        "👩‍👩‍👧‍👦".repeat(40),
    ]
}

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
        found.extend(self.misplaced(name).await);
        found.extend(
            self.worn(SPREAD, widths[0]).await.into_iter().map(|fault| format!("{name}, spread: {fault}")),
        );
        if rules == OF_PAGES {
            found.extend(self.read_larger(widths).await.into_iter().map(|fault| format!("{name}, {fault}")));
        }
        found.extend(self.named_otherwise(widths).await.into_iter().map(|fault| format!("{name}, {fault}")));
        self.set("light", widths[0]);
        found
    }

    /// Larger text may lose nothing: WCAG 1.4.4 at 200 %, of the whole page and of its text alone.
    async fn read_larger(&self, [narrow, wide]: [u32; 2]) -> Vec<String> {
        let mut found = Vec::new();
        for (what, width, rules) in [
            ("at twice the size", wide / 2, ""),
            ("with text twice the size", wide, TWICE),
            ("at the narrowest with text twice the size", narrow, TWICE),
            ("at one and a half times the size with text twice the size", wide / 3 * 2, TWICE),
        ] {
            let faults = self.worn(rules, width).await.into_iter();
            found.extend(faults.map(|fault| format!("{what}: {fault}")));
        }
        found
    }

    /// What stands out of a window of this width while the page wears these rules besides its own.
    async fn worn(&self, rules: &str, width: u32) -> Vec<String> {
        self.set("light", width);
        let wear = "
            const sheet = new CSSStyleSheet();
            sheet.replaceSync(arguments[0]);
            document.adoptedStyleSheets = [sheet];";
        self.client.execute(wear, vec![rules.into()]).await.unwrap();
        let found = self.overflowing().await;
        self.client.execute("document.adoptedStyleSheets = [];", vec![]).await.unwrap();
        found
    }

    /// Whatever anybody or anything is called, it fits: each name on a page stands in a `bdi`.
    async fn named_otherwise(&self, widths: [u32; 2]) -> Vec<String> {
        let mut found = Vec::new();
        let rename = "
            window.named ??= [...document.querySelectorAll('bdi')].map(name => [name, [...name.childNodes]]);
            window.shut ??= [...document.querySelectorAll('details:not([open])')];
            for (const details of window.shut) details.open = true;
            for (const [name] of window.named) name.textContent = arguments[0];";
        for name in names() {
            self.client.execute(rename, vec![json!(name)]).await.unwrap();
            for width in widths {
                self.set("light", width);
                let faults = self.overflowing().await.into_iter();
                found.extend(faults.map(|fault| format!("with the name {name} at {width}: {fault}")));
            }
        }
        let restore = "
            for (const [name, before] of window.named) name.replaceChildren(...before);
            for (const details of window.shut) details.open = false;
            delete window.named, delete window.shut;";
        self.client.execute(restore, vec![]).await.unwrap();
        found
    }

    /// What stands out of the window, and controls too small to hit.
    pub async fn overflowing(&self) -> Vec<String> {
        let script = "
            const found = [];
            const page = document.documentElement;
            if (page.scrollWidth > innerWidth) found.push(`the page is ${page.scrollWidth} wide`);
            for (const element of document.querySelectorAll('body *')) {
                const box = element.getBoundingClientRect();
                if (element.closest('.skip, .hidden, [aria-hidden]') || box.width === 0 || !element.checkVisibility()) continue;
                // What only screen readers meet is one pixel, on purpose.
                if (getComputedStyle(element.closest('caption') ?? element).clipPath !== 'none') continue;
                if (box.right > innerWidth + 1 || box.left < -1) found.push(`${element.outerHTML.slice(0, 80)} stands out`);
                const card = element.parentElement.closest('.card, .rows')?.getBoundingClientRect();
                if (card && (box.right > card.right + 1 || box.left < card.left - 1)) found.push(`${element.outerHTML.slice(0, 80)} stands out of its card`);
                const style = getComputedStyle(element);
                // What is cut on purpose says so by its dots; the whole stands elsewhere on the page.
                const cut = style.overflowX !== 'visible' && style.overflowX !== 'auto' && style.webkitLineClamp === 'none'
                    && element.clientWidth > 0 && !element.matches('input, textarea, select');
                if (cut && element.scrollWidth > element.clientWidth + 1) found.push(`${element.outerHTML.slice(0, 80)} is cut`);
                if (cut && element.scrollHeight > element.clientHeight + 1) found.push(`${element.outerHTML.slice(0, 80)} is cut below`);
                // A box is hit by its label too, and a row's buttons are small where there is a pointer (2.5.8).
                const small = element.matches('[type=checkbox], [type=radio]') || innerWidth > 768 && element.matches('.small');
                if (element.matches('button, input, .button') && box.height < (small ? 24 : arguments[0])) {
                    found.push(`${element.outerHTML.slice(0, 80)} is ${box.height} high`);
                }
            }
            return found.map(fault => fault.toWellFormed());";
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
            const why = node => [...node.any, ...node.all, ...node.none].map(check => check.data?.messageKey).find(key => key);
            const meets = (one, other) => one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
            // The menu's backdrop is no element, and lies over all.
            const isUnder = node => {
                const box = document.querySelector(node.target[0]).getBoundingClientRect();
                return [...document.querySelectorAll(arguments[1].join())]
                    .some(over => over.popover || [...over.getClientRects()].some(part => meets(part, box)));
            };
            const known = (rule, node) => rule.id === 'color-contrast' && ['bgOverlap', 'elmPartiallyObscuring'].includes(why(node)) && isUnder(node);
            axe.run(document, {runOnly: arguments[0], resultTypes: ['violations', 'incomplete']}).then(
                result => done([
                    ...result.violations.map(rule =>
                        `${rule.id}: ${rule.nodes.map(node => node.html + ' ' + node.failureSummary).join(' | ')}`),
                    ...result.incomplete.flatMap(rule => rule.nodes.filter(node => !known(rule, node)).map(node =>
                        `${rule.id} is undecided (${why(node) ?? 'no reason'}): ${node.target.join(' ')} ${node.html}`)),
                ].map(fault => fault.toWellFormed())),
                error => done([`axe failed: ${error}`]));";
        let layers: Vec<&str> = LAYERS.iter().map(|(layer, _)| *layer).collect();
        strings(&self.client.execute_async(script, vec![json!(rules), json!(layers)]).await.unwrap())
    }

    /// The whole page as a PNG.
    pub fn picture(&self) -> Vec<u8> {
        self.capture(true)
    }

    fn capture(&self, beyond: bool) -> Vec<u8> {
        let wanted = json!({"format": "png", "captureBeyondViewport": beyond});
        let shot = self.command("Page.captureScreenshot", &wanted);
        Base64::decode_vec(shot["data"].as_str().unwrap()).unwrap()
    }

    /// Keeps a picture of it beside the tests' other output.
    pub fn photograph(&self, name: &str) {
        keep(name, &self.picture());
    }

    /// The same of a page that begins at the right: beyond its window Chromium moves such a page, so the window is made as high.
    pub async fn photograph_rtl(&self, name: &str, width: u32) {
        let height = "return document.documentElement.scrollHeight";
        let height = self.client.execute(height, vec![]).await.unwrap();
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.command("Emulation.setDeviceMetricsOverride", &metrics);
        keep(name, &self.capture(false));
    }
}

fn keep(name: &str, picture: &[u8]) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{name}.png")), picture).unwrap();
}

fn strings(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|each| each.as_str().unwrap().to_owned()).collect()
}
