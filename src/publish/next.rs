//! What is missing of a page, one step at a time. The page is looked at before each: recovery is the same run again.

use crate::ports::forge::{Asset, Attached, Page, Wanted};
use crate::publish::{bare, differing};

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub enum Next<'p> {
    Create,
    /// Title, text and flags of a draft.
    Rewrite,
    /// A file that did not arrive whole, or is another one in a draft.
    Detach(&'p Attached),
    Attach(&'p Asset),
    /// Make the draft public.
    Publish,
    /// Say on the public page what is known by now: its known issues.
    Annotate,
    /// Make the public page the latest, or another one no longer.
    Promote,
    Complete,
    /// What is public says something else: nothing is done.
    Diverged(Vec<String>),
}

impl Next<'_> {
    /// What is tried, in a word: troubles are counted by it.
    pub fn name(&self) -> &'static str {
        match self {
            Next::Create => "create",
            Next::Rewrite => "rewrite",
            Next::Detach(_) => "detach",
            Next::Attach(_) => "attach",
            Next::Publish => "publish",
            Next::Annotate => "annotate",
            Next::Promote => "promote",
            Next::Complete | Next::Diverged(_) => "look",
        }
    }
}

/// `digest` gives that of an attached file. `latest` is the tag that the forge shows as the latest. `draft` stops before
/// the page is public.
pub fn next<'p>(
    wanted: &Wanted,
    assets: &'p [Asset],
    page: Option<&'p Page>,
    digest: &dyn Fn(&Attached) -> Option<String>,
    latest: Option<&str>,
    draft: bool,
) -> Next<'p> {
    let Some(page) = page else {
        return Next::Create;
    };
    let mut apart = Vec::new();
    if page.title != wanted.title {
        apart.push(format!(
            "the title is `{}` there and `{}` here",
            crate::diag::clipped(&page.title, 80),
            crate::diag::clipped(&wanted.title, 80)
        ));
    }
    if page.prerelease != wanted.prerelease {
        apart.push(format!(
            "it is {}a pre-release there",
            if page.prerelease { "" } else { "not " }
        ));
    }
    apart.extend(differing(bare(&page.body), bare(&wanted.body)));
    let known = differing(&page.body, &wanted.body).is_empty();
    if page.draft && !(apart.is_empty() && known) {
        return Next::Rewrite;
    }
    for asset in assets {
        let Some(attached) = page
            .assets
            .iter()
            .find(|attached| attached.name == asset.name)
        else {
            if page.immutable {
                apart.push(format!(
                    "`{}` is missing, and the page is immutable",
                    asset.name
                ));
                continue;
            }
            if page.draft || apart.is_empty() {
                return Next::Attach(asset);
            }
            continue;
        };
        if !attached.complete && !page.immutable {
            return Next::Detach(attached);
        }
        let same = attached.size == asset.size
            && digest(attached).is_none_or(|digest| digest == asset.digest);
        if !same && page.draft {
            return Next::Detach(attached);
        }
        if !same {
            apart.push(format!(
                "`{}` has {} bytes there and {} here, or another digest",
                asset.name, attached.size, asset.size
            ));
        }
    }
    match (apart.is_empty(), page.draft) {
        (false, _) => Next::Diverged(apart),
        (true, false) if !known => Next::Annotate,
        (true, true) if draft => Next::Complete,
        (true, true) => Next::Publish,
        (true, false) if wanted.latest != (latest == Some(wanted.tag.as_str())) => Next::Promote,
        (true, false) => Next::Complete,
    }
}
