//! The commands that the project promises work as printed, typed into the page's terminals.

use anyhow::{Context, Result, ensure};
use quorate_page_tests::{Opening, Page, milliseconds, with_page};

const DATABASE: [&str; 4] = ["/config/database/pool_size", "20", "/config/database/url", "postgres://prod:5432"];

fn put_the_configuration(page: &Page) -> Result<()> {
    page.full_speed()?;
    page.wait_for_leader()?;
    page.run_prints(0, r#"etcdctl put /config/database/url "postgres://prod:5432""#, &["OK"])?;
    page.run_prints(0, r#"etcdctl put /config/database/pool_size "20""#, &["OK"])?;
    page.run_prints(0, r#"etcdctl put /config/cache/ttl "300""#, &["OK"])
}

#[test]
fn put_and_get_print_what_etcdctl_prints() -> Result<()> {
    with_page(&Opening::laptop(), |page| {
        put_the_configuration(page)?;
        page.run_prints(0, "etcdctl get /config/database/url", &["/config/database/url", "postgres://prod:5432"])?;
        page.run_prints(0, "etcdctl get /config/database/ --prefix", &DATABASE)?;
        page.run_prints(1, r#"etcdctl get "" --prefix"#, &[&["/config/cache/ttl", "300"], &DATABASE[..]].concat())
    })
}

#[test]
fn a_watch_streams_and_a_watch_from_revision_2_replays_before_it_streams() -> Result<()> {
    with_page(&Opening::laptop(), |page| {
        put_the_configuration(page)?;
        page.start(1, "etcdctl watch /config/database/url")?;
        let third = page.open_terminal(0, "n3")?;
        page.start(third, "etcdctl watch /config/ --prefix --rev=2")?;
        let history = [
            ["PUT", "/config/database/url", "postgres://prod:5432"],
            ["PUT", "/config/database/pool_size", "20"],
            ["PUT", "/config/cache/ttl", "300"],
        ];
        page.wait_printed(third, &history.concat())?;
        page.show_panel("Watches")?;
        page.wait_until("both watches to be served", |page| Ok(page.panel_rows()?.len() == 2))?;
        ensure!(page.screen(1)?.printed().is_empty(), "a watch without a revision begins with what is new");

        page.show_terminal(0)?;
        page.run_prints(0, r#"etcdctl put /config/database/url "postgres://prod:5433""#, &["OK"])?;
        let newest = ["PUT", "/config/database/url", "postgres://prod:5433"];
        page.wait_printed(1, &newest)?;
        page.show_terminal(third)?;
        page.wait_printed(third, &[history.concat(), newest.to_vec()].concat())
    })
}

/// When the events say that a lease has run out, in milliseconds of virtual time.
fn expired_at_ms(page: &Page, id: &str) -> Result<u64> {
    let headline = format!("Lease {id:0>16} has run out.");
    page.show_panel("Events")?;
    page.wait_for_text(".events li", &headline)?;
    let row = page.texts(".events li")?.into_iter().find(|row| row.contains(&headline)).context("it was just there")?;
    milliseconds(row.lines().next().unwrap_or_default())
}

#[test]
fn a_kept_lease_lives_and_its_key_is_gone_thirty_seconds_after_ctrl_c() -> Result<()> {
    with_page(&Opening::laptop(), |page| {
        page.wait_for_leader()?;
        let granted = page.run(0, "etcdctl lease grant 30")?;
        let id = granted.first().and_then(|line| line.split(' ').nth(1)).context("no lease was granted")?.to_owned();
        ensure!(granted == [format!("lease {id} granted with TTL(30s)")], "{granted:?}");
        page.run_prints(0, &format!("etcdctl put /services/api/server-1 \"10.0.1.5:8080\" --lease={id}"), &["OK"])?;

        page.start(1, &format!("etcdctl lease keep-alive {id}"))?;
        // Not earlier: a slow machine might let the thirty seconds pass between two commands.
        page.full_speed()?;
        let kept = format!("lease {id} keepalived with TTL(30)");
        page.wait_until("more renewals than thirty seconds need", |page| Ok(page.screen(1)?.printed().len() >= 5))?;
        ensure!(page.screen(1)?.printed().iter().all(|line| *line == kept), "{:?}", page.screen(1)?.printed());
        let key = ["/services/api/server-1", "10.0.1.5:8080"];
        page.run_prints(0, "etcdctl get /services/api/server-1", &key)?;

        // Ctrl-C while time stands still, so that it is known to the millisecond when it was.
        page.pause()?;
        page.interrupt(1)?;
        let stopped_ms = page.clock_ms()?;
        page.show_panel("Store")?;
        ensure!(page.panel_rows()?.iter().any(|row| row[..2] == key), "the key is gone at once");
        page.play()?;
        let left_ms = expired_at_ms(page, &id)? - stopped_ms;
        ensure!((19_000..=31_000).contains(&left_ms), "the lease ran out {left_ms} ms after Ctrl-C");
        page.run_prints(0, "etcdctl get /services/api/server-1", &[])
    })
}
