//! What the release commands ask of a git repository and its remote `origin`.

use std::path::PathBuf;

use crate::ports::Failure;

/// A working tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// `None` where the head is detached.
    pub branch: Option<String>,
    pub commit: String,
    /// Files that differ from the commit, untracked ones included.
    pub changed: Vec<String>,
}

/// A working tree in which no branch is checked out, and what else the clone knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detached {
    pub commit: String,
    /// The tags here, with the commits behind them.
    pub tags: Vec<(String, String)>,
    /// The default branch: as it was fetched (`origin/main`), or as it is here where that has all of it.
    pub main: Option<(String, String)>,
}

pub trait Repository {
    /// What is checked out in place of a branch; `None` where a branch is, or where this is no repository with a commit.
    ///
    /// # Errors
    /// git fails.
    fn detached(&self) -> Result<Option<Detached>, Failure>;

    /// # Errors
    /// It is no repository, or has no commit.
    fn tree(&self) -> Result<Tree, Failure>;

    /// The branch that `origin` calls its default: `main`; `None` where it says none.
    ///
    /// # Errors
    /// `origin` cannot be asked.
    fn default_branch(&self) -> Result<Option<String>, Failure>;

    /// The files that git tracks, from its root.
    ///
    /// # Errors
    /// git fails.
    fn tracked(&self) -> Result<Vec<String>, Failure>;

    /// Who commits here, as git has it: `Name <mail>`.
    fn who(&self) -> Option<String>;

    /// The address of `origin`; `None` where there is none.
    ///
    /// # Errors
    /// It is no repository.
    fn address(&self) -> Result<Option<String>, Failure>;

    /// git's own folder of this clone: what is kept there is in no working tree.
    ///
    /// # Errors
    /// It is no repository.
    fn own_folder(&self) -> Result<PathBuf, Failure>;

    /// The branches and tags at `origin` with what they lead to, by their full names (`refs/heads/main`); of annotated tags the commit.
    ///
    /// # Errors
    /// There is no remote, or it cannot be reached.
    fn remote(&self) -> Result<Vec<(String, String)>, Failure>;

    /// What a name leads to here, as a commit; `None` where there is none of that name.
    ///
    /// # Errors
    /// git fails.
    fn commit_of(&self, name: &str) -> Result<Option<String>, Failure>;

    /// Brings branches and tags of `origin` here; nothing that is here is changed.
    ///
    /// # Errors
    /// As `remote`.
    fn fetch(&self) -> Result<(), Failure>;

    /// The files that `to` changes, from where the two went apart.
    ///
    /// # Errors
    /// git fails.
    fn changed_between(&self, from: &str, to: &str) -> Result<Vec<String>, Failure>;

    /// Where two commits went apart; `None` where they share nothing.
    ///
    /// # Errors
    /// git fails.
    fn merge_base(&self, one: &str, other: &str) -> Result<Option<String>, Failure>;

    /// A commit and those before it, along the first parents: the way that the main branch went. At most `most`.
    ///
    /// # Errors
    /// git fails.
    fn first_parents(&self, commit: &str, most: usize) -> Result<Vec<String>, Failure>;

    /// Whether a commit has another one in its history.
    ///
    /// # Errors
    /// git fails.
    fn contains(&self, commit: &str, ancestor: &str) -> Result<bool, Failure>;

    /// The bytes of a file at a commit, by its path from the root.
    ///
    /// # Errors
    /// git fails.
    fn file(&self, commit: &str, path: &str) -> Result<Option<Vec<u8>>, Failure>;

    /// Commits these files as they are in the working tree.
    ///
    /// # Errors
    /// git fails; nothing was committed.
    fn commit(&self, files: &[PathBuf], message: &str) -> Result<(), Failure>;

    /// An annotated tag.
    ///
    /// # Errors
    /// There is one of that name.
    fn tag(&self, name: &str, commit: &str, message: &str) -> Result<(), Failure>;

    /// Pushes `what` (a tag, or `commit:refs/heads/main`) to `origin`. Nothing there is ever overwritten.
    ///
    /// # Errors
    /// The remote refuses, or has something else under that name.
    fn push(&self, what: &str) -> Result<(), Failure>;

    /// A commit that merges one into another, without touching the working tree.
    ///
    /// # Errors
    /// The two contradict each other.
    fn merged(&self, into: &str, commit: &str, message: &str) -> Result<String, Failure>;

    /// Brings the checked-out branch up to what `origin` has of it, if that is ahead and no file stands in the way.
    ///
    /// # Errors
    /// Another branch is checked out, or the two have gone apart.
    fn bring_up(&self, branch: &str) -> Result<(), Failure>;

    /// Puts the files of a commit or tag into the working tree.
    ///
    /// # Errors
    /// A changed file would be lost.
    fn check_out(&self, name: &str) -> Result<(), Failure>;
}
