//! The transport that is configured.

use crate::adapters::mail::folder::Folder;
use crate::adapters::mail::sendmail::Sendmail;
use crate::adapters::mail::smtp::Smtp;
use crate::ports::{Failure, Transport, TransportKind};

pub fn open(kind: &TransportKind) -> Result<Box<dyn Transport>, Failure> {
    Ok(match kind {
        TransportKind::Folder(folder) => Box::new(Folder(folder.clone())),
        TransportKind::Smtp(server) => Box::new(Smtp::new(server)),
        TransportKind::Sendmail(program) => Box::new(Sendmail(program.clone())),
    })
}
