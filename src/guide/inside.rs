//! What stands in each page between head and foot.

use std::borrow::Cow;

use crate::diag::Finding;
use crate::documents::{
    GuideLink, IssueRow, ListPage, Matrix, Playbook, PlaybookCommands, PolicyStatement,
    ReleaseNote, ReleasePart, ReleaseRow, StepPart, UpgradeGuide,
};
use crate::guide::Site;
use crate::guide::own;
use crate::guide::paged::{CHOOSER, DIGESTS, ISSUES, LINES, Paged, RELEASES};
use crate::guide::site::Page;
use crate::model::{GuidePage, Hop, Release, UpgradePath};
use crate::render::{Engine, TemplateContext};

/// Known issues of a release and on the page of decisions: what follows is linked to.
const LISTED: usize = 12;

/// Steps of an upgrade on one page: the page of a later version goes on.
const STEPS: usize = 8;

impl<'s> Site<'s> {
    /// What stands in a page between head and foot.
    pub(in crate::guide) fn inside(
        &self,
        page: Page<'s>,
        way: TemplateContext,
        single: bool,
    ) -> Result<String, Finding> {
        let show = |template: &str, document: TemplateContext| {
            self.engine.render_with(template, &document)
        };
        let list = |mut context: TemplateContext, extra: &dyn Fn(&mut TemplateContext)| {
            extra(&mut context);
            context
        };
        match page {
            Page::Start => show(
                "guide/start.html",
                Engine::within(way, &Playbook::of(self.at, self.latest))?,
            ),
            Page::Identify(number) => {
                let context = Engine::within(way, &self.release_rows(DIGESTS, number))?;
                let commands = PlaybookCommands::of(&self.at.product.bootstrap);
                show("guide/identify.html", Engine::within(context, &commands)?)
            }
            Page::Decide => {
                let context =
                    Engine::within(way, &PlaybookCommands::of(&self.at.product.bootstrap))?;
                show(
                    "guide/decide.html",
                    list(context, &|context| {
                        context.insert("issues", &self.issues[..self.issues.len().min(LISTED)]);
                        context.insert("more", &self.issues.len().saturating_sub(LISTED));
                    }),
                )
            }
            Page::Releases(number) => show(
                "guide/releases.html",
                Engine::within(way, &self.release_rows(RELEASES, number))?,
            ),
            Page::Release(release) => {
                let note = Engine::within(way, &ReleaseNote::of(self.at, release))?;
                let (previous, following) = self.beside(release);
                show(
                    "guide/release.html",
                    list(
                        Engine::within(note, &self.release_part(release))?,
                        &|context| {
                            context.insert("release_before", &previous);
                            context.insert("release_after", &following);
                        },
                    ),
                )
            }
            Page::Chooser(number) => {
                let sources = self.sources();
                let row = |release: &&Release| GuideLink {
                    title: release.version.to_string(),
                    path: GuidePage::Upgrade(&release.version).path(),
                };
                let rows = sources[CHOOSER.rows(number, sources.len())]
                    .iter()
                    .map(row)
                    .collect::<Vec<_>>();
                let context = Engine::within(
                    way,
                    &ListPage {
                        rows,
                        pages: CHOOSER.pages(number, sources.len()),
                    },
                )?;
                let latest = Playbook::of(self.at, self.latest).latest;
                show(
                    "guide/upgrades.html",
                    list(context, &|context| context.insert("latest", &latest)),
                )
            }
            Page::Upgrade(release) => self.upgrade(release, way, single),
            Page::Support(number) => {
                let mut context = Engine::within(way, &self.matrix_frame(number))?;
                context.insert("pages", &LINES.pages(number, self.matrix.rows.len()));
                show("guide/support.html", context)
            }
            Page::Issues(number) => show(
                "guide/known-issues.html",
                list(way, &|context| {
                    context.insert(
                        "issues",
                        &self.issues[ISSUES.rows(number, self.issues.len())],
                    );
                    context.insert("pages", &ISSUES.pages(number, self.issues.len()));
                }),
            ),
            Page::Policy => show(
                "guide/policy.html",
                Engine::within(way, &PolicyStatement::of(self.at))?,
            ),
            Page::Own(index) => {
                let page = &self.own.pages[index];
                let body = if single {
                    own::write_single(&self.own, page)
                } else {
                    own::write(page)
                }
                .html;
                show(
                    "guide/page.html",
                    list(way, &|context| context.insert("body", &body)),
                )
            }
            Page::Search => show(
                "guide/search.html",
                list(way, &|context| {
                    context.insert("shards", &self.texts());
                    context.insert("lists", &self.own.navigation().collect::<Vec<_>>());
                }),
            ),
            Page::NotFound => show("guide/404.html", way),
            _ => Ok(String::new()),
        }
    }

