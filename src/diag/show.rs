//! How findings are shown: as rustc does, in one line each for a build server, and counted.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::diag::words::harmful;
use crate::diag::{Finding, Severity, Span, Text, count, plain};

/// Columns shown to each side of a finding in a very long line.
const WIDE: usize = 120;

/// All findings, as rustc prints them.
pub fn report(findings: &[Finding], colour: bool) -> String {
    let renderer = if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    }
    .decor_style(DecorStyle::Ascii);
    let mut out = String::new();
    for finding in findings {
        out.push_str(&one(&renderer, finding));
        out.push_str("\n\n");
    }
    out
}

fn one(renderer: &Renderer, finding: &Finding) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level
        .primary_title(plain(&finding.message))
        .id(finding.code.as_str());
    let window = finding
        .text
        .as_ref()
        .map(|text| (window(text, finding.span), text));
    let mut group: Group<'_> = match &window {
        Some((window, text)) => title.element(
            Snippet::source(window.body.as_str())
                .path(plain(&text.name))
                .line_start(window.line)
                .annotation(AnnotationKind::Primary.span(window.span.range())),
        ),
        None => Group::with_title(title),
    };
    if finding.more > 0 {
        group = group.element(
            Level::NOTE.message(format!("and {} more like this further down", finding.more)),
        );
    }
    if let Some(help) = &finding.help {
        group = group.element(Level::HELP.message(plain(help)));
    }
    renderer.render(&[group])
}

struct Window {
    body: String,
    line: usize,
    span: Span,
}

/// The lines that `span` touches (at most three), cut around it when they are very long, so that showing one finding
/// costs the same in a file of any size.
fn window(text: &Text, span: Span) -> Window {
    let body = &text.body;
    let start = body.floor_char_boundary(span.start);
    let end = body.floor_char_boundary(span.end).max(start);
    let shown_end = body[start..end]
        .match_indices('\n')
        .nth(2)
        .map_or(end, |(at, _)| start + at);
    let line_start = body[..start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = body[shown_end..]
        .find('\n')
        .map_or(body.len(), |at| shown_end + at);
    let from = body.floor_char_boundary(line_start.max(start.saturating_sub(WIDE)));
    let to = body.floor_char_boundary(line_end.min(shown_end.min(start + 4 * WIDE) + WIDE));
    let visible = plain_same_length(&body[from..to]);
    let span = Span::new(start - from, shown_end.min(to) - from);
    Window {
        body: visible,
        line: text.place(start).line,
        span,
    }
}

/// Control characters replaced at equal length in bytes, so that spans stay true.
fn plain_same_length(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            let times = if harmful(c) { c.len_utf8() } else { 1 };
            std::iter::repeat_n(if harmful(c) { ' ' } else { c }, times)
        })
        .collect()
}

/// Workflow commands that GitHub turns into annotations in a pull request.
pub fn annotations(findings: &[Finding]) -> String {
    let mut out = String::new();
    for finding in findings {
        let mut properties = Vec::new();
        if let (Some(file), Some((from, to))) = (finding.file(), finding.places()) {
            properties.push(format!("file={}", property(file)));
            properties.push(format!(
                "line={},endLine={}",
                from.line,
                to.line.max(from.line)
            ));
            if to.line == from.line {
                properties.push(format!("col={},endColumn={}", from.column, to.column));
            }
        }
        properties.push(format!("title={}", property(finding.code.as_str())));
        let message = match &finding.help {
            Some(help) => format!("{}\nhelp: {help}", finding.message),
            None => finding.message.clone(),
        };
        out.push_str(&format!(
            "::{} {}::{}\n",
            finding.severity.word(),
            properties.join(","),
            data(&plain(&message))
        ));
    }
    out
}

fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(&plain(text)).replace(':', "%3A").replace(',', "%2C")
}

/// `2 errors and 1 warning`, or nothing where there is none.
pub fn summary_line(findings: &[Finding]) -> Option<String> {
    let total = |severity| {
        findings
            .iter()
            .filter(|f| f.severity == severity)
            .map(|f| 1 + f.more)
            .sum::<usize>()
    };
    let (errors, warnings) = (total(Severity::Error), total(Severity::Warning));
    match (errors, warnings) {
        (0, 0) => None,
        (0, _) => Some(count(warnings, "warning")),
        (_, 0) => Some(count(errors, "error")),
        _ => Some(format!(
            "{} and {}",
            count(errors, "error"),
            count(warnings, "warning")
        )),
    }
}
