// A small orders API, the upstream of the demo.  It trusts the gateway in
// front of it and checks nothing itself.
//
//     node orders-api.mjs LOGFILE      prints the port it listens on
//
//     GET  /orders        all orders
//     GET  /orders/ID     one of them
//     POST /orders        {"item": TEXT}: a new one
//     POST /login         {"password": TEXT}: 200 for "lamp", 401 otherwise
//     GET  /customers/NAME/orders   those of one customer, whoever asks
//     /v1/...             the same, and anything else, for the contract
//     GET  /beta/orders/ID/export   what somebody has added, and told nobody
//
// Every request that gets here is one line "METHOD PATH REQUEST-ID" in
// LOGFILE, and every answer names who the gateway says is asking.

import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';

const log = process.argv[2];
const orders = new Map([[7, { id: 7, item: 'lamp', customer: 'alice' }],
                        [8, { id: 8, item: 'chair', customer: 'bob' }]]);

function answer(response, status, body, caller) {
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ ...body, caller }) + '\n');
}

async function text(request) {
    let all = '';
    for await (const chunk of request.setEncoding('utf8')) all += chunk;
    return all;
}

async function add(request) {
    const wanted = JSON.parse(await text(request));
    const order = { id: Math.max(...orders.keys()) + 1, ...wanted };
    orders.set(order.id, order);
    return order;
}

async function serve(request, response) {
    const caller = request.headers['x-principal'] ?? 'unknown';
    const { pathname: path } = new URL(request.url, 'http://orders');
    const pathname = path.replace(/^\/v1/, '');
    const customer = /^\/customers\/([^/]+)\/orders$/.exec(pathname)?.[1];
    const id = /^(?:\/beta)?\/orders\/(\d+)(?:\/export)?$/.exec(pathname)?.[1];

    appendFileSync(log, `${request.method} ${path} `
        + `${request.headers['x-request-id']}\n`);

    if (pathname === '/login' && request.method === 'POST') {
        const { password } = JSON.parse(await text(request));
        answer(response, password === 'lamp' ? 200 : 401, {}, caller);

    } else if (pathname === '/orders' && request.method === 'GET') {
        answer(response, 200, { orders: [...orders.values()] }, caller);

    } else if (customer && request.method === 'GET') {
        const own = [...orders.values()].filter(
            (order) => order.customer === decodeURIComponent(customer));
        answer(response, 200, { orders: own }, caller);

    } else if (pathname === '/orders' && request.method === 'POST') {
        answer(response, 201, { order: await add(request) }, caller);

    } else if (id && request.method === 'GET' && orders.has(Number(id))) {
        answer(response, 200, { order: orders.get(Number(id)) }, caller);

    } else if (path !== pathname) {
        answer(response, 200, { done: `${request.method} ${path}` }, caller);

    } else {
        answer(response, 404, { error: 'no such order' }, caller);
    }
}

const server = createServer((request, response) => {
    serve(request, response).catch((error) => {
        answer(response, 400, { error: error.message }, 'unknown');
    });
});

server.listen(0, '127.0.0.1', () => console.log(server.address().port));
