//! The pages of the guide, each made when it is asked for.

use std::collections::HashMap;
use std::sync::Mutex;

use serde::Serialize;

use crate::diag::{Code, Finding, Findings, Text};
use crate::documents::{EndOfLife, IssuePart, IssueRow, Matrix, OsvIssue, Standpoint};
use crate::guide::contents::with_contents;
use crate::guide::frame::{DECIDE, NOT_FOUND, POLICY, SEARCH, START, frame};
use crate::guide::logo::check_logo;
use crate::guide::own::OwnPages;
use crate::guide::paged::{CHOOSER, DIGESTS, ISSUES, LINES, Paged, RELEASES};
use crate::guide::shell::Shells;
use crate::guide::{data, own};
use crate::model::{GuidePage, Release, Upgrades, Version};
use crate::ports::Pages;
use crate::render::{Engine, TemplateContext, json, support_calendar};

/// A page larger than this is too much for a phone at night.
const LARGE: usize = 64 << 10;

/// Everything that pages are made from.
pub struct Site<'s> {
    pub(in crate::guide) at: Standpoint<'s>,
    pub(in crate::guide) engine: &'s Engine,
    pub(in crate::guide) own: OwnPages,
    pub(in crate::guide) frame: TemplateContext,
    pub(in crate::guide) matrix: Matrix,
    pub(in crate::guide) issues: Vec<IssueRow>,
    /// Newest first.
    pub(in crate::guide) releases: Vec<&'s Release>,
    pub(in crate::guide) latest: Option<&'s Release>,
    pub(in crate::guide) upgrades: Option<Upgrades<'s>>,
    pages: Vec<Page<'s>>,
    names: Vec<String>,
    /// The path of the address at which it is served: `/` or `/guide/`.
    served: String,
    shells: Shells,
    /// Steps of upgrades in HTML, by their release.
    pub(in crate::guide) steps: Mutex<HashMap<Version, String>>,
    changelog: &'s Text,
    /// Pages of more than so many bytes, as they were made.
    large: Mutex<Vec<(usize, usize)>>,
}

