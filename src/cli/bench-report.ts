/** The bench's results as text for a terminal and as Markdown tables for a document. */
import type { BenchResult } from '../bench/bench.ts';
import type { Machine } from '../bench/machine.ts';
import type { MemoryRow } from '../bench/memory.ts';
import { operationsPerStep } from '../bench/operations.ts';
import type { Ratio } from '../bench/ratios.ts';
import { labelOf } from '../bench/rounds.ts';
import { TASKS } from '../bench/tasks.ts';
import { textTable, UsageError } from './console.ts';

/** A measurement of the page. */
export interface PageFigure {
  name: string;
  /** A description for the table. */
  what: string;
  value: number;
  unit: string;
  note: string | null;
}

/** Parts of the page that can be measured. */
export const PAGE_SECTIONS = ['page', 'stage', 'locomotion', 'residency'] as const;
export type PageSection = (typeof PAGE_SECTIONS)[number];

/** Heading of each section's table. */
const SECTION_HEADS: Readonly<Record<PageSection, string>> = {
  page: 'the page',
  stage: 'the stage',
  locomotion: 'Bodies and Locomotion',
  residency: 'Many rows in a tab',
};

export interface PageResult {
  machine: Machine;
  page: PageFigure[];
  /** The measured part; by default the page as a whole. */
  section?: PageSection;
}

type Rows = string[][];

/** A number with three significant digits, or a whole number as it is. */
function figure(value: number | null): string {
  if (value === null) return '–';
  if (Number.isInteger(value)) return String(value);
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return value.toPrecision(3);
}

const TINY = 'Networks of no size: no figure here says how fast anything is';

function machineLines({ cpu, cores, memoryGb, os, adapter, versions, date }: Machine): string[] {
  const software = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `${cpu}, ${cores} cores, ${memoryGb} GB; ${os}; ${date}`,
    ...(adapter === null ? [] : [`WebGPU: ${adapter}`]),
    software.join(', '),
  ];
}

function stepRows({ rows, tiny }: BenchResult): Rows {
  const head = ['step', 'path', 'backend', 'agents', 'threads', 'ms a step', 'JS ms', 'kernels', 'dispatches'];
  const body = rows.map((row) => [
    row.name,
    row.path,
    row.backend,
    String(row.agents),
    String(row.threads),
    figure(row.stepMs),
    figure(row.jsMs),
    figure(row.kernels),
    figure(row.dispatches),
    figure(tiny || row.path === 'empty' ? null : (row.agents * operationsPerStep(TASKS[row.name])) / row.stepMs / 1e6),
    figure(row.firstMs / 1000),
    row.note ?? '',
  ]);
  return [[...head, 'GFLOP/s', 'first step s', 'note'], ...body];
}

function ratioRows(ratios: readonly Ratio[]): Rows {
  return [
    ['how many times as fast', 'step', 'measured', 'must be'],
    ...ratios.map(({ ratio, name, value, goal }) => [
      ratio,
      name,
      figure(value),
      goal === null ? '' : `≥ ${goal}${value >= goal ? '' : ' (not met)'}`,
    ]),
  ];
}

function memoryRows(memory: readonly MemoryRow[]): Rows {
  const megabytes = (bytes: number | null) => (bytes === null ? '–' : figure(bytes / 2 ** 20));
  const both = (row: MemoryRow, of: (memory: NonNullable<MemoryRow['before']>) => string) =>
    `${row.before ? of(row.before) : '–'} → ${row.after ? of(row.after) : '–'}`;
  return [
    ['path', 'backend', 'steps', 'tensors', 'MB in them', 'MB on the GPU', 'MB of the process', 'level', 'note'],
    ...memory.map((row) => [
      row.path,
      row.backend,
      String(row.steps),
      both(row, ({ tensors }) => String(tensors)),
      both(row, ({ bytes }) => megabytes(bytes)),
      both(row, ({ gpuBytes }) => megabytes(gpuBytes)),
      both(row, ({ processBytes }) => megabytes(processBytes)),
      row.level ? 'yes' : 'NO',
      row.note ?? '',
    ]),
  ];
}

function pageRows({ page, section = 'page' }: PageResult): Rows {
  const body = page.map(({ what, value, unit, note }) => [what, `${figure(value)} ${unit}`.trim(), note ?? '']);
  return [[SECTION_HEADS[section], 'measured', 'note'], ...body];
}

/** The tables that have rows. */
function tables(result: BenchResult): Rows[] {
  return [stepRows(result), ratioRows(result.ratios), memoryRows(result.memory)].filter((table) => table.length > 1);
}

export function textReport(result: BenchResult): string {
  const header = [...machineLines(result.machine), ...(result.tiny ? [TINY] : [])];
  const parts = [`${header.join('\n')}\n`, ...tables(result).map(textTable)];
  const missing = result.missing.map((row) => `Not measured: ${labelOf(row)}: ${row.reason}\n`);
  if (missing.length > 0) parts.push(missing.join(''));
  return parts.join('\n');
}

export function textPage(result: PageResult): string {
  return `${machineLines(result.machine).join('\n')}\n\n${textTable(pageRows(result))}`;
}

export function markdownReport(result: BenchResult): string {
  const missing = result.missing.map((row) => `- Not measured: ${labelOf(row)}: ${row.reason}`);
  const header = [...machineLines(result.machine), ...(result.tiny ? [TINY] : [])];
  const parts = [`${header.join('. ')}.`, ...tables(result).map(markdownTable)];
  if (missing.length > 0) parts.push(missing.join('\n'));
  return parts.join('\n\n');
}

export function markdownPage(result: PageResult): string {
  return `${machineLines(result.machine).join('. ')}.\n\n${markdownTable(pageRows(result))}`;
}

/** Formats a table as Prettier does, so that a written document needs no formatting. */
function markdownTable(rows: Rows): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(3, ...rows.map((row) => [...(row[column] ?? '')].length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - [...cell].length)).join(' | ')} |`;
  const [head = [], ...body] = rows;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n');
}

/**
 * Replaces the text between a section's markers in a document.
 * @throws UsageError If the document has no such markers.
 */
export function replaceSection(document: string, section: string, body: string): string {
  const [start, end] = [`<!-- bench: ${section} -->`, `<!-- /bench: ${section} -->`];
  const from = document.indexOf(start);
  const to = document.indexOf(end, from);
  if (from < 0 || to < 0) throw new UsageError(`The document has no lines "${start}" and "${end}".`);
  return `${document.slice(0, from + start.length)}\n\n${body}\n\n${document.slice(to)}`;
}
