//! A history as `git fast-import` reads it.

use chrono::{DateTime, Utc};

use crate::ports::Files;

/// A commit that replaces the whole tree, and the annotated tag on it.
pub struct Commit {
    pub message: String,
    pub time: DateTime<Utc>,
    pub files: Files,
    pub tag: Option<(String, String)>,
}

pub struct Stream(Vec<u8>);

const AUTHOR: &str = "Acme Releases <releases@acme.example>";

impl Stream {
    /// All commits on `main`, in this order.
    pub fn of(commits: &[Commit]) -> Vec<u8> {
        let mut stream = Stream(Vec::new());
        for (number, commit) in commits.iter().enumerate() {
            stream.commit(number + 1, commit);
        }
        stream.line("done");
        stream.0
    }

    fn line(&mut self, line: &str) {
        self.0.extend_from_slice(line.as_bytes());
        self.0.push(b'\n');
    }

    fn data(&mut self, bytes: &[u8]) {
        self.line(&format!("data {}", bytes.len()));
        self.0.extend_from_slice(bytes);
        self.0.push(b'\n');
    }

    fn commit(&mut self, mark: usize, commit: &Commit) {
        let when = format!("{AUTHOR} {} +0000", commit.time.timestamp());
        self.line("commit refs/heads/main");
        self.line(&format!("mark :{mark}"));
        self.line(&format!("committer {when}"));
        self.data(commit.message.as_bytes());
        if mark > 1 {
            self.line(&format!("from :{}", mark - 1));
        }
        self.line("deleteall");
        for (path, bytes) in &commit.files {
            let mode = if path.ends_with(".sh") {
                "100755"
            } else {
                "100644"
            };
            self.line(&format!("M {mode} inline {path}"));
            self.data(bytes);
        }
        if let Some((tag, message)) = &commit.tag {
            self.line(&format!("tag {tag}"));
            self.line(&format!("from :{mark}"));
            self.line(&format!("tagger {when}"));
            self.data(message.as_bytes());
        }
    }
}
