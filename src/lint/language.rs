//! The language of what customers read: no code references, nothing unfinished, nothing from the vendor's own network.

use std::ops::Range;

use crate::diag::{Code, Finding, Findings, Span, Text};

/// Who reads a text, and so how strict its language is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// The summary: anybody who decides. No code at all.
    Customer,
    /// Actions and known issues: whoever installs. Commands and keys are fine, the vendor's tickets are not.
    Administrator,
    /// The list of changes: code is fine, the keys of a tracker that no customer can open are not.
    Reader,
}

/// Every finding in a part of a text.
pub fn language(text: &Text, span: Span, audience: Audience) -> Findings {
    let markdown = text.slice(span);
    let urls = urls(markdown);
    let in_url = |at: usize| urls.iter().any(|url| url.contains(&at));
    let mut findings = Findings::new();
    let mut say = |code: Code, range: Range<usize>, message: String, help: &str| {
        findings.push(
            Finding::new(code, message)
                .at(text, Span::from(range).shifted(span.start))
                .help(help),
        );
    };
    for url in &urls {
        if private_host(&markdown[url.clone()]) {
            say(
                Code::PrivateHost,
                url.clone(),
                format!(
                    "`{}` is reachable from your own network only",
                    crate::diag::clipped(&markdown[url.clone()], 60)
                ),
                "link to a page that customers can open",
            );
        }
    }
    let code_spans = if audience == Audience::Customer {
        code_spans(markdown)
    } else {
        Vec::new()
    };
    for code in &code_spans {
        say(
            Code::CodeReference,
            code.clone(),
            format!(
                "`{}` is code",
                crate::diag::clipped(markdown[code.clone()].trim_matches('`'), 40)
            ),
            "name the behaviour, not the code",
        );
    }
    for word in words(markdown) {
        if in_url(word.start) || code_spans.iter().any(|code| code.contains(&word.start)) {
            continue;
        }
        let said = &markdown[word.clone()];
        if let Some((code, what, help)) = judged(said, audience, markdown, &word) {
            say(
                code,
                word.clone(),
                format!("`{}` {what}", crate::diag::clipped(said, 40)),
                help,
            );
        }
    }
    findings
}

fn judged(
    word: &str,
    audience: Audience,
    markdown: &str,
    at: &Range<usize>,
) -> Option<(Code, &'static str, &'static str)> {
    if matches!(
        word.trim_matches(|c: char| !c.is_ascii_alphabetic()),
        "TODO" | "TBD" | "FIXME" | "XXX" | "TBA"
    ) {
        return Some((
            Code::Placeholder,
            "is unfinished",
            "finish the text, or take it out",
        ));
    }
    if ticket(word) {
        return Some((
            Code::CodeReference,
            "looks like a ticket",
            "leave the ticket out",
        ));
    }
    if audience == Audience::Reader {
        return None;
    }
    if word.starts_with('@')
        && word.len() > 1
        && word[1..].starts_with(|c: char| c.is_ascii_alphanumeric())
        && !word[1..].contains('@')
    {
        return Some((
            Code::CodeReference,
            "mentions a person on the forge",
            "leave the name out",
        ));
    }
    if pull_request(word, markdown, at) {
        return Some((
            Code::CodeReference,
            "is the number of a pull request or ticket",
            "leave the number out",
        ));
    }
    if hash(word) {
        return Some((
            Code::CodeReference,
            "looks like a commit hash",
            "leave the hash out",
        ));
    }
    if audience == Audience::Customer && identifier(word) {
        return Some((
            Code::CodeReference,
            "looks like an identifier or a path",
            "name the behaviour, not the code",
        ));
    }
    None
}

/// Runs without blanks, brackets cut off; `#12` and `@name` keep their sign.
fn words(markdown: &str) -> Vec<Range<usize>> {
    let breaks = |c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '[' | ']' | '(' | ')' | '<' | '>' | '"' | '“' | '”' | ',' | ';' | '|'
            )
    };
    let mut all = Vec::new();
    let mut start = None;
    for (at, c) in markdown.char_indices().chain([(markdown.len(), ' ')]) {
        match (breaks(c), start) {
            (false, None) => start = Some(at),
            (true, Some(from)) => {
                let word = &markdown[from..at];
                let trimmed = word.trim_end_matches(['.', ':', '!', '?', '*', '\'']);
                let lead = trimmed.len() - trimmed.trim_start_matches(['*', '\'']).len();
                if lead < trimmed.len() {
                    all.push(from + lead..from + trimmed.len());
                }
                start = None;
            }
            _ => {}
        }
    }
    all
}

fn code_spans(markdown: &str) -> Vec<Range<usize>> {
    crate::sources::changelog::code_in(markdown)
}

