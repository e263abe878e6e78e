import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStaticServer, ISOLATION_HEADERS, listen } from './server.mjs';

const folder = mkdtempSync(join(tmpdir(), 'server-'));
const server = createStaticServer(join(folder, 'page'));
let address = '';

beforeAll(async () => {
  mkdirSync(join(folder, 'page', 'assets'), { recursive: true });
  writeFileSync(join(folder, 'page', 'index.html'), 'the page');
  writeFileSync(join(folder, 'page', 'assets', 'a-1.js'), 'the code');
  writeFileSync(join(folder, 'page', '.hidden'), 'hidden');
  writeFileSync(join(folder, 'outside.txt'), 'outside');
  address = `http://127.0.0.1:${await listen(server, 5960, () => undefined)}`;
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  rmSync(folder, { recursive: true });
});

describe('the server of the built page', () => {
  it('the static server sends isolation headers, and lets browsers cache only files with a hash in their name', async () => {
    const page = await fetch(`${address}/`);
    expect([page.status, await page.text()]).toEqual([200, 'the page']);
    for (const [name, value] of Object.entries(ISOLATION_HEADERS)) expect(page.headers.get(name)).toBe(value);
    expect(page.headers.get('Cache-Control')).toBe('no-cache');
    const code = await fetch(`${address}/assets/a-1.js?x#y`);
    expect(code.headers.get('Content-Type')).toContain('text/javascript');
    expect(code.headers.get('Cache-Control')).toContain('immutable');
    expect((await fetch(`${address}/`, { method: 'POST' })).status).toBe(405);
  });

  it.each([
    ['a missing file', '/none.js'],
    ['a path through a file', '/index.html/more'],
    ['a name that no file can have', `/${'a'.repeat(300)}`],
    ['a zero byte', '/%00'],
    ['an invalid escape sequence', '/%ff'],
    ['a folder', '/assets'],
    ['a hidden file', '/.hidden'],
    ['a file outside its folder', '/..%2foutside.txt'],
  ])('the static server answers 404 for %s, and continues to serve', async (_, path) => {
    expect((await fetch(`${address}${path}`)).status).toBe(404);
    expect((await fetch(`${address}/`)).status).toBe(200);
  });
});
