//! The fifteen-second decision: business hours, or a maintenance window?

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum InstallWindow {
    #[default]
    BusinessHours,
    MaintenanceWindow,
}

impl InstallWindow {
    pub const NAMES: [&str; 2] = ["business-hours", "maintenance-window"];

    pub fn as_str(self) -> &'static str {
        match self {
            InstallWindow::BusinessHours => Self::NAMES[0],
            InstallWindow::MaintenanceWindow => Self::NAMES[1],
        }
    }

    /// Reads `business-hours`, `maintenance window`, `maintenance`…
    pub fn read(text: &str) -> Option<Self> {
        let word = text
            .trim()
            .trim_end_matches('.')
            .to_ascii_lowercase()
            .replace([' ', '_'], "-");
        match word.as_str() {
            "business-hours" | "business" | "office-hours" | "any-time" | "anytime" | "none" => {
                Some(InstallWindow::BusinessHours)
            }
            "maintenance-window" | "maintenance" => Some(InstallWindow::MaintenanceWindow),
            _ => None,
        }
    }

    /// In a sentence: "in business hours", "in a maintenance window".
    pub fn words(self) -> &'static str {
        match self {
            InstallWindow::BusinessHours => "business hours",
            InstallWindow::MaintenanceWindow => "a maintenance window",
        }
    }
}
