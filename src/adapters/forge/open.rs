//! Which forge it is.

use crate::adapters::forge::folder::Folder;
use crate::adapters::forge::github::GitHub;
use crate::ports::forge::ForgeKind;
use crate::ports::{Failure, Forge, Hosting};

pub fn open(kind: &ForgeKind) -> Result<Box<dyn Forge>, Failure> {
    Ok(match kind {
        ForgeKind::Folder(path) => Box::new(Folder::new(path)),
        ForgeKind::GitHub {
            repository,
            api,
            token,
        } => Box::new(GitHub::new(repository, api.as_deref(), token)?),
    })
}

/// `None` where nobody hosts it: a folder.
pub fn hosting(kind: &ForgeKind) -> Result<Option<Box<dyn Hosting>>, Failure> {
    Ok(match kind {
        ForgeKind::Folder(_) => None,
        ForgeKind::GitHub {
            repository,
            api,
            token,
        } => Some(Box::new(GitHub::new(repository, api.as_deref(), token)?)),
    })
}
