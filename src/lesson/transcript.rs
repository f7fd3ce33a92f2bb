//! The transcript format: blocks of a directive, its standard input and what was printed.
//!
//! Reading and writing are inverse: a file that is read and written is the same, byte for byte.

/// A part of a transcript, in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Part {
    /// A line that is kept and means nothing: a comment or an empty line between blocks.
    Comment(String),
    /// A directive.
    Block(Block),
}

/// A directive with what goes in and what comes out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block {
    /// The number of its line, from 1.
    pub line: usize,
    /// The directive.
    pub directive: String,
    /// Its standard input, with line ends.
    pub stdin: String,
    /// What was printed, with line ends.
    pub output: String,
    /// The output stands between double separators, as it must if it has an empty line.
    pub doubled: bool,
}

const SEPARATOR: &str = "----";

/// Reads a transcript. The error names the line.
pub fn parse(text: &str) -> Result<Vec<Part>, String> {
    let mut lines = text.lines().enumerate().peekable();
    let mut parts = Vec::new();
    while let Some((at, line)) = lines.next() {
        if line.is_empty() || line.starts_with('#') {
            parts.push(Part::Comment(line.to_string()));
            continue;
        }
        let mut stdin = String::new();
        loop {
            match lines.next() {
                Some((_, SEPARATOR)) => break,
                Some((_, line)) => {
                    stdin.push_str(line);
                    stdin.push('\n');
                }
                None => return Err(format!("line {}: the directive \"{line}\" has no line \"{SEPARATOR}\"", at + 1)),
            }
        }
        let mut output = String::new();
        let doubled = lines.next_if(|(_, line)| *line == SEPARATOR).is_some();
        if doubled {
            loop {
                let Some((_, line)) = lines.next() else {
                    return Err(format!("line {}: the output of \"{line}\" does not end", at + 1));
                };
                if line == SEPARATOR && lines.next_if(|(_, line)| *line == SEPARATOR).is_some() {
                    break;
                }
                output.push_str(line);
                output.push('\n');
            }
        } else {
            while let Some((_, line)) = lines.next_if(|(_, line)| !line.is_empty()) {
                output.push_str(line);
                output.push('\n');
            }
        }
        lines.next_if(|(_, line)| line.is_empty());
        parts.push(Part::Block(Block { line: at + 1, directive: line.to_string(), stdin, output, doubled }));
    }
    Ok(parts)
}

/// Writes a transcript.
pub fn print(parts: &[Part]) -> String {
    let mut text = String::new();
    for part in parts {
        match part {
            Part::Comment(line) => {
                text.push_str(line);
                text.push('\n');
            }
            Part::Block(block) => print_block(block, &mut text),
        }
    }
    text
}

fn print_block(block: &Block, text: &mut String) {
    let doubled = block.doubled || block.output.lines().any(|line| line.is_empty() || line == SEPARATOR);
    let separator = if doubled { "----\n----\n" } else { "----\n" };
    text.push_str(&block.directive);
    text.push('\n');
    text.push_str(&block.stdin);
    text.push_str(separator);
    text.push_str(&block.output);
    if doubled {
        text.push_str(separator);
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# a claim\ncluster size=3\n----\n\netcdctl txn\n\nput a 1\n\n\n----\n----\nSUCCESS\n\nOK\n----\n----\n\n# more\netcdctl get a\n----\na\n1\n\n";

    #[test]
    fn what_is_read_is_written_the_same() {
        assert_eq!(print(&parse(TEXT).expect("well formed")), TEXT);
    }

    #[test]
    fn input_and_output_may_have_empty_lines() {
        let parts = parse(TEXT).expect("well formed");
        let blocks: Vec<&Block> =
            parts.iter().filter_map(|part| if let Part::Block(block) = part { Some(block) } else { None }).collect();
        assert_eq!(blocks[1].stdin, "\nput a 1\n\n\n");
        assert_eq!(blocks[1].output, "SUCCESS\n\nOK\n");
        assert_eq!(blocks[2].output, "a\n1\n");
    }

    #[test]
    fn a_directive_without_separator_is_an_error_with_its_line() {
        let error = parse("cluster\n----\n\netcdctl get a\n").expect_err("no separator");
        assert!(error.starts_with("line 4:"), "{error}");
    }
}
