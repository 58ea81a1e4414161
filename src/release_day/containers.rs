//! What containers really run, as their engine says it: `/version` only repeats what the install script passed in.

use crate::model::{Image, Pin, Role};

/// A container, and the digests that the engine knows its image by: `registry/agent@sha256:…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    pub name: String,
    pub digests: Vec<String>,
}

/// What the engine was asked in two steps, joined: `name=image` of each container, and `image=[digest digest]` of each image.
#[must_use]
pub fn read(containers: &str, images: &str) -> Vec<Container> {
    let bare = |id: &str| id.trim().trim_start_matches("sha256:").to_owned();
    let known: Vec<(String, Vec<String>)> = images
        .lines()
        .filter_map(|line| {
            let (id, digests) = line.split_once('=')?;
            let digests = digests.trim().strip_prefix('[')?.strip_suffix(']')?;
            let digests = digests.split_whitespace().map(str::to_owned).collect();
            Some((bare(id), digests))
        })
        .collect();
    containers
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, image)| Container {
            name: name.trim().trim_start_matches('/').to_owned(),
            digests: known
                .iter()
                .filter(|(id, _)| *id == bare(image))
                .flat_map(|(_, digests)| digests.clone())
                .collect(),
        })
        .collect()
}

/// What is said of the containers of a release.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// Containers that run another image than the pin names.
    pub wrong: Vec<String>,
    /// Images of the vendor that no container runs; a profile may leave them out, the primary one it may not.
    pub absent: Vec<String>,
    /// Images that run as pinned.
    pub right: usize,
}

/// The containers against the images of a pin.
#[must_use]
pub fn compare(pin: &Pin, containers: &[Container]) -> Compared {
    let mut compared = Compared::default();
    for (at, image) in pin.images().iter().enumerate() {
        let Some(repository) = image.image.as_deref().map(whole) else {
            continue;
        };
        let wanted = format!("{repository}@{}", image.digest);
        let of_it = |digest: &&String| {
            let (name, _) = digest.split_once('@').unwrap_or((digest, ""));
            whole(name) == repository
        };
        let mut runs = false;
        for container in containers {
            let digests: Vec<&String> = container.digests.iter().filter(of_it).collect();
            let same = digests.iter().any(|digest| {
                let (name, hash) = digest.split_once('@').unwrap_or((digest, ""));
                format!("{}@{hash}", whole(name)) == wanted
            });
            runs |= same;
            if let (false, Some(other)) = (same, digests.first()) {
                let (name, pinned) = (&container.name, image.reference());
                compared
                    .wrong
                    .push(format!("`{name}` runs {other}, and the pin names {pinned}"));
            }
        }
        match (runs, at) {
            (true, _) => compared.right += 1,
            (false, 0) if compared.wrong.is_empty() => compared
                .wrong
                .push(format!("no container runs {}", image.reference())),
            (false, _) if needed(image) => compared.absent.push(image.name.clone()),
            (false, _) => {}
        }
    }
    compared
}

fn needed(image: &Image) -> bool {
    image.role == Role::Product
}

/// A repository with the registry that engines leave out or put in.
fn whole(name: &str) -> String {
    let name = name.strip_prefix("index.docker.io/").unwrap_or(name);
    match name.split_once('/') {
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => name.to_owned(),
        Some(_) => format!("docker.io/{name}"),
        None => format!("docker.io/library/{name}"),
    }
}
