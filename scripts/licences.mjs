/**
 * The licences of the packages that the page ships: the table THIRD-PARTY-LICENSES.md, which `npm test` checks
 * (`--check`), and the full texts, which the build adds to the page because most licences require it.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { root } from './tasks.mjs';

const TABLE = join(root, 'THIRD-PARTY-LICENSES.md');

/**
 * @typedef {object} Dependency
 * @property {string} name
 * @property {string} version
 * @property {string} licence SPDX expression.
 * @property {string[]} files Names of the package's licence files.
 * @property {string} folder
 */

/** Every package of a production install, from the lock file. @returns {Dependency[]} */
function productionDependencies() {
  /** @type {Record<string, { version: string, dev?: boolean, optional?: boolean, license?: string }>} */
  const packages = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(packages)
    .filter(([path, entry]) => path !== '' && entry.dev !== true && existsSync(join(root, path)))
    .map(([path, entry]) => {
      const folder = join(root, path);
      /** @type {{ name: string, license?: string | { type: string } }} */
      const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      const licence = typeof manifest.license === 'object' ? manifest.license.type : manifest.license;
      return {
        name: manifest.name,
        version: entry.version,
        licence: licence ?? entry.license ?? 'not stated',
        files: readdirSync(folder)
          .filter((file) => /^(licen[cs]e|copying|notice)/i.test(file))
          .sort(),
        folder,
      };
    })
    .sort((a, b) => (a.name === b.name ? (a.version < b.version ? -1 : 1) : a.name < b.name ? -1 : 1));
}

/** @param {Dependency[]} dependencies */
function table(dependencies) {
  const rows = [
    ['Package', 'Version', 'Licence', 'Text in the package'],
    ...dependencies.map(({ name, version, licence, files }) => [
      `[${name}](https://www.npmjs.com/package/${name})`,
      version,
      licence,
      files.length > 0 ? files.map((file) => `\`${file}\``).join(', ') : '–',
    ]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const lines = rows.map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`);
  lines.splice(1, 0, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`);
  return `# Third-party licences

What the built page contains, or the command line needs to run. Made by \`node scripts/licences.mjs\` from the
installed packages; the build puts the full texts into \`dist/third-party-licenses.txt\`.

${lines.join('\n')}
`;
}

/** @param {Dependency[]} dependencies */
function texts(dependencies) {
  /** @param {Dependency} dependency */
  const own = ({ files, folder }) => files.map((file) => readFileSync(join(folder, file), 'utf8').trim());
  // tfjs' packages name the Apache licence without its text, which is the same in all packages that include it.
  const apache = dependencies.find(({ licence, files }) => licence === 'Apache-2.0' && files.length > 0);
  return dependencies
    .map((dependency) => {
      const { name, version, licence, files } = dependency;
      const body = own(files.length === 0 && licence === 'Apache-2.0' && apache !== undefined ? apache : dependency);
      return [`${'='.repeat(80)}\n${name} ${version} (${licence})`, ...body].join('\n\n');
    })
    .join('\n\n')
    .concat('\n');
}

/** A Vite plugin that adds the full texts to the build. @returns {import('vite').Plugin} */
export function thirdPartyLicences() {
  return {
    name: 'third-party-licences',
    apply: 'build',
    generateBundle() {
      const source = texts(productionDependencies());
      this.emitFile({ type: 'asset', fileName: 'third-party-licenses.txt', source });
    },
  };
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === join(root, 'scripts', 'licences.mjs')) {
  const text = table(productionDependencies());
  if (!process.argv.includes('--check')) {
    writeFileSync(TABLE, text);
  } else if (!existsSync(TABLE) || readFileSync(TABLE, 'utf8') !== text) {
    console.error('THIRD-PARTY-LICENSES.md is out of date: run `node scripts/licences.mjs`.');
    process.exit(1);
  }
}
