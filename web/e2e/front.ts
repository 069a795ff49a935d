// While one writes: a door in front of the server that takes the client from a folder instead of from the binary,
// with the headers that the server gives its own, so that a change needs no build of the server.

import { existsSync, readFileSync } from 'node:fs';
import { createServer, request, type Server as HttpServer } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';

const KINDS: Record<string, string> = { html: 'text/html; charset=utf-8', js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8', svg: 'image/svg+xml', png: 'image/png', json: 'application/json', webmanifest: 'application/manifest+json' };

export function front(folder: string, port: number, behind: number): Promise<HttpServer> {
  const server = createServer((asked, answer) => {
    const path = (asked.url ?? '/').split('?')[0] ?? '/';
    const file = join(folder, path === '/' ? 'index.html' : path);
    const isOurs = asked.method === 'GET' && path !== '/client.json' && file.startsWith(folder) && existsSync(file);
    const inner = request({ port: behind, host: '127.0.0.1', path: isOurs ? '/' : asked.url, method: asked.method, headers: { ...asked.headers, ...(isOurs && { 'accept-encoding': 'identity' }) } }, (told) => {
      if (!isOurs) {
        answer.writeHead(told.statusCode ?? 502, told.headers);
        told.pipe(answer);
        return;
      }
      told.resume();
      const { 'content-length': _l, 'content-encoding': _e, ...headers } = told.headers;
      // Packed as the server hands it out, so that what is measured through this door is what the server would do.
      const isPacked = /\bbr\b/.test(String(asked.headers['accept-encoding'])) && existsSync(`${file}.br`);
      answer.writeHead(200, { ...headers, ...(isPacked && { 'content-encoding': 'br' }), 'content-type': KINDS[path === '/' ? 'html' : (path.split('.').pop() ?? '')] ?? 'application/octet-stream' });
      answer.end(readFileSync(isPacked ? `${file}.br` : file));
    });
    inner.on('error', () => answer.destroy());
    asked.pipe(inner);
  });
  server.on('upgrade', (asked, socket, head) => {
    const inner = connect(behind, '127.0.0.1', () => {
      inner.write(`${asked.method} ${asked.url} HTTP/1.1\r\n${asked.rawHeaders.reduce((lines, word, i) => lines + word + (i % 2 ? '\r\n' : ': '), '')}\r\n`);
      inner.write(head);
      inner.pipe(socket).pipe(inner);
    });
    for (const one of [inner, socket]) one.on('error', () => (inner.destroy(), socket.destroy()));
  });
  return new Promise((done) => server.listen(port, '127.0.0.1', () => done(server)));
}
