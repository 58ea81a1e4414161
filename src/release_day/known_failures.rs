//! What usually stops a release pipeline.

const KNOWN: &[(&[&str], &str)] = &[
    (
        &[
            "token has expired",
            "bad credentials",
            "token is expired",
            "http 401",
            "status code 401",
        ],
        "a token has expired: renew the secret that the step uses, then run it again",
    ),
    (
        &["toomanyrequests", "rate limit", "status code 429"],
        "a limit was reached: wait, then run it again",
    ),
    (
        &[
            "denied: ",
            "unauthorized: authentication required",
            "insufficient_scope",
            "403 forbidden",
        ],
        "the registry refused the push: look at the permissions of the pipeline's identity",
    ),
    (
        &["rekor", "fulcio", "transparency log", "tuf"],
        "signing or its public log was not to be had: look at status.sigstore.dev, then run it again",
    ),
    (
        &["already exists", "tag already published", "immutable"],
        "this tag was published already: never overwrite it; cut the next patch release",
    ),
    (
        &["no space left on device"],
        "the runner's disk is full: free it, then run it again",
    ),
    (
        &[
            "could not resolve host",
            "temporary failure in name resolution",
            "connection timed out",
        ],
        "the network was away: run it again",
    ),
];

/// What the end of a log points to.
pub fn known_cause(log: &str) -> Option<&'static str> {
    let log = log.to_lowercase();
    KNOWN
        .iter()
        .find(|(words, _)| words.iter().any(|word| log.contains(word)))
        .map(|(_, cause)| *cause)
}
