//! The table of ratios at the end of `cargo xtask bench`: Quorate's consensus beside raft-rs, from what criterion has just
//! written down.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The groups of `tests/bench/benches/consensus.rs`.
const GROUPS: [&str; 2] = ["consensus alone", "with a store"];

/// One row: the time that each side took, in nanoseconds, and for how many entries.
#[derive(Default)]
struct Row {
    raft_rs_ns: Option<f64>,
    quorate_ns: Option<f64>,
    entries: f64,
}

/// Prints the table for the results below `criterion`, criterion's folder.
pub(crate) fn print(criterion: &Path) -> Result<()> {
    for group in GROUPS {
        let rows = rows(&criterion.join(group))?;
        ensure!(!rows.is_empty(), "criterion has no results of the group {group:?}");
        println!("\n{group}: thousands of committed entries a second\n");
        println!("| | raft-rs | Quorate | ratio |\n|---|---:|---:|---:|");
        for (name, row) in rows {
            let raft_rs = row.raft_rs_ns.with_context(|| format!("raft-rs was not measured for {name}"))?;
            let quorate = row.quorate_ns.with_context(|| format!("Quorate was not measured for {name}"))?;
            let thousands = |ns: f64| row.entries / ns * 1e6;
            println!("| {name} | {:.0} | {:.0} | {:.1} |", thousands(raft_rs), thousands(quorate), raft_rs / quorate);
        }
    }
    Ok(())
}

/// Prints consensus in Chromium beside the native one, from what criterion and the page's bench have written down.
pub(crate) fn print_page(criterion: &Path, figures: &Path) -> Result<()> {
    let (native, page) = (rows(&criterion.join(GROUPS[0]))?, json(figures)?);
    println!("\n{} in Chromium: thousands of committed entries a second\n", GROUPS[0]);
    println!("| | native | Chromium | ratio |\n|---|---:|---:|---:|");
    for (name, row) in native {
        let native = row.entries / row.quorate_ns.with_context(|| format!("{name} was not measured natively"))? * 1e6;
        let page = page[&name]["entries_per_second"].as_f64().with_context(|| format!("no {name} in Chromium"))? / 1e3;
        println!("| {name} | {native:.0} | {page:.0} | {:.2} |", page / native);
    }
    Ok(())
}

fn rows(group: &Path) -> Result<BTreeMap<String, Row>> {
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    let entries = fs::read_dir(group).with_context(|| format!("no results in {}", group.display()))?;
    for entry in entries {
        let newest = entry?.path().join("new");
        if !newest.is_dir() {
            continue;
        }
        let benchmark = json(&newest.join("benchmark.json"))?;
        let name = benchmark["function_id"].as_str().context("a benchmark has a name")?;
        let Some((side, name)) = name.split_once(", ") else { continue };
        let ns = json(&newest.join("estimates.json"))?["mean"]["point_estimate"].as_f64().context("a mean")?;
        let row = rows.entry(name.to_owned()).or_default();
        row.entries = benchmark["throughput"]["Elements"].as_f64().context("a throughput")?;
        match side {
            "raft-rs" => row.raft_rs_ns = Some(ns),
            _ => row.quorate_ns = Some(ns),
        }
    }
    Ok(rows)
}

fn json(path: &Path) -> Result<Value> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))
}
