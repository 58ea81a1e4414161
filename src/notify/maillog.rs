//! What a mail server's log says of our messages, by Message-ID: the syslog lines of Postfix, and the main log of Exim.

use std::collections::HashMap;

/// What the log says of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// The server took it: it will deliver it, or tell the sender that it could not.
    pub taken: bool,
    /// The line that says it.
    pub words: String,
}

/// By the part of the Message-ID before the `@`. A message whose identifier is not in the log never reached that server; one that Postfix
/// began to receive and did not queue was not taken.
pub fn read(log: &str) -> HashMap<String, Logged> {
    let mut found: HashMap<String, Logged> = HashMap::new();
    let mut by_queue: HashMap<&str, String> = HashMap::new();
    for line in log.lines() {
        let words = || crate::diag::clipped(line, 300);
        if let Some((before, id)) = line
            .split_once("message-id=<")
            .and_then(|(before, rest)| Some((before, local(rest)?)))
        {
            by_queue.insert(queue(before), id.clone());
            found.entry(id).or_insert_with(|| Logged {
                taken: false,
                words: words(),
            });
        } else if let Some((before, _)) = line
            .split_once("from=<")
            .or_else(|| line.split_once("to=<"))
        {
            if let Some(logged) = by_queue
                .get(queue(before))
                .and_then(|id| found.get_mut(id))
                .filter(|logged| !logged.taken)
            {
                *logged = Logged {
                    taken: true,
                    words: words(),
                };
            }
        } else if let Some(id) = line
            .split_once(" <= ")
            .and_then(|(_, rest)| local(rest.split_once(" id=")?.1))
        {
            found.insert(
                id,
                Logged {
                    taken: true,
                    words: words(),
                },
            );
        }
    }
    found
}

fn local(text: &str) -> Option<String> {
    text.split(['@', '>', ' '])
        .next()
        .filter(|id| !id.is_empty())
        .map(str::to_owned)
}

/// `… postfix/qmgr[7]: 4F1A2: from=<…>`: the queue's name for the message.
fn queue(before: &str) -> &str {
    before
        .trim_end()
        .trim_end_matches(':')
        .rsplit(' ')
        .next()
        .unwrap_or("")
}
