//! Checks, alerts, pipelines and pull requests at GitHub.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::adapters::forge::github::{GitHub, encoded};
use crate::ports::forge::{Asked, Trouble};
use crate::ports::hosting::{
    Alert, AlertKind, Check, FailedStep, Hosting, Merged, Pipeline, Pull, State, Ways,
};

/// Of a log, so many lines are kept.
const KEPT: usize = 20;
/// Answers to a page, and pages that are read.
const PAGE: usize = 100;
const PAGES: usize = 10;

#[derive(Deserialize)]
struct CheckRuns {
    check_runs: Vec<CheckRun>,
}

#[derive(Deserialize)]
struct CheckRun {
    name: String,
    status: String,
    conclusion: Option<String>,
    html_url: Option<String>,
}

#[derive(Deserialize)]
struct Statuses {
    statuses: Vec<Status>,
}

#[derive(Deserialize)]
struct Status {
    context: String,
    state: String,
    target_url: Option<String>,
}

#[derive(Deserialize)]
struct DependencyAlert {
    html_url: String,
    security_advisory: Advisory,
}

#[derive(Deserialize)]
struct Advisory {
    ghsa_id: String,
    summary: String,
}

#[derive(Deserialize)]
struct ScanAlert {
    html_url: String,
    rule: Rule,
}

#[derive(Deserialize)]
struct Rule {
    id: Option<String>,
    description: Option<String>,
}

#[derive(Deserialize)]
struct Runs {
    workflow_runs: Vec<Run>,
}

#[derive(Deserialize)]
struct Run {
    id: u64,
    name: Option<String>,
    status: Option<String>,
    conclusion: Option<String>,
    html_url: String,
    head_branch: Option<String>,
}

#[derive(Deserialize)]
struct Jobs {
    jobs: Vec<Job>,
}

#[derive(Deserialize)]
struct Job {
    id: u64,
    name: String,
    conclusion: Option<String>,
    #[serde(default)]
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    name: String,
    conclusion: Option<String>,
}

#[derive(Deserialize)]
struct PullRequest {
    number: u64,
    title: String,
    html_url: String,
    state: String,
    merged_at: Option<String>,
    head: Head,
}

#[derive(Deserialize)]
struct Head {
    sha: String,
}

fn state(status: Option<&str>, conclusion: Option<&str>) -> State {
    match (status, conclusion) {
        (Some("completed"), Some("success" | "neutral" | "skipped")) => State::Passed,
        (Some("completed"), _) => State::Failed,
        _ => State::Running,
    }
}

fn failed(conclusion: Option<&str>) -> bool {
    matches!(
        conclusion,
        Some("failure" | "timed_out" | "cancelled" | "startup_failure" | "action_required")
    )
}

impl GitHub {
    /// An active ruleset that forbids whoever asks to create tags.
    fn tags_forbidden(&self) -> Asked<Option<String>> {
        let path = self.at("/rulesets?includes_parents=true&per_page=100");
        let sets = match self.ask::<Vec<Value>>("GET", &path, None) {
            Ok(sets) => sets.unwrap_or_default(),
            // A token that may not read the rules says nothing of them.
            Err(trouble) if trouble.again.is_none() => return Ok(None),
            Err(trouble) => return Err(trouble),
        };
        let of_tags = sets
            .iter()
            .filter(|set| set["target"] == "tag" && set["enforcement"] == "active");
        for id in of_tags.filter_map(|set| set["id"].as_u64()) {
            let set = self.ask::<Value>("GET", &self.at(&format!("/rulesets/{id}")), None)?;
            let set = set.unwrap_or(Value::Null);
            let creation = set["rules"]
                .as_array()
                .is_some_and(|rules| rules.iter().any(|rule| rule["type"] == "creation"));
            if creation && set["current_user_can_bypass"] == "never" {
                let name = set["name"].as_str().unwrap_or("a ruleset");
                return Ok(Some(crate::diag::clipped(name, 60)));
            }
        }
        Ok(None)
    }

