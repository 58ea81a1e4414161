//! The commands, one file each: load, ask, one rule, render, print or carry out.

mod bump;
mod changelog;
mod check;
mod config;
mod cut;
mod deliveries;
pub mod demo;
mod email;
mod gate;
mod generate;
mod guide;
mod identify;
mod incident;
mod init;
mod ledger;
mod load;
mod matrix;
mod notes;
mod observe;
mod outward;
mod page;
mod preflight;
mod publish;
mod readme;
mod render;
mod review;
mod rollback;
mod schema;
mod send;
mod session;
mod shells;
mod smoke;
mod source;
mod status;
mod steps;
mod support;
mod templates;
mod transport;
mod upgrade;
mod verify;
mod withdraw;

pub use bump::BumpArgs;
pub use changelog::ChangelogArgs;
pub use check::CheckArgs;
pub use cut::CutArgs;
pub use demo::{AgentArgs, DemoArgs};
pub use email::EmailCommand;
pub use generate::GenerateArgs;
pub use guide::GuideCommand;
pub use identify::IdentifyArgs;
pub use incident::IncidentArgs;
pub use init::InitArgs;
pub use matrix::MatrixArgs;
pub use notes::NotesArgs;
pub use publish::PublishArgs;
pub use readme::ReadmeArgs;
pub use render::RenderArgs;
pub use review::ReviewArgs;
pub use rollback::RollbackArgs;
pub use schema::{SchemaArgs, schema, schema_names};
pub use session::{Colour, Exit, Format, Globals, Session, Stop};
pub use shells::{CompletionsArgs, ManArgs};
pub use smoke::SmokeArgs;
pub use status::StatusArgs;
pub use support::SupportArgs;
pub use templates::TemplatesCommand;
pub use upgrade::UpgradeArgs;
pub use verify::VerifyArgs;
pub use withdraw::WithdrawArgs;

use clap::Subcommand;

/// Every command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// A bootstrap repository for customers, and the settings of the vendor: from nothing, overwriting nothing
    Init(InitArgs),
    /// What must be so before a release is cut
    Preflight,
    /// Raise the version in its one file, and make the entry of `[Unreleased]`
    Bump(BumpArgs),
    /// Tag, watch the pipeline, review and merge the pin, tag the bootstrap repository: goes on wherever it was stopped
    Cut(CutArgs),
    /// Whether a proposed pin is what it should be: version, digest, signer, changelog entry, and nothing else
    Review(ReviewArgs),
    /// Everything for one release in one go: note, matrix, mails, upgrade guides, known issues
    Generate(GenerateArgs),
    /// The release note
    Notes(NotesArgs),
    /// The support matrix
    Matrix(MatrixArgs),
    /// What must be done to go from one version to another
    Upgrade(UpgradeArgs),
    /// The guide: a troubleshooting site for two in the morning
    #[command(subcommand)]
    Guide(GuideCommand),
    /// The customer e-mail
    #[command(subcommand)]
    Email(EmailCommand),
    /// Publish a release on its page: draft, files, comparison, then public
    Publish(PublishArgs),
    /// Whether everything published still is what it was
    Verify(VerifyArgs),
    /// Take a release back: a banner on its page, a mark in the changelog; nothing is deleted
    Withdraw(WithdrawArgs),
    /// Install a release from a fresh clone, ask it, roll it back and forward; writes the receipt that publishing asks for
    Smoke(SmokeArgs),
    /// Where the release day stands: its phases against their time, and what is next
    Status(StatusArgs),
    /// The receipts of what was done
    Ledger,
    /// The policy paragraph and the support matrix in the bootstrap README
    Readme(ReadmeArgs),
    /// All findings over all sources
    Check(CheckArgs),
    /// What the reader understood of a changelog
    Changelog(ChangelogArgs),
    /// Whether a version is supported, and the warning for install scripts
    Support(SupportArgs),
    /// What runs: its release, its support, its known issues, and the way back
    Identify(IdentifyArgs),
    /// Go back to a release that is known to be good: check out, install, confirm
    Rollback(RollbackArgs),
    /// An incident report, filled in as far as it is known
    Incident(IncidentArgs),
    /// The configuration in force
    Config,
    /// The templates of all documents
    #[command(subcommand)]
    Templates(TemplatesCommand),
    /// Render a template from a saved context
    Render(RenderArgs),
    /// The JSON Schema of a document or configuration file
    Schema(SchemaArgs),
    /// Completions for a shell
    Completions(CompletionsArgs),
    /// The manual pages
    Man(ManArgs),
    /// An example to play with: two repositories, a running agent, every document
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
        Command::Init(args) => init::run(&args, session),
        Command::Preflight => preflight::run(session),
        Command::Bump(args) => bump::run(&args, session),
        Command::Cut(args) => cut::run(&args, session),
        Command::Review(args) => review::run(&args, session),
        Command::Generate(args) => generate::run(&args, session),
        Command::Notes(args) => notes::run(&args, session),
        Command::Matrix(args) => matrix::run(&args, session),
        Command::Upgrade(args) => upgrade::run(&args, session),
        Command::Guide(command) => guide::run(&command, session),
        Command::Email(command) => email::run(&command, session),
        Command::Publish(args) => publish::run(&args, session),
        Command::Verify(args) => verify::run(&args, session),
        Command::Withdraw(args) => withdraw::run(&args, session),
        Command::Smoke(args) => smoke::run(&args, session),
        Command::Status(args) => status::run(&args, session),
        Command::Ledger => ledger::run(session),
        Command::Readme(args) => readme::run(&args, session),
        Command::Check(args) => check::run(&args, session),
        Command::Changelog(args) => changelog::run(&args, session),
        Command::Support(args) => support::run(&args, session),
        Command::Identify(args) => identify::run(&args, session),
        Command::Rollback(args) => rollback::run(&args, session),
        Command::Incident(args) => incident::run(&args, session),
        Command::Config => config::run(session),
        Command::Templates(command) => templates::run(&command, session),
        Command::Render(args) => render::run(&args, session),
        Command::Schema(args) => schema::run(&args, session),
        Command::Completions(args) => shells::completions(&args, definition, session),
        Command::Man(args) => shells::man(&args, definition, session),
        Command::Demo(args) => demo::run(&args, session),
        Command::DemoAgent(args) => demo::agent(&args, session),
    }
}
