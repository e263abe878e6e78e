/** `lab convert`: converts a D4RL or Minari file to shards. */
import { Command, Option } from 'commander';
import { describeSource, importFile, type DescriptionOverrides } from '../../datasets/hdf5/import.ts';
import { storedBytes } from '../../datasets/library/plan.ts';
import { STORAGES, type Storage } from '../../datasets/shards/manifest.ts';
import { writeShards } from '../../datasets/shards/writer.ts';
import { KNOWN_BODIES } from '../../environments/bodies/index.ts';
import { printJson, type Console } from '../console.ts';
import { findHdf5, minariMetadata, readHdf5, sourceFile } from '../hdf5-file.ts';
import { jsonOption } from '../options.ts';
import { megabytes, progressLines } from '../progress.ts';
import { writeFolder } from '../shard-folder.ts';

interface ConvertFlags extends DescriptionOverrides {
  store: Storage;
  json?: boolean;
}

export function convertCommand(console: Console): Command {
  return new Command('convert')
    .description("Makes a folder of shards of an HDF5 file in D4RL's or Minari's layout, recognised by what it holds.")
    .argument('<in>', "an HDF5 file, or a folder of Minari's with main_data.hdf5 and metadata.json")
    .argument('<out>', 'the folder that is made; it must not be there yet')
    .addOption(
      new Option('--store <dtype>', 'how observations and actions are stored; the error is noted in dataset.json')
        .choices(STORAGES)
        .default('float32'),
    )
    .addOption(new Option('--id <name>', "the dataset's name"))
    .addOption(new Option('--environment <name>', 'hopper, halfcheetah, walker2d (these have scores), or any other'))
    .addOption(new Option('--licence <text>', "the data's licence"))
    .addOption(new Option('--provenance <text>', 'where the data come from'))
    .addOption(jsonOption())
    .action((from: string, to: string, flags: ConvertFlags) => convert(from, to, flags, console));
}

async function convert(from: string, to: string, flags: ConvertFlags, console: Console): Promise<void> {
  const start = performance.now();
  const path = await findHdf5(from);
  const manifest = await readHdf5(path, async (file) => {
    const imported = await importFile(file, () => minariMetadata(path));
    return writeFolder(to, async (sink) => {
      const description = describeSource(imported, await sourceFile(path), flags, KNOWN_BODIES);
      const report = progressLines(console, 'bytes');
      return writeShards(imported.rows, description, sink, {
        storage: flags.store,
        onProgress: ({ array, bytes, totalBytes }) => report(array, bytes, totalBytes),
      });
    });
  });
  const seconds = (performance.now() - start) / 1000;
  const bytes = storedBytes(manifest);
  const { id, counts, source, notes } = manifest;
  if (flags.json) {
    printJson(console, { id, ...counts, layout: source.layout, published: source.published, bytes, seconds, notes });
    return;
  }
  console.out(`${to}: ${id}, ${counts.rows} rows, ${counts.episodes} episodes, ${counts.transitions} transitions\n`);
  console.out(`${megabytes(bytes)} in ${seconds.toFixed(1)} s\n`);
  for (const note of [manifest.provenance, ...notes]) console.out(`${note}\n`);
}
