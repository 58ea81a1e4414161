//! The customers file is hostile until read.

use tidings::diag::Text;
use tidings::sources::customers::read;

use crate::fixture::codes;

fn toml(contact: &str) -> Vec<&'static str> {
    codes(
        &read(&Text::new(
            "customers.toml",
            format!("[[customer]]\nid = \"a\"\n[[customer.contact]]\n{contact}\n"),
        ))
        .1,
    )
}

#[test]
fn addresses_that_cannot_be_sent_to_are_refused() {
    for address in [
        "ada",
        "ada@",
        "@x.example",
        "ada@x",
        "a b@x.example",
        "a@x.example, b@y.example",
        "\\\"a\\\"@x.example",
        "a@[127.0.0.1]",
        "Ada <ada@x.example>",
        "a@x..example",
        "a@x.example.",
    ] {
        assert_eq!(
            toml(&format!("email = \"{address}\"")),
            ["customer-address"],
            "{address}"
        );
    }
    assert_eq!(toml("email = \"ada@bücher.example\""), [""; 0]);
    assert_eq!(toml("email = \"ada+releases@x.example\""), [""; 0]);
}

#[test]
fn line_breaks_cannot_reach_a_header() {
    assert_eq!(
        toml("email = \"a@x.example\\r\\nBcc: b@y.example\""),
        ["customer-address"]
    );
    assert_eq!(
        toml("email = \"a@x.example\"\nname = \"Ada\\nBcc: b@y.example\""),
        ["customer-address"]
    );
    assert_eq!(
        toml("email = \"a@x.example\"\nname = \"Ada\\u0000\""),
        ["customer-address"]
    );
    let csv = "customer,name,email\na,\"Ada\nBcc: x@y.example\",a@x.example\n";
    assert_eq!(
        codes(&read(&Text::new("c.csv", csv)).1),
        ["customer-address"]
    );
}

#[test]
fn nobody_stands_twice() {
    let text = "[[customer]]\nid = \"a\"\n[[customer.contact]]\nemail = \"a@x.example\"\n[[customer]]\nid = \"b\"\n[[customer.contact]]\nemail = \"A@X.example\"\n[[customer]]\nid = \"a\"\n";
    let (customers, findings) = read(&Text::new("customers.toml", text));
    assert_eq!(codes(&findings), ["customer-duplicate"]);
    assert_eq!(findings.len(), 2);
    assert_eq!(findings[0].places().unwrap().0.line, 8);
    assert_eq!(
        customers
            .iter()
            .map(|customer| customer.recipients.len())
            .sum::<usize>(),
        2,
        "one person at two customers is told once, of both"
    );
    assert!(!findings[0].is_error());
}

#[test]
fn other_fields_are_checked_too() {
    assert_eq!(
        toml("email = \"a@x.example\"\nkinds = [\"relese\"]"),
        ["customer-field"]
    );
    assert_eq!(
        toml("email = \"a@x.example\"\nphone = \"1\""),
        ["config-unknown-key"]
    );
    assert_eq!(
        codes(&read(&Text::new("c.toml", "[[customer]]\nid = \"../x\"\n")).1),
        ["customer-field"]
    );
    assert_eq!(
        codes(&read(&Text::new("c.csv", "who,mail\na,b\n")).1),
        ["customer-column", "customer-field"]
    );
    let (_, findings) = read(&Text::new(
        "c.csv",
        "customer,email,runing\na,a@x.example,1\nb,,2\n",
    ));
    assert_eq!(codes(&findings), ["config-unknown-key", "customer-field"]);
    assert_eq!(findings[1].places().unwrap().0.line, 3);
}

/// Address, name, version and kinds of each recipient.
fn rows(csv: &str) -> Vec<(String, String, String, usize)> {
    let (customers, findings) = read(&Text::new("customers.csv", csv));
    assert!(
        findings.iter().all(|finding| !finding.is_error()),
        "{csv}: {:?}",
        codes(&findings)
    );
    let recipients = customers.iter().flat_map(|customer| &customer.recipients);
    recipients
        .map(|who| {
            let running = who.running.as_ref().map(ToString::to_string);
            (
                who.address.clone(),
                who.name.clone().unwrap_or_default(),
                running.unwrap_or_default(),
                who.kinds.len(),
            )
        })
        .collect()
}

