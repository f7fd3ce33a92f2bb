//! The terminal: history, completion, Ctrl-C, several at once, and bad input.

use anyhow::{Result, ensure};
use quorate_page_tests::{Key, Opening, Page, field, with_page};
use serde_json::json;

/// What stands in a terminal's field.
fn typed(page: &Page, terminal: usize) -> Result<String> {
    page.js(&format!("return document.querySelector({}).value", json!(field(terminal))))
}

fn wait_typed(page: &Page, terminal: usize, wanted: &str) -> Result<()> {
    page.wait_until(&format!("{wanted:?} at the prompt"), |page| Ok(typed(page, terminal)? == wanted))
}

#[test]
fn the_arrow_keys_go_through_the_history_and_back_to_what_was_being_typed() -> Result<()> {
    with_page(&Opening::laptop(), |page| {
        page.full_speed()?;
        page.wait_for_leader()?;
        page.run_prints(0, "etcdctl put /a 1", &["OK"])?;
        page.run_prints(0, "etcdctl get /a", &["/a", "1"])?;
        page.type_text(&field(0), "etcdctl del")?;
        let steps = [
            (Key::Up, "etcdctl get /a"),
            (Key::Up, "etcdctl put /a 1"),
            (Key::Up, "etcdctl put /a 1"),
            (Key::Down, "etcdctl get /a"),
            (Key::Down, "etcdctl del"),
            (Key::Up, "etcdctl get /a"),
        ];
        for (key, wanted) in steps {
            page.press(&[key.into()])?;
            wait_typed(page, 0, wanted)?;
        }
        page.press(&[Key::Enter.into()])?;
        page.wait_until("the old command to run again", |page| {
            let log: String = page.text("[aria-label='Output of c1']")?;
            Ok(log.matches("etcdctl get /a").count() == 2)
        })?;
        page.wait_printed(0, &["/a", "1"])
    })
}

#[test]
fn tab_completes_a_command_and_lists_what_is_possible() -> Result<()> {
    with_page(&Opening::laptop(), |page| {
        page.full_speed()?;
        page.wait_for_leader()?;
        page.type_text(&field(0), "etcdctl pu")?;
        page.press(&[Key::Tab.into()])?;
        wait_typed(page, 0, "etcdctl put ")?;
        page.type_text(&field(0), "/fruit apple")?;
        page.press(&[Key::Enter.into()])?;
        page.wait_printed(0, &["OK"])?;

        page.type_text(&field(0), "etcdctl lease ")?;
        page.press(&[Key::Tab.into()])?;
        page.wait_until("the candidates", |page| {
            let listed = page.texts(".candidates span")?;
            Ok(["grant", "keep-alive", "list", "revoke", "timetolive"]
                .iter()
                .all(|one| listed.iter().any(|each| each == one)))
        })?;
        page.type_text(&field(0), "g")?;
        page.press(&[Key::Tab.into()])?;
        wait_typed(page, 0, "etcdctl lease grant ")?;
        ensure!(page.count(".candidates")? == 0, "the list stays when the line goes on");
        Ok(())
    })
}

#[test]
fn ctrl_c_stops_a_watch_and_the_terminal_takes_the_next_command() -> Result<()> {
    with_page(&Opening::laptop(), |page| {
        page.full_speed()?;
        page.wait_for_leader()?;
        page.start(0, "etcdctl watch /a")?;
        page.show_panel("Watches")?;
        page.wait_until("the watch to be served", |page| Ok(page.panel_rows()?.len() == 1))?;
        page.interrupt(0)?;
        page.wait_for_text("#panel", "Nobody is watching.")?;
        page.run_prints(0, "etcdctl put /a 1", &["OK"])
    })
}

#[test]
fn terminals_work_at_once_while_a_watch_runs_in_one_of_them() -> Result<()> {
    with_page(&Opening::laptop(), |page| {
        page.full_speed()?;
        page.wait_for_leader()?;
        page.start(1, "etcdctl watch / --prefix")?;
        page.show_panel("Watches")?;
        page.wait_until("the watch to be served", |page| Ok(page.panel_rows()?.len() == 1))?;
        let third = page.open_terminal(0, "n3")?;
        ensure!(page.texts(".terms [role=tab] b")? == ["c1", "c3", "c2"], "{:?}", page.texts(".terms [role=tab]")?);
        page.run_prints(third, "etcdctl put /from/c3 1", &["OK"])?;
        page.show_terminal(0)?;
        ensure!(page.screen(0)?.command().is_none(), "one terminal shows what was typed in another");
        page.run_prints(0, "etcdctl put /from/c1 1", &["OK"])?;
        page.wait_printed(1, &["PUT", "/from/c3", "1", "PUT", "/from/c1", "1"])?;
        ensure!(page.screen(1)?.running, "the watch has ended");
        page.show_terminal(third)?;
        ensure!(page.screen(third)?.printed() == ["OK"], "{:?}", page.screen(third)?.printed());
        Ok(())
    })
}

#[test]
fn bad_input_gets_the_text_of_the_real_tool_and_leaves_the_page_alive() -> Result<()> {
    with_page(&Opening::laptop(), |page| {
        page.full_speed()?;
        page.wait_for_leader()?;
        let unknown = "Error: unknown command \"nosuch\" for \"etcdctl\"";
        page.run_prints(0, "etcdctl nosuch", &[unknown, "Run 'etcdctl --help' for usage.", unknown])?;
        let ends_with = |line: &str, wanted: &str| -> Result<()> {
            let printed = page.run(0, line)?;
            ensure!(printed.last().is_some_and(|last| last == wanted), "{line} printed {printed:?}");
            Ok(())
        };
        ends_with("etcdctl put", "Error: put command needs 1 argument and input from stdin or 2 arguments")?;
        ends_with("etcdctl del", "Error: del command needs one argument as key and an optional argument as range_end")?;
        ends_with(
            "etcdctl get /a --rev=x",
            "Error: invalid argument \"x\" for \"--rev\" flag: strconv.ParseInt: parsing \"x\": invalid syntax",
        )?;
        page.run_prints(0, "frobnicate", &["sh: frobnicate: command not found (type help for what there is)"])?;
        ensure!(!page.run(0, "etcdctl put /a 'no end")?.is_empty(), "an open quote is passed over in silence");
        page.run_prints(0, "etcdctl put /ünï→cödé \"😀 ok\"", &["OK"])?;
        page.run_prints(0, "etcdctl get /ünï→cödé", &["/ünï→cödé", "😀 ok"])
    })
}