    /// The releases before and after one, in the order of versions.
    fn beside(&self, release: &Release) -> (Option<GuideLink>, Option<GuideLink>) {
        let at = self
            .releases
            .partition_point(|other| other.version > release.version);
        let link = |at: usize| {
            self.releases.get(at).map(|release| GuideLink {
                title: release.version.to_string(),
                path: GuidePage::Release(&release.version).path(),
            })
        };
        (link(at + 1), at.checked_sub(1).and_then(link))
    }

    fn upgrade(
        &self,
        from: &Release,
        way: TemplateContext,
        single: bool,
    ) -> Result<String, Finding> {
        let Some(target) = self.leads_to(from) else {
            return Ok(String::new());
        };
        let forward = self
            .upgrades
            .as_ref()
            .filter(|_| target.version > from.version);
        let Some(path) = forward.and_then(|upgrades| upgrades.beginning(&from.version, STEPS))
        else {
            let mut context = Engine::within(way, &UpgradeGuide::back(self.at, from, target))?;
            context.insert("release_path", &GuidePage::Release(&target.version).path());
            return self.engine.render_with("guide/upgrade.html", &context);
        };
        let steps: Result<String, Finding> = path
            .hops
            .iter()
            .take(STEPS)
            .map(|hop| self.step(hop, &path, &way, single))
            .collect();
        let mut context =
            Engine::within(way, &UpgradeGuide::abridged(self.at, &path, target, STEPS))?;
        context.insert("step_pages", &steps?);
        context.insert("release_path", &GuidePage::Release(&target.version).path());
        self.engine.render_with("guide/upgrade.html", &context)
    }

    /// A step in HTML. What a release asks of everybody is the same on each page, and rendered once.
    fn step(
        &self,
        hop: &Hop<'s>,
        path: &UpgradePath<'s>,
        way: &TemplateContext,
        single: bool,
    ) -> Result<String, Finding> {
        let whole = hop.release.notes.as_ref().is_some_and(|notes| {
            notes.actions.all().len() == hop.actions.len()
                && notes.breaking().count() == hop.breaking.len()
                && !hop
                    .actions
                    .iter()
                    .any(|action| matches!(action, Cow::Owned(_)))
        });
        let stop = path.stops.contains(&&hop.release.version);
        let known = (whole && !single && !stop).then_some(&self.steps);
        if let Some(html) =
            known.and_then(|known| known.lock().ok()?.get(&hop.release.version).cloned())
        {
            return Ok(html);
        }
        let mut context = way.clone();
        context.insert("step", &StepPart::of(self.at, hop, path));
        let html = self.engine.render_with("partials/step.html", &context)?;
        if let Some(Ok(mut known)) = known.map(|known| known.lock()) {
            known.insert(hop.release.version.clone(), html.clone());
        }
        Ok(html)
    }

    fn release_rows(&self, list: Paged, number: usize) -> ListPage<ReleaseRow> {
        let rows = self.releases[list.rows(number, self.releases.len())]
            .iter()
            .map(|release| ReleaseRow::of(self.at, release))
            .collect();
        ListPage {
            rows,
            pages: list.pages(number, self.releases.len()),
        }
    }

    fn release_part(&self, release: &Release) -> ReleasePart {
        let mut own: Vec<IssueRow> = Vec::new();
        let mut count = 0;
        for (issue, row) in self.at.history.issues.iter().zip(&self.issues) {
            if issue.affected.contains(&release.version) {
                count += 1;
                if own.len() < LISTED {
                    own.push(row.clone());
                }
            }
        }
        let upgrade = self
            .leads_to(release)
            .map(|_| GuidePage::Upgrade(&release.version).path());
        let more = count - own.len();
        ReleasePart::of(self.at, release, upgrade, own, more)
    }

    fn matrix_frame(&self, number: usize) -> Matrix {
        let rows = self.matrix.rows[LINES.rows(number, self.matrix.rows.len())].to_vec();
        let withdrawn = self
            .matrix
            .withdrawn
            .iter()
            .take(4 * LISTED)
            .cloned()
            .collect();
        Matrix {
            schema: Matrix::SCHEMA,
            product: self.matrix.product.clone(),
            as_of: self.matrix.as_of.clone(),
            rule: self.matrix.rule.clone(),
            rows,
            withdrawn,
            regained: self.matrix.regained.clone(),
        }
    }
}