fn urls(markdown: &str) -> Vec<Range<usize>> {
    let mut all = Vec::new();
    let mut at = 0;
    while let Some(found) = markdown[at..].find("://") {
        let colon = at + found;
        let start = markdown[..colon]
            .rfind(|c: char| !c.is_ascii_alphanumeric())
            .map_or(0, |before| {
                before + markdown[before..].chars().next().map_or(1, char::len_utf8)
            });
        let end = markdown[colon..]
            .find(|c: char| c.is_whitespace() || matches!(c, ')' | '>' | ']' | '"' | '`'))
            .map_or(markdown.len(), |length| colon + length);
        let length = markdown[start..end]
            .trim_end_matches(['.', ',', ';', ':', '!', '?', '*', '_'])
            .len();
        all.push(start..start + length);
        at = end;
    }
    // Targets of relative links are paths by nature.
    let mut at = 0;
    while let Some(found) = markdown[at..].find("](") {
        let start = at + found + 2;
        let end = markdown[start..]
            .find(')')
            .map_or(markdown.len(), |length| start + length);
        all.push(start..end);
        at = end;
    }
    all
}

/// Names and addresses that resolve inside one network only (RFC 1918, RFC 6762, RFC 6761, and what vendors use).
fn private_host(address: &str) -> bool {
    let address = if address.contains("://") {
        address.to_owned()
    } else {
        return false;
    };
    let Ok(url) = url::Url::parse(address.trim_end_matches(['.', ','])) else {
        return false;
    };
    match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_private() || ip.is_link_local(),
        Some(url::Host::Ipv6(ip)) => {
            (ip.segments()[0] & 0xfe00) == 0xfc00 || (ip.segments()[0] & 0xffc0) == 0xfe80
        }
        Some(url::Host::Domain(name)) => {
            let last = name.rsplit('.').next().unwrap_or(name);
            let inner = matches!(
                last,
                "internal" | "local" | "lan" | "corp" | "intranet" | "home" | "private"
            );
            inner || (!name.contains('.') && name != "localhost")
        }
        None => false,
    }
}

/// `#4821`, `org/repo#12`, `GH-12`, `(!12)`.
fn pull_request(word: &str, markdown: &str, at: &Range<usize>) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if let Some((before, number)) = word.rsplit_once('#') {
        let ordinal =
            before.is_empty() && number.len() == 1 && !markdown[..at.start].ends_with('(');
        return digits(number) && !ordinal;
    }
    word.strip_prefix("GH-").is_some_and(digits)
        || (markdown[..at.start].ends_with('(') && word.strip_prefix('!').is_some_and(digits))
}

/// `ABC-123`; not `UTF-8`, `SHA-256`, `CVE-2026-1234`, `TLS-1`.
fn ticket(word: &str) -> bool {
    const STANDARDS: [&str; 22] = [
        "UTF", "SHA", "CVE", "GHSA", "RUSTSEC", "ISO", "RFC", "TLS", "AES", "RSA", "HTTP", "IEC",
        "PKCS", "MD", "EN", "DIN", "KI", "X", "COVID", "GPT", "P", "ECMA",
    ];
    let Some((project, number)) = word.split_once('-') else {
        return false;
    };
    let shaped = project.len() >= 2
        && project
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        && project.as_bytes()[0].is_ascii_uppercase();
    shaped
        && number.len() >= 2
        && number.bytes().all(|b| b.is_ascii_digit())
        && !STANDARDS.contains(&project)
}

/// Seven to forty hexadecimal digits with both digits and letters.
fn hash(word: &str) -> bool {
    let hex = word
        .bytes()
        .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    (7..=64).contains(&word.len()) && hex && digits >= 2 && digits < word.len()
}

