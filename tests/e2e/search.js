// Search over many releases on a slow phone: node search.js SITE
const { chromium } = require('playwright-core');
const path = require('path');
const [, , site] = process.argv;

(async () => {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
  const page = await browser.newPage({ viewport: { width: 360, height: 780 } });
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: 6 });
  const best = { ready: Infinity, query: Infinity };
  for (let round = 0; round < 5; round += 1) {
    await page.goto('file://' + path.resolve(site, 'policy.html'));
    await page.goto('file://' + path.resolve(site, 'search.html'));
    const ready = await page.evaluate(async () => {
      while (!document.querySelector('[data-search]').dataset.ready) await new Promise(done => setTimeout(done, 1));
      return performance.now();
    });
    const query = await page.evaluate(async () => {
      const input = document.querySelector('input');
      const start = performance.now();
      input.value = 'E4012 certificate';
      input.dispatchEvent(new Event('input'));
      while (!document.querySelector('[data-count]').textContent) await new Promise(done => setTimeout(done, 1));
      return performance.now() - start;
    });
    best.ready = Math.min(best.ready, ready);
    best.query = Math.min(best.query, query);
  }
  const said = await page.locator('[data-count]').textContent();
  await browser.close();
  console.log(`5,000 releases, six times slower: ready ${best.ready.toFixed(0)} ms after the page was asked for (bar 500), a query ${best.query.toFixed(0)} ms; ${said}`);
  process.exit(best.ready < 500 && /pages?/.test(said) && !said.startsWith('0') ? 0 : 1);
})();
