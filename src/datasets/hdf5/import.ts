/** Recognises the layout of an HDF5 file by its contents, and describes its source. */
import type { Group } from 'h5wasm';
import type { RowSource } from '../arrays.ts';
import type { KnownBodies } from '../reference-returns.ts';
import type { DatasetDescription } from '../shards/writer.ts';
import { looksLikeD4rl, readD4rl } from './d4rl.ts';
import { contentsOf, LayoutError } from './readers.ts';
import { looksLikeMinari, MINARI_METADATA, parseMinariMetadata, readMinari, type MinariMetadata } from './minari.ts';
import { publishedFile } from './published-files.ts';

const PUBLISHED_LICENCE = 'CC BY 4.0';
const UNKNOWN_LICENCE = 'not stated';

/** The converted file. */
export interface SourceFile {
  /** Without its folder. */
  name: string;
  bytes: number;
  sha256: string;
}

/** Descriptions by the user, which override the file's. */
export interface DescriptionOverrides {
  id?: string;
  environment?: string;
  licence?: string;
  provenance?: string;
}

/** An opened file with readable rows. */
interface Imported {
  rows: RowSource;
  layout: 'd4rl' | 'minari';
  minari: MinariMetadata | null;
  notes: string[];
}

/**
 * Opens the rows of a file.
 *
 * @param metadata reads the `metadata.json` in the same folder, null if there is none; called only for Minari.
 * @throws Error that says what was found and what was expected.
 */
export async function importFile(file: Group, metadata: () => Promise<string | null>): Promise<Imported> {
  if (looksLikeMinari(file)) {
    const text = await metadata();
    if (text === null) {
      throw new Error(`The file has Minari's layout (episode_0, …), but there is no ${MINARI_METADATA} beside it.`);
    }
    const minari = parseMinariMetadata(text);
    const rows = readMinari(file, minari);
    const notes =
      rows.unflagged > 0
        ? [`${rows.unflagged} episodes ended without a flag; their last rows are marked as timeouts.`]
        : [];
    return { rows, layout: 'minari', minari, notes };
  }
  if (looksLikeD4rl(file)) return { rows: readD4rl(file), layout: 'd4rl', minari: null, notes: [] };
  throw new LayoutError(
    `Neither D4RL's layout (observations, actions, rewards, terminals, timeouts) nor Minari's (episode_0, …). ` +
      `Found: ${contentsOf(file)}.`,
  );
}

/**
 * The manifest's description of a file. It is called D4RL only if it is D4RL's published file.
 *
 * @param bodies those whose names, widths and reference returns are known.
 * @throws Error if the environment that the user names has other widths than the rows.
 */
export function describeSource(
  { rows, layout, minari, notes }: Imported,
  file: SourceFile,
  overrides: DescriptionOverrides,
  bodies: KnownBodies,
): DatasetDescription {
  const published = layout === 'd4rl' ? publishedFile(file.bytes, file.sha256) : null;
  const environment =
    overrides.environment ?? published?.environment ?? minari?.environment ?? bodyOfFileName(file.name, rows, bodies);
  const body = (environment !== null && Object.hasOwn(bodies, environment) && bodies[environment]) || null;
  if (body && !fits(rows, body)) {
    const { observations, actions } = body;
    throw new Error(
      `${environment} has ${observations} observations and ${actions} actions; ` +
        `the file has ${rows.observations.columns} and ${rows.actions.columns}.`,
    );
  }
  const ownReference = minari?.referenceReturns;
  return {
    id: overrides.id ?? published?.id ?? nameFrom(minari?.datasetId ?? file.name.replace(/\.(hdf5|h5)$/i, '')),
    environment,
    referenceReturns: ownReference
      ? { ...ownReference, source: `Minari, ${minari.datasetId}` }
      : body && body.referenceReturns,
    licence: overrides.licence ?? (published ? PUBLISHED_LICENCE : UNKNOWN_LICENCE),
    provenance: overrides.provenance ?? provenanceOf(published?.id ?? null, minari, file.name),
    notes,
    source: { layout, ...file, published: published?.file ?? null },
  };
}

function provenanceOf(publishedId: string | null, minari: MinariMetadata | null, name: string): string {
  if (publishedId !== null) return `D4RL ${publishedId}: the published file, recognised by its size and SHA-256.`;
  if (minari) {
    const algorithm = minari.algorithm === null ? '' : `, collected with ${minari.algorithm}`;
    const author = minari.author === null ? '' : `, by ${minari.author}`;
    return `Minari dataset ${minari.datasetId}${algorithm}${author}, as its ${MINARI_METADATA} says.`;
  }
  return `Converted from ${name}, which has D4RL's layout; it is none of D4RL's files whose hashes are known.`;
}

/** The body that a file's name begins with, if the widths are its own. */
function bodyOfFileName(name: string, rows: RowSource, bodies: KnownBodies): string | null {
  const word = /^[a-z0-9]+/.exec(name.toLowerCase())?.[0] ?? '';
  return Object.hasOwn(bodies, word) && fits(rows, bodies[word]!) ? word : null;
}

function fits({ observations, actions }: RowSource, body: KnownBodies[string]): boolean {
  return observations.columns === body.observations && actions.columns === body.actions;
}

/** A text as a dataset's id: letters, digits, and . _ - / */
function nameFrom(text: string): string {
  const plain = text.replaceAll(/[^A-Za-z0-9._/-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '');
  return plain.slice(0, 200) || 'dataset';
}
