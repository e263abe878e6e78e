/** `lab export`: writes a dataset as an HDF5 file of D4RL's layout. */
import { stat } from 'node:fs/promises';
import { Command } from 'commander';
import { exportD4rl } from '../../datasets/hdf5/export.ts';
import { printJson, type Console } from '../console.ts';
import { writeHdf5 } from '../hdf5-file.ts';
import { jsonOption } from '../options.ts';
import { megabytes, progressLines } from '../progress.ts';
import { writeAtomically, openShardFolder } from '../shard-folder.ts';

export function exportCommand(console: Console): Command {
  return new Command('export')
    .description("Writes a dataset as an HDF5 file of D4RL's layout.")
    .argument('<folder>', 'a folder of shards')
    .argument('<file>', 'the HDF5 file that is made; it must not be there yet')
    .addOption(jsonOption())
    .action(async (folder: string, path: string, { json }: { json?: boolean }) => {
      const { store, manifest } = await openShardFolder(folder);
      const report = progressLines(console, 'rows');
      await writeAtomically(path, (partial) =>
        writeHdf5(partial, (file) =>
          exportD4rl(store, manifest, file, (done, total) => report('written', done, total)),
        ),
      );
      const { size } = await stat(path);
      if (json) printJson(console, { id: manifest.id, rows: manifest.counts.rows, bytes: size });
      else console.out(`${path}: ${manifest.id}, ${manifest.counts.rows} rows, ${megabytes(size)}\n`);
    });
}
