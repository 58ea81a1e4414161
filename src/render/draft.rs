//! The mark of a draft: what was made although `check` finds errors says so in its text, whatever its form.

const WORDS: &str = "DRAFT: not for customers. tidings check finds errors in what this says.";

/// A document with the mark, by the form that its name ends with: `html`, `md`, `json`, `ics`, `xml`; as plain text otherwise.
pub fn drafted(form: &str, text: &str) -> String {
    match form {
        "html" => match text
            .find("<body")
            .and_then(|body| Some(body + text[body..].find('>')? + 1))
        {
            Some(at) => format!(
                "{}\n<p class=\"warning\"><strong>{WORDS}</strong></p>{}",
                &text[..at],
                &text[at..]
            ),
            None => format!("<p><strong>{WORDS}</strong></p>\n{text}"),
        },
        "md" => format!("> **{WORDS}**\n\n{text}"),
        "json" => match serde_json::from_str(text) {
            Ok(serde_json::Value::Object(fields)) => {
                let mut marked = serde_json::Map::new();
                marked.insert("draft".to_owned(), WORDS.into());
                marked.extend(fields);
                crate::render::json(&marked)
            }
            Ok(serde_json::Value::Array(all)) => {
                let each = |one: &serde_json::Value| drafted("json", &one.to_string());
                format!("[{}]\n", all.iter().map(each).collect::<Vec<_>>().join(","))
            }
            _ => text.to_owned(),
        },
        "ics" => text.replacen("X-WR-CALNAME:", "X-WR-CALNAME:DRAFT ", 1),
        "xml" => text.replacen("<title>", "<title>DRAFT ", 1),
        "css" | "js" | "svg" => text.to_owned(),
        _ => format!("{WORDS}\n\n{text}"),
    }
}
