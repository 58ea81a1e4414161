//! Messages as files. Nobody is told anything by them.

use std::path::PathBuf;

use crate::world::live::disk;
use crate::world::{Connection, Envelope, Failure, Outcome, Transport};

#[derive(Clone)]
pub struct Folder(pub PathBuf);

impl Transport for Folder {
    fn connect(&self) -> Result<Box<dyn Connection>, Failure> {
        Ok(Box::new(self.clone()))
    }
}

impl Connection for Folder {
    fn send(&mut self, envelope: &Envelope, _: Option<&Envelope>) -> Outcome {
        let path = self.0.join(&envelope.name);
        match disk::write(&path, &envelope.message) {
            Ok(()) => Outcome::Written(path.display().to_string()),
            Err(failure) => Outcome::Stop(failure.what),
        }
    }

    fn is_good(&self) -> bool {
        true
    }
}
