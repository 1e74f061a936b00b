#!/usr/bin/env node

// The lab: ten attacks on a weak API, each sent twice, past a server that only
// proxies and past the gateway.  Run by `make lab`; it stays until Ctrl-C so
// that you can try them, or with LAB=once ends by itself.
//
// API_BUILD   where the modules and apisec were built
// API_NGINX   the nginx to run
// API_MODULES the folder of the modules, if not API_BUILD/modules

import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync,
         writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { exercises } from './exercises.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, '../../..');
const build = resolve(process.env.API_BUILD ?? join(root, 'build'));
const modules = process.env.API_MODULES ?? join(build, 'modules');
const nginx = process.env.API_NGINX ?? '/usr/sbin/nginx';
const apisec = join(build, 'bin/apisec');
const children = [];

delete process.env.NGINX;       // for nginx itself it means inherited sockets

for (const file of [apisec, join(modules, 'ngx_api_sec_module.so'), nginx]) {
    if (!existsSync(file)) {
        console.error(`lab: there is no ${file}: run  make lab`);
        process.exit(2);
    }
}

const dir = mkdtempSync(join(tmpdir(), 'parcels-lab-'));
chmodSync(dir, 0o755);          // as root, nginx's workers are another user


// Setting up

function start(command, args) {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    child.closed = new Promise((done) => child.on('close', done));
    children.push(child);
    return child;
}

async function stop() {
    for (const child of children) child.kill();
    await Promise.all(children.map((child) => child.closed));
    rmSync(dir, { recursive: true, force: true });
}

async function sleep(ms) {
    await new Promise((done) => { setTimeout(done, ms); });
}

function freePort() {
    return new Promise((done) => {
        const server = createServer().listen(0, '127.0.0.1', () => {
            const { port } = server.address();
            server.close(() => done(port));
        });
    });
}

// The ports that the API prints: its own, and that of the service inside.

async function startApi() {
    const child = start(process.execPath, [join(here, 'weak-api.mjs')]);
    for await (const line of child.stdout.setEncoding('utf8')) {
        child.stdout.resume();
        return line.trim().split(' ').map(Number);
    }
    throw new Error('the API did not start');
}

function makeTokens() {
    const starter = join(dir, 'starter');
    execFileSync(apisec, ['init', starter, '--issuer', 'https://lab.example',
                          '--audience', 'parcels', '--modules', modules],
        { stdio: ['ignore', 'ignore', 'pipe'] });

    const token = (sub, scope) => execFileSync(apisec,
        ['token', '--dir', starter, '--sub', sub, '--scope', scope],
        { encoding: 'utf8' }).trim();

    return { alice: token('alice', 'parcels:read'),
             bob: token('bob', 'parcels:read'),
             staff: token('carol', 'parcels:read parcels:admin') };
}

async function startNginx(words) {
    for (const name of ['logs', 'tmp']) mkdirSync(join(dir, name));

    // Another process may take a port before nginx does: then once more.

    for (let tries = 0; tries < 3; tries++) {
        const all = { ...words, OPEN_PORT: await freePort(),
                      PORT: await freePort(), MODULES: modules, HERE: here };
        const conf = readFileSync(join(here, 'nginx.conf.in'), 'utf8')
            .replace(/@([A-Z_]+)@/g, (_, name) => all[name]);

        writeFileSync(join(dir, 'nginx.conf'), conf);
        const child = start(nginx, ['-p', dir, '-c', 'nginx.conf',
                                    '-e', 'logs/error.log']);

        for (let n = 0; n < 300 && child.exitCode === null; n++) {
            if (existsSync(join(dir, 'nginx.pid'))) {
                const [one, two] = await Promise.all(
                    [all.OPEN_PORT, all.PORT].map((port) =>
                        ask(port, { path: '/' })));
                if (one && two && child.exitCode === null) {
                    return { open: all.OPEN_PORT, guarded: all.PORT };
                }
            }
            await sleep(100);
        }
        child.kill();
    }

    throw new Error('nginx did not start: '
        + readFileSync(join(dir, 'logs/error.log'), 'utf8').slice(-2000));
}


// Asking

function headersOf({ headers, json, token }) {
    return { ...headers,
             ...(json && { 'Content-Type': 'application/json' }),
             ...(token && { Authorization: `Bearer ${token}` }) };
}

// {status, reason, body}, or null when nobody answers.

