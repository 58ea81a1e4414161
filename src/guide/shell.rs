//! The layout, rendered once for all pages that have the same one: head and foot differ by the page's title and path and
//! the way to the guide's folder only, unless the navigation names the page.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use crate::diag::Finding;
use crate::documents::GuideLink;
use crate::guide::Site;
use crate::guide::site::Page;
use crate::render::escaped;

/// Characters that stand in no text: they mark the places of title, path and content.
const TITLE: char = '\u{fdd0}';
const PATH: char = '\u{fdd1}';
const CONTENT: char = '\u{fdd2}';
const MARKS: [char; 3] = [TITLE, PATH, CONTENT];

pub struct Shells {
    /// Pages that the navigation names: each has its own.
    named: BTreeSet<String>,
    /// By the way to the guide's folder: pieces that end with a mark.
    known: Mutex<HashMap<String, Arc<Vec<String>>>>,
}

impl Shells {
    pub fn new(navigation: &[GuideLink]) -> Self {
        Shells {
            named: navigation.iter().map(|link| link.path.clone()).collect(),
            known: Mutex::default(),
        }
    }

    /// A page's content with the layout around it.
    pub fn around<'s>(
        &self,
        site: &Site<'s>,
        path: &str,
        page: Page<'s>,
        content: &str,
    ) -> Result<Vec<u8>, Finding> {
        let (title, root) = (site.title(page), site.root(path, page));
        if self.named.contains(path) {
            return Ok(site.laid_out(path, &root, &title, content)?.into_bytes());
        }
        let pieces = self.pieces(site, &root)?;
        let mut whole = String::with_capacity(
            content.len() + pieces.iter().map(String::len).sum::<usize>() + 64,
        );
        for piece in pieces.iter() {
            whole.push_str(piece.trim_end_matches(MARKS));
            match piece.chars().next_back() {
                Some(TITLE) => whole.push_str(&escaped(&title)),
                Some(PATH) => whole.push_str(&escaped(path)),
                Some(CONTENT) => whole.push_str(content),
                _ => {}
            }
        }
        Ok(whole.into_bytes())
    }

    fn pieces(&self, site: &Site<'_>, root: &str) -> Result<Arc<Vec<String>>, Finding> {
        if let Some(pieces) = self
            .known
            .lock()
            .ok()
            .and_then(|known| known.get(root).cloned())
        {
            return Ok(pieces);
        }
        let mark = |mark: char| mark.to_string();
        let shell = site.laid_out(&mark(PATH), root, &mark(TITLE), &mark(CONTENT))?;
        let pieces = Arc::new(
            shell
                .split_inclusive(MARKS)
                .map(str::to_owned)
                .collect::<Vec<_>>(),
        );
        if let Ok(mut known) = self.known.lock() {
            known.insert(root.to_owned(), Arc::clone(&pieces));
        }
        Ok(pieces)
    }
}
