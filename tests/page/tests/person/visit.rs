//! The first visit and the choice of a cluster.

use anyhow::{Result, ensure};
use quorate_page_tests::{Opening, with_page};

#[test]
fn a_newcomer_is_told_what_to_try_in_three_lines_until_they_close_the_hint() -> Result<()> {
    with_page(&Opening::laptop(), |page| {
        page.wait_for("[aria-label='What to try']")?;
        ensure!(
            page.count("[aria-label='What to try'] li")? == 3,
            "{:?}",
            page.texts("[aria-label='What to try'] li")?
        );
        page.click_label("Close the hint")?;
        page.wait_until("the hint to close", |page| Ok(page.count("[aria-label='What to try']")? == 0))?;
        page.reload()?;
        page.wait_for_leader()?;
        ensure!(page.count("[aria-label='What to try']")? == 0, "the hint is back after it was read");
        Ok(())
    })
}

#[test]
fn the_dialog_starts_a_cluster_of_five_or_seven_with_the_seed_that_is_asked_for() -> Result<()> {
    with_page(&Opening::laptop(), |page| {
        page.full_speed()?;
        for (nodes, seed) in [(7, "42"), (5, "18446744073709551615")] {
            page.click("[title='Start a new cluster']")?;
            page.wait_for("[role=dialog][aria-label='New cluster']")?;
            page.click_text("[role=dialog] label b", &format!("{nodes} nodes"))?;
            page.click_text("[role=dialog] label b", "lan")?;
            page.replace_text("[aria-label='Seed']", "no number")?;
            page.wait_for_text("[role=dialog]", "A seed is a whole number from 0 on")?;
            page.replace_text("[aria-label='Seed']", seed)?;
            page.click_text("[role=dialog] button", "Start the cluster")?;
            page.wait_for_text(".top", &format!("{nodes} nodes, lan network"))?;
            page.wait_for_text(".top", &format!("seed {seed}"))?;
            page.wait_for_leader()?;
            ensure!(page.members()?.len() == nodes, "{:?}", page.members()?);
            page.run_prints(1, "etcdctl put /a 1", &["OK"])?;
        }
        Ok(())
    })
}
