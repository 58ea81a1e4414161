//! Lines of text for a terminal and a mail.

/// Breaks text into lines of at most `width` characters; every line after the first starts with `indent`. Words longer
/// than a line (addresses) stay whole. Lines that start with four spaces are code and stay as they are.
pub fn wrapped(text: &str, width: usize, indent: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for (number, line) in text.lines().enumerate() {
        if number > 0 {
            out.push('\n');
            out.push_str(indent);
        }
        if line.starts_with("    ") {
            out.push_str(line);
            continue;
        }
        let hang = line.len() - line.trim_start_matches(['-', ' ']).len();
        let mut column = indent.chars().count();
        for (index, word) in line.split(' ').enumerate() {
            let length = word.chars().count();
            if index > 0 && column + 1 + length > width && column > indent.len() + hang {
                out.push('\n');
                out.push_str(indent);
                out.push_str(&" ".repeat(hang));
                column = indent.chars().count() + hang;
            } else if index > 0 {
                out.push(' ');
                column += 1;
            }
            out.push_str(word);
            column += length;
        }
    }
    out
}
