//! What a mail server's log says of our messages: the syslog lines of Postfix, by Message-ID.

use std::collections::HashMap;

/// What the log says of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// The server took it: it will deliver it, or tell the sender that it could not.
    pub taken: bool,
    /// The line that says it.
    pub words: String,
}

/// By the part of the Message-ID before the `@`. A message whose identifier is not in the log never reached that server.
pub fn read(log: &str) -> HashMap<String, Logged> {
    let mut found = HashMap::new();
    for line in log.lines() {
        let Some((_, rest)) = line.split_once("message-id=<") else { continue };
        let Some(id) = rest.split(['@', '>']).next().filter(|id| !id.is_empty()) else { continue };
        found.insert(id.to_owned(), Logged { taken: true, words: crate::diag::clipped(line, 300) });
    }
    found
}
