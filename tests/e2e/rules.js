// The guide's script and the program decide alike: node rules.js TIDINGS WORK
// The issues and texts are those of benches/matching.txt, none of which was written for either.
const { execFileSync } = require('child_process');
const fs = require('fs');
const path = require('path');
const vm = require('vm');
const [, , tidings, work] = process.argv;
const lines = fs.readFileSync(path.join(__dirname, '../../benches/matching.txt'), 'utf8').split('\n');
const symptoms = new Map();
const texts = [];
for (const line of lines) {
  const [, kind, name, rest] = line.match(/^(issue|text) ([^:]+): (.*)$/) || [];
  if (kind === 'issue') symptoms.set(name, [...(symptoms.get(name) || []), rest]);
  if (kind === 'text') texts.push(rest.replace(/\\n/g, '\n'));
}
fs.rmSync(work, { recursive: true, force: true });
fs.mkdirSync(work, { recursive: true });
fs.copyFileSync(path.join(__dirname, '../../examples/acme/bootstrap/tidings.toml'), path.join(work, 'tidings.toml'));
fs.writeFileSync(path.join(work, 'CHANGELOG.md'), '# Changelog\n\n## [1.0.0] - 2026-01-10\n\nThe first release.\n');
const quoted = JSON.stringify;
fs.writeFileSync(path.join(work, 'pin.json'), quoted({ version: '1.0.0', digest: `registry.example.com/acme/agent@sha256:${'a1'.repeat(32)}` }));
fs.writeFileSync(path.join(work, 'known-issues.toml'), [...symptoms].map(([id, all]) =>
  `[[issue]]\nid = ${quoted(id)}\ntitle = ${quoted(id)}\nsymptoms = [${all.map(quoted).join(', ')}]\nintroduced = "1.0.0"\n`).join('\n'));
execFileSync('git', ['init', '--quiet', work]);
execFileSync(tidings, ['-q', '-C', work, 'guide', 'build']);
const script = { dataset: {} };
const page = { document: { currentScript: script, readyState: 'loading', addEventListener() {} } };
page.window = page;
vm.createContext(page);
for (const name of ['guide.js', 'data/issues.js', 'data/releases.js']) vm.runInContext(fs.readFileSync(path.join(work, 'guide', name), 'utf8'), page);
const known = page.tidings.data.issues;
let failed = 0;
let found = 0;
for (const text of texts) {
  const theirs = JSON.parse(execFileSync(tidings, ['-q', '-C', work, 'identify', '--version', '1.0.0', '--observed', text, '--format', 'json'], { encoding: 'utf8' })).matches;
  const rust = theirs.map(match => `${match.issue.id} ${match.score.toFixed(2)} line ${match.line}`);
  const ours = page.tidings.matches(known, text).map(match => `${known.issues[match.issue].id} ${(Math.round(match.score * 100) / 100).toFixed(2)} line ${match.line}`);
  found += rust.length;
  if (JSON.stringify(rust) !== JSON.stringify(ours)) {
    failed += 1;
    console.log(`FAILED ${quoted(text)}: the program ${quoted(rust)}, the script ${quoted(ours)}`);
  }
}
console.log(`${texts.length} texts, ${found} matches, ${failed} judged differently`);
process.exit(failed || !found ? 1 : 0);
