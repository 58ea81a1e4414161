//! How the guide's pages look and are found: colour and logo of the vendor, contents, ways on, the support timeline.

use crate::fixture::{Repo, TOML, log};

fn with_guide(keys: &str) -> Repo {
    let repo = Repo::good();
    let toml = TOML.replace(
        "url = \"https://guide.acme.example/\"",
        &format!("url = \"https://guide.acme.example/\"\n{keys}"),
    );
    assert!(toml.contains(keys), "{toml}");
    repo.write("tidings.toml", toml);
    repo
}

fn file(repo: &Repo, name: &str) -> String {
    std::fs::read_to_string(repo.path().join("guide").join(name))
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn an_accent_is_readable_in_light_and_dark_or_refused_with_the_nearest() {
    let repo = with_guide("accent = \"#7a1fa2\"");
    repo.tidings(&["guide", "build"]).ok();
    let style = file(&repo, "guide.css");
    assert!(style.contains("--accent: #7a1fa2;"), "{style}");
    assert!(
        style.matches("--accent: ").count() >= 4,
        "dark pages have a lighter one"
    );

    for (accent, words) in [
        ("#ff9900", "write `#"),
        ("#fff", "its contrast is 1.1"),
        ("orange", "is no colour"),
        ("#12345", "is no colour"),
        ("#äää", "is no colour"),
    ] {
        with_guide(&format!("accent = \"{accent}\""))
            .tidings(&["guide", "build"])
            .says(1, &["config-value", "tidings.toml:", accent, words]);
    }
    // What is offered passes.
    let said = with_guide("accent = \"#ff9900\"")
        .tidings(&["guide", "build"])
        .err;
    let near = said
        .split("write `")
        .nth(1)
        .and_then(|rest| rest.split('`').next())
        .unwrap()
        .to_owned();
    with_guide(&format!("accent = \"{near}\""))
        .tidings(&["guide", "build"])
        .ok();
}

#[test]
fn a_logo_is_a_drawing_and_nothing_more() {
    let svg = |inside: &str| {
        format!("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 9 9\">{inside}</svg>")
    };
    let repo = with_guide("logo = \"brand/logo.svg\"");
    repo.write("content/brand/logo.svg", svg("<path d=\"M0 0h9\"/>"));
    repo.tidings(&["guide", "build"]).ok();
    assert!(file(&repo, "releases/1.1.0.html").contains("<img src=\"../brand/logo.svg\" alt=\"\""));
    repo.tidings(&["guide", "build", "--single-file", "--out", "all.html"])
        .ok();
    let single = std::fs::read_to_string(repo.path().join("all.html")).unwrap();
    assert!(single.contains("src=\"data:image/svg+xml;base64,"));

    for (inside, held) in [
        ("<script>alert(1)</script>", "<script"),
        ("<path onload=\"alert(1)\"/>", "onload="),
        ("<path d='M0'\nonClick = 'x'/>", "onclick"),
        ("<a href=\"javascript:alert(1)\"/>", "javascript:"),
        ("<image href='https://evil.example/x.png'/>", "evil.example"),
        (
            "<style>path{fill:url(https://evil.example/)}</style>",
            "evil.example",
        ),
        ("<foreignObject><p/></foreignObject>", "<foreignobject"),
    ] {
        repo.write("content/brand/logo.svg", svg(inside));
        repo.tidings(&["guide", "build"])
            .says(1, &["config-value", "brand/logo.svg", held]);
    }
    repo.write("content/brand/logo.svg", "GIF89a");
    repo.tidings(&["guide", "build"]).says(1, &["is no SVG"]);
    with_guide("logo = \"none.svg\"")
        .tidings(&["guide", "build"])
        .says(1, &["is no file of `content/`"]);
}

#[test]
fn a_release_has_the_ones_before_and_after_it() {
    let repo = Repo::good();
    repo.tidings(&["guide", "build"]).ok();
    let newest = file(&repo, "releases/1.1.0.html");
    assert!(newest.contains("href=\"../releases/1.0.0.html\" rel=\"prev\""));
    assert!(!newest.contains("rel=\"next\""));
    // Neither name stands in the note that the page shows.
    assert!(!newest.contains("&quot;path&quot;"), "{newest}");
    let oldest = file(&repo, "releases/1.0.0.html");
    assert!(oldest.contains("href=\"../releases/1.1.0.html\" rel=\"next\""));
    assert!(!oldest.contains("rel=\"prev\""));
}

#[test]
fn a_long_page_has_contents_that_hold_whatever_a_heading_is() {
    let repo = Repo::good();
    let long = "A & B ".repeat(900);
    repo.write(
        "content/a.md",
        format!("# A\n\n## First `code`\n\n## {long}\n\n## אבג\n\nText.\n"),
    )
    .write("content/b.md", "# B\n\n## One\n\n## Two\n");
    repo.tidings(&["guide", "build"]).ok();
    let page = file(&repo, "a.html");
    let contents = page
        .split("aria-label=\"On this page\"")
        .nth(1)
        .and_then(|rest| rest.split("</nav>").next())
        .unwrap();
    assert_eq!(contents.matches("<li>").count(), 3);
    assert!(contents.contains(">First code</a>") && contents.contains(">אבג</a>"));
    assert!(contents.contains("A &amp; B") && contents.contains("…</a>"));
    for link in contents.split("href=\"#").skip(1) {
        let id = link.split('"').next().unwrap();
        assert!(page.contains(&format!("<h2 id=\"{id}\"")), "{id}");
    }
    assert!(!file(&repo, "b.html").contains("On this page"));
}

#[test]
fn the_support_timeline_says_what_the_table_says() {
    let repo = Repo::good();
    repo.write(
        "CHANGELOG.md",
        log(&[
            ("1.1.0", "2026-03-10", ""),
            ("1.0.0", "2026-01-10", ""),
            ("0.9.0", "2026-01-03", ""),
        ]),
    );
    repo.tidings(&["guide", "build"]).ok();
    let page = file(&repo, "support.html");
    let picture = page
        .split("<figure class=\"timeline\">")
        .nth(1)
        .and_then(|rest| rest.split("</figure>").next())
        .unwrap();
    assert_eq!(picture.matches("class=\"bar\"").count(), 3, "{picture}");
    assert!(
        picture.contains("aria-label=\"Support timeline: 1.1, supported, ends when 1.3 ships;")
    );
    assert!(picture.contains("0.9, unsupported, ended 2026-03-10"));
    assert!(!picture.contains("style=") && !picture.contains("NaN"));
    let empty = Repo::new();
    empty
        .write("tidings.toml", TOML)
        .write("CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n")
        .tag("x");
    empty.tidings(&["guide", "build"]).ok();
    assert!(!file(&empty, "support.html").contains("<figure"));
}

#[test]
fn a_telephone_number_can_be_tapped_and_other_words_stay_words() {
    for (written, shown) in [
        (
            "+49 30 5550-0199",
            "<a href=\"tel:+493055500199\">+49 30 5550-0199</a>",
        ),
        (
            "+49 (0)30 55501",
            "<a href=\"tel:+493055501\">+49 (0)30 55501</a>",
        ),
        (
            "the channel #ops <now>",
            "call the channel #ops &lt;now&gt;.",
        ),
        ("112", "call 112."),
    ] {
        let repo = Repo::good();
        let toml = TOML
            .lines()
            .map(|line| match line.strip_prefix("emergency = ") {
                Some(_) => format!("emergency = \"{written}\"\n"),
                None => format!("{line}\n"),
            })
            .collect::<String>();
        repo.write("tidings.toml", toml);
        repo.tidings(&["guide", "build"]).ok();
        let start = file(&repo, "index.html");
        assert!(start.contains(shown), "{shown} in {start}");
    }
}
