//! The forge: where a release has its page. One trait, a file for each kind below `live/forge/`.

use std::path::PathBuf;
use std::time::Duration;

use crate::ports::Failure;

/// A page as the forge shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The forge's own name of it.
    pub id: String,
    pub tag: String,
    pub title: String,
    /// Markdown.
    pub body: String,
    pub draft: bool,
    pub prerelease: bool,
    /// The forge refuses any change to it but of title and text.
    pub immutable: bool,
    pub assets: Vec<Attached>,
    /// Where people read it.
    pub url: String,
    /// Where assets are sent.
    pub upload_url: String,
}

/// A file beside the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    pub id: String,
    pub name: String,
    pub size: u64,
    /// `sha256:…`, where the forge says it.
    pub digest: Option<String>,
    /// All of it arrived.
    pub complete: bool,
}

/// A page as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub tag: String,
    pub title: String,
    /// Markdown.
    pub body: String,
    /// The same for a forge that renders nothing itself; `None` leaves what is there.
    pub html: Option<String>,
    pub prerelease: bool,
    /// Whether the forge shows it as the latest release: always said, never left to the forge.
    pub latest: bool,
}

/// A file to attach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asset {
    pub name: String,
    pub size: u64,
    /// `sha256:…`
    pub digest: String,
    pub from: From,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum From {
    File(PathBuf),
    Bytes(Vec<u8>),
}

/// Why a request to a forge did not do what it should.
#[derive(Debug)]
pub struct Trouble {
    pub failure: Failure,
    /// Whether looking again and going on may help, and how long the forge asks to wait before.
    pub again: Option<Duration>,
}

impl std::convert::From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Trouble {
            failure,
            again: None,
        }
    }
}

pub type Asked<T> = Result<T, Trouble>;

/// What is asked of a forge. No method repeats a request: whoever asks looks again first, and does only what is missing.
pub trait Forge {
    /// The page of a tag, drafts included; of several drafts the oldest.
    ///
    /// # Errors
    /// The forge cannot be asked, or refuses.
    fn find(&self, tag: &str) -> Asked<Option<Page>>;

    /// A page by the forge's own name of it. Lists of a forge may lag behind what it was told.
    ///
    /// # Errors
    /// As `find`.
    fn by_id(&self, id: &str) -> Asked<Option<Page>>;

    /// Makes a draft, and gives it as the forge says that it is.
    ///
    /// # Errors
    /// As `find`; a draft may have been made all the same.
    fn create(&self, wanted: &Wanted) -> Asked<Page>;

    /// Takes a draft away.
    ///
    /// # Errors
    /// As `create`.
    fn remove(&self, draft: &Page) -> Asked<()>;

    /// Sets title, text and flags; makes it public where `draft` is false. Gives the page as the forge says that it is.
    ///
    /// # Errors
    /// As `create`.
    fn update(&self, page: &Page, wanted: &Wanted, draft: bool) -> Asked<Page>;

    /// Attaches a file. `progress` is told how many bytes were sent.
    ///
    /// # Errors
    /// As `create`; a part of the file may be there.
    fn attach(&self, page: &Page, asset: &Asset, progress: &dyn Fn(u64)) -> Asked<()>;

    /// Takes away a file that did not arrive whole, or one of a draft.
    ///
    /// # Errors
    /// As `create`.
    fn detach(&self, page: &Page, attached: &Attached) -> Asked<()>;

    /// `sha256:…` of a file, where the forge does not say it: it is fetched for that.
    ///
    /// # Errors
    /// As `find`.
    fn digest(&self, page: &Page, attached: &Attached) -> Asked<String>;

    /// The bytes of a file of moderate size.
    ///
    /// # Errors
    /// As `find`.
    fn fetch(&self, page: &Page, attached: &Attached) -> Asked<Vec<u8>>;

    /// The tag that the forge shows as the latest release.
    ///
    /// # Errors
    /// As `find`.
    fn latest(&self) -> Asked<Option<String>>;
}

/// Which forge, and how to get in.
#[derive(Clone, Debug)]
pub enum ForgeKind {
    Folder(PathBuf),
    GitHub {
        repository: String,
        api: Option<String>,
        token: secrecy::SecretString,
    },
}
