// The guide in a real browser: node guide.js SITE SINGLE SHOTS TIDINGS BOOTSTRAP
// Every page with its own policy in force; accessibility, width and pictures of each kind; scripts on and off; what the
// scripts do; nothing asked of elsewhere.
const { chromium } = require('playwright-core');
const fs = require('fs');
const path = require('path');
const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const { spawn } = require('child_process');
const [, , site, single, shots, tidings, bootstrap] = process.argv;
const kinds = ['index.html', 'identify.html', 'decide.html', 'releases/index.html', 'releases/2.1.0.html', 'releases/2.0.1.html', 'upgrade/index.html',
  'upgrade/1.4.0.html', 'support.html', 'policy.html', 'known-issues.html', 'offline.html', 'search.html'];
let failed = 0;
const fail = text => { failed += 1; console.log('FAILED ' + text); };
const same = (what, got, wanted) => { if (got !== wanted) fail(`${what}: ${JSON.stringify(got)} instead of ${JSON.stringify(wanted)}`); };
const holds = (what, got, wanted) => { if (!got.includes(wanted)) fail(`${what}: no ${JSON.stringify(wanted)} in ${JSON.stringify(got.slice(0, 600))}`); };
const url = name => 'file://' + path.resolve(site, name);
const walk = folder => fs.readdirSync(folder, { withFileTypes: true }).flatMap(entry => entry.isDirectory() ? walk(path.join(folder, entry.name)) : [path.join(folder, entry.name)]);

