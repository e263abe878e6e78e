/**
 * Which room of src/ may import from which: data flows one way, and the page's own thread never loads tfjs. A local
 * ESLint plugin, because the second half asks what a module loads in turn, through files that are pure themselves.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import ts from 'typescript';
import { root } from './tasks.mjs';

/**
 * For each room: where its imports may lead (`runs`), and where besides for a type alone (`types`), which loads nothing.
 *
 * @type {Record<string, { runs: readonly string[], types: readonly string[] }>}
 */
export const ROOMS = {
  math: { runs: [], types: [] },
  tensor: { runs: ['math'], types: [] },
  networks: { runs: ['tensor', 'math'], types: ['diffusion'] },
  diffusion: { runs: ['tensor', 'math'], types: ['networks'] },
  datasets: { runs: ['math'], types: [] },
  environments: { runs: ['math'], types: [] },
  algorithms: { runs: ['networks', 'diffusion', 'tensor', 'math'], types: [] },
  experiment: { runs: ['algorithms', 'networks', 'diffusion', 'tensor', 'math'], types: [] },
  bandit: { runs: ['experiment', 'algorithms', 'networks', 'diffusion', 'tensor', 'math', 'datasets'], types: [] },
  collection: { runs: ['experiment', 'math', 'datasets', 'environments'], types: [] },
  locomotion: {
    runs: ['experiment', 'algorithms', 'networks', 'diffusion', 'tensor', 'math', 'datasets', 'environments'],
    types: [],
  },
  bench: { runs: ['bandit', 'experiment', 'algorithms', 'networks', 'diffusion', 'tensor', 'math'], types: [] },
  cli: {
    runs: [
      ...['bench', 'bandit', 'locomotion', 'collection', 'experiment', 'algorithms', 'networks', 'diffusion', 'tensor'],
      ...['math', 'datasets', 'environments'],
    ],
    types: [],
  },
  // Only modules that load no tensor library; of `algorithms`, the catalogue.
  app: {
    runs: ['bandit', 'locomotion', 'collection', 'experiment', 'algorithms', 'math', 'datasets', 'environments'],
    types: ['networks', 'diffusion', 'tensor'],
  },
};

/** Rooms that may call tfjs' operations; only `tensor` may choose and configure a backend. */
const TFJS_ROOMS = [
  ...['tensor', 'networks', 'diffusion', 'algorithms', 'experiment', 'bandit', 'locomotion', 'bench', 'cli'],
];

/** The only module of the algorithms that the page may load. */
const CATALOGUE = 'src/algorithms/catalogue.ts';

const TEST = /\.test\.tsx?$/;

/** @param {string} file Absolute. @returns {string} From the project's root, with `/`. */
const fromRoot = (file) => relative(root, file).split(sep).join('/');

/** @param {string} file Absolute. @returns {string | null} */
function roomOf(file) {
  const [top, room, ...rest] = fromRoot(file).split('/');
  return top === 'src' && room !== undefined && rest.length > 0 && Object.hasOwn(ROOMS, room) ? room : null;
}

/** @type {Map<string, { time: number, imports: string[] }>} */
const importsOf = new Map();

/**
 * What a file loads when it runs: its imports without those of types.
 *
 * @param {string} file Absolute.
 */
function runtimeImports(file) {
  const time = statSync(file).mtimeMs;
  const known = importsOf.get(file);
  if (known?.time === time) return known.imports;
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
  /** @type {string[]} */
  const imports = [];
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      const typeOnly = ts.isImportDeclaration(node) ? node.importClause?.isTypeOnly === true : node.isTypeOnly;
      const from = node.moduleSpecifier;
      if (!typeOnly && from !== undefined && ts.isStringLiteral(from)) imports.push(from.text);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [from] = node.arguments;
      if (from !== undefined && ts.isStringLiteral(from)) imports.push(from.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  importsOf.set(file, { time, imports });
  return imports;
}

/**
 * The way by which a module loads tfjs, as a list of files that ends in the package, or null if it does not.
 *
 * @param {string} file Absolute.
 * @param {Set<string>} [seen]
 * @returns {string[] | null}
 */
export function wayToTfjs(file, seen = new Set()) {
  if (seen.has(file) || !existsSync(file) || !/\.tsx?$/.test(file)) return null;
  seen.add(file);
  for (const specifier of runtimeImports(file)) {
    if (specifier.startsWith('@tensorflow/')) return [fromRoot(file), specifier];
    if (!specifier.startsWith('.')) continue;
    const way = wayToTfjs(resolve(dirname(file), specifier), seen);
    if (way !== null) return [fromRoot(file), ...way];
  }
  return null;
}

/**
 * What is wrong with an import, in words, or null.
 *
 * @param {string} importer Absolute.
 * @param {string} specifier As written.
 * @param {boolean} typeOnly
 * @returns {string | null}
 */
export function judgeImport(importer, specifier, typeOnly) {
  const room = roomOf(importer);
  if (room === null) return null;
  const isTest = TEST.test(importer);

  if (specifier.startsWith('@tensorflow/')) {
    if (typeOnly) return null;
    if (specifier.startsWith('@tensorflow/tfjs-core')) {
      return isTest || TFJS_ROOMS.includes(room) ? null : `src/${room} does not use tfjs.`;
    }
    return isTest || room === 'tensor' ? null : 'Only src/tensor knows tfjs’ backends.';
  }
  if (!specifier.startsWith('.')) return null;

  const target = resolve(dirname(importer), specifier.replace(/\?.*$/, ''));
  const targetRoom = roomOf(target);
  // A test stands outside the rooms: it may fetch its data from anywhere.
  if (targetRoom === null || targetRoom === room || isTest) return null;
  const rule = /** @type {{ runs: readonly string[], types: readonly string[] }} */ (ROOMS[room]);
  if (!rule.runs.includes(targetRoom) && !(typeOnly && rule.types.includes(targetRoom))) {
    return `src/${room} does not import from src/${targetRoom}${rule.types.includes(targetRoom) ? ', types excepted' : ''}.`;
  }
  if (room === 'app' && !typeOnly) {
    if (targetRoom === 'algorithms' && fromRoot(target) !== CATALOGUE) {
      return `Of src/algorithms, the page loads ${CATALOGUE} alone.`;
    }
    const way = wayToTfjs(target);
    if (way !== null) return `The page’s own thread loads no tfjs, but this does: ${way.join(' → ')}.`;
  }
  return null;
}

/** @type {import('eslint').Rule.RuleModule} */
const imports = {
  meta: { type: 'problem', schema: [], docs: { description: 'Imports between the rooms of src/ go one way.' } },
  create(context) {
    /**
     * @param {import('estree').Node} node
     * @param {unknown} specifier
     * @param {boolean} typeOnly
     */
    const check = (node, specifier, typeOnly) => {
      if (typeof specifier !== 'string') return;
      const message = judgeImport(context.filename, specifier, typeOnly);
      if (message !== null) context.report({ node, message });
    };
    /** @param {any} node A declaration with a source, of ESTree with TypeScript's kinds. */
    const declaration = (node) => {
      if (node.source === null) return;
      check(node, node.source.value, (node.importKind ?? node.exportKind) === 'type');
    };
    return {
      ImportDeclaration: declaration,
      ExportNamedDeclaration: declaration,
      ExportAllDeclaration: declaration,
      ImportExpression(/** @type {any} */ node) {
        check(node, node.source.value, false);
      },
    };
  },
};

export const rooms = { meta: { name: 'rooms' }, rules: { imports } };
