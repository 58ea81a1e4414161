//! `tidings pin`: the images that the pin names, and the digests of those that it names by tag.

use clap::Args;

use crate::diag::{Span, Text};
use crate::documents::{Images, ListedImage};
use crate::model::Digest;
use crate::ports::{Action, Failure};
use crate::project::load::{configured, inside};
use crate::project::session::{Exit, Format, Session, Stop};
use crate::render::json;
use crate::sources::pin::{Listed, Room, list};

#[derive(Debug, Args)]
pub struct PinArgs {
    /// Ask the registries for the digest of every image by tag, and show what would be written beside the tags
    #[arg(long)]
    resolve: bool,
    /// Write it
    #[arg(long, requires = "resolve")]
    yes: bool,
}

/// Exit 1 where an image is not by digest.
pub fn run(args: &PinArgs, session: &Session<'_>) -> Result<Exit, Stop> {
    let form = session.form(&[Format::Txt, Format::Json])?;
    let configured = configured(session)?;
    let rules = &configured.bootstrap.pin;
    let Some(text) = inside(session, &configured.root, &rules.file)? else {
        return Err(Failure::new(format!("there is no `{}`", rules.file))
            .help("`[pin] file` in tidings.toml names the file that names the images, such as `docker-compose.yml`")
            .into());
    };
    let beside = |path: &str| inside(session, &configured.root, path).ok()?;
    let (images, findings) = list(&text, rules, &beside);
    if findings.iter().any(crate::diag::Finding::is_error) {
        return Err(Stop::Findings(findings));
    }
    if args.resolve {
        return resolve(args, session, &configured.root, &images);
    }
    let shown = Images::of(images.iter().map(listed).collect());
    session.print(&match form {
        Format::Json => json(&shown),
        _ => crate::diag::plain(&table(&shown)),
    })?;
    let all = shown.images.iter().all(|image| image.digest.is_some());
    Ok(if all { Exit::Done } else { Exit::Findings })
}

fn listed(image: &Listed) -> ListedImage {
    ListedImage {
        name: image.name.clone(),
        role: image.role.as_str(),
        reference: image.reference.clone(),
        digest: image.digest.clone(),
        file: image.path.clone(),
        line: image.text.place(image.span.start).line,
    }
}

fn table(images: &Images) -> String {
    let width =
        |of: &dyn Fn(&ListedImage) -> usize| images.images.iter().map(of).max().unwrap_or(0);
    let (name, role) = (width(&|i| i.name.chars().count()), width(&|i| i.role.len()));
    let rows = images.images.iter().map(|image| {
        let mark = if image.digest.is_some() {
            ""
        } else {
            "  (by tag)"
        };
        format!(
            "{:name$}  {:role$}  {}{mark}\n",
            image.name, image.role, image.reference
        )
    });
    rows.collect()
}

/// What is written where.
struct Edit<'l> {
    image: &'l Listed,
    at: usize,
    written: String,
}

fn resolve(
    args: &PinArgs,
    session: &Session<'_>,
    root: &std::path::Path,
    images: &[Listed],
) -> Result<Exit, Stop> {
    let by_tag: Vec<&Listed> = images
        .iter()
        .filter(|image| image.digest.is_none())
        .collect();
    if by_tag.is_empty() {
        session.print("every image is by digest: nothing to write\n")?;
        return Ok(Exit::Done);
    }
    let questions: Vec<(String, String)> = by_tag
        .iter()
        .map(|image| {
            let tag = image.tag.clone().unwrap_or_else(|| "latest".to_owned());
            (image.repository.clone().unwrap_or_default(), tag)
        })
        .collect();
    let answers = session.world.manifests(&questions);
    let mut edits: Vec<Edit<'_>> = Vec::new();
    let mut open: Vec<String> = Vec::new();
    for ((image, (_, tag)), answer) in by_tag.iter().zip(&questions).zip(answers) {
        let digest = match answer {
            Ok(Some(manifest)) => manifest.digest,
            Ok(None) => {
                open.push(format!(
                    "{}: its registry has no tag `{tag}`",
                    image.reference
                ));
                continue;
            }
            Err(failure) => {
                open.push(format!("{}: {}", image.reference, failure.what));
                continue;
            }
        };
        match edit(image, &digest) {
            Some(edit) => edits.push(edit),
            None => open.push(format!(
                "{}: is {digest}; it is put together from several places, so write it by hand in {}:{}",
                image.reference,
                image.path,
                image.text.place(image.span.start).line
            )),
        }
    }
    let mut shown = String::new();
    for edit in &edits {
        let (place, old, new) = changed(edit);
        shown.push_str(&format!("{}:{place}\n- {old}\n+ {new}\n", edit.image.path));
    }
    open.iter()
        .for_each(|line| shown.push_str(&format!("left: {line}\n")));
    if !edits.is_empty() && !args.yes {
        shown.push_str("nothing was done; add `--yes` to do it\n");
    }
    session.print(&crate::diag::plain(&shown))?;
    if args.yes {
        write(session, root, &edits)?;
    }
    Ok(if open.is_empty() {
        Exit::Done
    } else {
        Exit::Findings
    })
}

