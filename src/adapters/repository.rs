//! A git repository, by the user's own git.

use std::path::{Path, PathBuf};

use crate::adapters::git::{file_at_root, git, output};
use crate::ports::Failure;
use crate::ports::git::{Detached, Repository, Tree};

pub struct Git(pub PathBuf);

impl Git {
    fn ask(&self, arguments: &[&str]) -> Result<String, Failure> {
        let mut command = git(&self.0);
        command.args(arguments);
        output(command, &self.0).map(|said| String::from_utf8_lossy(&said).into_owned())
    }

    /// The paths that a command gives, with NUL between them.
    fn paths(&self, arguments: &[&str]) -> Result<Vec<String>, Failure> {
        Ok(self
            .ask(arguments)?
            .split('\0')
            .filter(|path| !path.is_empty())
            .map(str::to_owned)
            .collect())
    }
}

/// A name that is no option and no expression.
fn plain(name: &str) -> Result<&str, Failure> {
    let sound = !name.is_empty()
        && !name.starts_with(['-', '+', '^'])
        && !name.contains(|c: char| c.is_control() || " ~:?*[\\".contains(c))
        && !name.contains("..");
    if sound {
        Ok(name)
    } else {
        Err(Failure::new(format!(
            "`{}` is no name of a branch or tag",
            crate::diag::clipped(name, 60)
        )))
    }
}

impl Repository for Git {
    fn detached(&self) -> Result<Option<Detached>, Failure> {
        if self.ask(&["symbolic-ref", "--quiet", "HEAD"]).is_ok() {
            return Ok(None);
        }
        let Some(commit) = self.commit_of("HEAD")? else {
            return Ok(None);
        };
        let listed = self.ask(&[
            "for-each-ref",
            "--format=%(refname)%00%(objectname)%00%(*objectname)%00%(symref)",
            "refs/tags",
            "refs/heads",
            "refs/remotes/origin",
        ])?;
        let all: Vec<Vec<&str>> = listed
            .lines()
            .map(|line| line.split('\0').collect())
            .filter(|parts: &Vec<&str>| parts.len() == 4)
            .collect();
        let at = |name: &str| {
            let found = all.iter().find(|parts| parts[0] == name)?;
            Some(found[1].to_owned())
        };
        let head = all
            .iter()
            .find(|parts| parts[0] == "refs/remotes/origin/HEAD")
            .and_then(|parts| parts[3].strip_prefix("refs/remotes/origin/"));
        let main = head.into_iter().chain(["main", "master"]).find_map(|name| {
            let fetched = at(&format!("refs/remotes/origin/{name}"));
            let here = at(&format!("refs/heads/{name}"));
            match (fetched, here) {
                (Some(fetched), Some(here)) if !self.contains(&here, &fetched).ok()? => {
                    Some((format!("origin/{name}"), fetched))
                }
                (_, Some(here)) => Some((name.to_owned(), here)),
                (Some(fetched), None) => Some((format!("origin/{name}"), fetched)),
                (None, None) => None,
            }
        });
        let tags = all.iter().filter_map(|parts| {
            let name = parts[0].strip_prefix("refs/tags/")?;
            let commit = if parts[2].is_empty() {
                parts[1]
            } else {
                parts[2]
            };
            Some((name.to_owned(), commit.to_owned()))
        });
        Ok(Some(Detached {
            commit,
            tags: tags.collect(),
            main,
        }))
    }

