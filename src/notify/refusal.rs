//! About whom a server's no is: judged by stage, basic code and enhanced code, never by words in the text.

use std::ops::RangeInclusive;

use crate::ports::{Refusal, Stage};

/// About whom it is, and what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// There is no such address: it fails, and is not written to any more.
    NoSuchAddress,
    /// This recipient is refused, whatever the reason.
    Recipient,
    /// This recipient has to be asked again later.
    RecipientLater,
    /// This message is refused.
    Message,
    /// The sender, the account, the relay's policy, the way it was sent: nobody can be told before it is mended.
    Us,
    /// Too much, too fast, or a server that is not well: the pace is ours to change.
    Slower,
}

use Verdict::{Message, NoSuchAddress, Recipient, RecipientLater, Slower, Us};

/// One row: where it holds, and from where it is known.
struct Rule {
    /// None are all.
    stages: &'static [Stage],
    codes: RangeInclusive<u16>,
    /// Subject and detail of the enhanced code.
    enhanced: Option<(u16, RangeInclusive<u16>)>,
    verdict: Verdict,
    #[allow(dead_code)]
    source: &'static str,
}

const ANY: &[Stage] = &[];
const BEFORE: &[Stage] = &[Stage::Connect, Stage::Auth, Stage::Mail];
const RCPT: &[Stage] = &[Stage::Recipient];
const LATER: &[Stage] = &[Stage::Recipient, Stage::Data, Stage::End];
const PROGRAM: &[Stage] = &[Stage::Program];
const TEMPORARY: RangeInclusive<u16> = 400..=499;
const PERMANENT: RangeInclusive<u16> = 500..=599;

macro_rules! rules {
    ($($stages:ident $codes:expr, $(($subject:literal, $detail:expr))? => $verdict:ident $source:literal)*) => {
        &[$(Rule {
            stages: $stages,
            codes: $codes,
            enhanced: rules!(@ $(($subject, $detail))?),
            verdict: $verdict,
            source: $source,
        }),*]
    };
    (@ ($subject:literal, $detail:expr)) => { Some(($subject, $detail)) };
    (@) => { None };
}

/// The first row that fits counts.
const RULES: &[Rule] = rules! {
    PROGRAM 65..=65, => Message "sysexits.h: EX_DATAERR"
    PROGRAM 67..=68, => Recipient "sysexits.h: EX_NOUSER, EX_NOHOST"
    PROGRAM 75..=75, => RecipientLater "sysexits.h: EX_TEMPFAIL"
    PROGRAM 0..=u16::MAX, => Us "sysexits.h: the program, its configuration or its machine"

    ANY 421..=421, => Slower "RFC 5321, 3.8 and 4.2.2: the service closes the connection"
    ANY 432..=432, => Slower "Exchange Online: concurrent connections limit exceeded"
    ANY 454..=454, => Slower "RFC 3207 and RFC 4954: not at this time"
    RCPT TEMPORARY, (2, 0..=999) => RecipientLater "RFC 3463, 3.3: the mailbox, full or greylisted"
    ANY TEMPORARY, (3, 2..=2) => Slower "RFC 3463, 3.4: the system does not accept messages at this time"
    ANY TEMPORARY, (3, 1..=1) => Slower "RFC 3463, 3.4: the mail system is full"
    ANY TEMPORARY, (4, 5..=5) => Slower "RFC 3463, 3.5: the mail system is congested"
    ANY TEMPORARY, (5, 3..=3) => Slower "RFC 3463, 3.6: too many recipients for now"
    ANY TEMPORARY, (7, 0..=999) => Slower "RFC 3463, 3.8; Postfix' anvil, Exchange Online: limits of rate"
    RCPT TEMPORARY, (1, 7..=8) => Slower "RFC 3463, 3.2: the sender's address; Postfix says it at RCPT (smtpd_delay_reject)"
    ANY 452..=452, => Slower "RFC 5321, 4.2.2: insufficient storage"
    BEFORE TEMPORARY, => Slower "RFC 5321, 4.2.2: nobody was asked for yet"
    ANY TEMPORARY, => RecipientLater "RFC 5321, 4.2.1"

    BEFORE PERMANENT, (3, 4..=4) => Message "RFC 1870: the message is too large"
    BEFORE 552..=552, => Message "RFC 1870: the message is too large"
    BEFORE PERMANENT, => Us "RFC 5321, 3.3: the sender, the account or the client is refused"
    ANY PERMANENT, (1, 7..=8) => Us "RFC 3463, 3.2: the sender's address; Exchange Online: a banned sender"
    RCPT PERMANENT, (1, 1..=3) => NoSuchAddress "RFC 3463, 3.2: no such mailbox, no such system, no such syntax"
    RCPT PERMANENT, (1, 6..=6) => NoSuchAddress "RFC 3463, 3.2: the mailbox has moved"
    RCPT PERMANENT, (1, 10..=10) => NoSuchAddress "RFC 7505: a null MX"
    ANY PERMANENT, (2, 252..=252) => Us "Exchange Online: sending as somebody else"
    ANY PERMANENT, (4, 5..=5) => Us "Gmail: the daily quota of the sender"
    ANY PERMANENT, (5, 0..=2) => Us "RFC 3463, 3.6: a command that the server does not know"
    ANY PERMANENT, (5, 4..=6) => Us "RFC 3463, 3.6: arguments, version, an exchange of credentials"
    ANY PERMANENT, (7, 3..=3) => Us "Exchange: the client is not permitted to submit"
    ANY PERMANENT, (7, 8..=9) => Us "RFC 4954: credentials"
    ANY PERMANENT, (7, 11..=11) => Us "RFC 4954: encryption is needed"
    ANY PERMANENT, (7, 20..=27) => Us "RFC 7372, RFC 7505; Gmail: the sender's DKIM, SPF, DNS or DMARC"
    ANY PERMANENT, (7, 57..=57) => Us "Exchange Online: the client did not log in"
    ANY PERMANENT, (7, 60..=60) => Us "Exchange Online: no permission to send as this sender"
    ANY PERMANENT, (7, 64..=64) => Us "Exchange Online: relay access denied"
    ANY PERMANENT, (7, 139..=139) => Us "Exchange Online: basic authentication is disabled"
    ANY PERMANENT, (7, 500..=799) => Us "Exchange Online: a blocked sender, address or tenant, and quotas"
    ANY 530..=538, => Us "RFC 4954: credentials or encryption are needed"
    ANY 521..=521, => Us "RFC 7504: the server accepts no mail"
    ANY 500..=504, => Us "RFC 5321, 4.2.2: commands"
    LATER PERMANENT, (3, 4..=4) => Message "RFC 3463, 3.4: the message is too large"
    LATER PERMANENT, (6, 0..=999) => Message "RFC 3463, 3.7: content"
    LATER 552..=552, => Message "RFC 5321, 4.2.2: too large"
    ANY PERMANENT, => Recipient "RFC 5321, 4.2.1: the same for several domains is about us, and looked out for"
};

/// About whom it is.
pub fn verdict(refusal: &Refusal) -> Verdict {
    let fits = |rule: &&Rule| {
        (rule.stages.is_empty() && refusal.stage != Stage::Program
            || rule.stages.contains(&refusal.stage))
            && rule.codes.contains(&refusal.code)
            && rule.enhanced.as_ref().is_none_or(|(subject, details)| {
                refusal.enhanced.is_some_and(|(_, given, detail)| {
                    given == *subject && details.contains(&detail)
                })
            })
    };
    RULES.iter().find(fits).map_or(Us, |rule| rule.verdict)
}
