//! Messages as files. Nobody is told anything by them.

use std::path::PathBuf;

use crate::adapters::disk;
use crate::adapters::mail::reactor::{Blocking, blocking};
use crate::ports::mail::NoConnection;
use crate::ports::{Connection, Envelope, Going, Outcome, Transport};

#[derive(Clone)]
pub struct Folder(pub PathBuf);

impl Transport for Folder {
    fn connect(&self) -> Going<'_, Result<Box<dyn Connection>, NoConnection>> {
        Box::pin(async { Ok(blocking(self.clone())) })
    }
}

impl Blocking for Folder {
    fn send(&self, envelope: &Envelope) -> Outcome {
        let path = self.0.join(&envelope.name);
        match disk::write_private(&path, &envelope.message) {
            Ok(()) => Outcome::Written(path.display().to_string()),
            Err(failure) => Outcome::Stop(failure.what),
        }
    }
}