/// Each file once, with all of its digests.
fn write(session: &Session<'_>, root: &std::path::Path, edits: &[Edit<'_>]) -> Result<(), Stop> {
    let mut paths: Vec<&str> = edits.iter().map(|edit| edit.image.path.as_str()).collect();
    paths.sort_unstable();
    paths.dedup();
    for path in paths {
        let mut own: Vec<&Edit<'_>> = edits
            .iter()
            .filter(|edit| edit.image.path == path)
            .collect();
        own.sort_by_key(|edit| std::cmp::Reverse(edit.at));
        let Some(first) = own.first() else { continue };
        let mut body = first.image.text.body.to_string();
        for edit in own {
            body.insert_str(edit.at, &edit.written);
        }
        session.world.perform(&Action::WriteFile {
            path: root.join(path),
            bytes: body.into_bytes(),
        })?;
    }
    Ok(())
}

/// `None` where there is no one place for it.
fn edit<'l>(image: &'l Listed, digest: &str) -> Option<Edit<'l>> {
    let digest = Digest::read(digest).ok()?.0;
    let (at, written) = match image.room {
        Room::Nowhere => return None,
        Room::Behind(span) => (end_of(&image.text, span, image)?, format!("@{digest}")),
        Room::Here(span) => {
            let quoted = image.text.slice(span).starts_with(['"', '\'']);
            match quoted {
                true => (span.start + 1, digest.to_string()),
                // `digest:` with nothing behind it.
                false => (span.start, format!(" {digest}")),
            }
        }
        Room::Line(span) => {
            let body = &image.text.body;
            let start = body[..span.start].rfind('\n').map_or(0, |at| at + 1);
            let end = body[span.end..]
                .find('\n')
                .map_or(body.len(), |at| span.end + at);
            // Behind the dash of a list the keys stand two further.
            let line = &body[start..];
            let indent: String = line
                .chars()
                .take_while(|c| *c == ' ' || *c == '-')
                .map(|_| ' ')
                .collect();
            (end, format!("\n{indent}digest: {digest}"))
        }
    };
    Some(Edit { image, at, written })
}

/// Where the text of the image, or its tag, ends in what stands at `span`.
fn end_of(text: &Text, span: Span, image: &Listed) -> Option<usize> {
    let whole = text.slice(span);
    let texts = [Some(image.reference.as_str()), image.tag.as_deref()];
    texts.into_iter().flatten().find_map(|written| {
        let at = whole.rfind(written)?;
        Some(span.start + at + written.len())
    })
}

/// The number of the line, the line as it is, and as it would be.
fn changed<'l>(edit: &Edit<'l>) -> (usize, &'l str, String) {
    let body = &edit.image.text.body;
    let start = body[..edit.at].rfind('\n').map_or(0, |at| at + 1);
    let end = body[edit.at..]
        .find('\n')
        .map_or(body.len(), |at| edit.at + at);
    let old = &body[start..end];
    let mut new = old.to_owned();
    new.insert_str(edit.at - start, &edit.written);
    (
        edit.image.text.place(edit.at).line,
        old,
        new.replace('\n', "\n+ "),
    )
}
