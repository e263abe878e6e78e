/** `lab verify`: checks every file of a dataset against its manifest. */
import { Command } from 'commander';
import { verifyShards } from '../../datasets/shards/reader.ts';
import { CheckFailed, printJson, type Console } from '../console.ts';
import { jsonOption } from '../options.ts';
import { progressLines } from '../progress.ts';
import { openShardFolder } from '../shard-folder.ts';

export function verifyCommand(console: Console): Command {
  return new Command('verify')
    .description('Checks the hash of every chunk, and that counts and episodes are those of the rows.')
    .argument('<folder>', 'a folder of shards')
    .addOption(jsonOption())
    .action(async (folder: string, { json }: { json?: boolean }) => {
      const { store, manifest } = await openShardFolder(folder);
      const report = progressLines(console, 'files');
      let files = 0;
      const problems = await verifyShards(store, manifest, (done, total) => {
        files = total;
        report('checked', done, total);
      });
      if (json) printJson(console, { id: manifest.id, files, problems });
      else for (const { path, problem } of problems) console.out(`${path}: ${problem}\n`);
      if (problems.length > 0) {
        throw new CheckFailed(
          `${folder} is damaged: ${problems.length} of ${files} files are not what they should be.`,
        );
      }
      if (!json) console.out(`${folder}: ${manifest.id}, all ${files} files are what they should be\n`);
    });
}