    fn tree(&self) -> Result<Tree, Failure> {
        let commit = self
            .ask(&["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])
            .map(|said| said.trim().to_owned());
        let commit = commit.map_err(|_| {
            Failure::new(format!(
                "`{}` is no git repository with a commit",
                self.0.display()
            ))
            .help("run this in a clone that has commits")
        })?;
        let branch = self
            .ask(&["symbolic-ref", "--quiet", "--short", "HEAD"])
            .ok()
            .map(|said| said.trim().to_owned());
        let changed = self.paths(&[
            "status",
            "--porcelain=v1",
            "-z",
            "--no-renames",
            "--untracked-files=normal",
        ])?;
        Ok(Tree {
            branch,
            commit,
            changed: changed
                .iter()
                .filter_map(|line| line.get(3..).map(str::to_owned))
                .collect(),
        })
    }

    fn tracked(&self) -> Result<Vec<String>, Failure> {
        self.paths(&["ls-files", "-z", "--full-name"])
    }

    fn who(&self) -> Option<String> {
        let ident = self.ask(&["var", "GIT_COMMITTER_IDENT"]).ok()?;
        let end = ident.rfind('>')?;
        Some(ident[..=end].to_owned())
    }

    fn address(&self) -> Result<Option<String>, Failure> {
        let found = self.ask(&["config", "--get", "remote.origin.url"]).ok();
        Ok(found
            .map(|said| said.trim().to_owned())
            .filter(|address| !address.is_empty()))
    }

    fn own_folder(&self) -> Result<PathBuf, Failure> {
        let said = self.ask(&["rev-parse", "--absolute-git-dir"])?;
        Ok(PathBuf::from(said.trim_end_matches(['\n', '\r'])))
    }

    fn remote(&self) -> Result<Vec<(String, String)>, Failure> {
        let listed = self.ask(&["ls-remote", "--quiet", "--heads", "--tags", "origin"]);
        let listed = listed.map_err(|failure| {
            failure.help("`git remote -v` names `origin`; can you fetch from it?")
        })?;
        let mut found: Vec<(String, String)> = Vec::new();
        for (id, name) in listed.lines().filter_map(|line| line.split_once('\t')) {
            match name.strip_suffix("^{}") {
                // The commit behind an annotated tag follows the tag itself.
                Some(name) => found
                    .iter_mut()
                    .filter(|(known, _)| known == name)
                    .for_each(|(_, at)| *at = id.to_owned()),
                None => found.push((name.to_owned(), id.to_owned())),
            }
        }
        Ok(found)
    }

    fn default_branch(&self) -> Result<Option<String>, Failure> {
        let said = self.ask(&["ls-remote", "--quiet", "--symref", "origin", "HEAD"])?;
        let mut lines = said.lines();
        Ok(lines.find_map(|line| {
            let name = line.strip_prefix("ref: refs/heads/")?;
            Some(name.split_once('\t')?.0.to_owned())
        }))
    }

    fn commit_of(&self, name: &str) -> Result<Option<String>, Failure> {
        let whole = format!("{}^{{commit}}", plain(name)?);
        Ok(self
            .ask(&[
                "rev-parse",
                "--verify",
                "--quiet",
                "--end-of-options",
                &whole,
            ])
            .ok()
            .map(|said| said.trim().to_owned()))
    }

    fn fetch(&self) -> Result<(), Failure> {
        self.ask(&[
            "fetch",
            "--quiet",
            "--tags",
            "origin",
            "+refs/heads/*:refs/remotes/origin/*",
        ])
        .map(|_| ())
        .map_err(|failure| {
            let help = if failure.what.contains("clobber") {
                "a tag here leads elsewhere than at `origin`: find out who moved it"
            } else {
                "`git remote -v` names `origin`; can you fetch from it?"
            };
            failure.help(help)
        })
    }

    fn changed_between(&self, from: &str, to: &str) -> Result<Vec<String>, Failure> {
        let between = format!("{}...{}", plain(from)?, plain(to)?);
        self.paths(&[
            "diff",
            "--name-only",
            "--no-renames",
            "-z",
            "--end-of-options",
            &between,
            "--",
        ])
    }

    fn merge_base(&self, one: &str, other: &str) -> Result<Option<String>, Failure> {
        let found = self.ask(&["merge-base", plain(one)?, plain(other)?]);
        Ok(found.ok().map(|said| said.trim().to_owned()))
    }

    fn first_parents(&self, commit: &str, most: usize) -> Result<Vec<String>, Failure> {
        let most = format!("--max-count={most}");
        let all = self.ask(&[
            "rev-list",
            "--first-parent",
            &most,
            "--end-of-options",
            plain(commit)?,
            "--",
        ])?;
        Ok(all.lines().map(str::to_owned).collect())
    }

    fn contains(&self, commit: &str, ancestor: &str) -> Result<bool, Failure> {
        let mut command = git(&self.0);
        command.args([
            "merge-base",
            "--is-ancestor",
            plain(ancestor)?,
            plain(commit)?,
        ]);
        command
            .output()
            .map(|output| output.status.success())
            .map_err(|error| Failure::new(format!("cannot run `git`: {error}")))
    }

    fn file(&self, commit: &str, path: &str) -> Result<Option<Vec<u8>>, Failure> {
        file_at_root(&self.0, plain(commit)?, path)
    }

    fn commit(&self, files: &[PathBuf], message: &str) -> Result<(), Failure> {
        let mut command = git(&self.0);
        command
            .args(["commit", "--quiet", "--message", message, "--only", "--"])
            .args(files);
        output(command, &self.0).map(|_| ())
    }

    fn tag(&self, name: &str, commit: &str, message: &str) -> Result<(), Failure> {
        self.ask(&[
            "tag",
            "--annotate",
            "--cleanup=verbatim",
            "--message",
            message,
            plain(name)?,
            plain(commit)?,
        ])
        .map(|_| ())
    }

    fn push(&self, what: &str) -> Result<(), Failure> {
        for name in what.split(':') {
            plain(name)?;
        }
        self.ask(&["push", "--quiet", "--no-verify", "origin", what])
            .map(|_| ())
            .map_err(|failure| {
                failure.help("its own words are above: it has something else there, or a rule of it does not let you push")
            })
    }

    fn merged(&self, into: &str, commit: &str, message: &str) -> Result<String, Failure> {
        let tree = self.ask(&["merge-tree", "--write-tree", plain(into)?, plain(commit)?]);
        let tree = tree.map_err(|_| {
            Failure::new("the two cannot be merged: they change the same lines")
                .help("bring the branch up to date with main, then run this again")
        })?;
        let tree = tree.lines().next().unwrap_or("").trim().to_owned();
        Ok(self
            .ask(&[
                "commit-tree",
                &tree,
                "-p",
                into,
                "-p",
                commit,
                "-m",
                message,
            ])?
            .trim()
            .to_owned())
    }

    fn bring_up(&self, branch: &str) -> Result<(), Failure> {
        let name = branch.trim_start_matches("refs/heads/");
        if self.tree()?.branch.as_deref() != Some(name) {
            return Err(Failure::new(format!("`{name}` is not checked out")));
        }
        self.ask(&[
            "merge",
            "--quiet",
            "--ff-only",
            &format!("refs/remotes/origin/{}", plain(name)?),
        ])
        .map(|_| ())
    }

    fn check_out(&self, name: &str) -> Result<(), Failure> {
        self.ask(&[
            "-c",
            "advice.detachedHead=false",
            "-c",
            "core.autocrlf=false",
            "-c",
            "core.eol=lf",
            "checkout",
            "--quiet",
            plain(name)?,
            "--",
        ])
        .map(|_| ())
        .map_err(|failure| failure.help("look at `git status`: a changed file stands in the way"))
    }
}

/// The repository that a folder lies in.
pub fn open(folder: &Path) -> Git {
    Git(folder.to_path_buf())
}
