//! The transport that is configured.

use crate::world::live::mail::folder::Folder;
use crate::world::live::mail::sendmail::Sendmail;
use crate::world::live::mail::smtp::Smtp;
use crate::world::{Failure, Transport, TransportKind};

pub fn open(kind: &TransportKind) -> Result<Box<dyn Transport>, Failure> {
    Ok(match kind {
        TransportKind::Folder(folder) => Box::new(Folder(folder.clone())),
        TransportKind::Smtp(server) => Box::new(Smtp::new(server)?),
        TransportKind::Sendmail(program) => Box::new(Sendmail(program.clone())),
    })
}
