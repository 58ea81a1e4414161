//! A folder as a forge: a folder for each tag, with the page as Markdown and HTML and its files beside it.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::adapters::disk;
use crate::adapters::temporary;
use crate::model::Digest;
use crate::ports::forge::{Asked, Asset, Attached, From, Page, Wanted};
use crate::ports::{Failure, Forge};

pub struct Folder {
    root: PathBuf,
}

/// What `page.json` holds beside the text.
#[derive(Serialize, Deserialize)]
struct State {
    tag: String,
    title: String,
    draft: bool,
    prerelease: bool,
}

const STATE: &str = "page.json";
const TEXT: &str = "page.md";
const HTML: &str = "index.html";
const FILES: &str = "assets";
const LATEST: &str = "latest";

impl Folder {
    pub fn new(root: &Path) -> Self {
        Folder {
            root: root.to_path_buf(),
        }
    }

    fn page(&self, tag: &str) -> PathBuf {
        let safe = |c: char| {
            if c.is_ascii_alphanumeric() || "._-+".contains(c) {
                c
            } else {
                '-'
            }
        };
        self.root.join(
            tag.chars()
                .map(safe)
                .collect::<String>()
                .trim_start_matches('.'),
        )
    }

    fn read(&self, path: &Path) -> Result<Option<String>, Failure> {
        Ok(disk::read(path)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    fn set(&self, wanted: &Wanted, draft: bool) -> Result<(), Failure> {
        let folder = self.page(&wanted.tag);
        disk::write(&folder.join(TEXT), wanted.body.as_bytes())?;
        if let Some(html) = &wanted.html {
            disk::write(&folder.join(HTML), html.as_bytes())?;
        }
        let state = State {
            tag: wanted.tag.clone(),
            title: wanted.title.clone(),
            draft,
            prerelease: wanted.prerelease,
        };
        let json =
            serde_json::to_vec_pretty(&state).map_err(|error| Failure::new(error.to_string()))?;
        let latest = self.root.join(LATEST);
        match self.read(&latest)? {
            _ if wanted.latest && !draft => {
                disk::write(&latest, format!("{}\n", wanted.tag).as_bytes())?
            }
            Some(tag) if tag.trim() == wanted.tag && !wanted.latest => disk::write(&latest, b"")?,
            _ => {}
        }
        // Last: with it the page is what it says.
        disk::write(&folder.join(STATE), &json)
    }
}

impl Folder {
    /// A page that was written just now.
    fn there(&self, tag: &str) -> Asked<Page> {
        let lost = || Failure::new(format!("the page of {tag} is gone")).into();
        self.find(tag)?.ok_or_else(lost)
    }
}

impl Forge for Folder {
    fn find(&self, tag: &str) -> Asked<Option<Page>> {
        let folder = self.page(tag);
        let Some(state) = self.read(&folder.join(STATE))? else {
            return Ok(None);
        };
        let state: State = serde_json::from_str(&state).map_err(|error| {
            Failure::new(format!(
                "`{}` is none that tidings wrote: {error}",
                folder.join(STATE).display()
            ))
        })?;
        let mut assets = Vec::new();
        for entry in fs::read_dir(folder.join(FILES))
            .into_iter()
            .flatten()
            .flatten()
        {
            let name = entry.file_name().to_string_lossy().into_owned();
            let size = entry.metadata().map(|found| found.len()).unwrap_or(0);
            if !name.starts_with('.') {
                assets.push(Attached {
                    id: name.clone(),
                    name,
                    size,
                    digest: None,
                    complete: true,
                });
            }
        }
        assets.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Some(Page {
            id: state.tag.clone(),
            body: self.read(&folder.join(TEXT))?.unwrap_or_default(),
            tag: state.tag,
            title: state.title,
            draft: state.draft,
            prerelease: state.prerelease,
            immutable: false,
            assets,
            url: crate::ports::shown(&folder.join(HTML)),
            upload_url: String::new(),
        }))
    }

    fn by_id(&self, id: &str) -> Asked<Option<Page>> {
        self.find(id)
    }

    fn create(&self, wanted: &Wanted) -> Asked<Page> {
        self.set(wanted, true)?;
        self.there(&wanted.tag)
    }

    /// There is one page for a tag.
    fn remove(&self, _: &Page) -> Asked<()> {
        Ok(())
    }

    fn update(&self, _: &Page, wanted: &Wanted, draft: bool) -> Asked<Page> {
        self.set(wanted, draft)?;
        self.there(&wanted.tag)
    }

    fn attach(&self, page: &Page, asset: &Asset, progress: &dyn Fn(u64)) -> Asked<()> {
        let folder = self.page(&page.tag).join(FILES);
        let fail =
            |error: &std::io::Error| Failure::file("write", &folder.join(&asset.name), error);
        fs::create_dir_all(&folder).map_err(|error| fail(&error))?;
        let mut file = temporary::file_in(&folder).map_err(|error| fail(&error))?;
        match &asset.from {
            From::Bytes(bytes) => file.write_all(bytes).map_err(|error| fail(&error))?,
            From::File(path) => {
                let mut source =
                    fs::File::open(path).map_err(|error| Failure::file("read", path, &error))?;
                let (mut buffer, mut sent) = (vec![0; 1 << 16], 0);
                loop {
                    let length = source
                        .read(&mut buffer)
                        .map_err(|error| Failure::file("read", path, &error))?;
                    if length == 0 {
                        break;
                    }
                    file.write_all(&buffer[..length])
                        .map_err(|error| fail(&error))?;
                    sent += length as u64;
                    progress(sent);
                }
            }
        }
        file.as_file().sync_all().map_err(|error| fail(&error))?;
        if let Some(mode) = disk::usual_mode() {
            file.as_file()
                .set_permissions(mode)
                .map_err(|error| fail(&error))?;
        }
        file.persist(folder.join(&asset.name))
            .map_err(|error| fail(&error.error))?;
        Ok(())
    }

    fn detach(&self, page: &Page, attached: &Attached) -> Asked<()> {
        let path = self.page(&page.tag).join(FILES).join(&attached.name);
        fs::remove_file(&path).map_err(|error| Failure::file("remove", &path, &error))?;
        Ok(())
    }

    fn digest(&self, page: &Page, attached: &Attached) -> Asked<String> {
        Ok(sha256(&self.page(&page.tag).join(FILES).join(&attached.name))?.1)
    }

    fn fetch(&self, page: &Page, attached: &Attached) -> Asked<Vec<u8>> {
        Ok(disk::read(&self.page(&page.tag).join(FILES).join(&attached.name))?.unwrap_or_default())
    }

    fn latest(&self) -> Asked<Option<String>> {
        Ok(self
            .read(&self.root.join(LATEST))?
            .map(|tag| tag.trim().to_owned())
            .filter(|tag| !tag.is_empty()))
    }
}

/// Size and digest of a file, which is never whole in memory.
pub fn sha256(path: &Path) -> Result<(u64, String), Failure> {
    let fail = |error: &std::io::Error| Failure::file("read", path, error);
    let mut file = fs::File::open(path).map_err(|error| fail(&error))?;
    let mut hasher = Sha256::new();
    let size = std::io::copy(&mut file, &mut hasher).map_err(|error| fail(&error))?;
    Ok((size, Digest::from(hasher.finalize()).to_string()))
}