function ask(port, { method = 'GET', path, json, ...more }) {
    return new Promise((done) => {
        const request = httpRequest({
            host: '127.0.0.1', port, method, path, timeout: 60000,
            headers: headersOf({ json, ...more }), agent: false,
        }, async (response) => {
            let body = '';
            try {
                for await (const chunk of response.setEncoding('utf8')) {
                    body += chunk;
                }
            } catch {
                body = '';
            }
            done({ status: response.statusCode, body,
                   reason: response.headers['x-reason'] ?? '' });
        });
        request.on('timeout', () => request.destroy());
        request.on('error', () => done(null));
        request.end(json && JSON.stringify(json));
    });
}

async function askAll(port, requests) {
    const answers = [];
    for (const request of requests) answers.push(await ask(port, request));
    return answers;
}

function curl(port, { method = 'GET', path, json, ...more }) {
    const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;
    return ['curl', '-si', ...(method === 'GET' ? [] : ['-X', method]),
            ...Object.entries(headersOf({ json, ...more }))
                .map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`),
            ...(json ? [`-d ${quote(JSON.stringify(json))}`] : []),
            quote(`http://127.0.0.1:${port}${path}`)].join(' ');
}


// An exercise: its twin first, for what is limited would be used up.

async function run(exercise, ports) {
    const { attack, harm, status, reason, twin, well } = exercise;

    const openTwin = await ask(ports.open, twin);
    const open = await askAll(ports.open, attack);
    const guardedTwin = await ask(ports.guarded, twin);
    const guarded = await askAll(ports.guarded, attack);
    const last = guarded.at(-1);

    return {
        open, last, guardedTwin,
        red: open.every(Boolean) && harm(open) && well(openTwin),
        green: guarded.every(Boolean) && !harm(guarded)
            && last.status === (status ?? 200) && last.reason === reason,
        honest: Boolean(guardedTwin) && well(guardedTwin),
    };
}

function tell(n, exercise, got, ports) {
    const { title, owasp, page, attack, twin } = exercise;
    const mark = (good) => (good ? 'ok   ' : 'WRONG');

    console.log(`${n}. ${title}\n   ${owasp}`);
    console.log(`   ${mark(got.red)} without: ${got.open.at(-1)?.status}, `
        + `the attack ${got.red ? 'works' : 'does not work'}`);
    console.log(`   ${mark(got.green)} with:    ${got.last?.status} `
        + `${got.last?.reason}`);
    console.log(`   ${mark(got.honest)} honest:  ${got.guardedTwin?.status} `
        + `${twin.method ?? 'GET'} ${twin.path}`);

    if (process.env.LAB !== 'once') {
        console.log(`   ${curl(ports.open, attack.at(-1))}`);
    }
    console.log(`   docs/${page}\n`);
}

async function main() {
    console.log('The lab will, on 127.0.0.1 only, start a weak API twice and '
        + 'nginx before both,\nand send ten attacks through each. It writes '
        + `to ${dir} and removes it.\n`);

    const tokens = makeTokens();
    const [openApi] = await startApi();
    const [api, insidePort] = await startApi();
    const ports = await startNginx({ OPEN_API_PORT: openApi, API_PORT: api });
    const list = exercises({ ...tokens, insidePort });
    let wrong = 0;

    for (const [n, exercise] of list.entries()) {
        const got = await run(exercise, ports);
        tell(n + 1, exercise, got, ports);
        wrong += !(got.red && got.green && got.honest);
    }

    console.log(wrong
        ? `${wrong} of ${list.length} exercises did NOT end as they should.`
        : `All ${list.length} attacks work without the gateway, and none with `
          + 'it; honest requests pass.');

    if (process.env.LAB !== 'once' && !wrong) {
        console.log(`\nWithout: http://127.0.0.1:${ports.open}   with: `
            + `http://127.0.0.1:${ports.guarded}\nThey stay until Ctrl-C. Put `
            + 'the second port into the lines above to see the difference.');
        await left;
    }

    return wrong ? 1 : 0;
}

const left = new Promise((done) => {
    for (const name of ['SIGINT', 'SIGTERM']) process.on(name, done);
});
let code = 3;

try {
    code = await Promise.race([main(), left.then(() => 0)]);
} catch (error) {
    console.error(`lab: ${error.message}`);
} finally {
    await stop();
}
process.exit(code);
