//! Messages, read back by a parser that is not ours.

use chrono::NaiveDate;
use mail_parser::{MessageParser, MimeHeaders};
use tidings::documents::{About, Addressed, Addressee, Notice, Standpoint};
use tidings::model::{NoticeKind, Support};
use tidings::notify::{Letters, Message, Sender, compose, identity};
use tidings::render::Engine;

use crate::fixture::{TOML, read, version};

const LOG: &str = "## 1.1.0 - 2026-02-01\n\nA secret word: marmalade.\n\n### Required action\n\n- Run it.\n\n## 1.0.0 - 2026-01-01\n\nT.\n";

fn notice(kind: NoticeKind, running: Option<&str>, name: Option<&str>, address: &str) -> Addressed {
    let bootstrap = read(TOML, LOG);
    let day: NaiveDate = "2026-02-01".parse().unwrap();
    let support = Support::on(&bootstrap.history, day);
    let at = Standpoint::new(&bootstrap.config.product, &bootstrap.history, &support);
    let release = bootstrap.history.release(&version("1.1.0")).unwrap();
    let running = running.map(version);
    let to = Addressee {
        customer: "globex".into(),
        customer_name: "Globex".into(),
        name: name.map(str::to_owned),
        address: address.into(),
        running: running.as_ref().map(|v| v.to_string()),
    };
    Notice::of(
        at,
        About {
            kind,
            release,
            window: None,
            issue: None,
        },
        running.as_ref(),
        to,
    )
    .into()
}

fn composed(notice: &Addressed) -> Result<Vec<u8>, String> {
    let engine = Engine::new(Vec::new()).unwrap();
    let sender = Sender::read(
        "Acme Releases <releases@acme.example>",
        Some("support@acme.example"),
        None,
    )
    .unwrap();
    let letter = Letters::new(&engine).of(notice).unwrap();
    compose(
        &sender,
        &Message {
            notice,
            letter: &letter,
            id: &identity("", notice, ""),
            date: "2026-02-01T12:00:00Z".parse().unwrap(),
        },
    )
}

#[test]
fn a_message_has_what_the_standards_ask_for() {
    let bytes = composed(&notice(
        NoticeKind::Release,
        Some("1.0.0"),
        Some("Élodie Exemple"),
        "elodie@globex.example",
    ))
    .unwrap();
    let message = MessageParser::default().parse(&bytes).unwrap();
    assert_eq!(
        message.subject(),
        Some("Acme Agent 1.1.0: business hours, 1 action needed")
    );
    assert_eq!(
        message.to().unwrap().first().unwrap().address(),
        Some("elodie@globex.example")
    );
    assert_eq!(
        message.to().unwrap().first().unwrap().name(),
        Some("Élodie Exemple")
    );
    assert_eq!(message.date().unwrap().to_rfc3339(), "2026-02-01T12:00:00Z");
    assert_eq!(
        message.header_raw("Auto-Submitted").map(str::trim),
        Some("auto-generated")
    );
    assert!(
        message
            .header_raw("List-Id")
            .unwrap()
            .contains("releases.acme-agent.acme.example")
    );
    assert!(message.message_id().unwrap().ends_with("@acme.example"));
    assert!(
        message
            .content_type()
            .unwrap()
            .attribute("boundary")
            .is_some()
    );
    let (text, html) = (message.body_text(0).unwrap(), message.body_html(0).unwrap());
    assert!(text.lines().count() < 15, "{text}");
    for said in [
        "1.1.0",
        "https://github.com/acme/agent-bootstrap/releases/tag/v1.1.0",
        "https://guide.acme.example/upgrade/1.0.0.html",
    ] {
        assert!(text.contains(said) && html.contains(said), "{said}");
    }
    assert!(
        !text.contains("marmalade") && !html.contains("marmalade"),
        "the note's text is not repeated"
    );
    for remote in ["<img", "<link", "@import", "url("] {
        assert!(!html.contains(remote), "{remote}");
    }
}

