//! What is said, and to whom: each document as a typed value, the contract of `--format json`.
//!
//! Made from the model by pure functions; rendered elsewhere. The only types that are published as JSON Schemas.

mod announcement;
mod checklist;
mod context;
mod day;
mod deliveries;
mod endoflife;
mod guide;
mod identification;
mod images;
mod incident;
mod install_notes;
mod known_issues;
mod matrix;
mod note;
mod notice;
mod parts;
mod policy;
mod reading;
mod receipts;
mod support_answer;

mod upgrade;
mod verification;
mod verify;

pub use announcement::Announcement;
pub use checklist::{Answer, Checklist, Row};
pub use context::Context;
pub use day::{OwedPart, PhasePart, ReleaseDay};
pub use deliveries::{Deliveries, DeliveryPart};
pub use endoflife::{EndOfLife, slug};
pub use guide::{
    Accent, GuideFrame, GuideLink, IssueRow, ListPage, Pages, Playbook, PlaybookCommands,
    PlaybookRelease, ReleasePart, ReleaseRow, guide_path,
};
pub use identification::{Identification, Observed};
pub use images::{Images, ListedImage};
pub use incident::{DonePart, Incident, Past, WentBack};
pub use install_notes::install_notes;
pub use known_issues::OsvIssue;
pub use matrix::{Matrix, MatrixRow, dated_end, status_words};
pub use note::ReleaseNote;
pub use notice::{About, Addressed, Addressee, Notice};
pub use parts::{
    ActionPart, ContactPart, IssuePart, ProductPart, RollbackPart, Standpoint, duration,
    spoken_date,
};
pub use policy::PolicyStatement;
pub use reading::{FindingRow, FindingsReport, Reading};
pub use receipts::{ReceiptPart, Receipts, SmokeTest, TimedStep};
pub use support_answer::SupportAnswer;
pub use verify::{ImagePart, VerifyCommand, VerifyPart};

pub use upgrade::{StepPart, UpgradeGuide};
pub use verification::{Verification, VerifiedPart};
