//! Lints of a signing-identity expression. cosign searches for the expression anywhere in the certificate's identity
//! (`regexp.MatchString`), so only one that is anchored, escaped and exact refuses other releases' signatures.

/// A flaw and where it stands in the expression, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdentityFlaw {
    /// `^` or `$` is missing.
    Unanchored { start: bool, end: bool },
    /// A bare `.` at this offset.
    Unescaped(usize),
    /// Something that matches more than one text at this offset: `.*`, `[…]`, `|`, `+`…
    Wide(usize),
    /// The expression is exact, but for another text than this tag.
    OtherTag,
}

/// All flaws of an expression that should accept exactly one identity, ending in `@refs/tags/<tag>`.
pub fn identity_flaws(expression: &str, tag: Option<&str>) -> Vec<IdentityFlaw> {
    let mut flaws = Vec::new();
    let start = expression.starts_with('^');
    let end = expression.ends_with('$') && !expression.ends_with("\\$");
    if !start || !end {
        flaws.push(IdentityFlaw::Unanchored { start, end });
    }
    let inner = expression.strip_prefix('^').unwrap_or(expression);
    let inner = if end {
        &inner[..inner.len() - 1]
    } else {
        inner
    };
    let offset = usize::from(start);
    let literal = literal(inner, offset, &mut flaws);
    let exact = !flaws
        .iter()
        .any(|flaw| matches!(flaw, IdentityFlaw::Wide(_)));
    if let (true, Some(tag)) = (exact, tag)
        && !literal.ends_with(&format!("@refs/tags/{tag}"))
    {
        flaws.push(IdentityFlaw::OtherTag);
    }
    flaws
}

/// The text that the expression accepts if it is a literal; flaws are noted on the way.
fn literal(inner: &str, offset: usize, flaws: &mut Vec<IdentityFlaw>) -> String {
    let mut literal = String::new();
    let mut chars = inner.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some((_, escaped)) if escaped.is_ascii_punctuation() => literal.push(escaped),
                _ => flaws.push(IdentityFlaw::Wide(offset + at)),
            },
            '.' => {
                let repeated = chars
                    .peek()
                    .is_some_and(|(_, next)| matches!(next, '*' | '+' | '?' | '{'));
                if repeated {
                    chars.next();
                    flaws.push(IdentityFlaw::Wide(offset + at));
                } else {
                    flaws.push(IdentityFlaw::Unescaped(offset + at));
                }
                literal.push('.');
            }
            '*' | '+' | '?' | '[' | ']' | '(' | ')' | '{' | '}' | '|' | '^' | '$' => {
                flaws.push(IdentityFlaw::Wide(offset + at))
            }
            other => literal.push(other),
        }
    }
    literal
}