#[test]
fn the_same_notice_has_the_same_bytes_and_another_recipient_another_id() {
    let one = notice(NoticeKind::Release, Some("1.0.0"), None, "a@x.example");
    assert_eq!(composed(&one), composed(&one));
    let id = |notice: &Addressed| {
        MessageParser::default()
            .parse(&composed(notice).unwrap())
            .unwrap()
            .message_id()
            .unwrap()
            .to_owned()
    };
    let other = notice(NoticeKind::Release, Some("1.0.0"), None, "b@x.example");
    let security = notice(NoticeKind::Security, Some("1.0.0"), None, "a@x.example");
    assert_ne!(id(&one), id(&other));
    assert_ne!(id(&one), id(&security));
    assert_eq!(
        id(&one),
        id(&notice(
            NoticeKind::Release,
            Some("1.0.0"),
            Some("Ada"),
            "A@x.example"
        )),
        "case makes no other recipient"
    );
}

#[test]
fn every_line_ends_in_crlf_and_is_short_enough() {
    let bytes = composed(&notice(
        NoticeKind::Withdrawal,
        Some("1.1.0"),
        None,
        "a@x.example",
    ))
    .unwrap();
    let bare = bytes.iter().enumerate().any(|(at, byte)| {
        (*byte == b'\n' && bytes[at - 1] != b'\r')
            || (*byte == b'\r' && bytes.get(at + 1) != Some(&b'\n'))
    });
    assert!(!bare, "no bare CR or LF");
    assert!(
        bytes
            .split(|byte| *byte == b'\n')
            .all(|line| line.len() <= 998)
    );
}

#[test]
fn header_injection_is_refused() {
    for (name, address) in [
        (Some("Ada\r\nBcc: b@y.example"), "a@x.example"),
        (Some("Ada\0"), "a@x.example"),
        (None, "a@x.example\r\nBcc: b@y.example"),
    ] {
        assert!(
            composed(&notice(NoticeKind::Release, None, name, address)).is_err(),
            "{name:?} {address}"
        );
    }
    assert!(Sender::read("Acme\r\nBcc: x@y.example <a@acme.example>", None, None).is_err());
    assert!(Sender::read("nobody", None, None).is_err());
}

#[test]
fn the_situation_is_the_customers_own() {
    let said = |running: Option<&str>| {
        notice(NoticeKind::Release, running, None, "a@x.example")
            .says
            .situation
            .join(" ")
    };
    assert!(said(Some("1.0.0")).starts_with("You run 1.0.0: 1 required action on the way."));
    assert_eq!(
        said(Some("1.1.0")),
        "You already run 1.1.0. There is nothing to do."
    );
    assert!(said(None).contains("Coming from 1.0.0, there is 1 required action."));
    assert!(
        said(Some("7.0.0")).contains("Coming from 1.0.0"),
        "a version that never was is not known"
    );
    let subject = Engine::new(Vec::new())
        .unwrap()
        .render(
            "mail/subject.txt",
            &notice(NoticeKind::Security, Some("1.0.0"), None, "a@x.example").whole(),
        )
        .unwrap();
    assert!(subject.starts_with("[Security] "));
}

#[test]
fn an_end_of_support_is_told_only_where_it_has_a_date() {
    let log = "## 1.2.0 - 2026-03-01\n\nT.\n\n## 1.1.0 - 2026-02-01\n\nT.\n\n## 1.0.0 - 2026-01-01\n\nT.\n";
    let bootstrap = read(TOML, log);
    let support = Support::on(&bootstrap.history, "2026-03-02".parse().unwrap());
    let at = Standpoint::new(&bootstrap.config.product, &bootstrap.history, &support);
    let release = bootstrap.history.release(&version("1.2.0")).unwrap();
    let about = |kind| About {
        kind,
        release,
        window: None,
        issue: None,
    };
    let concerns = |running: Option<&str>| {
        let about = about(NoticeKind::EndOfSupport);
        Notice::concerns(at, about, running.map(version).as_ref())
    };
    assert!(concerns(Some("1.0.0")) && !concerns(Some("1.1.0")) && !concerns(None));
    assert!(Notice::concerns(at, about(NoticeKind::Release), None));
}

