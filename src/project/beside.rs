//! Files beside the pin, which it names.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;

use crate::diag::Text;
use crate::model::Tag;
use crate::project::facts::Facts;
use crate::project::session::Session;
use crate::sources::utf8_text;

/// Files that the pin names, of the state that is read and at each tag. Those of all tags are read with one git.
pub struct Beside<'s, 'w> {
    session: &'s Session<'w>,
    root: &'s Path,
    facts: &'s Facts,
    /// By path: the text at each tag.
    at_tags: RefCell<HashMap<String, HashMap<String, Vec<u8>>>>,
}

impl<'s, 'w> Beside<'s, 'w> {
    pub fn new(session: &'s Session<'w>, root: &'s Path, facts: &'s Facts) -> Self {
        Beside {
            session,
            root,
            facts,
            at_tags: RefCell::default(),
        }
    }

    /// `None` where there is none, or where it leads out of the repository.
    pub fn file(&self, tag: Option<&Tag>, path: &str) -> Option<Text> {
        let Some(tag) = tag else {
            return self.facts.text(self.session, self.root, path).ok()?;
        };
        let mut known = self.at_tags.borrow_mut();
        if !known.contains_key(path) {
            let tags = self.session.world.tags(self.root, path).unwrap_or_default();
            let there = tags
                .into_iter()
                .filter_map(|(tag, bytes)| Some((tag.name, bytes?)));
            known.insert(path.to_owned(), there.collect());
        }
        let bytes = known.get(path)?.get(&tag.name)?.clone();
        Some(utf8_text(&format!("{}:{path}", tag.name), bytes).0)
    }
}
