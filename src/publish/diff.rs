//! Where two texts differ, for people: the first lines that do.

/// Lines shown.
const SHOWN: usize = 5;

/// `- there` and `+ here`, with the number of the line; empty where the texts are alike, space at the ends of lines aside.
pub fn differing(there: &str, here: &str) -> Vec<String> {
    let lines = |text: &str| {
        text.trim()
            .lines()
            .map(|line| line.trim_end().to_owned())
            .collect::<Vec<_>>()
    };
    let (there, here) = (lines(there), lines(here));
    let mut shown = Vec::new();
    let mut all = 0;
    for index in 0..there.len().max(here.len()) {
        let (old, new) = (there.get(index), here.get(index));
        if old == new {
            continue;
        }
        all += 1;
        if all <= SHOWN {
            shown.extend(old.map(|line| {
                format!(
                    "line {}: there `{}`",
                    index + 1,
                    crate::diag::clipped(line, 100)
                )
            }));
            shown.extend(new.map(|line| {
                format!(
                    "line {}: here  `{}`",
                    index + 1,
                    crate::diag::clipped(line, 100)
                )
            }));
        }
    }
    if all > SHOWN {
        shown.push(format!(
            "and {} more",
            crate::diag::count(all - SHOWN, "line")
        ));
    }
    shown
}
