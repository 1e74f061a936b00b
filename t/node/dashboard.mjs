// The page of api_status in a real browser: opens it, looks, clicks, and
// prints what it saw as one JSON object.
//
//   node dashboard.mjs URL CHROMIUM [FOLDER-FOR-PICTURES]

import { chromium } from 'playwright-core';

const [url, executablePath, pictures] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-proxy-server'],
});
const seen = { errors: [], requests: [] };

async function open(options) {
  const page = await browser.newPage(options);
  page.setDefaultTimeout(60000);
  page.on('console', m => { if (m.type() === 'error' || m.type() === 'warning') seen.errors.push(m.text()); });
  page.on('pageerror', e => seen.errors.push(String(e)));
  page.on('dialog', d => d.accept());
  page.on('request', r => { if (!r.url().startsWith(url) && !r.url().startsWith('data:')) seen.requests.push(r.url()); });
  await page.addInitScript(() => { window.hacked = []; window.alert = x => window.hacked.push(x); });
  return page;
}

// The page's policy forbids what waitForFunction does.
async function until(page, done) {
  for (let n = 0; n < 600; n++) {
    if (await page.evaluate(done)) return;
    await new Promise(r => setTimeout(r, 100));
  }
  throw new Error(`never: ${done}`);
}

const page = await open({ viewport: { width: 1280, height: 900 } });
const response = await page.goto(url);
seen.status = response.status();
seen.csp = response.headers()['content-security-policy'];
seen.type = response.headers()['content-type'];

await page.selectOption('#every', '1000');
await page.waitForSelector('#operations tbody tr');
await page.waitForSelector('#traffic path[data-key=allow]', { state: 'attached' });
seen.title = await page.title();
seen.about = await page.textContent('#about');
seen.panels = await page.$$eval('main section h2', hs => hs.map(h => h.textContent));
seen.plots = await page.$$eval('#traffic path', ps => ps.map(p => p.getAttribute('data-key') + ' ' + p.getAttribute('d').length));
// A page just opened shows what was before it.
seen.points = await page.$$eval('#traffic path[data-key=ok]', ps => ps.map(p => p.getAttribute('d').split('L').length))
  .then(n => n[0]);
seen.plotLabels = await page.$$eval('#traffic svg', ss => ss.map(s => s.getAttribute('aria-label')));
seen.refusals = await page.$$eval('#refusals tbody tr', rs => rs.map(r => r.innerText));
seen.operations = await page.$$eval('#operations tbody tr', rs => rs.map(r => r.innerText));
seen.limits = await page.textContent('#limits');
seen.keys = await page.textContent('#keys');
seen.alerts = await page.textContent('#alerts');
await page.waitForSelector('#governance tbody tr');
seen.governance = await page.$$eval('#governance tbody tr', rs => rs.map(r => r.innerText));
seen.audit = await page.$$eval('#audit tbody tr', rs => rs.map(r => r.innerText));
seen.zones = await page.textContent('#zones');
if (pictures) await page.screenshot({ path: `${pictures}/dashboard.png`, fullPage: true });

// Filters.
await page.fill('#op-text', 'orders');
await until(page, () => [...document.querySelectorAll('#operations tbody tr')].every(r => /orders/.test(r.innerText)));
seen.filtered = await page.$$eval('#operations tbody tr', rs => rs.length);
await page.fill('#op-text', '');
await page.selectOption('#op-state', 'shadow');
await until(page, () => [...document.querySelectorAll('#operations tbody tr')].every(r => /shadow/.test(r.innerText)));
seen.shadow = await page.$$eval('#operations tbody tr', rs => rs.length);
await page.fill('#op-text', 'no such thing');
await until(page, () => !document.querySelector('#operations tbody tr'));
seen.none = await page.textContent('#operations');
await page.fill('#op-text', '');

// An operation in detail, by the keyboard alone.
await page.focus('#operations tbody tr button');
await page.keyboard.press('Enter');
await page.waitForSelector('#detail dl');
seen.detail = await page.textContent('#detail');
await page.keyboard.press('Escape');
await until(page, () => !document.querySelector('#detail').open);