#[derive(Clone, Copy)]
pub(in crate::guide) enum Page<'s> {
    Start,
    Identify(usize),
    Decide,
    Releases(usize),
    Release(&'s Release),
    Chooser(usize),
    Upgrade(&'s Release),
    Support(usize),
    Issues(usize),
    Policy,
    Own(usize),
    Search,
    NotFound,
    /// A template that is no page: style, script, feed, sitemap.
    Plain(&'static str),
    SupportJson,
    SupportCalendar,
    IssuesJson,
    ReleaseData,
    IssueData,
    /// Texts to search: 0 are those that belong to no release; then the oldest releases first, so that files stay as they are.
    Texts(usize),
    File(usize),
}

#[derive(Serialize)]
struct Way<'a> {
    path: &'a str,
    root: &'a str,
    title: &'a str,
    single: bool,
}

impl<'s> Site<'s> {
    /// The site as of the standpoint's day, and what is wrong with it.
    ///
    /// # Errors
    /// A template that cannot be rendered.
    pub fn new(
        at: Standpoint<'s>,
        engine: &'s Engine,
        own: OwnPages,
        changelog: &'s Text,
    ) -> Result<(Site<'s>, Findings), Finding> {
        let day = at.day();
        let releases: Vec<&Release> = at
            .history
            .releases()
            .iter()
            .rev()
            .filter(|release| release.released_by(day))
            .collect();
        let latest = at.history.latest(day);
        let site_frame = frame(at, &own);
        let mut frame_context = TemplateContext::new();
        frame_context.insert("site", &site_frame);
        let mut site = Site {
            at,
            engine,
            frame: frame_context,
            matrix: Matrix::of(at),
            issues: issue_rows(at, &releases),
            upgrades: latest.map(|latest| Upgrades::to(at.history, &latest.version, None)),
            releases,
            latest,
            pages: Vec::new(),
            names: Vec::new(),
            served: served(at.product.guide_url.as_deref()),
            shells: Shells::new(&site_frame.navigation),
            changelog,
            steps: Mutex::default(),
            large: Mutex::default(),
            own,
        };
        let mut all = site.generated();
        let mut findings = own::check(
            &site.own,
            &all.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>(),
        );
        findings.extend(
            at.product
                .logo
                .as_deref()
                .and_then(|name| check_logo(&site.own, name)),
        );
        all.extend(
            site.own
                .pages
                .iter()
                .enumerate()
                .map(|(index, page)| (own::path(page), Page::Own(index))),
        );
        all.extend(
            site.own
                .files
                .iter()
                .enumerate()
                .map(|(index, file)| (file.path.clone(), Page::File(index))),
        );
        (site.names, site.pages) = all.into_iter().unzip();
        Ok((site, findings))
    }

    /// Every page that does not come from `content/`, with its path.
    fn generated(&self) -> Vec<(String, Page<'s>)> {
        let mut all = vec![
            (START.to_owned(), Page::Start),
            (DECIDE.to_owned(), Page::Decide),
            (POLICY.to_owned(), Page::Policy),
            (SEARCH.to_owned(), Page::Search),
            (NOT_FOUND.to_owned(), Page::NotFound),
        ];
        let mut list = |paged: Paged, rows: usize, page: fn(usize) -> Page<'s>| {
            all.extend((0..paged.count(rows)).map(|number| (paged.path(number), page(number))));
        };
        let sources = self.sources();
        list(DIGESTS, self.releases.len(), Page::Identify);
        list(RELEASES, self.releases.len(), Page::Releases);
        list(CHOOSER, sources.len(), Page::Chooser);
        list(LINES, self.matrix.rows.len(), Page::Support);
        list(ISSUES, self.issues.len(), Page::Issues);
        all.extend(self.releases.iter().map(|release| {
            (
                GuidePage::Release(&release.version).path(),
                Page::Release(release),
            )
        }));
        all.extend(sources.iter().map(|release| {
            (
                GuidePage::Upgrade(&release.version).path(),
                Page::Upgrade(release),
            )
        }));
        all.extend(
            ["guide.css", "guide.js", "robots.txt"]
                .map(|name| (name.to_owned(), Page::Plain(name))),
        );
        if self.at.product.guide_url.is_some() {
            all.extend(
                [GuidePage::Feed, GuidePage::Sitemap]
                    .map(|page| (page.path(), Page::Plain(page.fixed()))),
            );
        }
        all.extend([
            (GuidePage::SupportJson.path(), Page::SupportJson),
            (GuidePage::SupportCalendar.path(), Page::SupportCalendar),
            (GuidePage::KnownIssuesJson.path(), Page::IssuesJson),
            ("data/releases.js".to_owned(), Page::ReleaseData),
            ("data/issues.js".to_owned(), Page::IssueData),
        ]);
        all.extend(
            (0..self.texts()).map(|shard| (format!("data/search-{shard}.js"), Page::Texts(shard))),
        );
        all
    }

    /// Files of texts to search.
    pub(in crate::guide) fn texts(&self) -> usize {
        1 + self.releases.len().div_ceil(data::SHARD)
    }

    /// The releases that an upgrade page leads from, newest first. A withdrawn one too: whoever runs it must leave it.
    pub(in crate::guide) fn sources(&self) -> Vec<&'s Release> {
        self.releases
            .iter()
            .copied()
            .filter(|release| self.leads_to(release).is_some())
            .collect()
    }

    /// Where the upgrade page of a release leads.
    pub(in crate::guide) fn leads_to(&self, release: &Release) -> Option<&'s Release> {
        self.at.history.upgrade_target(release, self.at.day())
    }

    /// The pages that people read, for the guide that is one file.
    pub(in crate::guide) fn readable(&self) -> impl Iterator<Item = (&str, Page<'s>)> {
        let all = self
            .names
            .iter()
            .map(String::as_str)
            .zip(self.pages.iter().copied());
        all.filter(|(name, page)| {
            name.ends_with(".html")
                && !matches!(page, Page::Search | Page::NotFound | Page::File(_))
        })
    }

    pub(in crate::guide) fn way(
        &self,
        path: &str,
        page: Page<'s>,
        single: bool,
    ) -> Result<TemplateContext, Finding> {
        Engine::within(
            self.frame.clone(),
            &Way {
                path,
                root: &self.root(path, page),
                title: &self.title(page),
                single,
            },
        )
    }

    pub(in crate::guide) fn title(&self, page: Page<'s>) -> String {
        match page {
            Page::Start => "When something is wrong".to_owned(),
            Page::Identify(_) => "Identify what runs".to_owned(),
            Page::Decide => "Decide whether to roll back".to_owned(),
            Page::Releases(_) => "Releases".to_owned(),
            Page::Release(release) => release.version.to_string(),
            Page::Chooser(_) => "Upgrade".to_owned(),
            Page::Upgrade(release) => format!("Upgrade from {}", release.version),
            Page::Support(_) => "Support matrix".to_owned(),
            Page::Issues(_) => "Known issues".to_owned(),
            Page::Policy => "Versioning policy".to_owned(),
            Page::Own(index) => own::title(&self.own.pages[index]),
            Page::Search => "Search".to_owned(),
            Page::NotFound => "There is no such page".to_owned(),
            _ => String::new(),
        }
    }

    /// A whole page, or the bytes of a file that is none.
    fn made(&self, name: &str, page: Page<'s>) -> Result<Vec<u8>, Finding> {
        Ok(match page {
            Page::File(index) => self.own.files[index].bytes.clone(),
            Page::SupportJson => json(&EndOfLife::of(self.at)).into_bytes(),
            Page::SupportCalendar => support_calendar(&self.matrix).into_bytes(),
            Page::IssuesJson => json(&OsvIssue::all(self.at)).into_bytes(),
            Page::ReleaseData => data::script("releases", &self.release_data()).into_bytes(),
            Page::IssueData => data::script("issues", &self.issue_data()).into_bytes(),
            Page::Texts(shard) => {
                let texts = match shard
                    .checked_sub(1)
                    .and_then(|shard| self.releases.rchunks(data::SHARD).nth(shard))
                {
                    Some(releases) => data::release_texts(releases),
                    None => data::other_texts(&self.own.pages, &self.issues),
                };
                data::text_script(&format!("search-{shard}"), &texts).into_bytes()
            }
            Page::Plain(name) => self.plain(name)?.into_bytes(),
            page => {
                let way = self.way(name, page, false)?;
                let mut content = self.inside(page, way, false)?;
                // The steps of the start page come first of all.
                if !matches!(page, Page::Start) {
                    content = with_contents(content);
                }
                self.shells.around(self, name, page, &content)?
            }
        })
    }

    /// The layout around a page's title and content.
    pub(in crate::guide) fn laid_out(
        &self,
        path: &str,
        root: &str,
        title: &str,
        content: &str,
    ) -> Result<String, Finding> {
        let mut context = Engine::within(
            self.frame.clone(),
            &Way {
                path,
                root,
                title,
                single: false,
            },
        )?;
        context.insert("content", content);
        self.engine.render_with("guide/layout.html", &context)
    }

    pub(in crate::guide) fn root(&self, path: &str, page: Page<'s>) -> String {
        if matches!(page, Page::NotFound) {
            self.served.clone()
        } else {
            "../".repeat(path.matches('/').count())
        }
    }

    pub(in crate::guide) fn release_data(&self) -> serde_json::Value {
        data::releases(self.at, &self.releases, &|release| {
            self.leads_to(release).is_some()
        })
    }

    pub(in crate::guide) fn issue_data(&self) -> serde_json::Value {
        data::issues(self.at, &self.issues)
    }

    /// Pages that were made and are larger than a phone at night should load.
    pub fn large(&self) -> Findings {
        let mut found = self
            .large
            .lock()
            .map(|large| large.clone())
            .unwrap_or_default();
        found.sort_unstable();
        let finding = |(number, bytes): (usize, usize)| {
            let finding = Finding::new(
                Code::PageLarge,
                format!("the page `{}` has {} KiB", self.names[number], bytes >> 10),
            )
            .help("divide it, or move the detail to a page of its own in `content/`");
            match self.pages[number] {
                Page::Own(index) => finding.at(
                    &self.own.pages[index].text,
                    self.own.pages[index].text.first_line(),
                ),
                Page::Release(release) => finding.at(self.changelog, release.heading),
                _ => finding,
            }
        };
        found.into_iter().map(finding).collect()
    }
}

