//! The story that the page is for: cut the leader off, see the minority refuse and the majority go on, heal, and see all
//! logs become equal, while a watch misses nothing and a lease runs out.

use anyhow::{Context, Result, ensure};
use quorate_page_tests::{Opening, Page, field, with_page};
use serde::Deserialize;

/// One member's row of the log view.
#[derive(Debug, PartialEq, Deserialize)]
struct LogRow {
    /// Each entry in view: its command in a word, its term, and whether the member knows it to be committed.
    entries: Vec<(String, String, bool)>,
    /// How many of the indexes in view it lacks.
    missing: usize,
}

fn log_rows(page: &Page) -> Result<Vec<LogRow>> {
    page.js("return Array.from(document.querySelectorAll('.logs-scroll > svg > g:last-of-type > g'), row => ({ \
             entries: Array.from(row.querySelectorAll('.cell'), cell => [ \
                 cell.querySelector('.cell-text').textContent, cell.querySelector('.cell-term').textContent, \
                 cell.classList.contains('committed')]), \
             missing: row.querySelectorAll('.missing').length }))")
}

/// Waits until the log view shows the same entries on every member, none missing and all committed, and until an entry by
/// entry look finds each to be one and the same everywhere; how many there are.
fn wait_for_equal_logs(page: &Page, members: usize) -> Result<u64> {
    page.show_panel("Logs")?;
    page.wait_until("equal logs", |page| {
        let rows = log_rows(page)?;
        let whole = |row: &LogRow| row.missing == 0 && row.entries.iter().all(|(_, _, committed)| *committed);
        Ok(rows.len() == members && rows.iter().all(whole) && rows.iter().all(|row| *row == rows[0]))
    })
    .with_context(|| format!("the rows are {:?}", log_rows(page)))?;
    let label = page.attribute(".logs-scroll", "aria-label")?.unwrap_or_default();
    let last: u64 = label.strip_prefix("Logs, index 1 to ").context("the log view says how long it is")?.parse()?;
    let entries = log_rows(page)?[0].entries.len() as u64;
    ensure!(entries == last, "{entries} of {last} entries are in view: the story has become too long for this test");
    ensure!(page.members()?.iter().all(|member| member.commit == last), "{:?}", page.members()?);
    let everybody = page.members()?.into_iter().map(|member| member.name).collect::<Vec<_>>().join(", ");
    for index in 1..=last {
        page.click_nth(".column-hit", index as usize - 1)?;
        page.wait_for_text("#panel h3", &format!("Entry {index}"))?;
        let told = page.texts(".fork p")?;
        ensure!(told == [format!("on {everybody}. Committed.")], "entry {index} is {told:?}");
    }
    Ok(last)
}

/// Waits until another member than this one leads a later term.
fn wait_for_another_leader(page: &Page, old: &str) -> Result<String> {
    let mut new = None;
    page.wait_until("another leader", |page| {
        new = page.leader()?.filter(|leader| leader != old);
        Ok(new.is_some())
    })?;
    new.context("it was just there")
}

#[test]
fn a_leader_that_is_cut_off_cannot_commit_the_others_go_on_and_healing_makes_all_logs_equal() -> Result<()> {
    with_page(&Opening::laptop(), |page| {
        page.full_speed()?;
        let (old_leader, others) = page.wait_for_leader()?;
        let minority = page.open_terminal(0, &old_leader)?;
        let majority = page.open_terminal(1, &others[0])?;
        page.run_prints(minority, "etcdctl put /story before", &["OK"])?;

        page.pause()?;
        page.do_to(&old_leader, "Isolate")?;
        page.wait_for_text("[aria-label='What happens']", &format!("{old_leader} is cut off from all others."))?;
        page.play()?;
        let refused = page.run(minority, "etcdctl put /story minority")?;
        ensure!(refused.last().is_some_and(|line| line == "Error: context deadline exceeded"), "{refused:?}");
        let new_leader = wait_for_another_leader(page, &old_leader)?;
        ensure!(page.member(&new_leader)?.term > 1, "{:?}", page.members()?);
        page.run_prints(majority, "etcdctl put /story majority", &["OK"])?;
        page.run_prints(majority, "etcdctl get /story", &["/story", "majority"])?;
        page.run_prints(minority, "etcdctl get /story --consistency=s", &["/story", "before"])?;
        let rows = log_rows(page)?;
        ensure!(rows.iter().any(|row| *row != rows[0]), "the logs are equal although the network is cut: {rows:?}");

        page.click_label("Heal all links, H")?;
        page.wait_for_leader()?;
        wait_for_equal_logs(page, 3)?;
        page.run_prints(minority, "etcdctl get /story", &["/story", "majority"])
    })
}

/// What a watch prints of the puts `/n/FROM` up to `/n/UNTIL`, the last not counted.
fn events(from: u32, until: u32) -> Vec<String> {
    (from..until).flat_map(|number| ["PUT".to_owned(), format!("/n/{number}"), format!("v{number}")]).collect()
}

fn wait_for_events(page: &Page, watcher: usize, events: &[String]) -> Result<()> {
    page.wait_printed(watcher, &events.iter().map(String::as_str).collect::<Vec<_>>())?;
    ensure!(page.screen(watcher)?.running, "the watch has ended");
    Ok(())
}

/// Types commands one after the other without waiting for their answers: the terminal takes them in turn.
fn put_in_a_row(page: &Page, writer: usize, from: u32, until: u32) -> Result<()> {
    (from..until).try_for_each(|number| page.type_line(&field(writer), &format!("etcdctl put /n/{number} v{number}")))
}

