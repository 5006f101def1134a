//! The page that tells of the API.

use super::chromium::{Browser, run};
use super::look::{OF_PAGES, WIDTHS};

#[test]
fn the_page_that_tells_of_the_api_fits_every_screen() {
    run(async {
        let browser = Browser::start(true).await;
        browser.goto("/docs").await;
        assert_eq!(browser.heading().await, "The API");
        let mut found = browser.look("docs", WIDTHS, OF_PAGES).await;
        // Some of each part: they are all made alike, and axe takes its time.
        let opened =
            "document.querySelectorAll('details').forEach((one, at) => { one.open = at % 12 === 0 })";
        browser.client.execute(opened, vec![]).await.unwrap();
        found.extend(browser.look("docs-open", WIDTHS, OF_PAGES).await);
        assert!(found.is_empty(), "{}", found.join("\n"));
    });
}