/// `snake_case`, `camelCase`, `call()`, `a::b`, `src/main.rs`, `--flag`, `/etc/agent.toml`; not `and/or`, `24/7`, `.NET`, `iOS`.
fn identifier(word: &str) -> bool {
    let inner = word.trim_matches(['_', '*', '~']);
    let ascii = inner.is_ascii();
    let underscore = inner.split('_').filter(|part| !part.is_empty()).count() > 1
        && inner
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let camel = {
        let bytes = inner.as_bytes();
        let humps = bytes
            .windows(2)
            .filter(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
            .count();
        bytes.first().is_some_and(u8::is_ascii_lowercase)
            && humps > 0
            && bytes.len() > 5
            && bytes.iter().all(u8::is_ascii_alphanumeric)
    };
    let path = {
        let parts: Vec<&str> = inner.split('/').collect();
        let file = parts.last().is_some_and(|last| {
            last.rsplit_once('.')
                .is_some_and(|(stem, ending)| !stem.is_empty() && file_ending(ending))
        });
        (parts.len() > 1 && file)
            || (inner.starts_with('/') && parts.len() > 2)
            || (parts.len() == 1 && file && !inner.contains(".."))
    };
    let flag = inner.starts_with("--") && inner.len() > 3;
    ascii && (underscore || camel || path || flag || inner.contains("::"))
}

fn file_ending(ending: &str) -> bool {
    matches!(
        ending,
        "rs" | "go"
            | "py"
            | "js"
            | "ts"
            | "java"
            | "c"
            | "h"
            | "cpp"
            | "rb"
            | "php"
            | "sh"
            | "sql"
            | "toml"
            | "yaml"
            | "yml"
            | "json"
            | "xml"
            | "ini"
            | "conf"
            | "cfg"
            | "env"
            | "lock"
            | "proto"
            | "cs"
    )
}

/// How many sentences a text has. Code, addresses and versions are masked at equal length first, so that their dots
/// end none; soft-wrapped lines are joined.
pub fn sentences(markdown: &str) -> usize {
    let plain = masked(markdown);
    sentencex::segment("en", &plain)
        .iter()
        .filter(|sentence| sentence.chars().any(char::is_alphanumeric))
        .count()
}

fn masked(markdown: &str) -> String {
    let joined: String = markdown
        .chars()
        .map(|c| if c == '\n' { ' ' } else { c })
        .collect();
    let mut bytes = joined.into_bytes();
    let ranges: Vec<Range<usize>> = code_spans(markdown)
        .into_iter()
        .chain(urls(markdown))
        .collect();
    for at in ranges.into_iter().flatten() {
        if bytes[at].is_ascii() {
            bytes[at] = b'x';
        }
    }
    let text = String::from_utf8(bytes).unwrap_or_default();
    text.split(' ')
        .map(masked_word)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Dots inside a word (`v1.2.3`, `.NET`, `e.g.`, `api.acme.example`) end no sentence.
fn masked_word(word: &str) -> String {
    const ABBREVIATIONS: [&str; 17] = [
        "e.g.", "i.e.", "etc.", "approx.", "vs.", "cf.", "resp.", "incl.", "no.", "ca.", "max.",
        "min.", "dr.", "mr.", "ms.", "st.", "fig.",
    ];
    let bare =
        word.trim_matches(|c: char| matches!(c, '(' | ')' | '"' | ',' | '*' | '_' | ';' | ':'));
    if ABBREVIATIONS.contains(&bare.to_ascii_lowercase().as_str()) {
        return word.replace('.', "x");
    }
    let end = word.trim_end_matches(['.', '!', '?', ')', '"', '*', '_', '”', '’']);
    format!(
        "{}{}",
        end.replace(['.', '!', '?'], "x"),
        &word[end.len()..]
    )
}

/// Whether an action starts with a verb in the imperative, a condition before it allowed: `If you use LDAP, set …`.
pub fn imperative(markdown: &str) -> bool {
    let text = markdown
        .trim_start_matches(['*', '_', '`', '~', '['])
        .trim_start();
    let word = |text: &str| {
        text.split(|c: char| !c.is_alphabetic() && c != '-')
            .find(|word| !word.is_empty())
            .unwrap_or("")
            .to_lowercase()
    };
    let first = word(text);
    if matches!(
        first.as_str(),
        "if" | "when"
            | "before"
            | "after"
            | "on"
            | "for"
            | "where"
            | "with"
            | "in"
            | "to"
            | "once"
            | "unless"
            | "only"
    ) {
        return text
            .match_indices([',', ':'])
            .any(|(at, _)| verb(&word(&text[at + 1..])));
    }
    let polite = matches!(
        first.as_str(),
        "please" | "optionally" | "then" | "first" | "now"
    );
    verb(&if polite {
        word(text.get(first.len()..).unwrap_or(""))
    } else {
        first
    })
}

fn verb(word: &str) -> bool {
    const VERBS: &str = " add adjust adopt align allow amend answer append apply approve archive ask assign attach authorise authorize avoid back backup block bring build bump call cancel change check choose clean clear clone close compare complete configure confirm connect consider contact convert copy correct create cut declare decide define delete deny deploy detach determine disable discard disconnect do download downgrade drain drop edit eject empty enable encrypt enlarge ensure enter establish examine exclude execute expand expect export expose extend extract fetch fill find finish fix follow force free generate get give go grant have hold ignore import include increase inform insert inspect install invoke issue join keep label leave let limit link list load lock log look lower make map mark match merge migrate mirror mitigate modify monitor mount move name notify obtain omit open order override pass patch pause pick pin place plan point prepare prevent provide provision publish pull purge push put raise read rebuild reboot recheck recompute reconfigure reconnect recreate recycle redeploy reduce refresh regenerate register reimport reindex reinstall reissue reload relocate remove rename renew reopen repair repeat replace report request require re-run rerun reset resize resolve restart restore restrict resume retain retry retire return review revoke rewrite roll rotate route run save scale scan schedule search secure select send separate set share shift shorten show shrink shut sign silence skip specify split start stay stop store submit subscribe supply suspend swap switch sync synchronise synchronize tag take tell terminate test tighten track transfer translate trigger trust tune turn type unblock uninstall unlock unmount unpin unset unsubscribe update upgrade upload use validate verify view visit wait warn watch widen wipe wrap write ";
    !word.is_empty() && VERBS.contains(&format!(" {word} "))
}