(async () => {
  fs.mkdirSync(shots, { recursive: true });
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  const watch = (page, name) => {
    page.on('request', request => { if (!/^(file|data|blob):/.test(request.url())) fail(`${name} asks for ${request.url()}`); });
    page.on('pageerror', error => fail(`${name}: ${error}`));
    page.on('console', message => { if (message.type() === 'error') fail(`${name} says ${message.text()}`); });
  };

  // Every page, with scripts, under its own policy.
  const context = await browser.newContext();
  const every = walk(site).filter(name => name.endsWith('.html') && !name.endsWith('404.html')).map(name => path.relative(site, name));
  for (const name of [...every.map(url), 'file://' + path.resolve(single)]) {
    const page = await context.newPage();
    watch(page, name);
    await page.goto(name);
    await page.close();
  }
  console.log(`${every.length} pages and the single file opened under their own policy`);

  // Each kind: light and dark, narrow and wide.
  for (const colorScheme of ['light', 'dark']) for (const width of [360, 1280]) {
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 }, bypassCSP: true });
    for (const name of [...kinds.map(url), 'file://' + path.resolve(single)]) {
      const page = await context.newPage();
      await page.goto(name);
      const short = name.replace(url(''), '').replace(/^.*\//, match => match.startsWith('file:') ? '' : match).replace(/\W/g, '-');
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (wide > 0) fail(`${name} is ${wide} pixels too wide at ${width}`);
      if (!name.endsWith(path.basename(single))) await page.screenshot({ path: path.join(shots, `guide-${short}-${colorScheme}-${width}.png`), fullPage: true });
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
      for (const violation of violations) fail(`${name} ${colorScheme} ${width}: ${violation.id}: ${violation.nodes.slice(0, 3).map(node => node.html).join(' ')}`);
      await page.close();
    }
    await context.close();
  }

  // Without scripts the same commands stand there.
  const plain = await browser.newContext({ javaScriptEnabled: false });
  for (const name of kinds) {
    const [on, off] = [await context.newPage(), await plain.newPage()];
    await on.goto(url(name));
    await off.goto(url(name));
    const commands = page => page.locator('pre.command code').allTextContents();
    same(`${name}: commands with and without scripts`, JSON.stringify(await commands(off)), JSON.stringify(await commands(on)));
    if (await off.locator('form:visible').count()) fail(`${name} shows a form that does nothing`);
    await Promise.all([on.close(), off.close()]);
  }

  // What scripts do, from a disk, in the site and in the single file.
  for (const where of [name => url(name), name => `file://${path.resolve(single)}#${name.replace('.html', '')}`]) {
    const context = await browser.newContext();
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const page = await context.newPage();
    watch(page, where('identify.html'));
    await page.goto(where('identify.html'));
    const rows = await page.locator('dl dd.digest').allTextContents();
    const digest = await page.locator('dt:has(a:text-is("2.0.1")) + dd.digest').first().textContent();
    const identify = page.locator('[data-identify]');
    const identified = page.locator('[data-identified]');
    const ask = async text => {
      await identify.locator('textarea').fill(text);
      await identify.locator('button').click();
      await page.waitForFunction(before => document.querySelector('[data-identified]').textContent && document.querySelector('[data-identified]').dataset.was !== before, text);
      await page.waitForTimeout(150);
      return identified.innerText();
    };
    const first = await ask(JSON.stringify({ version: '2.0.1', digest: digest.trim(), revision: 'abc' }));
    holds('identified', first, 'This is 2.0.1');
    holds('identified', first, 'KI-9');
    holds('identified', first, 'git checkout v2.0.0');
    if (first.includes('disagree')) fail('version and digest agree, and it says that they do not');
    await identified.locator('button').first().click();
    await page.waitForTimeout(100);
    same('the clipboard', await page.evaluate(() => navigator.clipboard.readText()), 'git fetch --tags && git checkout v2.0.0 && ./install.sh');
    holds('a wrong version', await ask(JSON.stringify({ agent: { version: '2.1.0', image_digest: `registry/a@${digest.trim()}` } })), 'This is 2.0.1');
    holds('a wrong version', await identified.innerText(), 'Believe the digest');
    holds('a bare version', await ask('v1.5.2\n'), 'This is 1.5.2');
    holds('an unknown version', await ask('{"version":"9.9.9"}'), 'Nobody released 9.9.9');
    holds('nonsense', await ask('<html>502</html>'), 'neither a version nor a digest');
    await page.goto(where('decide.html'));
    const decide = page.locator('[data-decide]');
    await decide.locator('input').fill('2.0.1');
    await decide.locator('textarea').fill('2026-11-20T02:13:07Z INFO scheduler: 0 jobs loaded\n');
    await decide.locator('button').click();
    await page.waitForFunction(() => document.querySelector('[data-decided]').textContent);
    holds('decided', await page.locator('[data-decided]').innerText(), 'KI-9');
    holds('decided', await page.locator('[data-decided]').innerText(), 'Roll back.');
    holds('decided', await page.locator('[data-decided]').innerText(), 'git checkout v2.0.0');
    await page.goto(where('upgrade/index.html'));
    await page.locator('[data-upgrade] input').fill('v1.4.0');
    await page.locator('[data-upgrade] button').click();
    await page.waitForURL(/upgrade[/-]1\.4\.0/);
    await context.close();
    if (!rows.length) fail('there is no list of digests');
  }

  // Without a clipboard the button still copies, or selects.
  const bare = await context.newPage();
  await bare.addInitScript(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
  await bare.goto(url('index.html'));
  await bare.locator('.copied button').first().click();
  await bare.waitForFunction(() => /Copied|Selected/.test(document.querySelector('.copied span').textContent));

  // Search finds entries, issues, error codes, versions, the vendor's own pages.
  const search = await context.newPage();
  watch(search, 'search.html');
  await search.goto(url('search.html'));
  for (const [words, wanted] of [['2.0.1', '2.0.1'], ['E4012', 'KI-11'], ['scheduler jobs', 'KI-9'], ['restore', '2.1.0'], ['paper', 'Keep this guide at hand'], ['shceduler jobs', 'KI-9'], ['certificat', 'KI-11'], ['nothingatall', '0 pages']]) {
    await search.locator('input').fill(words);
    await search.waitForFunction(() => document.querySelector('[data-count]').textContent);
    await search.waitForTimeout(100);
    holds(`search for ${words}`, await search.locator('main').innerText(), wanted);
  }

  // Served: a page that is not there, and a page that reloads itself when its source changes.
  const server = spawn(tidings, ['-C', bootstrap, 'guide', 'serve', '--port', '0'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const address = await new Promise(done => server.stdout.once('data', data => done(String(data).trim())));
  const lost = await context.newPage();
  const answer = await lost.goto(`${address}no/such/page`);
  same('a page that is not there', answer.status(), 404);
  await lost.addScriptTag({ content: axe }).catch(() => lost.evaluate(axe));
  same('a page that is not there', await lost.evaluate(() => getComputedStyle(document.querySelector('main')).maxWidth), '736px');
  const live = await context.newPage();
  await live.goto(`${address}releases/2.1.0.html`);
  const log = path.join(bootstrap, 'CHANGELOG.md');
  const before = fs.readFileSync(log, 'utf8');
  await live.waitForTimeout(300);
  const started = Date.now();
  fs.writeFileSync(log, before.replace('### Added', '### Added\n\n- A word that was not there.\n'));
  await live.waitForFunction(() => document.body.textContent.includes('A word that was not there'), undefined, { timeout: 10000 }).catch(() => fail('the page does not reload'));
  console.log(`${Date.now() - started} ms from a change to the reloaded page`);
  fs.writeFileSync(log, before);
  server.kill();

  // On paper.
  const paper = await context.newPage();
  await paper.goto(url('index.html'));
  await paper.emulateMedia({ media: 'print' });
  if (await paper.locator('nav:visible, button:visible').count()) fail('navigation or buttons are printed');
  await paper.pdf({ path: path.join(shots, 'guide-start.pdf') });

  await browser.close();
  console.log(`${kinds.length} kinds of pages, ${failed} failures`);
  process.exit(failed ? 1 : 0);
})();
