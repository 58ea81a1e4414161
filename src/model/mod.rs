//! Nouns and pure rules: what a release is, what is supported, what an upgrade asks, where a rollback goes.
//!
//! No I/O, no clock: a date is always given.

mod address;
mod applies;
mod changelog;
mod colour;
mod customer;
mod delivery;
mod history;
mod identity;
mod issue;
mod mailbox;
mod matching;
mod notes;
mod pep440;
mod pin;
mod policy;
mod product;
mod signer;
mod support;
mod upgrade;
mod version;
mod ways;
mod window;

pub use address::{GuidePage, INSTALL_NOTES};
pub use applies::{Applies, VersionSet};
pub use changelog::{Also, Changelog, Entry, Item, References, Section, SectionKind, words_of};
pub use colour::{CONTRAST, Colour, DARK_GROUND, LIGHT_GROUND};
pub use customer::{Customer, NoticeKind, Recipient};
pub use delivery::{Delivery, DeliveryBatch, DeliveryState, NewDelivery};
pub use history::{History, Release, Tag};
pub use identity::{IdentityFlaw, identity_flaws};
pub use issue::{Affected, AffectedRange, Decision, KnownIssue, RollbackAdvice, decide};
pub use mailbox::{folded, wire};
pub use matching::{EMPTY_WORDS, Evidence, Match, Matcher, SAME_WORDS};
pub use notes::{Action, Actions, Change, Minutes, Notes, Replaced};
pub use pin::{Digest, DigestFlaw, Image, Pin, Role, Signer};
pub use policy::{Extended, LevelRule, Policy};
pub use product::{Bootstrap, Contact, Product};
pub use signer::{SignerFlaw, exact_identity, lasting, literal, signer_flaw};
pub use support::{End, LineSupport, Status, Support};
pub use upgrade::{Hop, Removed, UpgradePath, Upgrades};
pub use version::{CalverFormat, Level, Line, Scheme, Version};
pub use ways::Leave;
pub use window::InstallWindow;
