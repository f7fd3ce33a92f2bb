//! The harness itself: what it says a person did, the page has felt, and what went wrong is told.

use anyhow::{Result, ensure};
use quorate_page_tests::{Key, Opening, Page, Theme, with_page};

/// Puts a small page of controls over the real one; each control writes what it felt into `#felt`.
fn put_controls(page: &Page) -> Result<()> {
    page.js(r##"document.body.innerHTML = `
            <button aria-label="Cut the link">cut</button>
            <input id="line">
            <div id="field" style="position: fixed; left: 100px; top: 200px; width: 300px; height: 200px"></div>
            <p id="felt">nothing</p>`;
        const felt = text => document.querySelector("#felt").innerText = text;
        document.querySelector("button").onclick = () => felt("clicked");
        document.querySelector("input").onkeydown = event => {
            if (event.key === "Enter") felt("line: " + event.target.value);
            if (event.key === "c" && event.ctrlKey) felt("interrupted");
        };
        const field = document.querySelector("#field");
        field.onpointerdown = event => field.start = [event.clientX, event.clientY];
        field.onpointerup = event => felt("dragged " + [...field.start, event.clientX, event.clientY]);"##)
}

#[test]
fn what_a_person_does_reaches_the_page() -> Result<()> {
    with_page(&Opening::laptop(), |page| {
        put_controls(page)?;
        page.click_label("Cut the link")?;
        page.wait_for_text("#felt", "clicked")?;
        page.type_line("#line", "etcdctl put /a \"b c\"")?;
        page.wait_for_text("#felt", "line: etcdctl put /a \"b c\"")?;
        page.press(&[Key::Control.into(), 'c'])?;
        page.wait_for_text("#felt", "interrupted")?;
        let [x, y, width, height] = page.bounds("#field")?;
        ensure!([x, y, width, height] == [100.0, 200.0, 300.0, 200.0], "the field is elsewhere");
        page.drag((x + 10.0, y + 10.0), &[(x + 50.0, y + 20.0), (x + 90.0, y + 70.0)])?;
        page.wait_for_text("#felt", "dragged 110,210,190,270")?;
        ensure!(page.count("button")? == 1 && page.attribute("#line", "id")?.as_deref() == Some("line"));
        Ok(())
    })
}

#[test]
fn a_page_opens_with_the_screen_and_the_preferences_that_were_asked_for() -> Result<()> {
    let opening = Opening {
        theme: Theme::Dark,
        reduced_motion: true,
        address_suffix: "#story".to_owned(),
        local_storage: vec![("theme".to_owned(), "projector".to_owned())],
        ..Opening::phone()
    };
    with_page(&opening, |page| {
        let seen: (u32, u32, bool, bool, bool, String, String) = page.js_async(
            "return [innerWidth, innerHeight, matchMedia('(prefers-color-scheme: dark)').matches,
                matchMedia('(prefers-reduced-motion: reduce)').matches, 'ontouchstart' in window,
                localStorage.getItem('theme'), location.hash]",
        )?;
        let wanted = (390, 844, true, true, true, "projector".to_owned(), "#story".to_owned());
        ensure!(seen == wanted, "the page sees {seen:?}");
        put_controls(page)?;
        page.click_at(150.0, 250.0)?;
        page.wait_for_text("#felt", "dragged 150,250,150,250")
    })
}

#[test]
fn an_error_in_the_console_fails_a_test_that_saw_nothing_wrong() {
    let outcome = with_page(&Opening::laptop(), |page| page.js("console.error('the log is torn')"));
    let told = format!("{:#}", outcome.expect_err("the console shows an error"));
    assert!(told.contains("the log is torn") && told.contains("failed-an_error_in_the_console"), "{told}");
}
