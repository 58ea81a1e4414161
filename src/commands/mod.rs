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
    /// Install a release from a fresh clone, ask it, roll back and forward
    Smoke(SmokeArgs),
    /// Show where the release day stands, and what is next
    Status(StatusArgs),
    /// List the receipts of what was done
    Ledger,
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
