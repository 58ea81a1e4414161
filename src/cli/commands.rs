//! The commands, one file each: load, ask, one rule, render, print or carry out.

pub use crate::cli::customers::email::EmailCommand;
pub use crate::cli::documents::changelog::ChangelogArgs;
pub use crate::cli::documents::check::CheckArgs;
pub use crate::cli::documents::generate::GenerateArgs;
pub use crate::cli::documents::guide::GuideCommand;
pub use crate::cli::documents::install_notes::InstallNotesArgs;
pub use crate::cli::documents::matrix::MatrixArgs;
pub use crate::cli::documents::notes::NotesArgs;
pub use crate::cli::documents::readme::ReadmeArgs;
pub use crate::cli::documents::upgrade::UpgradeArgs;
pub use crate::cli::on_call::identify::IdentifyArgs;
pub use crate::cli::on_call::incident::IncidentArgs;
pub use crate::cli::on_call::rollback::RollbackArgs;
pub use crate::cli::on_call::support::SupportArgs;
pub use crate::cli::publishing::known_issue::KnownIssueCommand;
pub use crate::cli::publishing::publish::PublishArgs;
pub use crate::cli::publishing::verify::VerifyArgs;
pub use crate::cli::publishing::withdraw::WithdrawArgs;
pub use crate::cli::release_day::bump::BumpArgs;
pub use crate::cli::release_day::cut::CutArgs;
pub use crate::cli::release_day::review::ReviewArgs;
pub use crate::cli::release_day::smoke::SmokeArgs;
pub use crate::cli::release_day::status::StatusArgs;
pub use crate::cli::setup::completions::{CompletionsArgs, ManArgs};
pub use crate::cli::setup::demo::{AgentArgs, DemoArgs};
pub use crate::cli::setup::init::InitArgs;
pub use crate::cli::setup::pin::PinArgs;
pub use crate::cli::setup::render::RenderArgs;
pub use crate::cli::setup::schema::{SchemaArgs, schema, schema_names};
pub use crate::cli::setup::templates::TemplatesCommand;
pub use crate::project::session::{Colour, Exit, Format, Globals, Session, Stop};

use clap::Subcommand;

use crate::cli::{customers, documents, on_call, publishing, release_day, setup};

/// Every command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a repository that customers install from; overwrites nothing
    Init(InitArgs),
    /// Check what must be true before a release is cut
    Preflight,
    /// Raise the version, and turn `[Unreleased]` into the release's entry
    Bump(BumpArgs),
    /// Tag, watch the pipeline, review and merge the pin; can be resumed
    Cut(CutArgs),
    /// Judge a proposed pin: version, digest, signer, entry, nothing else
    Review(ReviewArgs),
    /// Write every document of a release in one run
    Generate(GenerateArgs),
    /// Print the release note
    Notes(NotesArgs),
    /// Print the support matrix
    Matrix(MatrixArgs),
    /// Print what has to be done to go from one version to another
    Upgrade(UpgradeArgs),
    /// Write what an install asks, for the install script
    InstallNotes(InstallNotesArgs),
    /// Build or serve the guide: a troubleshooting site for the night
    #[command(subcommand)]
    Guide(GuideCommand),
    /// Preview, send and follow up the e-mail to customers
    #[command(subcommand)]
    Email(EmailCommand),
    /// Publish a release on its page: draft, files, comparison, public
    Publish(PublishArgs),
    /// Compare everything published with what was published
    Verify(VerifyArgs),
    /// Take a release back: banner, mark and new latest; nothing is deleted
    Withdraw(WithdrawArgs),
    /// Write down a fault that was found after a release
    #[command(subcommand)]
    KnownIssue(KnownIssueCommand),
    /// Install a release from a fresh clone, ask it, roll back and forward
    Smoke(SmokeArgs),
    /// Show where the release day stands, and what is next
    Status(StatusArgs),
    /// List the receipts of what was done
    Ledger {
        #[command(subcommand)]
        command: Option<publishing::ledger::LedgerCommand>,
    },
    /// Update the policy and the support matrix in the README
    Readme(ReadmeArgs),
    /// Check all sources, and say how to mend what is wrong
    Check(CheckArgs),
    /// Show what is understood of any changelog
    Changelog(ChangelogArgs),
    /// Say whether a version is supported; warn in install scripts
    Support(SupportArgs),
    /// Say which release runs, whether it is supported, and the way back
    Identify(IdentifyArgs),
    /// Go back to a release that is known to be good
    Rollback(RollbackArgs),
    /// Write an incident report, filled in as far as it is known
    Incident(IncidentArgs),
    /// List the images of the pin; write the digests beside their tags
    Pin(PinArgs),
    /// Show the configuration in force
    Config,
    /// List the templates of all documents, or copy them to change them
    #[command(subcommand)]
    Templates(TemplatesCommand),
    /// Render a template from a saved context
    Render(RenderArgs),
    /// Print the JSON Schema of a document or configuration file
    Schema(SchemaArgs),
    /// Print completions for a shell
    Completions(CompletionsArgs),
    /// Write the manual pages
    Man(ManArgs),
    /// Write an example to play with: repositories, an agent, every document
    Demo(DemoArgs),
    /// The agent of the example
    #[command(hide = true)]
    DemoAgent(AgentArgs),
}