#[test]
fn a_sheet_is_read_as_it_was_exported() {
    let ada = |name: &str, running: &str, kinds: usize| {
        vec![(
            "ada@globex.example".to_owned(),
            name.to_owned(),
            running.to_owned(),
            kinds,
        )]
    };
    for csv in [
        "customer;name;email;running;kinds\r\nglobex;Ada;ada@globex.example;2.0.2;\r\n",
        "customer\tname\temail\trunning\tkinds\nglobex\tAda\tada@globex.example\t2.0.2\t\n",
        "sep=;\r\ncustomer;name;email;running\r\nglobex;Ada;ada@globex.example;2.0.2\r\n",
        "\"sep=|\"\ncustomer|name|email|running\nglobex|Ada|ada@globex.example|2.0.2\n",
        "\u{feff}customer,name,email,running,kinds\nglobex,Ada,ada@globex.example,2.0.2,\n,,,,\n,,,,\n",
        "\n;;;\nCustomer ID;Contact Name;E-Mail;Running Version\nglobex;Ada;ada@globex.example;2.0.2\n",
        "email,customer,running\n\"Ada <ada@globex.example>\",globex,2.0.2\n",
        "Email Address,Name,Company,Version\nada@globex.example,Ada,globex,2.0.2\n",
    ] {
        assert_eq!(rows(csv), ada("Ada", "2.0.2", 0), "{csv}");
    }
    for (kinds, wanted) in [
        ("Security", 1),
        ("SECURITY; Release", 2),
        ("end of support", 1),
        ("End_Of_Support|security", 2),
        ("release security", 2),
        ("All", 0),
    ] {
        let csv = format!("customer,email,kinds\nglobex,ada@globex.example,{kinds}\n");
        assert_eq!(rows(&csv), ada("", "", wanted), "{kinds}");
    }
    let more =
        "customer,name,email,running,kinds,notes\nglobex,Ada,ada@globex.example,2.0.2,,hello\n";
    let (_, findings) = read(&Text::new("c.csv", more));
    assert_eq!(codes(&findings), ["customer-column"]);
}

#[test]
fn no_cell_is_ignored_and_each_row_has_its_own_version() {
    let head = "customer,name,email,running,kinds\n";
    let two =
        format!("{head}globex,Ada,ada@globex.example,,\nglobex,Bob,bob@globex.example,1.5.1,\n");
    let versions: Vec<String> = rows(&two).into_iter().map(|row| row.2).collect();
    assert_eq!(versions, ["", "1.5.1"]);
    for (rows, code, line, words) in [
        (
            "g,A,a@g.example,2.0.2,\ng,B,b@g.example,1.5.1,\n",
            "customer-contradiction",
            3,
            "2.0.2 in line 2",
        ),
        (
            "g,A,a@g.example,2.0.2,\ng,B,b@g.example,latest,\n",
            "customer-field",
            3,
            "`latest` is no version",
        ),
        (
            "g,A,a@g.example,,\ng,A,A@G.example,,\n",
            "customer-duplicate",
            3,
            "is the mailbox of line 2, `a@g.example`",
        ),
        (
            "g,A,a@bücher.example,,\ng,A,a@xn--bcher-kva.example,,\n",
            "customer-duplicate",
            3,
            "line 2",
        ),
        (
            "g,A,a@g.example,,,surplus\n",
            "customer-field",
            2,
            "more cells than there are columns",
        ),
        (
            "g,A,a@g.example,,relese\n",
            "customer-field",
            2,
            "is no kind of notice",
        ),
    ] {
        let (_, findings) = read(&Text::new("c.csv", format!("{head}{rows}")));
        let found = findings.first().unwrap();
        assert_eq!(
            (found.code.as_str(), found.places().unwrap().0.line),
            (code, line),
            "{rows}"
        );
        assert!(
            found.is_error() && found.message.contains(words),
            "{}",
            found.message
        );
    }
    let twice = "customer,email,e-mail\ng,a@g.example,b@g.example\n";
    assert_eq!(
        codes(&read(&Text::new("c.csv", twice)).1),
        ["customer-field"]
    );
}
