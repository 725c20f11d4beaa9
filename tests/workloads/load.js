// SPDX-License-Identifier: Apache-2.0
// What Node.js programs do: an HTTP server under load, worker threads, children, files.
'use strict';
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');
const crypto = require('crypto');

if (!isMainThread) {
	let sum = 0;
	for (let i = 0; i < 2e6; i++)
		sum = (sum + i * workerData) % 1000003;
	parentPort.postMessage(sum);
	return;
}

const fs = require('fs');
const http = require('http');
const net = require('net');
const os = require('os');
const zlib = require('zlib');
const { spawn, execFileSync } = require('child_process');
const scale = Number(process.argv[2]);

async function server() {
	const agent = new http.Agent({ keepAlive: true, maxSockets: 16 });
	const web = http.createServer((q, a) => {
		q.pipe(zlib.createGzip()).pipe(a);
	});
	await new Promise(r => web.listen(0, '127.0.0.1', r));
	const post = n => new Promise((resolve, reject) => {
		const q = http.request({ port: web.address().port, host: '127.0.0.1', method: 'POST', agent }, a => {
			const parts = [];
			a.pipe(zlib.createGunzip()).on('data', d => parts.push(d))
				.on('end', () => resolve(Number(Buffer.concat(parts)))).on('error', reject);
		});
		q.on('error', reject);
		q.end(String(n));
	});
	const got = await Promise.all([...Array(400 * scale).keys()].map(post));
	agent.destroy();
	web.close();
	return got.reduce((a, b) => a + b);
}

const worker = n => new Promise((resolve, reject) => {
	new Worker(__filename, { workerData: n }).on('message', resolve).on('error', reject);
});

function child() {
	return new Promise(resolve => {
		const cat = spawn('/bin/cat');
		let out = '';
		cat.stdout.on('data', d => out += d);
		cat.on('close', code => resolve(`${out} ${code}`));
		cat.stdin.end('through a child');
	});
}

function unix() {
	return new Promise(resolve => {
		const s = net.createServer(c => c.pipe(c)).listen('/tmp/node.sock', () => {
			const c = net.connect('/tmp/node.sock', () => c.write('hello'));
			c.on('data', d => { c.end(); s.close(); resolve(String(d)); });
		});
	});
}

async function files() {
	const name = '/tmp/node-file';
	await fs.promises.writeFile(name, 'x'.repeat(100000));
	await fs.promises.copyFile(name, name + '2');
	await fs.promises.rename(name + '2', name + '3');
	const seen = new Promise(r => { const w = fs.watch('/tmp', (_, f) => { if (f === 'seen') { w.close(); r(f); } }); });
	setTimeout(() => fs.writeFileSync('/tmp/seen', ''), 50);
	return [(await fs.promises.stat(name + '3')).size, await seen];
}

(async () => {
	console.log('server', await server());
	console.log('workers', (await Promise.all([1, 2, 3, 4].map(worker))).join(' '));
	console.log('child', await child());
	console.log('sync child', String(execFileSync('/bin/echo', ['hello'])).trim());
	console.log('unix', await unix());
	console.log('files', (await files()).join(' '));
	console.log('hash', await new Promise((r, j) => crypto.scrypt('a', 'b', 16, (e, k) => e ? j(e) : r(k.toString('hex')))));
	console.log('interfaces', Object.keys(os.networkInterfaces()).join(' '), os.cpus().length > 0, process.memoryUsage().rss > 0);
})().catch(e => { console.error(e); process.exit(1); });