// Its refusals, and those of all.
seen.recent = await page.$$eval('#recent tbody tr', rs => rs.map(r => r.innerText));
await page.fill('#op-text', '/limited');
await page.selectOption('#op-state', '');
await until(page, () => document.querySelectorAll('#operations tbody tr').length === 1);
await page.click('#operations tbody tr button');
await page.waitForSelector('#detail table, #detail .scroll');
seen.drilled = await page.$$eval('#detail tbody tr', rs => rs.map(r => r.innerText));
await page.keyboard.press('Escape');
await until(page, () => !document.querySelector('#detail').open);
await page.fill('#op-text', '');

// What a key owes, and forgiven.
await page.selectOption('#limit-name', 'p');
await page.fill('#limit-key', '%3Cb%3Eme%3C/b%3E');
await page.click('#limits form button:has-text("Look")');
await until(page, () => /owes|used/.test(document.getElementById('limit-owes').textContent));
seen.owes = await page.textContent('#limit-owes');
seen.forgive = await page.locator('#limits form button:has-text("Forgive")').count();
if (seen.forgive) {
  await page.click('#limits form button:has-text("Forgive")');
  await until(page, () => /owes 0/.test(document.getElementById('limit-owes').textContent));
  seen.forgiven = await page.textContent('#limit-owes');
}

// Lift a ban, where that is allowed.
const lift = page.locator('#limits button:has-text("Lift")');
seen.lift = await lift.count();
if (seen.lift) {
  await lift.first().evaluate(b => b.click());
  await page.evaluate(() => document.activeElement.blur());
  await until(page, () => !document.querySelector('#limits td button'));
}
seen.fault = await page.textContent('#fault');

// Pause, and go on.
await page.click('#pause');
seen.paused = await page.getAttribute('#pause', 'aria-pressed');
await page.click('#pause');

// Nobody looks: it asks no more, or nearly; somebody does: at once.
const asked = [];
page.on('request', r => asked.push(r.url()));
await page.evaluate(() => {
  Object.defineProperty(document, 'hidden', { configurable: true, get: () => true });
});
await new Promise(r => setTimeout(r, 4000));
asked.length = 0;
await new Promise(r => setTimeout(r, 4000));
seen.whileHidden = asked.length;
await page.evaluate(() => {
  delete document.hidden;
  document.dispatchEvent(new Event('visibilitychange'));
});
for (let n = 0; n < 100 && !asked.length; n++) await new Promise(r => setTimeout(r, 100));
seen.whenShown = asked.length;

// What strangers wrote is text: no element of theirs, and nothing has run.
seen.hacked = await page.evaluate(() => window.hacked.length + document.querySelectorAll('main img, main iframe, main script, main b b').length);

// Every control has a name; headings are in order; ids are single.
seen.nameless = await page.$$eval('button, input, select, meter, svg[role=img], [role=region]', es => es.filter(e =>
  !(e.getAttribute('aria-label') || e.textContent.trim() || e.closest('label')?.textContent.trim())).length);
seen.ids = await page.evaluate(() => { const all = [...document.querySelectorAll('[id]')].map(e => e.id); return all.length - new Set(all).size; });

// The policy holds: script that is put in does not run.
seen.injected = await page.evaluate(async () => {
  const s = document.createElement('div');
  try { s.innerHTML = '<img src=x onerror="alert(1)">'; document.body.append(s); } catch { return 'refused'; }
  await new Promise(r => setTimeout(r, 300));
  return window.hacked.length ? 'ran' : 'inert';
});
seen.errors = seen.errors.filter(e => !/TrustedHTML|Trusted Type/.test(e));

// A phone; and the dark.
const phone = await open({ viewport: { width: 360, height: 700 }, colorScheme: 'dark' });
await phone.goto(url);
await phone.waitForSelector('#operations tbody tr');
seen.overflow = await phone.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
seen.dark = await phone.evaluate(() => getComputedStyle(document.body).backgroundColor);
if (pictures) await phone.screenshot({ path: `${pictures}/dashboard-phone.png` });

await browser.close();
console.log(JSON.stringify(seen));
