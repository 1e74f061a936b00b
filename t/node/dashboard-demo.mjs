// The page of api_status beside the demo: what it shows, as one JSON object.
//
//   node dashboard-demo.mjs URL CHROMIUM [FOLDER-FOR-PICTURES]

import { chromium } from 'playwright-core';

const [url, executablePath, pictures] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-proxy-server'],
});
const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
const seen = { errors: [] };
page.setDefaultTimeout(60000);
page.on('console', m => { if (m.type() === 'error' || m.type() === 'warning') seen.errors.push(m.text()); });
page.on('pageerror', e => seen.errors.push(String(e)));
await page.goto(url);
for (const panel of ['#operations', '#refusals', '#recent', '#rules']) {
  await page.waitForSelector(`${panel} tbody tr`);
}
await page.waitForSelector('#traffic path', { state: 'attached' });
const rows = id => page.$$eval(`#${id} tbody tr`, rs => rs.map(r => r.innerText));
for (const id of ['operations', 'refusals', 'recent', 'rules', 'keys', 'audit']) seen[id] = await rows(id);
if (pictures) await page.screenshot({ path: `${pictures}/demo.png`, fullPage: true });
await browser.close();
console.log(JSON.stringify(seen));