    /// Puts a change into the merge queue, which only GraphQL can.
    fn enqueued(&self, pull: &Pull) -> bool {
        let path = self.at(&format!("/pulls/{}", pull.number));
        let node = self.ask::<Value>("GET", &path, None).ok().flatten();
        let Some(node) = node.as_ref().and_then(|pull| pull["node_id"].as_str()) else {
            return false;
        };
        let query = "mutation($id: ID!, $head: GitObjectID) { enqueuePullRequest(input: {pullRequestId: $id, expectedHeadOid: $head}) { mergeQueueEntry { id } } }";
        let body = json!({ "query": query, "variables": { "id": node, "head": pull.head } });
        let answer = self.graphql(&body);
        matches!(answer, Ok(Some(answer)) if answer["errors"].is_null() && !answer["data"]["enqueuePullRequest"].is_null())
    }
}

impl Hosting for GitHub {
    fn checks(&self, commit: &str) -> Asked<Vec<Check>> {
        let commit = encoded(commit);
        let mut checks = Vec::new();
        for page in 1..=PAGES {
            let path = self.at(&format!(
                "/commits/{commit}/check-runs?per_page={PAGE}&page={page}"
            ));
            let runs = self
                .ask::<CheckRuns>("GET", &path, None)?
                .map(|answer| answer.check_runs)
                .unwrap_or_default();
            let last = runs.len() < PAGE;
            checks.extend(runs.into_iter().map(|run| Check {
                state: state(Some(&run.status), run.conclusion.as_deref()),
                name: run.name,
                url: run.html_url.unwrap_or_default(),
            }));
            if last {
                break;
            }
        }
        let statuses = self.ask::<Statuses>(
            "GET",
            &self.at(&format!("/commits/{commit}/status?per_page={PAGE}")),
            None,
        )?;
        checks.extend(
            statuses
                .map(|answer| answer.statuses)
                .unwrap_or_default()
                .into_iter()
                .map(|status| Check {
                    state: match status.state.as_str() {
                        "success" => State::Passed,
                        "pending" => State::Running,
                        _ => State::Failed,
                    },
                    name: status.context,
                    url: status.target_url.unwrap_or_default(),
                }),
        );
        Ok(checks)
    }

    fn alerts(&self, kind: AlertKind) -> Asked<Option<Vec<Alert>>> {
        match kind {
            AlertKind::Dependency => {
                let alerts = self.ask::<Vec<DependencyAlert>>(
                    "GET",
                    &self.at(&format!("/dependabot/alerts?state=open&per_page={PAGE}")),
                    None,
                )?;
                let alert = |alert: DependencyAlert| Alert {
                    id: alert.security_advisory.ghsa_id,
                    summary: alert.security_advisory.summary,
                    url: alert.html_url,
                };
                Ok(alerts.map(|alerts| alerts.into_iter().map(alert).collect()))
            }
            AlertKind::CodeScanning => {
                let alerts = self.ask::<Vec<ScanAlert>>(
                    "GET",
                    &self.at(&format!("/code-scanning/alerts?state=open&per_page={PAGE}")),
                    None,
                )?;
                let alert = |alert: ScanAlert| Alert {
                    id: alert.rule.id.unwrap_or_default(),
                    summary: alert.rule.description.unwrap_or_default(),
                    url: alert.html_url,
                };
                Ok(alerts.map(|alerts| alerts.into_iter().map(alert).collect()))
            }
        }
    }

    fn pipelines(&self, tag: &str, commit: &str) -> Asked<Vec<Pipeline>> {
        let path = self.at(&format!(
            "/actions/runs?head_sha={}&event=push&per_page={PAGE}",
            encoded(commit)
        ));
        let runs = self
            .ask::<Runs>("GET", &path, None)?
            .map(|answer| answer.workflow_runs)
            .unwrap_or_default();
        let of_tag = runs.into_iter().filter(|run| {
            run.head_branch
                .as_deref()
                .is_none_or(|branch| branch == tag)
        });
        Ok(of_tag
            .map(|run| Pipeline {
                id: run.id,
                name: run.name.unwrap_or_else(|| "pipeline".to_owned()),
                state: state(run.status.as_deref(), run.conclusion.as_deref()),
                url: run.html_url,
            })
            .collect())
    }