/// Runs a command. `definition` is that of the whole command line.
///
/// # Errors
/// Findings about the author's text, or a failure of the world.
pub fn run(
    command: Command,
    definition: clap::Command,
    session: &Session<'_>,
) -> Result<Exit, Stop> {
    match command {
        Command::Init(args) => setup::init::run(&args, session),
        Command::Preflight => release_day::preflight::run(session),
        Command::Bump(args) => release_day::bump::run(&args, session),
        Command::Cut(args) => release_day::cut::run(&args, session),
        Command::Review(args) => release_day::review::run(&args, session),
        Command::Generate(args) => documents::generate::run(&args, session),
        Command::Notes(args) => documents::notes::run(&args, session),
        Command::Matrix(args) => documents::matrix::run(&args, session),
        Command::Upgrade(args) => documents::upgrade::run(&args, session),
        Command::InstallNotes(args) => documents::install_notes::run(&args, session),
        Command::Guide(command) => documents::guide::run(&command, session),
        Command::Email(command) => customers::email::run(&command, session),
        Command::Publish(args) => publishing::publish::run(&args, session),
        Command::Verify(args) => publishing::verify::run(&args, session),
        Command::KnownIssue(command) => publishing::known_issue::run(&command, session),
        Command::Withdraw(args) => publishing::withdraw::run(&args, session),
        Command::Smoke(args) => release_day::smoke::run(&args, session),
        Command::Status(args) => release_day::status::run(&args, session),
        Command::Ledger { command } => publishing::ledger::run(command.as_ref(), session),
        Command::Readme(args) => documents::readme::run(&args, session),
        Command::Check(args) => documents::check::run(&args, session),
        Command::Changelog(args) => documents::changelog::run(&args, session),
        Command::Support(args) => on_call::support::run(&args, session),
        Command::Identify(args) => on_call::identify::run(&args, session),
        Command::Rollback(args) => on_call::rollback::run(&args, session),
        Command::Incident(args) => on_call::incident::run(&args, session),
        Command::Pin(args) => setup::pin::run(&args, session),
        Command::Config => setup::config::run(session),
        Command::Templates(command) => setup::templates::run(&command, session),
        Command::Render(args) => setup::render::run(&args, session),
        Command::Schema(args) => setup::schema::run(&args, session),
        Command::Completions(args) => setup::completions::completions(&args, definition, session),
        Command::Man(args) => setup::completions::man(&args, definition, session),
        Command::Demo(args) => setup::demo::run(&args, session),
        Command::DemoAgent(args) => setup::demo::agent(&args, session),
    }
}
