// Makes the pictures of README and book from the example, light and dark:
//   tests/e2e/install && cargo run --release -- demo target/pictures && target/release/tidings -C target/pictures/bootstrap guide build --out ../guide
//   NODE_PATH=target/e2e/node_modules node book/pictures.js target/pictures
const { chromium } = require('playwright-core');
const path = require('path');
const [, , from] = process.argv;
const pages = [['note', 'out/release-note.html', 900, 900], ['guide', 'guide/index.html', 1200, 900]];

(async () => {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
  for (const colorScheme of ['light', 'dark']) {
    for (const [name, file, width, height] of pages) {
      const page = await (await browser.newContext({ colorScheme, viewport: { width, height } })).newPage();
      await page.goto('file://' + path.resolve(from, file));
      await page.screenshot({ path: path.join(__dirname, `src/pictures/${name}-${colorScheme}.png`) });
    }
  }
  await browser.close();
})();
