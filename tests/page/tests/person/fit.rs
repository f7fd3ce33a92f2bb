//! Nothing is wider than the screen, and no panel lies on another.

use anyhow::{Result, ensure};
use quorate_page_tests::{Opening, Page, with_page};
use serde_json::json;

/// The parts of the page, which share the screen among them.
const PARTS: [&str; 6] = [".top", ".stage", ".narr", ".side", ".terms", ".transport"];
const TABS: [&str; 7] = ["Logs", "Store", "Leases", "Watches", "Members", "History", "Events"];
/// Borders may fall between pixels.
const TOLERANCE_PX: f64 = 0.6;

/// What sticks out to the right or left of the viewport, unless it can be scrolled to within a part of the page or is a
/// text that ends in an ellipsis.
fn sticking_out(page: &Page) -> Result<Vec<String>> {
    page.js("const kept = element => { \
                 if (!element || element === document.body) return false; \
                 const style = getComputedStyle(element); \
                 return ['auto', 'scroll'].includes(style.overflowX) || style.textOverflow === 'ellipsis' \
                     || element.matches('svg') || kept(element.parentElement); \
             }; \
             return Array.from(document.body.querySelectorAll('*')) \
                 .filter(element => { \
                     const box = element.getBoundingClientRect(); \
                     return box.width > 0 && (box.right > innerWidth + 0.6 || box.left < -0.6); \
                 }) \
                 .filter(element => !kept(element.parentElement)) \
                 .map(element => element.outerHTML.slice(0, 120));")
}

fn ensure_it_fits(page: &Page, when: &str) -> Result<()> {
    let (scrolled, width): (f64, f64) = page.js("return [document.scrollingElement.scrollWidth, innerWidth]")?;
    ensure!(scrolled <= width, "{when}: the page is {scrolled} px wide in a window of {width} px");
    let sticking = sticking_out(page)?;
    ensure!(sticking.is_empty(), "{when}: these stick out: {sticking:#?}");
    // All in one look: on a phone a longer sentence moves what is beneath it.
    let height: f64 = page.js("return innerHeight")?;
    let boxes: Vec<(String, [f64; 4])> = page.js(&format!(
        "return {}.map(part => {{ \
             const box = document.querySelector(part).getBoundingClientRect(); \
             return [part, [box.x, box.y, box.width, box.height]]; \
         }})",
        json!(PARTS)
    ))?;
    for (at, (one, a)) in boxes.iter().enumerate() {
        ensure!(a[2] > 0.0 && a[3] > 0.0, "{when}: {one} is not shown");
        ensure!(
            a[1] >= -TOLERANCE_PX && a[1] + a[3] <= height + TOLERANCE_PX,
            "{when}: {one} is off the screen: {a:?}"
        );
        for (two, b) in &boxes[at + 1..] {
            let overlap = |low: usize| (a[low] + a[low + 2]).min(b[low] + b[low + 2]) - a[low].max(b[low]);
            let overlaps = overlap(0) > TOLERANCE_PX && overlap(1) > TOLERANCE_PX;
            ensure!(!overlaps, "{when}: {one} at {a:?} lies on {two} at {b:?}");
        }
    }
    Ok(())
}

/// Looks at the page as it opens, with data in every panel, with the inspector, and while the network is cut.
fn ensure_it_fits_in_every_state(page: &Page) -> Result<()> {
    ensure_it_fits(page, "on opening")?;
    page.full_speed()?;
    let (leader, _) = page.wait_for_leader()?;
    page.run_prints(
        0,
        "etcdctl put /a/key/with/a/rather/long/name \"and a value that is rather long as well\"",
        &["OK"],
    )?;
    page.run(0, "etcdctl lease grant 600")?;
    page.start(0, "etcdctl watch /a/key/with/a/rather/long/name/and/more --prefix")?;
    for tab in TABS {
        page.show_panel(tab)?;
        ensure_it_fits(page, tab)?;
    }
    page.select_member(&leader)?;
    ensure_it_fits(page, "with the inspector")?;
    page.do_to(&leader, "Isolate")?;
    page.wait_for("[aria-label*='parted into 2 sides']")?;
    ensure_it_fits(page, "with a cut network")?;
    page.click_label("Keys and help")?;
    page.wait_for("[role=dialog]")?;
    let bounds = page.bounds("[role=dialog]")?;
    let [_, _, width, height] = page.bounds("html")?;
    let inside =
        bounds[0] >= 0.0 && bounds[1] >= 0.0 && bounds[0] + bounds[2] <= width && bounds[1] + bounds[3] <= height;
    ensure!(inside, "the help dialog at {} does not fit", json!(bounds));
    Ok(())
}

#[test]
fn nothing_sticks_out_or_overlaps_on_a_laptop() -> Result<()> {
    with_page(&Opening::laptop(), ensure_it_fits_in_every_state)
}

#[test]
fn nothing_sticks_out_or_overlaps_on_a_phone() -> Result<()> {
    with_page(&Opening::phone(), ensure_it_fits_in_every_state)
}
