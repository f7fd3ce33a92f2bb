//! Time in the person's hands, and what the page tells about what happens in it.

use anyhow::{Context, Result, ensure};
use quorate_page_tests::{Key, Opening, Page, with_page};

/// A heartbeat goes out this often at least, so no two events are further apart.
const HEARTBEAT_MS: u64 = 100;
/// How many frames a look at moving time takes.
const FRAMES: u32 = 20;

/// Lets some frames pass; virtual milliseconds and wall milliseconds that went by meanwhile.
fn pass_frames(page: &Page) -> Result<(f64, f64)> {
    page.js_async(&format!(
        "const frame = () => new Promise(requestAnimationFrame); \
         const clock = () => parseFloat(document.querySelector(\"[aria-label='Virtual time']\").innerText) * 1000; \
         await frame(); \
         const [virtual, wall] = [clock(), performance.now()]; \
         for (let number = 0; number < {FRAMES}; number += 1) await frame(); \
         return [clock() - virtual, performance.now() - wall];"
    ))
}

/// Where all messages in flight are.
fn messages(page: &Page) -> Result<Vec<String>> {
    page.js("return Array.from(document.querySelectorAll('[data-message]'), message => \
             message.dataset.message + message.getAttribute('transform'))")
}

#[test]
fn pause_stops_virtual_time_and_every_message_on_its_way_and_play_lets_them_go_on() -> Result<()> {
    with_page(&Opening::laptop(), |page| {
        page.wait_for_leader()?;
        page.pause()?;
        let (before_ms, flying) = (page.clock_ms()?, messages(page)?);
        let (virtual_ms, _) = pass_frames(page)?;
        ensure!(virtual_ms == 0.0 && page.clock_ms()? == before_ms, "{virtual_ms} ms have passed while it was paused");
        ensure!(messages(page)? == flying, "messages have moved while it was paused");
        page.play()?;
        page.wait_until("time to go on", |page| Ok(page.clock_ms()? > before_ms))
    })
}

#[test]
fn a_step_takes_one_event_and_time_stands_still_again() -> Result<()> {
    with_page(&Opening::laptop(), |page| {
        page.wait_for_leader()?;
        page.pause()?;
        let began_ms = page.clock_ms()?;
        let mut before_ms = began_ms;
        for step in 0..60 {
            page.click_label("Step one event")?;
            let now_ms = page.clock_ms()?;
            ensure!(
                (before_ms..=before_ms + HEARTBEAT_MS).contains(&now_ms),
                "step {step}: {before_ms} to {now_ms} ms"
            );
            before_ms = now_ms;
        }
        ensure!(before_ms > began_ms, "sixty events took no time");
        let (virtual_ms, _) = pass_frames(page)?;
        ensure!(virtual_ms == 0.0, "{virtual_ms} ms have passed after a step");
        Ok(())
    })
}

#[test]
fn the_speed_says_how_much_virtual_time_passes() -> Result<()> {
    with_page(&Opening::laptop(), |page| {
        page.wait_for_leader()?;
        let rate = |page: &Page| pass_frames(page).map(|(virtual_ms, wall_ms)| virtual_ms / wall_ms);
        let normal = rate(page)?;
        page.full_speed()?;
        let fast = rate(page)?;
        page.type_text("[aria-label='Speed']", &char::from(Key::Home).to_string())?;
        page.wait_for_text("output[for='speed']", "0.001×")?;
        let slow = rate(page)?;
        // A loaded machine may skip time but never adds any.
        ensure!(slow < 0.1 && slow < normal && normal < 1.5, "slow {slow}, normal {normal}, fast {fast}");
        ensure!(normal < fast && fast < 15.0, "slow {slow}, normal {normal}, fast {fast}");
        Ok(())
    })
}

#[test]
fn the_inspector_shows_of_a_member_what_is_true_of_it() -> Result<()> {
    with_page(&Opening::laptop(), |page| {
        let (leader, others) = page.wait_for_leader()?;
        page.pause()?;
        for name in [&leader, &others[0]] {
            page.select_member(name)?;
            let member = page.member(name)?;
            let fields = page.inspected()?;
            let field = |name: &str| fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.trim());
            ensure!(field("role") == Some(member.role.as_str()), "{member:?} is shown as {fields:?}");
            ensure!(field("term") == Some(member.term.to_string().as_str()), "{member:?} is shown as {fields:?}");
        }
        Ok(())
    })
}

/// Lets time run by steps until a message is on its way that can be pressed.
fn find_message(page: &Page) -> Result<(f64, f64)> {
    let mut found = None;
    page.wait_until("a message that can be pressed", |page| {
        page.click_label("Step one event")?;
        // The messages are drawn at their new places with the next frame.
        page.js_async::<()>(
            "return await new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(() => drawn(null))))",
        )?;
        found = page.free_point("[data-message] .hit").ok();
        Ok(found.is_some())
    })?;
    found.context("it was just there")
}

#[test]
fn a_pressed_message_says_what_it_is_and_can_be_dropped() -> Result<()> {
    with_page(&Opening::laptop(), |page| {
        page.wait_for_leader()?;
        page.pause()?;
        let (x, y) = find_message(page)?;
        page.click_at(x, y)?;
        page.wait_for("[data-message][data-selected='1']")?;
        page.wait_for(".inspector")?;
        let fields = page.inspected()?;
        let field = |name: &str| fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.trim());
        let is_member = |value: Option<&str>| value.is_some_and(|value| ["n1", "n2", "n3"].contains(&value));
        ensure!(
            is_member(field("from")) && is_member(field("to")),
            "{:?}: {fields:?}",
            page.text(".inspector header")?
        );
        ensure!(field("term") == Some(page.members()?[0].term.to_string().as_str()), "{fields:?}");
        page.click_text(".inspector footer button", "Drop")?;
        page.wait_for_text("[aria-label='What happens']", "A message is dropped by hand.")?;
        page.wait_until("the message to be gone for good", |page| {
            let button = page.attribute(".inspector footer button", "title")?;
            Ok(button.as_deref() == Some("This message is no longer on its way"))
        })
    })
}

#[test]
fn the_narration_tells_of_the_election_of_the_leader_that_the_stage_shows() -> Result<()> {
    with_page(&Opening::laptop(), |page| {
        let (leader, others) = page.wait_for_leader()?;
        page.pause()?;
        let term = page.member(&leader)?.term;
        page.show_panel("Events")?;
        page.wait_for_text(".events li", &format!("{leader} leads term {term}."))?;
        let votes =
            others.iter().map(|voter| format!("{voter} votes for {leader} in term {term}.")).collect::<Vec<_>>();
        let told = page.text(".events")?;
        ensure!(votes.iter().any(|vote| told.contains(vote)), "nobody has voted for {leader}: {told}");
        Ok(())
    })
}
