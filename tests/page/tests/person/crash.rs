//! What a person sees when the page's own code fails.

use anyhow::{Context, Error, Result, ensure};
use quorate::sandbox::{ActorId, Fault, RecordedInput, Recording};
use quorate_page_tests::{Opening, with_page};

#[test]
fn a_panic_shows_a_report_with_the_seed_and_the_inputs_instead_of_a_dead_page() -> Result<()> {
    with_page(&Opening::laptop(), |page| {
        page.full_speed()?;
        let (leader, _) = page.wait_for_leader()?;
        page.run_prints(0, "etcdctl put /before/the/crash 1", &["OK"])?;
        page.do_to(&leader, "Isolate")?;
        page.click_label("Close the inspector")?;
        page.click_label("Close the hint")?;
        page.wait_until("the cards to close", |page| Ok(page.count(".card")? == 0))?;
        // As a browser extension may do that rewrites pages: it takes away an element that the page still reckons with, so
        // that the page panics when it puts something before it.
        page.js::<()>("document.querySelector('.btn.legend').remove()")?;
        page.click_label("Split, S")?;

        page.wait_for("[role=alertdialog][aria-label='Quorate has stopped']")?;
        // It fades in, and what cannot be seen yet has no text.
        page.wait_until("the report to say what went wrong", |page| {
            Ok(page.text(".crash .report")?.contains("panicked at"))
        })?;
        let report = page.text(".crash .report")?;
        // What follows the message is a recording that can be played.
        let (_, text) = report.rsplit_once("\n\n").context("the report has no recording")?;
        let recording = Recording::from_text(text).map_err(Error::msg)?;
        ensure!(recording.settings.seed == 1, "{recording:?}");
        let inputs: Vec<&RecordedInput> = recording.inputs.iter().map(|input| &input.input).collect();
        let put = RecordedInput::Line(0, "etcdctl put /before/the/crash 1".to_owned());
        let number: u16 = leader.trim_start_matches('n').parse()?;
        ensure!(inputs == [&put, &RecordedInput::Fault(Fault::Isolate(ActorId(number - 1)))], "{recording:?}");
        ensure!(page.texts(".crash button")? == ["Copy the report", "Start again"]);
        let errors = page.console_errors()?;
        ensure!(errors.iter().any(|error| error.contains("unreachable")), "the console is silent: {errors:?}");

        page.click_text(".crash button", "Start again")?;
        page.wait_until("the page to begin anew", |page| Ok(page.count(".crash")? == 0 && page.leader()?.is_some()))
    })
}