#[test]
fn a_template_that_addresses_the_recipient_makes_a_letter_for_each() {
    let text = |body: &str| {
        (
            "mail/notice.txt".to_owned(),
            tidings::diag::Text::new("mail/notice.txt", body),
        )
    };
    let two = ["ada@a.example", "bob@b.example"]
        .map(|address| notice(NoticeKind::Release, Some("1.0.0"), None, address));
    for (body, personal) in [
        ("{{ version }} to you", false),
        (
            "{{ subject | default(value='x') | replace(from='a', to='b') }}",
            false,
        ),
        ("{{ to.address }}", true),
        ("{% if to.name %}x{% endif %}{{ version }}", true),
        ("{% set who = to %}{{ who.address }}", true),
        ("{{ version | replace(from='}}', to=to.address) }}", true),
        ("{% include \"partials/action.txt\" %}", true),
    ] {
        let engine = Engine::new(vec![text(body)]).unwrap();
        assert_eq!(engine.may_use("mail/notice.txt", "to"), personal, "{body}");
        if body.contains("address }}") {
            let letters = Letters::new(&engine);
            let [one, other] = two
                .each_ref()
                .map(|notice| letters.of(notice).unwrap().text.clone());
            assert!(
                one.contains("ada@") && other.contains("bob@"),
                "{one} {other}"
            );
        }
    }
}

/// The fields of a message to Ada, from a sender.
fn fields_from(from: &str, signature: Option<tidings::notify::Signature>) -> String {
    let mut sender = Sender::read(from, None, None).unwrap();
    sender.signature = signature;
    let notice = notice(
        NoticeKind::Release,
        Some("1.0.0"),
        Some("Ada"),
        "ada@x.example",
    );
    let engine = Engine::new(Vec::new()).unwrap();
    let letter = Letters::new(&engine).of(&notice).unwrap();
    let message = Message {
        notice: &notice,
        letter: &letter,
        id: "0123456789abcdef",
        date: chrono::DateTime::UNIX_EPOCH,
    };
    let bytes = tidings::notify::compose(&sender, &message).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    text.split("\r\n\r\n").next().unwrap().to_owned()
}

#[test]
fn a_senders_name_is_quoted_only_where_it_must_be_and_its_domain_is_ascii() {
    for (written, field) in [
        (
            "Acme Releases <a@acme.example>",
            "From: Acme Releases <a@acme.example>",
        ),
        (
            "Acme.io <a@acme.example>",
            "From: \"Acme.io\" <a@acme.example>",
        ),
        (
            "\"Acme, Inc.\" <a@acme.example>",
            "From: \"Acme, Inc.\" <a@acme.example>",
        ),
        (
            "\"Acme Releases\" <a@acme.example>",
            "From: Acme Releases <a@acme.example>",
        ),
        ("a@acme.example", "From: a@acme.example"),
        (
            "Müller <news@bücher.example>",
            "From: =?utf-8?B?TcO8bGxlcg==?= <news@xn--bcher-kva.example>",
        ),
    ] {
        let fields = fields_from(written, None);
        assert!(fields.contains(&format!("{field}\r\n")), "{fields}");
        assert!(
            fields.is_ascii() && fields.contains("X-Auto-Response-Suppress: OOF, AutoReply\r\n")
        );
        for name in ["Message-ID", "List-Id"] {
            assert!(fields.contains(&format!("{name}: <")), "{fields}");
        }
    }
    for (key, from, reply_to) in [
        ("`from`", "Acme, Inc. <a@acme.example>", None),
        (
            "`reply_to`",
            "a@acme.example",
            Some("Acme, Inc. <a@acme.example>"),
        ),
    ] {
        let why = Sender::read(from, reply_to, None).unwrap_err();
        assert!(why.contains(key) && why.contains("quote the name"), "{why}");
    }
}

#[test]
fn a_signature_covers_each_field_once_more_than_it_is_there() {
    let document =
        ring::signature::Ed25519KeyPair::generate_pkcs8(&ring::rand::SystemRandom::new());
    let body = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        document.unwrap().as_ref(),
    );
    let key = format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n");
    let signature = tidings::notify::Signature::new("acme.example", "s", &key).unwrap();
    let fields = fields_from("A <a@acme.example>", Some(signature));
    let signed: String = fields
        .split("h=")
        .nth(1)
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .split_whitespace()
        .collect();
    let signed: Vec<&str> = signed.split(':').collect();
    let times = |name: &str| signed.iter().filter(|known| **known == name).count();
    for name in [
        "From",
        "To",
        "Subject",
        "Date",
        "MIME-Version",
        "Content-Type",
        "Message-ID",
    ] {
        assert_eq!(times(name), 2, "{name}: {signed:?}");
    }
    assert_eq!(
        times("Reply-To"),
        1,
        "one that is not there cannot be added"
    );
}
