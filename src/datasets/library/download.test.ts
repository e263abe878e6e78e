import { beforeAll, describe, expect, it } from 'vitest';
import { MemoryFolder, sourceOf, SYNTHETIC, syntheticTrajectories } from '../testing.ts';
import { MANIFEST_FILE } from '../shards/manifest.ts';
import { readManifest, readTrajectories, verifyShards } from '../shards/reader.ts';
import { writeShards } from '../shards/writer.ts';
import { fileAddress, folderAddress } from './address.ts';
import { describeFolder } from './catalogue.ts';
import { PARALLEL_FETCHES, download, fetchManifest, type DownloadProgress } from './download.ts';
import { ATTEMPTS, pauseBefore, waitFor, type FetchWorld } from './fetch-file.ts';
import { readOrigin, readUnfinished, completeManifest } from './folder.ts';
import { planFiles, totalBytes } from './plan.ts';
import { RateMeter } from './rate.ts';

const ADDRESS = 'https://host.example/data/hop/';
const DATA = syntheticTrajectories(700, 20, 3);
const source = new MemoryFolder();

beforeAll(async () => {
  await writeShards(sourceOf(DATA), SYNTHETIC, source, { chunkBytes: 4000 });
});

type Answer = (path: string, call: number, bytes: Uint8Array<ArrayBuffer> | null) => Response | Promise<Response>;

const plain: Answer = (_path, _call, bytes) => (bytes ? new Response(bytes) : new Response(null, { status: 404 }));

/** A host with scripted answers; pauses take no time and are recorded. */
function host(answer: Answer = plain) {
  const calls = new Map<string, number>();
  const pauses: number[] = [];
  let open = 0;
  let mostOpen = 0;
  const world: FetchWorld = {
    stallMs: 20,
    wait(ms, signal) {
      pauses.push(ms);
      signal.throwIfAborted();
      return Promise.resolve();
    },
    async fetch(input, init) {
      const path = (input as string).slice(ADDRESS.length);
      const call = (calls.get(path) ?? 0) + 1;
      calls.set(path, call);
      mostOpen = Math.max(mostOpen, ++open);
      try {
        // As a browser does: a stop rejects whatever is awaited.
        const stopped = new Promise<never>((_, reject) => {
          init?.signal?.addEventListener('abort', () => reject(new DOMException('stopped', 'AbortError')));
        });
        const made = Promise.resolve(source.read(path)).then((bytes) => answer(path, call, bytes));
        const response = await Promise.race([made, stopped]);
        const { status, headers } = response;
        const body = response.body?.pipeThrough(new TransformStream(), init?.signal ? { signal: init.signal } : {});
        return new Response(body ?? null, { status, headers });
      } finally {
        open--;
      }
    },
  };
  return { world, calls, pauses, mostOpen: () => mostOpen };
}

const ignore = (_: DownloadProgress): void => undefined;

async function fetchAll(
  world: FetchWorld,
  folder: MemoryFolder,
  { signal = new AbortController().signal, onProgress = ignore } = {},
): Promise<void> {
  const { manifest, bytes } = await fetchManifest(new URL(ADDRESS), { signal }, world);
  await download(folder, { address: ADDRESS, manifest, manifestBytes: bytes }, world, signal, onProgress);
}

/** A chunk that is asked for when others have come. */
const CHUNK = 'actions/1.0';

function only(path: string, answer: Answer): Answer {
  return (asked, call, bytes) => (asked === path ? answer : plain)(asked, call, bytes);
}

function damaged(bytes: Uint8Array<ArrayBuffer> | null): Response {
  const other = bytes!.slice();
  other[10]! ^= 1;
  return new Response(other);
}

describe('the address of a folder', () => {
  it.each([
    ['https://host/data', 'https://host/data/'],
    [' https://host/data/dataset.json ', 'https://host/data/'],
    ['https://host/data/?key=1#top', 'https://host/data/?key=1'],
    ['./datasets/hop', 'http://page/sub/datasets/hop/'],
  ])('the folder address %s is read as %s', (text, folder) => {
    expect(folderAddress(text, 'http://page/sub/index.html').href).toBe(folder);
  });

  it.each([
    ['', /empty/],
    ['http://', /is no address/],
    ['file:///tmp/x', /begins with file:/],
    ['https://me:secret@host/x', /name or password/],
  ])('the folder address “%s” is rejected', (text, message) => {
    expect(() => folderAddress(text, 'http://page/')).toThrow(message);
  });

  it('a folder address passes its query to every file', () => {
    expect(fileAddress(new URL('https://host/a/?key=1'), 'rewards/0')).toBe('https://host/a/rewards/0?key=1');
  });
});

