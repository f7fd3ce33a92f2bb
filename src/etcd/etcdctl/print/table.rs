//! Lists in a grid of `+`, `-` and `|`, for the answers that are lists: members, and what endpoints say.
//!
//! The grid is that of Go's `tablewriter` 0.0.5: headings in capitals and centred, with the odd space to the right; cells
//! to the right; a cell wider than 30 columns broken at spaces into lines as even as can be.

use super::Shown;
use crate::etcd::api::{Member, StatusResponse};

/// The widest a cell may be before its words are spread over several lines.
const CELL_WIDTH_MAX: usize = 30;

/// What a line that is too long costs more than one that is too short, so that only a single long word makes one.
const TOO_LONG_PENALTY: usize = 100_000;

type Rows = Vec<Vec<String>>;

/// The grid; `None` if this is no list.
pub(super) fn show(shown: Shown<'_>) -> Option<String> {
    let (headings, rows) = cells(shown)?;
    Some(grid(headings, &rows))
}

/// Headings and rows; `None` if this is no list.
pub(super) fn cells(shown: Shown<'_>) -> Option<(&'static [&'static str], Rows)> {
    Some(match shown {
        Shown::MemberList { members, .. } => (
            &["ID", "STATUS", "NAME", "PEER ADDRS", "CLIENT ADDRS", "IS LEARNER"],
            members.iter().map(member).collect(),
        ),
        Shown::Status(list) => (
            &[
                "ENDPOINT",
                "ID",
                "VERSION",
                "DB SIZE",
                "IS LEADER",
                "IS LEARNER",
                "RAFT TERM",
                "RAFT INDEX",
                "RAFT APPLIED INDEX",
                "ERRORS",
            ],
            list.iter().map(|(endpoint, response)| status(endpoint, response)).collect(),
        ),
        Shown::Health(list) => (
            &["ENDPOINT", "HEALTH", "TOOK", "ERROR"],
            list.iter()
                .map(|health| {
                    let healthy = health.is_healthy().to_string();
                    vec![health.endpoint.clone(), healthy, health.took_text(), health.error.clone()]
                })
                .collect(),
        ),
        Shown::HashKv(list) => (
            &["ENDPOINT", "HASH"],
            list.iter().map(|hash| vec![hash.endpoint.clone(), hash.hash.to_string()]).collect(),
        ),
        _ => return None,
    })
}

fn member(member: &Member) -> Vec<String> {
    let status = if member.name.is_empty() { "unstarted" } else { "started" };
    vec![
        format!("{:x}", member.id),
        status.to_string(),
        member.name.clone(),
        member.peer_urls.join(","),
        member.client_urls.join(","),
        member.is_learner.to_string(),
    ]
}

fn status(endpoint: &str, status: &StatusResponse) -> Vec<String> {
    vec![
        endpoint.to_string(),
        format!("{:x}", status.header.member_id),
        status.version.clone(),
        size_text(status.db_size),
        (status.leader == status.header.member_id).to_string(),
        status.is_learner.to_string(),
        status.raft_term.to_string(),
        status.raft_index.to_string(),
        status.raft_applied_index.to_string(),
        status.errors.join(", "),
    ]
}

/// A size with two figures or more, in decimal units (`20 kB`, `2.1 MB`), as Go's `humanize.Bytes` writes it.
fn size_text(bytes: i64) -> String {
    const UNITS: [&str; 7] = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    let bytes = bytes.unsigned_abs();
    if bytes < 10 {
        return format!("{bytes} B");
    }
    let exponent = (bytes.ilog10() / 3) as usize;
    let unit = 1_000_u64.pow(exponent as u32);
    // The remainder apart, for twenty times the bytes may be too many for the type.
    let tenths = bytes / unit * 10 + (bytes % unit * 10 + unit / 2) / unit;
    let (whole, tenth) = (tenths / 10, tenths % 10);
    if tenths < 100 {
        return format!("{whole}.{tenth} {}", UNITS[exponent]);
    }
    let rounds_up = tenth > 5 || (tenth == 5 && whole % 2 == 1);
    format!("{} {}", whole + u64::from(rounds_up), UNITS[exponent])
}

fn grid(headings: &[&str], rows: &Rows) -> String {
    let mut widths: Vec<usize> = headings.iter().map(|heading| width(heading)).collect();
    let mut wrapped: Vec<Vec<Vec<String>>> = Vec::new();
    for row in rows {
        let cells: Vec<Vec<String>> = row.iter().map(|cell| wrap(cell)).collect();
        for (column, lines) in cells.iter().enumerate() {
            // A space at a cell's end is not printed, but its column has room for it.
            let whole = width(&row[column]).min(CELL_WIDTH_MAX);
            widths[column] = lines.iter().map(|line| width(line)).chain([whole, widths[column]]).max().unwrap_or(0);
        }
        wrapped.push(cells);
    }
    let rule = widths.iter().map(|width| format!("+{}", "-".repeat(width + 2))).collect::<String>() + "+\n";
    let mut text = rule.clone();
    text += &line(headings.iter().zip(&widths).map(|(heading, width)| format!("{heading:^width$}")));
    text += &rule;
    for row in &wrapped {
        let height = row.iter().map(Vec::len).max().unwrap_or(1).max(1);
        for part in 0..height {
            let cells = row.iter().zip(&widths);
            text += &line(cells.map(|(cell, width)| {
                let content = cell.get(part).map_or("", String::as_str);
                format!("{content:>width$}")
            }));
        }
    }
    text + &rule
}

fn line(cells: impl Iterator<Item = String>) -> String {
    cells.map(|cell| format!("| {cell} ")).collect::<String>() + "|\n"
}

fn width(text: &str) -> usize {
    text.chars().count()
}

/// The lines of a cell: its words, spread so that the squares of the space left over add up to the least.
fn wrap(cell: &str) -> Vec<String> {
    let words: Vec<&str> = cell.split_whitespace().collect();
    let limit = words.iter().map(|word| width(word)).max().unwrap_or(0).max(CELL_WIDTH_MAX);
    let length = |from: usize, to: usize| words[from..to].iter().map(|word| width(word) + 1).sum::<usize>() - 1;
    // best[i]: the least cost of the words from i on, and where the first line then ends.
    let mut best = vec![(0, 0); words.len() + 1];
    for from in (0..words.len()).rev() {
        best[from] = if length(from, words.len()) <= limit {
            (0, words.len())
        } else {
            let ends = from + 1..words.len();
            let costs = ends.map(|to| {
                let spare = limit.abs_diff(length(from, to));
                let penalty = if length(from, to) > limit { TOO_LONG_PENALTY } else { 0 };
                (spare * spare + best[to].0 + penalty, to)
            });
            costs.min().expect("a line that is too long has two words")
        };
    }
    let mut lines = Vec::new();
    let mut from = 0;
    while from < words.len() {
        let to = best[from].1;
        lines.push(words[from..to].join(" "));
        from = to;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_two_figures_or_more() {
        for (bytes, text) in [
            (0, "0 B"),
            (9, "9 B"),
            (10, "10 B"),
            (999, "999 B"),
            (1_000, "1.0 kB"),
            (16_384, "16 kB"),
            (16_500, "16 kB"),
            (17_500, "18 kB"),
            (20_480, "20 kB"),
            (2_100_000, "2.1 MB"),
            (9_990_000, "10 MB"),
            (2_147_483_648, "2.1 GB"),
        ] {
            assert_eq!(size_text(bytes), text, "{bytes}");
        }
    }

    #[test]
    fn headings_are_centred_and_cells_stand_to_the_right() {
        let rows = vec![vec!["n1:2379".to_string(), "1".to_string()], vec!["n2:2379".to_string(), "1234".to_string()]];
        let expected = "\
+----------+------+
| ENDPOINT | HASH |
+----------+------+
|  n1:2379 |    1 |
|  n2:2379 | 1234 |
+----------+------+
";
        assert_eq!(grid(&["ENDPOINT", "HASH"], &rows), expected);
        assert!(grid(&["ID"], &vec![vec!["abc".to_string()]]).contains("| ID  |\n"));
    }

    #[test]
    fn a_wide_cell_is_broken_at_its_spaces_into_even_lines() {
        let cell = "etcdserver: no leader, memberID:10276657743932975437 alarm:NOSPACE";
        assert_eq!(wrap(cell), ["etcdserver: no leader,", "memberID:10276657743932975437", "alarm:NOSPACE"]);
        assert_eq!(wrap(""), Vec::<String>::new());
        assert_eq!(wrap("http://a-very-long-name:2380,http://another:2380").len(), 1);
    }
}