#[test]
fn a_watch_misses_nothing_and_doubles_nothing_while_the_leader_is_cut_off_and_healed() -> Result<()> {
    with_page(&Opening::laptop(), |page| {
        page.full_speed()?;
        let (leader, others) = page.wait_for_leader()?;
        let watcher = page.open_terminal(0, &others[1])?;
        page.start(watcher, "etcdctl watch /n/ --prefix")?;
        page.show_panel("Watches")?;
        page.wait_until("the watch to be served", |page| Ok(page.panel_rows()?.len() == 1))?;
        let writer = page.open_terminal(1, &others[0])?;
        put_in_a_row(page, writer, 0, 2)?;
        page.do_to(&leader, "Isolate")?;
        wait_for_another_leader(page, &leader)?;
        put_in_a_row(page, writer, 2, 5)?;
        wait_for_events(page, watcher, &events(0, 5))?;
        page.click_label("Heal all links, H")?;
        page.wait_for_leader()?;
        put_in_a_row(page, writer, 5, 7)?;
        wait_for_events(page, watcher, &events(0, 7))?;
        // Whatever was on its way twice has arrived by then.
        page.wait_virtual_seconds(20)?;
        wait_for_events(page, watcher, &events(0, 7))
    })
}

#[test]
fn a_watch_on_a_member_that_is_cut_off_for_a_moment_gets_what_it_missed_once() -> Result<()> {
    with_page(&Opening::laptop(), |page| {
        let (_, others) = page.wait_for_leader()?;
        let watcher = page.open_terminal(0, &others[0])?;
        page.start(watcher, "etcdctl watch /n/ --prefix")?;
        page.show_panel("Watches")?;
        page.wait_until("the watch to be served", |page| Ok(page.panel_rows()?.len() == 1))?;
        let writer = page.open_terminal(1, &others[1])?;
        put_in_a_row(page, writer, 0, 2)?;
        wait_for_events(page, watcher, &events(0, 2))?;
        // Everything is made ready while time stands still, so that a slow machine does not make the moment longer.
        page.pause()?;
        page.do_to(&others[0], "Isolate")?;
        put_in_a_row(page, writer, 2, 5)?;
        page.play()?;
        page.wait_until("the last put to be answered", |page| {
            let screen = page.screen(writer)?;
            Ok(!screen.running && screen.command() == Some("etcdctl put /n/4 v4"))
        })?;
        page.pause()?;
        wait_for_events(page, watcher, &events(0, 2))?;
        page.click_label("Heal all links, H")?;
        page.play()?;
        wait_for_events(page, watcher, &events(0, 5))?;
        page.full_speed()?;
        page.wait_virtual_seconds(20)?;
        wait_for_events(page, watcher, &events(0, 5))
    })
}

#[test]
fn a_watch_on_a_member_without_a_leader_ends_as_the_real_one_and_goes_on_from_its_revision() -> Result<()> {
    with_page(&Opening::laptop(), |page| {
        page.full_speed()?;
        let (leader, others) = page.wait_for_leader()?;
        let watcher = page.open_terminal(0, &leader)?;
        let writer = page.open_terminal(1, &others[0])?;
        page.start(watcher, "etcdctl watch /n/ --prefix")?;
        page.show_panel("Watches")?;
        page.wait_until("the watch to be served", |page| Ok(page.panel_rows()?.len() == 1))?;
        page.run_prints(writer, "etcdctl put /n/0 v0", &["OK"])?;
        wait_for_events(page, watcher, &events(0, 1))?;
        page.do_to(&leader, "Isolate")?;
        let end = ["watch was canceled (etcdserver: no leader)", "Error: watch is canceled by the server"];
        page.wait_printed(watcher, &[&["PUT", "/n/0", "v0"], &end[..]].concat())?;
        wait_for_another_leader(page, &leader)?;
        page.run_prints(writer, "etcdctl put /n/1 v1", &["OK"])?;
        page.click_label("Heal all links, H")?;
        page.wait_for_leader()?;
        // Revision 2 was the put that it has seen.
        page.start(watcher, "etcdctl watch /n/ --prefix --rev=3")?;
        wait_for_events(page, watcher, &events(1, 2))
    })
}

#[test]
fn a_lease_that_runs_out_takes_its_key_from_get_from_the_store_and_itself_from_the_leases() -> Result<()> {
    with_page(&Opening::laptop(), |page| {
        page.wait_for_leader()?;
        page.run_prints(0, "etcdctl put /stays 1", &["OK"])?;
        let granted = page.run(0, "etcdctl lease grant 30")?.concat();
        let id = granted.split(' ').nth(1).context("no lease was granted")?.to_owned();
        page.run_prints(0, &format!("etcdctl put /goes 1 --lease={id}"), &["OK"])?;
        page.run_prints(0, "etcdctl get / --prefix --keys-only", &["/goes", "", "/stays", ""])?;
        // A look at two panels while time stands still, however slow the machine is.
        page.pause()?;
        let keys = |page: &Page| -> Result<Vec<String>> {
            Ok(page.panel_rows()?.into_iter().filter_map(|row| row.into_iter().next()).collect())
        };
        page.show_panel("Store")?;
        ensure!(keys(page)? == ["/goes", "/stays"], "{:?}", page.panel_rows()?);
        page.show_panel("Leases")?;
        let leases = page.panel_rows()?;
        ensure!(leases.len() == 1 && leases[0][0].ends_with(&id) && leases[0][4] == "/goes", "{leases:?}");

        page.full_speed()?;
        page.play()?;
        page.wait_for_text("#panel", "No lease.")?;
        page.run_prints(0, "etcdctl get / --prefix --keys-only", &["/stays", ""])?;
        page.run_prints(1, &format!("etcdctl lease timetolive {id}"), &[&format!("lease {id} already expired")])?;
        page.show_panel("Store")?;
        page.wait_until("only the other key in the store", |page| Ok(keys(page)? == ["/stays"]))
    })
}
