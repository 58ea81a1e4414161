//! Who is told: customers, their recipients, and the kinds of notice each wants.

use crate::model::Version;

#[derive(Clone, Debug)]
pub struct Customer {
    pub id: String,
    pub name: String,
    /// The last version that the customer is known to run.
    pub running: Option<Version>,
    pub recipients: Vec<Recipient>,
}

/// One address of one customer.
#[derive(Clone, Debug)]
pub struct Recipient {
    pub name: Option<String>,
    pub address: String,
    /// The last version that is known to run where this recipient is.
    pub running: Option<Version>,
    /// The same mailbox stands at another customer, too.
    pub elsewhere: bool,
    /// Empty means all.
    pub kinds: Vec<NoticeKind>,
}

impl Recipient {
    pub fn wants(&self, kind: NoticeKind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoticeKind {
    Release,
    Security,
    Withdrawal,
    EndOfSupport,
    PreAnnouncement,
    /// Something found after the release, for those who run it.
    KnownIssue,
}

impl NoticeKind {
    pub const ALL: [NoticeKind; 6] = [
        NoticeKind::Release,
        NoticeKind::Security,
        NoticeKind::Withdrawal,
        NoticeKind::EndOfSupport,
        NoticeKind::PreAnnouncement,
        NoticeKind::KnownIssue,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            NoticeKind::Release => "release",
            NoticeKind::Security => "security",
            NoticeKind::Withdrawal => "withdrawal",
            NoticeKind::EndOfSupport => "end-of-support",
            NoticeKind::PreAnnouncement => "pre-announcement",
            NoticeKind::KnownIssue => "known-issue",
        }
    }

    pub fn read(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text.trim())
    }
}
