//! Leases, watches and members: plain tables.

use super::empty;
use crate::action::{Action, Selection};
use crate::words::{self, hue};
use quorate::sandbox::Time;
use quorate::sandbox::view::{LeaseView, MemberView, NodeView, WatchView};
use std::rc::Rc;
use yew::prelude::*;

pub(super) fn leases(leases: &[LeaseView], now: Time, on: &Callback<Action>) -> Html {
    if leases.is_empty() {
        return empty("No lease.", "etcdctl lease grant 10", on);
    }
    let row = |lease: &LeaseView| {
        let left = match lease.expires_at {
            Some(at) => words::length(at.since(now)),
            None => "stands still".to_owned(),
        };
        let share = lease
            .expires_at
            .map_or(1.0, |at| at.since(now).as_micros() as f64 / (lease.ttl_s.max(1) as f64 * 1_000_000.0));
        html! {
            <tr key={&*lease.id}>
                <td><code>{ &*lease.id }</code></td>
                <td class="n">{ format!("{} s", lease.ttl_s) }</td>
                <td class="n">{ left }</td>
                <td><svg class="ttl" viewBox="0 0 60 6" width="60" height="6" aria-hidden="true">
                    <rect class="ttl-rail" width="60" height="6" rx="3" />
                    <rect class="ttl-left" width={words::px(words::within(share, 0.0, 1.0) * 60.0)} height="6" rx="3" />
                </svg></td>
                <td class="text"><code>{ if lease.keys.is_empty() { "no key".to_owned() } else { lease.keys.join(", ") } }</code></td>
            </tr>
        }
    };
    let leaderless = leases.iter().all(|lease| lease.expires_at.is_none());
    html! {
        <>
            <table class="tb">
                <thead><tr><th>{ "lease" }</th><th class="n">{ "granted" }</th><th class="n">{ "left" }</th><th /><th>{ "keys" }</th></tr></thead>
                <tbody>{ for leases.iter().map(row) }</tbody>
            </table>
            if leaderless { <p class="note">{ "Nobody leads, so no lease runs out: only a leader lets them expire." }</p> }
        </>
    }
}

pub(super) fn watches(watches: &[WatchView], on: &Callback<Action>) -> Html {
    if watches.is_empty() {
        return empty("Nobody is watching.", "etcdctl watch / --prefix", on);
    }
    let row = |(at, watch): (usize, &WatchView)| {
        let state = if watch.synced { "caught up" } else { "catching up" };
        html! {
            <tr key={at}>
                <td><b>{ &*watch.client }</b></td><td>{ &*watch.node }</td><td class="text"><code>{ &*watch.range }</code></td>
                <td class="n">{ watch.next_revision }</td><td class="n">{ watch.sent }</td><td>{ state }</td>
            </tr>
        }
    };
    html! {
        <table class="tb">
            <thead><tr><th>{ "client" }</th><th>{ "served by" }</th><th>{ "watches" }</th><th class="n">{ "next revision" }</th>
                <th class="n">{ "sent" }</th><th>{ "state" }</th></tr></thead>
            <tbody>{ for watches.iter().enumerate().map(row) }</tbody>
        </table>
    }
}

pub(super) fn members(members: &[MemberView], nodes: &[Rc<NodeView>], on: &Callback<Action>) -> Html {
    let row = |member: &MemberView| {
        let node = nodes.iter().find(|node| node.name == member.name);
        let onclick = node.map(|node| {
            let id = node.id;
            on.reform(move |_: MouseEvent| Action::Select(Selection::Node(id)))
        });
        let state = if member.state == "up" { member.role } else { member.state };
        let fault = (member.state != "up").then_some("fault-text");
        html! {
            <tr key={&*member.id}>
                <td><button class="link-button" {onclick}><b>{ &*member.name }</b></button></td>
                <td class={classes!(fault)}>{ state }</td>
                if let Some(node) = node {
                    <td><span class={classes!("chip", hue(node.term))}>{ node.term }</span></td>
                    <td class="n">{ node.commit }</td><td class="n">{ node.revision }</td><td class="n">{ node.keys }</td>
                }
            </tr>
        }
    };
    let address = |member: &MemberView| {
        html! {
            <tr key={&*member.id}>
                <td><b>{ &*member.name }</b></td><td><code>{ &*member.id }</code></td>
                <td><code>{ &*member.client_urls }</code></td><td><code>{ &*member.peer_urls }</code></td>
            </tr>
        }
    };
    html! {
        <>
            <table class="tb">
                <thead><tr><th>{ "name" }</th><th>{ "role" }</th><th>{ "term" }</th><th class="n">{ "commit" }</th>
                    <th class="n">{ "revision" }</th><th class="n">{ "keys" }</th></tr></thead>
                <tbody>{ for members.iter().map(row) }</tbody>
            </table>
            <div class="blk wide-only">
                <h3>{ "Addresses" }</h3>
                <table class="tb">
                    <thead><tr><th>{ "name" }</th><th>{ "id" }</th><th>{ "clients" }</th><th>{ "peers" }</th></tr></thead>
                    <tbody>{ for members.iter().map(address) }</tbody>
                </table>
            </div>
        </>
    }
}
