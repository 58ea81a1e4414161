//! Every finding code there is, how grave it usually is, and what it says. The book's page of codes is made from this.

use crate::diag::Severity;

/// What the book says about a code.
pub struct Documented {
    pub code: Code,
    pub name: &'static str,
    pub severity: Severity,
    pub meaning: &'static str,
}

macro_rules! codes {
    ($($code:ident $name:literal $severity:ident $meaning:literal)*) => {
        /// A stable, lowercase name of a kind of finding.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($code),* }

        /// All codes, in the order of the book.
        pub const DOCUMENTED: &[Documented] = &[
            $(Documented { code: Code::$code, name: $name, severity: Severity::$severity, meaning: $meaning }),*
        ];
    };
}

codes! {
    NotUtf8 "not-utf8" Error "The file is not UTF-8 text. The place is the first byte that is not."
    ConfigSyntax "config-syntax" Error "The configuration file is not valid TOML."
    ConfigUnknownKey "config-unknown-key" Error "A key that tidings does not know. Often a misspelling."
    ConfigValue "config-value" Error "A key has a value of the wrong type, or one that makes no sense there."
    PathOutside "path-outside" Error "A path in `tidings.toml`, or a link in the repository, leads out of the repository. What others can propose names no file of the machine that reads it."
    ChangelogEmpty "changelog-empty" Error "No heading of the changelog names a version."
    EntryMissing "entry-missing" Error "The changelog has no entry for the release at hand. No note is made of nothing."
    EntryEmpty "entry-empty" Error "The entry has a heading and nothing under it."
    EntryDuplicate "entry-duplicate" Warning "Two entries name the same version. Both are read, as one."
    EntryContradiction "entry-contradiction" Error "Two entries of one version contradict each other: another date, or `Nothing` beside a required action. In old history this warns."
    EntryUndated "entry-undated" Error "The heading has no date, or none that can be read. In old history this warns."
    EntryFuture "entry-future" Error "The entry is dated after today."
    EntryUnordered "entry-unordered" Error "The date is earlier than that of a lower version in the same line, or the entry stands below an older one. In old history this warns."
    EntryScheme "entry-scheme" Warning "The version does not fit the scheme of the policy."
    EntryStranded "entry-stranded" Warning "`[Unreleased]` holds required actions while a release is being made: they would reach nobody."
    SummaryMissing "summary-missing" Error "The entry starts with a list or a sub-heading. The summary is the paragraph that customers read first."
    SummaryWindow "summary-window" Warning "The summary speaks of another moment to install than the release asks for: no work, or business hours, where a maintenance window or an action is due."
    SummaryLong "summary-long" Warning "The summary has more than two sentences."
    CodeReference "code-reference" Warning "An identifier, path, function name, ticket, `@mention`, commit hash or pull request number in text for customers."
    Placeholder "placeholder" Error "`TODO`, `TBD` or the like in text for customers."
    PrivateHost "private-host" Error "A link or name that only the vendor's own network knows."
    LinkBroken "link-broken" Error "A relative link that leads to no file of the bootstrap repository or no page of the guide, a link of a kind that documents do not follow, or, with `--online`, an address that does not answer."
    ActionMissing "action-missing" Error "The bump says that customers must do something, and the entry has no *Required action*. Write `Nothing` if there is none."
    ActionContradiction "action-contradiction" Error "*Required action* says `Nothing` and names an action all the same."
    ActionVerb "action-verb" Warning "A required action does not start with a verb in the imperative."
    ActionLink "action-link" Warning "A required action does not link to the exact change."
    ReplacesNothing "replaces-nothing" Warning "A line `Replaces:` names no required action of an earlier release, so it takes nothing away."
    LabelTwice "label-twice" Error "A label that holds one value (`Change:`, `Check:`, `Downtime:` …) stands twice in an item."
    SectionUnread "section-unread" Warning "A heading or item looks like a required action, a breaking change or a known issue, and is not read as one. An error where the release note would say that there is nothing to do."
    LabelUnreadable "label-unreadable" Error "A labelled line (`Downtime:`, `Window:`, `Rollback:`, `Fixed in:`) has a value that cannot be read."
    IssueField "issue-field" Error "A known issue lacks a field, or has one that cannot be read."
    IssueDuplicate "issue-duplicate" Error "Two known issues have the same id."
    IssueRange "issue-range" Error "A range of a known issue holds nothing, overlaps another, or ends at a version that was never released. Releases above a fix that came out before it warn."
    AppliesNobody "applies-nobody" Error "`Applies to:` begins as a range or list of versions and is none, or matches no release below, so that nobody would be told. In old history this warns."
    IssueReason "issue-reason" Error "A known issue advises `no` or `ask` about rolling back without a reason."
    PinMissing "pin-missing" Error "There is no pin for the release at hand: neither at its tag nor in the working tree."
    PinUnreadable "pin-unreadable" Error "The pin file cannot be read in its format. At an old tag this warns."
    PinField "pin-field" Error "The pin lacks a fact, or has one that cannot be read."
    PinPrimary "pin-primary" Error "A pin of several images does not say which is the primary one, whose `/version` answers."
    PinVersion "pin-version" Error "The pin's version disagrees with its tag or with the release."
    DigestTag "digest-tag" Error "A tag stands where a digest belongs. A tag can be moved; a digest cannot."
    DigestMalformed "digest-malformed" Error "The digest is not `sha256:` and 64 lowercase hexadecimal digits."
    DigestReused "digest-reused" Warning "Two releases pin the same digest, so `/version` cannot tell them apart."
    IdentityMissing "identity-missing" Warning "The pin names no signer, so nobody can verify the image."
    IdentityUnanchored "identity-unanchored" Error "The identity expression is not anchored with `^` and `$`. cosign searches for it anywhere in the identity."
    IdentityUnescaped "identity-unescaped" Error "A `.` in the identity expression is not escaped and matches any character."
    IdentityWide "identity-wide" Error "The identity expression accepts another tag, workflow or repository than this release's."
    PolicyStop "policy-stop" Warning "The policy has a mandatory stop. Every release should be installable from every other."
    PolicyVersion "policy-version" Error "The policy names a version or line that cannot be read in its scheme, was never released, or has no effect."
    TagMissing "tag-missing" Warning "A release of the changelog has no tag in the bootstrap repository, so nobody can install it."
    TagWithoutEntry "tag-without-entry" Warning "A tag names a version that the changelog does not have."
    ReadmeVersion "readme-version" Warning "The README names, outside the generated blocks, a release that is not the newest, or that was withdrawn. Customers copy commands from there."
    TagGone "tag-gone" Error "A released tag is gone, or leads elsewhere, here or at `origin`: changelog, ledger or registry know that it was released. Customers go back to it."
    DigestGone "digest-gone" Error "The registry no longer has a published digest, or the ledger has another one for the release."
    TagChanged "tag-changed" Warning "The changelog at the release's tag has another entry for it than the changelog of today."
    VersionUnknown "version-unknown" Error "The version named is neither in the changelog nor a tag."
    CustomerField "customer-field" Error "A line of the customers file lacks a field, or has one that cannot be read."
    CustomerAddress "customer-address" Error "An e-mail address that is none, or that holds control characters."
    CustomerDuplicate "customer-duplicate" Error "The same mailbox, in whatever spelling, or the same customer id, twice. One person at two customers warns: they are told once, of both."
    CustomerContradiction "customer-contradiction" Error "Two rows of one customer say that it runs different versions: one of the two mails would be wrong."
    CustomerColumn "customer-column" Warning "A column of the customers file that tidings does not read."
    CustomerVersion "customer-version" Warning "A customer runs a version that was never released."
    CustomersTracked "customers-tracked" Error "The customers file is tracked by git in the bootstrap repository, where every customer can read it."
    TemplateBroken "template-broken" Error "A template of yours cannot be read or rendered."
    PageFrontMatter "page-front-matter" Error "The front matter of a page in `content/` cannot be read, or has a key that tidings does not know."
    PageDuplicate "page-duplicate" Error "Two pages of the guide would have the same address."
    PageLarge "page-large" Warning "A page of the guide is larger than 64 KiB: too much for a phone at night."
    GateTag "gate-tag" Error "The release may not be published: its tag is not at the remote, has moved, or holds another pin."
    GateSmoke "gate-smoke" Error "The release may not be public: no smoke test has passed for this tag, commit and digest."
    GateWithdrawn "gate-withdrawn" Error "The release was withdrawn, so it is not published."
    GatePage "gate-page" Error "Customers may not be told yet: the release page is not public, or says something else than the note."
    GateLedger "gate-ledger" Error "The page was public before this ledger was there: who was told may be written in another one."
    PageDiverged "page-diverged" Error "The release page is public and says something else than the sources. Nothing was changed."
    PageMissing "page-missing" Error "There is no release page, or it is a draft still."
    Asset "asset" Error "A file to attach is missing, empty, unreadable, there twice, or has a name that forges change."
    SbomUnreadable "sbom-unreadable" Error "A bill of materials among the files of a release cannot be read: its JSON or XML is broken, nested too deeply, or has a field twice."
    SbomUnknown "sbom-unknown" Warning "A file looks like a bill of materials and was not read: it has no form that tidings knows, is no UTF-8, or is too large."
    SbomSubject "sbom-subject" Error "The bill of materials names another image than the pin."
    VersionElsewhere "version-elsewhere" Error "The version stands in another file too, and would stay behind there."
    EntryLevel "entry-level" Error "The entry holds more than the level of the release allows: a new feature or a breaking change in a patch."
    GatePreflight "gate-preflight" Error "The release may not be cut: the checklist has not passed for this commit."
    PipelineFailed "pipeline-failed" Error "The release pipeline broke off. The end of its log stands beside it."
    ReviewFailed "review-failed" Error "The proposed pin is not what it should be, and was not merged."
    RollbackTarget "rollback-target" Error "There is no release to go back to, or the one named was withdrawn, has no tag here, or holds no pin. Nothing was changed."
    RollbackFailed "rollback-failed" Error "A step of going back did not do what it should. The clone is at the older release."
    SmokeFailed "smoke-failed" Error "A step of the smoke test did not do what it should. Customers are not told."
    ReadmeMarker "readme-marker" Error "The README has no pair of markers for a generated block, or has one end of it only."
    InstallNotesDrift "install-notes-drift" Error "`install-notes.tsv`, which the install script reads, does not say what the release asks."
    ReadmeDrift "readme-drift" Error "A generated block of the README is not what would be generated today."
}

impl Code {
    pub fn as_str(self) -> &'static str {
        self.documented().name
    }

    pub fn severity(self) -> Severity {
        self.documented().severity
    }

    fn documented(self) -> &'static Documented {
        &DOCUMENTED[self as usize]
    }
}
