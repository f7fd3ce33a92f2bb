//! Masks: what differs between two runs of the same real system, replaced by a name (`tests/transcripts/FORMAT.md`).
//!
//! Ids are known from the cluster, not guessed from the text; terms, indexes, sizes, hashes and durations are found by what
//! stands before them or by their column.

use std::cmp::Ordering;

/// The ids of a cluster, and the numbers that its leases have in this transcript.
#[derive(Clone, Debug, Default)]
pub struct Ids {
    /// The cluster's id.
    pub cluster: u64,
    /// The members' ids, n1 first.
    pub members: Vec<u64>,
    /// All leases ever granted.
    pub leases: Vec<i64>,
    /// Those that have appeared, in the order of their appearance.
    numbered: Vec<i64>,
}

impl Ids {
    /// The ids of a cluster, n1's first.
    pub fn new(cluster: u64, members: Vec<u64>) -> Ids {
        Ids { cluster, members, ..Ids::default() }
    }

    /// Puts ids in the places of `$L1`, `$M2` and the like.
    pub fn unmask(&self, text: &str) -> String {
        let mut text = text.to_string();
        for (at, lease) in self.numbered.iter().enumerate().rev() {
            text = text.replace(&format!("$L{}", at + 1), &format!("{lease:016x}"));
        }
        for (at, member) in self.members.iter().enumerate().rev() {
            text = text.replace(&format!("$M{}", at + 1), &format!("{member:x}"));
        }
        text
    }

    fn mask(&mut self, text: &str) -> String {
        let mut text = text.replace(&self.cluster.to_string(), "$C").replace(&format!("{:x}", self.cluster), "$C");
        for (at, member) in self.members.iter().enumerate() {
            let name = format!("$M{}", at + 1);
            text = text.replace(&member.to_string(), &name).replace(&format!("{member:x}"), &name);
        }
        let forms = |lease: i64| [format!("{lease:016x}"), format!("{lease:x}"), lease.to_string()];
        let mut appeared: Vec<(usize, i64)> = self
            .leases
            .iter()
            .filter(|lease| !self.numbered.contains(lease))
            .filter_map(|lease| Some((forms(*lease).iter().filter_map(|form| text.find(form)).min()?, *lease)))
            .collect();
        appeared.sort_unstable();
        self.numbered.extend(appeared.into_iter().map(|(_, lease)| lease));
        for (at, lease) in self.numbered.iter().enumerate() {
            for form in forms(*lease) {
                text = text.replace(&form, &format!("$L{}", at + 1));
            }
        }
        text
    }
}

/// Masks what a directive has printed.
pub fn mask(directive: &str, output: &str, version: &str, ids: &mut Ids) -> String {
    let mut text = mask_help(output);
    text = ids.mask(&text).replace(version, "$VERSION");
    for (before, name) in [
        ("\"raft_term\":", "$TERM"),
        ("\"RaftTerm\" : ", "$TERM"),
        ("\"raftTerm\":", "$TERM"),
        ("\"raftIndex\":", "$INDEX"),
        ("\"RaftIndex\" : ", "$INDEX"),
        ("\"raftAppliedIndex\":", "$INDEX"),
        ("\"RaftAppliedIndex\" : ", "$INDEX"),
        ("\"dbSize\":", "$SIZE"),
        ("\"DBSize\" : ", "$SIZE"),
        ("\"dbSizeInUse\":", "$SIZE"),
        ("\"hash\":", "$HASH"),
        ("\"Hash\" : ", "$HASH"),
    ] {
        text = mask_after(&text, before, name, |c| c.is_ascii_digit());
    }
    text = mask_after(&text, "took = ", "$TTL", |c| !c.is_whitespace());
    text = mask_after(&text, "\"took\":\"", "$TTL", |c| c != '"');
    text = mask_after(&text, "\"Took\" : \"", "$TTL", |c| c != '"');
    text = mask_after(&text, "remaining(", "$TTL", |c| c != ')');
    if directive.contains("timetolive") {
        text = mask_after(&text, "\"ttl\":", "$TTL", |c| c.is_ascii_digit() || c == '-');
        text = mask_after(&text, "\"TTL\" : ", "$TTL", |c| c.is_ascii_digit() || c == '-');
    }
    text = text.lines().map(|line| mask_row(directive, line) + "\n").collect();
    text = lay_tables_out(&text);
    sort_what_has_no_order(directive, &text)
}

/// Replaces the characters that follow `before`.
fn mask_after(text: &str, before: &str, name: &str, is_masked: impl Fn(char) -> bool) -> String {
    let mut masked = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(before) {
        let (head, tail) = rest.split_at(at + before.len());
        masked.push_str(head);
        let end = tail.find(|c| !is_masked(c)).unwrap_or(tail.len());
        masked.push_str(if end > 0 { name } else { "" });
        rest = &tail[end..];
    }
    masked + rest
}

/// A help page is in everybody's own words.
fn mask_help(text: &str) -> String {
    let mut masked = String::new();
    let mut in_help = false;
    for line in text.lines() {
        if !in_help && (line == "NAME:" || line == "Usage:") {
            in_help = true;
            masked.push_str("$HELP\n\n");
        }
        if line.starts_with("Error:") || line.starts_with("exit status") {
            if in_help && line.starts_with("exit status") {
                masked.truncate(masked.trim_end().len());
                masked.push('\n');
            }
            in_help = false;
        }
        if !in_help {
            masked.push_str(line);
            masked.push('\n');
        }
    }
    if in_help {
        masked.truncate(masked.trim_end().len());
        masked.push('\n');
    }
    masked
}