impl Pages for Site<'_> {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn bytes(&self, number: usize) -> Result<Vec<u8>, Finding> {
        let bytes = self.made(&self.names[number], self.pages[number])?;
        if bytes.len() > LARGE
            && self.names[number].ends_with(".html")
            && let Ok(mut large) = self.large.lock()
        {
            large.push((number, bytes.len()));
        }
        Ok(bytes)
    }
}

/// Each known issue with its page and anchor, in the order of the history.
fn issue_rows(at: Standpoint<'_>, releases: &[&Release]) -> Vec<IssueRow> {
    let safe = |c: char| {
        if c.is_ascii_alphanumeric() || "._-".contains(c) {
            c
        } else {
            '-'
        }
    };
    let row = |(index, issue): (usize, &crate::model::KnownIssue)| {
        let anchor: String = issue.id.chars().map(safe).collect();
        let introduced = issue.affected.introduced();
        let known = introduced
            .and_then(|version| releases.iter().find(|release| release.version == *version));
        IssueRow {
            issue: IssuePart::of(issue),
            path: format!("{}#{anchor}", ISSUES.path(ISSUES.of_row(index))),
            introduced_path: known.map(|release| GuidePage::Release(&release.version).path()),
            anchor,
        }
    };
    at.history.issues.iter().enumerate().map(row).collect()
}

/// Where below a host the guide is served: `/guide/` of `https://acme.example/guide/`.
pub fn served(url: Option<&str>) -> String {
    let after = url
        .and_then(|url| url.split_once("://"))
        .map_or("", |(_, rest)| rest);
    after
        .find('/')
        .map_or("/", |slash| &after[slash..])
        .to_owned()
}
