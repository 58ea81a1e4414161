use tidings::{diag::Text, sources::changelog};
fn main() {
    for path in std::env::args().skip(1) {
        let bytes = std::fs::read(&path).unwrap();
        let text = Text::new(path.clone(), String::from_utf8_lossy(&bytes).into_owned());
        let log = changelog::read(text.clone(), None);
        for e in &log.entries {
            println!(
                "{}\t{}\t{}\t{}\t{}\t{}\t{}",
                path,
                text.place(e.heading.start).line,
                e.version.as_ref().map_or("-", |v| v.as_str()),
                e.date.map_or("-".into(), |d| d.to_string()),
                e.yanked,
                e.unreleased,
                text.slice(e.heading).lines().next().unwrap_or("").replace('\t', " ")
            );
        }
    }
}
