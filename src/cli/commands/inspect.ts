/** `lab inspect`: prints the card of a dataset from its manifest. */
import { Command } from 'commander';
import { ARRAY_NAMES, isFlagArray } from '../../datasets/arrays.ts';
import { episodeLengths } from '../../datasets/episodes.ts';
import { normalizedScore } from '../../datasets/reference-returns.ts';
import { columnsOf, type Manifest } from '../../datasets/shards/manifest.ts';
import { printJson, textTable, type Console } from '../console.ts';
import { storedBytes } from '../../datasets/library/plan.ts';
import { jsonOption } from '../options.ts';
import { megabytes } from '../progress.ts';
import { openShardFolder } from '../shard-folder.ts';

interface Summary {
  min: number;
  mean: number;
  max: number;
}

export function inspectCommand(console: Console): Command {
  return new Command('inspect')
    .description('Prints what a dataset holds: counts, returns, scores, ranges, licence, provenance.')
    .argument('<folder>', 'a folder of shards')
    .addOption(jsonOption())
    .action(async (folder: string, { json }: { json?: boolean }) => {
      const { manifest } = await openShardFolder(folder);
      if (json) printJson(console, card(manifest));
      else print(manifest, console);
    });
}

function card(manifest: Manifest): Record<string, unknown> {
  const { id, environment, counts, arrays, referenceReturns, licence, provenance, notes, source } = manifest;
  const { returns, lengths, scores } = summaries(manifest);
  const ranges = Object.fromEntries(
    ARRAY_NAMES.flatMap((name) => {
      const entry = arrays[name];
      if (entry.dtype === 'bool') return [];
      const { shape, dtype, min, max, mean, std, maxError } = entry;
      return [[name, { shape, dtype, min, max, mean, std, maxError }]];
    }),
  );
  return {
    id,
    environment,
    ...counts,
    bytes: storedBytes(manifest),
    returns,
    lengths,
    normalizedScores: scores,
    referenceReturns,
    arrays: ranges,
    licence,
    provenance,
    notes,
    source,
  };
}

function print(manifest: Manifest, console: Console): void {
  const { id, environment, counts, arrays, referenceReturns, licence, provenance, notes, source } = manifest;
  const { returns, lengths, scores } = summaries(manifest);
  const { observations, actions } = arrays;
  console.out(`${id}${environment === null ? '' : ` (${environment})`}, ${megabytes(storedBytes(manifest))}\n`);
  console.out(`${counts.rows} rows, ${counts.transitions} transitions, `);
  console.out(`${columnsOf(observations)} observations (${observations.dtype}), `);
  console.out(`${columnsOf(actions)} actions (${actions.dtype})\n`);
  console.out(`${counts.episodes} episodes; ${counts.terminals} terminals, ${counts.timeouts} timeouts\n\n`);

  const row = (name: string, digits: number, { min, mean, max }: Summary) => [
    name,
    ...[min, mean, max].map((value) => value.toFixed(digits)),
  ];
  console.out(
    textTable([
      ['episodes', 'min', 'mean', 'max'],
      row('return', 2, returns),
      ...(scores ? [row('normalised score', 2, scores)] : []),
      row('length', 1, lengths),
    ]),
  );
  if (referenceReturns) {
    const { min, max, source: whose } = referenceReturns;
    console.out(`Score 0 is a return of ${min}, 100 one of ${max} (${whose}).\n`);
  }
  console.out('\n');
  console.out(textTable([['column', 'min', 'mean', 'max', 'std', 'largest error'], ...columnRows(manifest)]));
  console.out(`\nLicence: ${licence}\nProvenance: ${provenance}\n`);
  const whose = source.published === null ? 'none of the published files known here' : `is ${source.published}`;
  console.out(`Source: ${source.name}, ${source.bytes} bytes, SHA-256 ${source.sha256} (${whose})\n`);
  for (const note of notes) console.out(`Note: ${note}\n`);
}

function columnRows({ arrays }: Manifest): string[][] {
  return ARRAY_NAMES.flatMap((name) => {
    const entry = arrays[name];
    if (isFlagArray(name) || entry.dtype === 'bool') return [];
    const { min, mean, max, std, maxError } = entry;
    return min.map((_, column) => [
      entry.shape.length === 2 ? `${name} ${column}` : name,
      ...[min, mean, max, std].map((values) => values[column]!.toFixed(4)),
      maxError[column] === 0 ? '0' : maxError[column]!.toExponential(1),
    ]);
  });
}

function summaries({ counts, episodes, referenceReturns }: Manifest): {
  returns: Summary;
  lengths: Summary;
  scores: Summary | null;
} {
  const returns = summary(episodes.returns);
  const score = (value: number) => (referenceReturns ? normalizedScore(value, referenceReturns) : 0);
  return {
    returns,
    lengths: summary(episodeLengths(episodes.starts, counts.rows)),
    scores: referenceReturns && { min: score(returns.min), mean: score(returns.mean), max: score(returns.max) },
  };
}

function summary(values: readonly number[]): Summary {
  return {
    min: values.reduce((min, value) => Math.min(min, value), Infinity),
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
    max: values.reduce((max, value) => Math.max(max, value), -Infinity),
  };
}
