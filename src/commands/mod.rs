//! The commands, one file each: load, ask, one rule, render, print or carry out.

mod changelog;
mod check;
mod config;
pub mod demo;
mod email;
mod generate;
mod guide;
mod identify;
mod incident;
mod load;
mod matrix;
mod notes;
mod observe;
mod readme;
mod render;
mod schema;
mod session;
mod support;
mod templates;
mod upgrade;

pub use changelog::ChangelogArgs;
pub use check::CheckArgs;
pub use demo::{AgentArgs, DemoArgs};
pub use email::EmailCommand;
pub use generate::GenerateArgs;
pub use guide::GuideCommand;
pub use identify::IdentifyArgs;
pub use incident::IncidentArgs;
pub use matrix::MatrixArgs;
pub use notes::NotesArgs;
pub use readme::ReadmeArgs;
pub use render::RenderArgs;
pub use schema::{SchemaArgs, schema, schema_names};
pub use session::{Colour, Exit, Format, Globals, Session, Stop};
pub use support::SupportArgs;
pub use templates::TemplatesCommand;
pub use upgrade::UpgradeArgs;

use clap::Subcommand;

/// Every command.
#[derive(Debug, Subcommand)]
pub enum Command {
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
    /// An example to play with: two repositories, a running agent, every document
    Demo(DemoArgs),
    /// The agent of the example
    #[command(hide = true)]
    DemoAgent(AgentArgs),
}

/// Runs a command.
///
/// # Errors
/// Findings about the author's text, or a failure of the world.
pub fn run(command: Command, session: &Session<'_>) -> Result<Exit, Stop> {
    match command {
        Command::Generate(args) => generate::run(&args, session),
        Command::Notes(args) => notes::run(&args, session),
        Command::Matrix(args) => matrix::run(&args, session),
        Command::Upgrade(args) => upgrade::run(&args, session),
        Command::Guide(command) => guide::run(&command, session),
        Command::Email(command) => email::run(&command, session),
        Command::Readme(args) => readme::run(&args, session),
        Command::Check(args) => check::run(&args, session),
        Command::Changelog(args) => changelog::run(&args, session),
        Command::Support(args) => support::run(&args, session),
        Command::Identify(args) => identify::run(&args, session),
        Command::Incident(args) => incident::run(&args, session),
        Command::Config => config::run(session),
        Command::Templates(command) => templates::run(&command, session),
        Command::Render(args) => render::run(&args, session),
        Command::Schema(args) => schema::run(&args, session),
        Command::Demo(args) => demo::run(&args, session),
        Command::DemoAgent(args) => demo::agent(&args, session),
    }
}
