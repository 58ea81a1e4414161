//! What Python's versions say behind their numbers: `1.0a1`, `1.0rc2`, `1.0.post1`, `1.0.dev3` (PEP 440).

/// The stage of a version, in the order of PEP 440.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stage {
    stage: u8,
    number: u64,
    /// A development release of that stage comes before it.
    dev: u64,
}

const DEV: u8 = 0;
const FINAL: u8 = 4;

impl Stage {
    /// A release with nothing behind its numbers.
    pub const FINAL: Stage = Stage {
        stage: FINAL,
        number: 0,
        dev: u64::MAX,
    };

    /// Reads what stands behind the numbers, written without a hyphen; `None` where PEP 440 knows no such thing.
    pub fn read(text: &str) -> Option<Stage> {
        let lower = text.to_ascii_lowercase();
        let mut rest = lower.as_str();
        let mut read = Stage::FINAL;
        let mut any = false;
        while !rest.is_empty() {
            rest = rest.trim_start_matches(['.', '_']);
            let letters = rest
                .find(|c: char| !c.is_ascii_alphabetic())
                .unwrap_or(rest.len());
            let (word, behind) = rest.split_at(letters);
            let digits = behind
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(behind.len());
            let number: u64 = match &behind[..digits] {
                "" => 0,
                digits => digits.parse().ok()?,
            };
            match word {
                "a" | "alpha" => (read.stage, read.number) = (1, number),
                "b" | "beta" => (read.stage, read.number) = (2, number),
                "c" | "rc" | "pre" | "preview" => (read.stage, read.number) = (3, number),
                "post" | "rev" | "r" => (read.stage, read.number) = (5, number),
                "dev" if !any => (read.stage, read.number) = (DEV, number),
                "dev" => read.dev = number,
                _ => return None,
            }
            any = true;
            rest = &behind[digits..];
        }
        any.then_some(read)
    }

    pub fn is_prerelease(self) -> bool {
        self.stage < FINAL || self.dev != u64::MAX
    }
}
