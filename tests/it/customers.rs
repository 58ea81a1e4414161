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