describe('a download', () => {
  it('a download fetches every chunk, a few at a time, and is complete only then', async () => {
    const folder = new MemoryFolder();
    const { world, calls, mostOpen } = host();
    const reports: number[] = [];
    await fetchAll(world, folder, { onProgress: ({ bytes }) => void reports.push(bytes) });
    const manifest = await readManifest(folder);
    expect(await verifyShards(folder, manifest)).toEqual([]);
    expect(await readTrajectories(folder, manifest)).toEqual(DATA);
    expect([...new Set(calls.values())]).toEqual([1]);
    expect(mostOpen()).toBe(PARALLEL_FETCHES);
    expect(reports[0]).toBe(0);
    expect(reports.at(-1)).toBe(totalBytes(planFiles(manifest)));
    expect(await readOrigin(folder)).toBe(ADDRESS);
    expect([...folder.files.keys()].filter((path) => /coming|unfinished/.test(path))).toEqual([]);
  });

  it.each<[string, Answer]>([
    ['a busy server', (_, call, bytes) => (call < 3 ? new Response(null, { status: 503 }) : new Response(bytes))],
    [
      'an error of the server',
      (_, call, bytes) => (call < 2 ? new Response('x', { status: 500 }) : new Response(bytes)),
    ],
    [
      'a part of the file',
      (_, call, bytes) => new Response(call < 2 ? bytes!.slice(0, 9) : bytes, { status: call < 2 ? 206 : 200 }),
    ],
    ['a line that is cut', (_, call, bytes) => new Response(call < 2 ? cut(bytes!) : bytes)],
    ['too few bytes', (_, call, bytes) => new Response(call < 2 ? bytes!.slice(0, -3) : bytes)],
    ['too many bytes', (_, call, bytes) => new Response(call < 2 ? new Uint8Array(bytes!.length + 1) : bytes)],
    ['other bytes, once', (_, call, bytes) => (call < 2 ? damaged(bytes) : new Response(bytes))],
    [
      'no answer',
      (_, call, bytes) => (call < 2 ? Promise.reject(new TypeError('Failed to fetch')) : new Response(bytes)),
    ],
    ['silence', (_, call, bytes) => (call < 2 ? new Promise<Response>(() => undefined) : new Response(bytes))],
    ['silence mid-response', (_, call, bytes) => new Response(call < 2 ? stuck(bytes!) : bytes)],
  ])('a download survives %s', async (_, answer) => {
    const folder = new MemoryFolder();
    const reports: (string | null)[] = [];
    await fetchAll(host(only(CHUNK, answer)).world, folder, {
      onProgress: ({ retrying }) => void reports.push(retrying),
    });
    expect(await verifyShards(folder, await readManifest(folder))).toEqual([]);
    expect(reports.some((retrying) => retrying?.includes(`${ADDRESS}${CHUNK}`))).toBe(true);
    expect(reports.at(-1)).toBeNull();
  });

  it.each<[string, Answer, RegExp, number]>([
    ['a missing file', () => new Response(null, { status: 404 }), /answered 404: there is no such file/, 1],
    ['a file that may not be read', () => new Response(null, { status: 403 }), /answered 403: it may not be read/, 1],
    ['a server that stays broken', () => new Response(null, { status: 500 }), /answered 500 \(5 attempts\)/, ATTEMPTS],
    [
      'a server that always sends parts',
      () => new Response('x', { status: 206 }),
      /answered 206, a part of the file/,
      ATTEMPTS,
    ],
    [
      'other bytes, twice',
      (_path, _call, bytes) => damaged(bytes),
      /has the SHA-256 [0-9a-f]{64}, not .*twice fetched/,
      2,
    ],
    [
      'a server that always sends too few bytes',
      () => new Response('x'),
      /has 1 bytes, not the \d+ that dataset.json says/,
      ATTEMPTS,
    ],
    [
      'a response far too long',
      (_path, _call, bytes) => new Response(new Uint8Array(bytes!.length * 100)),
      /has more bytes than/,
      ATTEMPTS,
    ],
    [
      'an unreachable host',
      () => Promise.reject(new TypeError('Failed to fetch')),
      /host.example cannot be reached, or it does not let other sites read/,
      ATTEMPTS,
    ],
  ])('a download reports %s, keeps the other chunks, and resumes', async (_, answer, message, asked) => {
    const folder = new MemoryFolder();
    const broken = host(only(CHUNK, answer));
    await expect(fetchAll(broken.world, folder)).rejects.toThrow(message);
    await expect(fetchAll(broken.world, folder)).rejects.toThrow(`${ADDRESS}${CHUNK}`);
    expect(broken.calls.get(CHUNK)).toBe(2 * asked);
    expect(await completeManifest(folder)).toBeNull();
    expect(await readUnfinished(folder)).toMatchObject({ kind: 'fetch', address: ADDRESS, id: 'synthetic' });
    const line = await describeFolder('key', folder, false);
    expect(line.state).toBe('stopped');
    expect(line.share).toBeGreaterThan(0);
    expect(line.share).toBeLessThan(1);

    const stored = [...folder.files.keys()].filter((path) => /^[a-z]+\/\d/.test(path));
    const sound = host();
    await fetchAll(sound.world, folder);
    expect(stored.length).toBeGreaterThan(0);
    expect(stored.filter((path) => sound.calls.has(path))).toEqual([]);
    expect(await verifyShards(folder, await readManifest(folder))).toEqual([]);
    expect((await describeFolder('key', folder, false)).state).toBe('whole');
  });

  it('a download fetches a truncated chunk again', async () => {
    const folder = new MemoryFolder();
    await fetchAll(host().world, folder);
    folder.files.delete(MANIFEST_FILE);
    folder.files.set(CHUNK, folder.files.get(CHUNK)!.slice(0, 50));
    const again = host();
    await fetchAll(again.world, folder);
    expect([...again.calls.keys()]).toEqual([MANIFEST_FILE, CHUNK]);
    expect(await verifyShards(folder, await readManifest(folder))).toEqual([]);
  });

  it('a download with a truncated manifest is incomplete', async () => {
    const folder = new MemoryFolder();
    await fetchAll(host().world, folder);
    folder.files.set(MANIFEST_FILE, folder.files.get(MANIFEST_FILE)!.slice(0, 400));
    expect((await describeFolder('key', folder, false)).state).toBe('stopped');
  });

  it('a download stops on abort and keeps the chunks it has', async () => {
    const folder = new MemoryFolder();
    const stop = new AbortController();
    const reason = new Error('stopped by hand');
    const slow = host((path, call, bytes) => {
      if (path === 'observations/9.0') stop.abort(reason);
      return plain(path, call, bytes);
    });
    await expect(fetchAll(slow.world, folder, { signal: stop.signal })).rejects.toBe(reason);
    const line = await describeFolder('key', folder, false);
    expect(line.state).toBe('stopped');
    expect(line.bytes).toBeGreaterThan(0);
    const after = slow.calls.size;
    await new Promise((done) => setTimeout(done, 5));
    expect(slow.calls.size).toBe(after);
  });

  it('a download reports what is wrong with a manifest, with its address', async () => {
    const asking = { signal: new AbortController().signal };
    const page = host(only(MANIFEST_FILE, () => new Response('<!doctype html>')));
    await expect(fetchManifest(new URL(ADDRESS), asking, page.world)).rejects.toThrow(
      `${ADDRESS}dataset.json: dataset.json is not JSON`,
    );
    const outside = JSON.stringify({ format: 'offline-rl-shards', version: 1, id: '../../etc' });
    const hostile = host(only(MANIFEST_FILE, () => new Response(outside)));
    await expect(fetchManifest(new URL(ADDRESS), asking, hostile.world)).rejects.toThrow(/id: a name of 1 to 200/);
    const newer = host(only(MANIFEST_FILE, () => new Response('{"format":"offline-rl-shards","version":2}')));
    await expect(fetchManifest(new URL(ADDRESS), asking, newer.world)).rejects.toThrow(/has version 2; read is 1/);
  });

  it('download retries back off, and obey Retry-After', async () => {
    expect([2, 3, 4, 5, 9].map(pauseBefore)).toEqual([500, 1000, 2000, 4000, 15_000]);
    const asked = host(
      only(CHUNK, (_path, call, bytes) =>
        call === 1 ? new Response(null, { status: 429, headers: { 'Retry-After': '7' } }) : new Response(bytes),
      ),
    );
    await fetchAll(asked.world, new MemoryFolder());
    expect(asked.pauses).toEqual([7000]);
  });

  it('an abort ends the wait before a download’s retry', async () => {
    const stop = new AbortController();
    const waiting = waitFor(60_000, stop.signal);
    stop.abort(new Error('now'));
    await expect(waiting).rejects.toThrow('now');
    await expect(waitFor(60_000, stop.signal)).rejects.toThrow('now');
  });
});

describe('the rate of a download', () => {
  it('the download rate is that of the last seconds', () => {
    const meter = new RateMeter();
    meter.add(0, 0);
    expect(meter.rate()).toBeNull();
    expect(meter.secondsLeft(1000)).toBeNull();
    meter.add(1000, 500);
    expect(meter.rate()).toBe(500);
    expect(meter.secondsLeft(1500)).toBe(2);
    for (let second = 2; second <= 12; second++) meter.add(1000 * second, 500);
    expect(meter.rate()).toBe(0);
    expect(meter.secondsLeft(1500)).toBeNull();
  });
});

/** Some bytes, and then an end that is none. */
function cut(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array> {
  let sent = false;
  return new ReadableStream({
    pull(controller) {
      if (sent) controller.error(new TypeError('network error'));
      else controller.enqueue(bytes.slice(0, 40));
      sent = true;
    },
  });
}

/** Some bytes, and then nothing more. */
function stuck(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array> {
  let sent = false;
  return new ReadableStream({
    pull(controller) {
      if (sent) return new Promise<void>(() => undefined);
      controller.enqueue(bytes.slice(0, 40));
      sent = true;
      return undefined;
    },
  });
}