    fn failed_step(&self, pipeline: &Pipeline) -> Asked<Option<FailedStep>> {
        let path = self.at(&format!(
            "/actions/runs/{}/jobs?per_page={PAGE}",
            pipeline.id
        ));
        let jobs = self
            .ask::<Jobs>("GET", &path, None)?
            .map(|answer| answer.jobs)
            .unwrap_or_default();
        let Some(job) = jobs
            .into_iter()
            .find(|job| failed(job.conclusion.as_deref()))
        else {
            return Ok(None);
        };
        let step = job
            .steps
            .into_iter()
            .find(|step| failed(step.conclusion.as_deref()))
            .map_or_else(|| "its start".to_owned(), |step| step.name);
        let log = self
            .text(
                "GET",
                &self.at(&format!("/actions/jobs/{}/logs", job.id)),
                None,
            )
            .ok()
            .flatten()
            .unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(KEPT).collect();
        let log = lines.into_iter().rev().collect::<Vec<_>>().join("\n");
        Ok(Some(FailedStep {
            job: job.name,
            step,
            log: crate::diag::plain(&log),
        }))
    }

    fn rerun(&self, pipeline: &Pipeline) -> Asked<()> {
        self.text(
            "POST",
            &self.at(&format!("/actions/runs/{}/rerun-failed-jobs", pipeline.id)),
            None,
        )
        .map(|_| ())
    }

    fn pulls(&self, branch: &str) -> Asked<Vec<Pull>> {
        let owner = self.repository.split('/').next().unwrap_or("");
        let head = encoded(&format!("{owner}:{branch}"));
        let pulls = self.ask::<Vec<PullRequest>>(
            "GET",
            &self.at(&format!("/pulls?state=all&head={head}&per_page={PAGE}")),
            None,
        )?;
        let worth = |pull: &PullRequest| pull.state == "open" || pull.merged_at.is_some();
        Ok(pulls
            .unwrap_or_default()
            .into_iter()
            .filter(worth)
            .map(|pull| Pull {
                number: pull.number,
                title: pull.title,
                head: pull.head.sha,
                merged: pull.merged_at.is_some(),
                url: pull.html_url,
            })
            .collect())
    }

    fn ways(&self) -> Asked<Option<Ways>> {
        let Some(settings) = self.ask::<Value>("GET", &self.at(""), None)? else {
            return Ok(None);
        };
        let allowed = |method: &&str| settings[format!("allow_{method}")].as_bool() != Some(false);
        let methods = [
            ("merge_commit", "merge"),
            ("squash_merge", "squash"),
            ("rebase_merge", "rebase"),
        ];
        let merge = methods.iter().filter(|(key, _)| allowed(key));
        Ok(Some(Ways {
            merge: merge.map(|(_, name)| (*name).to_owned()).collect(),
            archived: settings["archived"].as_bool() == Some(true),
            may_push: settings["permissions"]["push"].as_bool(),
            tags_forbidden: self.tags_forbidden()?,
        }))
    }

    fn merge(&self, pull: &Pull) -> Asked<Merged> {
        let path = self.at(&format!("/pulls/{}/merge", pull.number));
        let mut refused: Option<Trouble> = None;
        for method in ["merge", "squash", "rebase"] {
            let body = json!({ "sha": pull.head, "merge_method": method });
            let trouble = match self.text("PUT", &path, Some(&body)) {
                Ok(_) => return Ok(Merged::Now(method.to_owned())),
                Err(trouble) => trouble,
            };
            let words = trouble.failure.what.to_lowercase();
            if words.contains("merge queue") {
                return Ok(Merged::Queued {
                    by_hand: !self.enqueued(pull),
                });
            }
            // Only a way that the repository does not allow is a reason for the next one.
            if !(words.contains("405") && words.contains("not allowed")) {
                return Err(trouble);
            }
            refused.get_or_insert(trouble);
        }
        refused.map_or(Ok(Merged::Now("merge".to_owned())), Err)
    }
}