/// A row of `endpoint status` or `endpoint hashkv`, as commas or as a table.
fn mask_row(directive: &str, line: &str) -> String {
    let is_status = directive.contains("endpoint status");
    let is_hash = directive.contains("endpoint hashkv");
    let is_health = directive.contains("endpoint health");
    let columns: &[(usize, &str)] = match (is_status, is_hash, is_health) {
        (true, ..) => &[(3, "$SIZE"), (6, "$TERM"), (7, "$INDEX"), (8, "$INDEX")],
        (_, true, _) => &[(1, "$HASH")],
        (_, _, true) if line.starts_with('|') => &[(2, "$TTL")],
        _ => return line.to_string(),
    };
    let (separator, inner, is_table) = match line.strip_prefix('|').and_then(|line| line.strip_suffix('|')) {
        Some(inner) => ("|", inner, true),
        None => (", ", line, false),
    };
    let mut cells: Vec<String> = inner.split(separator).map(str::to_string).collect();
    let looks_right = cells.len() > columns.last().map_or(0, |(column, _)| *column) && !inner.contains("ENDPOINT");
    if !looks_right || inner.contains("Failed") {
        return line.to_string();
    }
    for (column, name) in columns {
        cells[*column] = if is_table { format!(" {name} ") } else { (*name).to_string() };
    }
    let joined = cells.join(separator);
    if is_table { format!("|{joined}|") } else { joined }
}

/// Lays tables out again: each column as wide as its widest cell, cells to the right, headings in the middle.
fn lay_tables_out(text: &str) -> String {
    let mut out = String::new();
    let mut table: Vec<Vec<String>> = Vec::new();
    for line in text.lines() {
        if line.starts_with('+') || line.starts_with('|') {
            if let Some(row) = line.strip_prefix('|').and_then(|line| line.strip_suffix('|')) {
                table.push(row.split('|').map(|cell| cell.trim().to_string()).collect());
            }
            continue;
        }
        print_table(&std::mem::take(&mut table), &mut out);
        out.push_str(line);
        out.push('\n');
    }
    print_table(&table, &mut out);
    out
}

fn print_table(table: &[Vec<String>], out: &mut String) {
    let Some(heading) = table.first() else { return };
    let width = |column: usize| {
        table.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heading.len()).map(width).collect();
    let rule: String = widths.iter().map(|width| format!("+{}", "-".repeat(width + 2))).collect::<String>() + "+\n";
    out.push_str(&rule);
    for (at, row) in table.iter().enumerate() {
        for (cell, width) in row.iter().zip(&widths) {
            let space = width - cell.chars().count();
            let left = if at == 0 { space / 2 } else { space };
            out.push_str(&format!("| {}{cell}{} ", " ".repeat(left), " ".repeat(space - left)));
        }
        out.push_str("|\n");
        if at == 0 {
            out.push_str(&rule);
        }
    }
    out.push_str(&rule);
}

fn sort_what_has_no_order(directive: &str, text: &str) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_string).collect();
    lines.dedup_by(|a, b| a == b && a.contains(" keepalived with TTL("));
    if directive.contains("lease list") {
        sort_group(&mut lines, |line| line.starts_with("$L"));
        sort_group(&mut lines, |line| line.starts_with("\"ID\" : $L"));
        for line in &mut lines {
            *line = sort_inside(line, "\"leases\":[", "]", ",");
        }
    }
    if directive.contains("endpoint health") {
        sort_group(&mut lines, |line| line.contains(" is healthy: "));
    }
    for line in &mut lines {
        *line = sort_inside(line, "attached keys([", "]", " ");
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

fn sort_group(lines: &mut [String], belongs: impl Fn(&str) -> bool) {
    let places: Vec<usize> = (0..lines.len()).filter(|at| belongs(&lines[*at])).collect();
    let mut group: Vec<String> = places.iter().map(|at| lines[*at].clone()).collect();
    group.sort_by(|a, b| natural(a, b));
    for (place, line) in places.into_iter().zip(group) {
        lines[place] = line;
    }
}

fn sort_inside(line: &str, open: &str, close: &str, separator: &str) -> String {
    let Some(start) = line.find(open).map(|at| at + open.len()) else { return line.to_string() };
    let Some(end) = line[start..].find(close).map(|at| at + start) else { return line.to_string() };
    let mut items: Vec<&str> = line[start..end].split(separator).collect();
    items.sort_by(|a, b| natural(a, b));
    format!("{}{}{}", &line[..start], items.join(separator), &line[end..])
}

/// `$L2` before `$L10`.
fn natural(a: &str, b: &str) -> Ordering {
    let number = |text: &str| {
        let digits = text.find("$L").map(|at| &text[at + 2..]).unwrap_or_default();
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        digits[..end].parse::<u64>().unwrap_or(0)
    };
    (number(a), a).cmp(&(number(b), b))
}

/// Whether `context deadline exceeded` or a server's time-out is printed is a race in the real system.
pub fn mask_deadline_race(output: &str) -> String {
    const SERVERS: &str = "etcdserver: request timed out";
    let mut masked = String::new();
    for line in output.lines() {
        match line.find(SERVERS) {
            Some(at) => {
                masked.push_str(&line[..at]);
                masked.push_str("context deadline exceeded");
                let tail = &line[at + SERVERS.len()..];
                masked.push_str(tail.find(')').map_or("", |at| &tail[at..]));
            }
            None => masked.push_str(line),
        }
        masked.push('\n');
    }
    masked
}
