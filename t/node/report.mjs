// Opens a page in Chromium, tells what is on it, and prints it.

import { chromium } from 'playwright-core';

const [program, page, pdf] = process.argv.slice(2);
const browser = await chromium.launch({
    executablePath: program, args: ['--no-sandbox'] });
const tab = await browser.newPage();
let faults = 0;

tab.on('console', m => { if (m.type() === 'error') { faults++; } });
tab.on('pageerror', () => { faults++; });
tab.on('requestfailed', () => { faults++; });
await tab.goto('file://' + page);
console.log('title: ' + await tab.title());
console.log('tables: ' + await tab.locator('table').count()
    + ' faults: ' + faults);
await tab.pdf({ path: pdf });
await browser.close();
