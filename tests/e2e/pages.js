// Opens every kind of page in a real browser: node pages.js OUT SHOTS
const { chromium } = require('playwright-core');
const fs = require('fs');
const path = require('path');
const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const [, , out, shots] = process.argv;
const pages = ['release-note.html', 'support-matrix.html', 'upgrade/1.4.0.html', 'upgrade/2.0.1.html'];

(async () => {
  fs.mkdirSync(shots, { recursive: true });
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  let failed = 0;
  const fail = text => { failed += 1; console.log('FAILED ' + text); };
  for (const colorScheme of ['light', 'dark']) {
    for (const width of [360, 1280]) {
      const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 }, bypassCSP: true });
      for (const name of pages) {
        const page = await context.newPage();
        page.on('request', request => { if (!request.url().startsWith('file:')) fail(`${name} asks for ${request.url()}`); });
        page.on('pageerror', error => fail(`${name}: ${error}`));
        await page.goto('file://' + path.resolve(out, name));
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        if (wide > 0) fail(`${name} is ${wide} pixels too wide at ${width}`);
        await page.screenshot({ path: path.join(shots, `${name.replace(/\W/g, '-')}-${colorScheme}-${width}.png`), fullPage: true });
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => axe.run());
        for (const violation of violations) fail(`${name} ${colorScheme} ${width}: ${violation.id}: ${violation.nodes.map(node => node.html).join(' ')}`);
        await page.close();
      }
      await context.close();
    }
  }
  const plain = await (await browser.newContext()).newPage();
  plain.on('console', message => { if (message.type() === 'error') fail(`the page's own policy is broken: ${message.text()}`); });
  for (const name of pages) await plain.goto('file://' + path.resolve(out, name));
  await browser.close();
  console.log(`${pages.length} pages, ${failed} failures`);
  process.exit(failed ? 1 : 0);
})();
