//! The contents of a long page: its headings of the second level, after its title.

/// Fewer headings than this are seen at a glance.
const FEWEST: usize = 3;
const MOST: usize = 24;
/// Characters of a heading that are shown.
const SHOWN: usize = 56;

/// The page with its contents after the title, where it has enough headings.
pub fn with_contents(html: String) -> String {
    let Some(at) = html.find("</h1>").map(|at| at + "</h1>".len()) else {
        return html;
    };
    let headings = headings(&html[at..]);
    if !(FEWEST..=MOST).contains(&headings.len()) {
        return html;
    }
    let items: String = headings
        .iter()
        .map(|(id, text)| format!("<li><a href=\"#{id}\">{text}</a></li>\n"))
        .collect();
    format!(
        "{}\n<nav class=\"toc\" aria-label=\"On this page\"><p>On this page</p><ul>\n{items}</ul></nav>{}",
        &html[..at],
        &html[at..]
    )
}

/// Address and text, both as HTML, of each heading that has an address.
fn headings(html: &str) -> Vec<(&str, String)> {
    html.split("<h2 id=\"")
        .skip(1)
        .filter_map(|rest| {
            let (id, rest) = rest.split_once('"')?;
            let (_, rest) = rest.split_once('>')?;
            let (text, _) = rest.split_once("</h2>")?;
            Some((id, shortened(text)))
        })
        .collect()
}

/// Without tags, and cut between characters: a character reference counts as one.
fn shortened(html: &str) -> String {
    let (mut text, mut shown, mut tag, mut reference) = (String::new(), 0, false, false);
    for c in html.chars() {
        match c {
            '<' => tag = true,
            '>' if tag => tag = false,
            _ if tag => {}
            _ => {
                if !reference && shown == SHOWN {
                    return text.trim_end().to_owned() + "…";
                }
                text.push(c);
                reference = c == '&' || (reference && c != ';');
                shown += usize::from(!reference);
            }
        }
    }
    text
}
