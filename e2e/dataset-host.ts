/** A local static host with a dataset, which can be given faults. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MemoryFolder, sourceOf, SYNTHETIC, syntheticTrajectories } from '../src/datasets/testing.ts';
import { writeShards } from '../src/datasets/shards/writer.ts';
import { test as base } from './fixtures.ts';

/** A faulty answer of the host. `call` counts the requests for this path, from 1. */
export type Fault = (response: ServerResponse, bytes: Buffer, call: number) => boolean | Promise<boolean>;

export interface Host {
  /** The dataset's folder, with a slash at its end. */
  address: string;
  /** Requests so far, by path. */
  calls: Map<string, number>;
  /** The faults, by path; `*` is that of every path without one. A fault that returns false answers plainly. */
  faults: Map<string, Fault>;
  /** Whether other sites may read. */
  cors: boolean;
  /** Milliseconds before each chunk. */
  delay: number;
}

export interface Shape {
  rows: number;
  width: number;
  actions: number;
  chunkBytes: number;
}

/** Some forty chunks of a few kilobytes. */
export const SMALL: Shape = { rows: 2100, width: 11, actions: 3, chunkBytes: 4096 };

export const send = (response: ServerResponse, status: number, body: Buffer | string = ''): true => {
  response.writeHead(status, { 'Content-Length': Buffer.byteLength(body) }).end(body);
  return true;
};

/** Applies a fault to the first so many requests. */
export const first =
  (times: number, fault: Fault): Fault =>
  (response, bytes, call) =>
    call <= times ? fault(response, bytes, call) : false;

export const FAULTS = {
  status500: (response) => send(response, 500, 'broken'),
  status404: (response) => send(response, 404, 'none'),
  status206: (response, bytes) => send(response, 206, bytes.subarray(0, 100)),
  short: (response, bytes) => send(response, 200, bytes.subarray(0, -7)),
  long: (response, bytes) => send(response, 200, Buffer.concat([bytes, Buffer.alloc(9)])),
  other: (response, bytes) => {
    const damaged = Buffer.from(bytes);
    damaged[20]! ^= 255;
    return send(response, 200, damaged);
  },
  cut: (response, bytes) => {
    response.writeHead(200, { 'Content-Length': bytes.length });
    response.write(bytes.subarray(0, 50), () => response.destroy());
    return true;
  },
} as const satisfies Record<string, Fault>;

async function makeFolder({ rows, width, actions, chunkBytes }: Shape): Promise<MemoryFolder> {
  const folder = new MemoryFolder();
  await writeShards(sourceOf(syntheticTrajectories(rows, width, actions)), SYNTHETIC, folder, { chunkBytes });
  return folder;
}

async function answer(host: Host, folder: MemoryFolder, request: IncomingMessage, response: ServerResponse) {
  if (host.cors) response.setHeader('Access-Control-Allow-Origin', '*');
  const path = (request.url ?? '').replace(/^\/data\//, '');
  const call = (host.calls.get(path) ?? 0) + 1;
  host.calls.set(path, call);
  const bytes = folder.files.get(path);
  if (!bytes) {
    send(response, 404, 'none');
    return;
  }
  if (host.delay > 0 && path !== 'dataset.json') await new Promise((done) => setTimeout(done, host.delay));
  const fault = host.faults.get(path) ?? host.faults.get('*');
  if (await fault?.(response, Buffer.from(bytes), call)) return;
  send(response, 200, Buffer.from(bytes));
}

export interface HostFixtures {
  host: (shape?: Shape) => Promise<Host>;
}

/** Tests with hosts that are closed when they end. */
export const test = base.extend<HostFixtures>({
  host: async ({}, use) => {
    const closers: (() => void)[] = [];
    await use(async (shape = SMALL) => {
      const folder = await makeFolder(shape);
      const host: Host = { address: '', calls: new Map(), faults: new Map(), cors: true, delay: 0 };
      const server = createServer((request, response) => void answer(host, folder, request, response));
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
      closers.push(() => {
        server.close();
        server.closeAllConnections();
      });
      host.address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/data/`;
      return host;
    });
    for (const close of closers) close();
  },
});
