//! What is broken and mended on the stage: links, members, sides.

use anyhow::{Result, ensure};
use quorate_page_tests::{Key, Opening, Page, with_page};

const LINK: &str = "[data-link='0-1']";

fn wait_for_link(page: &Page, state: &str) -> Result<()> {
    let wanted = format!("link n1 to n2, {state}");
    page.wait_until(&wanted, |page| Ok(page.attribute(LINK, "aria-label")?.as_deref() == Some(wanted.as_str())))
}

/// Presses the link from n1 to n2 where no message lies on it.
fn press_link(page: &Page) -> Result<()> {
    let (x, y) = page.free_point(LINK)?;
    page.click_at(x, y)
}

/// Presses the link and takes an offer of its menu.
fn choose_for_link(page: &Page, offer: &str) -> Result<()> {
    press_link(page)?;
    page.wait_for("[aria-label='Link n1 to n2']")?;
    page.click_text(".link-menu [role=menuitem]", offer)
}

#[test]
fn a_press_on_a_link_cuts_it_one_way_and_both_ways_and_heals_it() -> Result<()> {
    with_page(&Opening::laptop(), |page| {
        page.wait_for_leader()?;
        page.pause()?;
        wait_for_link(page, "works")?;
        choose_for_link(page, "Cut one way, n1 to n2")?;
        wait_for_link(page, "is cut one way")?;
        choose_for_link(page, "Cut both ways")?;
        wait_for_link(page, "is cut both ways")?;
        ensure!(page.count(".link-menu")? == 0, "the menu stays open");
        choose_for_link(page, "Heal")?;
        wait_for_link(page, "works")?;
        page.show_panel("Events")?;
        page.wait_for_text(".events", "The link n1 – n2 is cut.")?;
        page.wait_for_text(".events", "The link n1 – n2 is whole again.")
    })
}

#[test]
fn the_scissors_cut_the_link_that_is_pressed_and_mend_it_at_the_next_press() -> Result<()> {
    with_page(&Opening::laptop(), |page| {
        page.wait_for_leader()?;
        page.pause()?;
        page.click_label("Cut a link, X")?;
        press_link(page)?;
        wait_for_link(page, "is cut both ways")?;
        press_link(page)?;
        wait_for_link(page, "works")
    })
}

#[test]
fn a_member_crashes_and_starts_again_at_the_press_of_a_button() -> Result<()> {
    with_page(&Opening::laptop(), |page| {
        page.full_speed()?;
        let (leader, others) = page.wait_for_leader()?;
        page.pause()?;
        page.do_to(&leader, "Crash")?;
        page.wait_for_role(&leader, "crashed")?;
        page.wait_for_text("[aria-label='What happens']", &format!("{leader} crashes."))?;
        page.play()?;
        page.wait_until("another leader", |page| Ok(page.leader()?.is_some_and(|name| others.contains(&name))))?;
        page.do_to(&leader, "Restart")?;
        page.wait_for_role(&leader, "follower")?;
        page.wait_for_leader()?;
        Ok(())
    })
}

#[test]
fn a_paused_member_stands_still_and_goes_on_when_it_is_resumed() -> Result<()> {
    with_page(&Opening::laptop(), |page| {
        page.full_speed()?;
        let (leader, others) = page.wait_for_leader()?;
        let term = page.member(&leader)?.term;
        page.do_to(&leader, "Pause")?;
        page.wait_for_role(&leader, "paused")?;
        page.wait_until("another leader", |page| Ok(page.leader()?.is_some_and(|name| others.contains(&name))))?;
        ensure!(page.member(&leader)?.term == term, "a paused member has learnt of a new term");
        page.do_to(&leader, "Resume")?;
        page.wait_for_role(&leader, "follower")?;
        page.wait_for_leader()?;
        Ok(())
    })
}

#[test]
fn the_split_dialog_parts_the_ticked_members_from_the_rest() -> Result<()> {
    with_page(&Opening::laptop(), |page| {
        page.wait_for_leader()?;
        page.pause()?;
        page.click_label("Split, S")?;
        page.wait_for_text("[aria-label='Split the cluster']", "Draw around the members of one side, or tick them.")?;
        page.click_text(".split-card label", "n1")?;
        page.wait_for_text("[aria-label='Split the cluster']", "n1 will not reach n2 and n3.")?;
        page.click_text(".split-card button", "Split")?;
        wait_for_link(page, "is cut both ways")?;
        page.wait_for("[aria-label='Cluster'] [aria-label*='parted into 2 sides']")?;
        ensure!(page.attribute("[data-link='1-2']", "aria-label")?.as_deref() == Some("link n2 to n3, works"));
        page.click_label("Heal all links, H")?;
        wait_for_link(page, "works")?;
        ensure!(page.count("[aria-label*='parted into']")? == 0, "the stage still shows sides");
        Ok(())
    })
}

#[test]
fn a_lasso_around_a_member_ticks_it_and_enter_makes_the_split() -> Result<()> {
    with_page(&Opening::laptop(), |page| {
        page.wait_for_leader()?;
        page.pause()?;
        page.click_label("Split, S")?;
        page.wait_for("[aria-label='Split the cluster']")?;
        let [x, y, width, height] = page.bounds("[data-node='2'] .halo")?;
        let (left, right, top, bottom) = (x - 12.0, x + width + 12.0, y - 12.0, y + height + 12.0);
        page.drag((left, top), &[(right, top), (right, bottom), (left, bottom), (left, top + 8.0)])?;
        page.wait_for_text("[aria-label='Split the cluster']", "n3 will not reach n1 and n2.")?;
        page.press(&[Key::Enter.into()])?;
        page.wait_for("[aria-label='link n1 to n3, is cut both ways']")?;
        page.wait_for("[aria-label='link n2 to n3, is cut both ways']")?;
        wait_for_link(page, "works")
    })
}
