/**
 * Which room (top folder of src/) may import from which: data flows one way, no imports run in a circle, and the page's
 * own thread never loads tfjs. A local ESLint plugin, because the last two follow imports through other files.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import ts from 'typescript';
import { root } from './tasks.mjs';

/**
 * For each room: the rooms it may import from (`runs`), and those it may import only types from (`types`).
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
  // Only modules that load no tensor library.
  app: {
    runs: ['bandit', 'locomotion', 'collection', 'experiment', 'math', 'datasets', 'environments'],
    types: ['algorithms', 'networks', 'diffusion', 'tensor'],
  },
};

/** Rooms that may call tfjs' operations; only `tensor` may choose and configure a backend. */
const TFJS_ROOMS = [
  ...['tensor', 'networks', 'diffusion', 'algorithms', 'experiment', 'bandit', 'locomotion', 'bench', 'cli'],
];

/** Folders inside a room that are kept apart: `folder` imports nothing from the others. */
const APART = [
  { folder: 'src/tensor/webgpu', from: ['src/tensor/kernels', 'src/tensor/wasm'] },
  { folder: 'src/tensor/wasm', from: ['src/tensor/kernels', 'src/tensor/webgpu'] },
  { folder: 'src/app/shared', from: ['src/app/bandit', 'src/app/datasets', 'src/app/bodies', 'src/app/locomotion'] },
];

const TEST = /\.test\.tsx?$/;

/** @param {string} file Absolute. @returns {string} From the project's root, with `/`. */
const fromRoot = (file) => relative(root, file).split(sep).join('/');

/** @param {readonly string[]} folders @param {string} file Both from the project's root. */
const isIn = (folders, file) => folders.some((folder) => file.startsWith(`${folder}/`));

/** @param {string} file Absolute. @returns {string | null} */
function roomOf(file) {
  const [top, room, ...rest] = fromRoot(file).split('/');
  return top === 'src' && room !== undefined && rest.length > 0 && Object.hasOwn(ROOMS, room) ? room : null;
}

/**
 * @typedef {{ specifier: string, typeOnly: boolean }} Import
 * @type {Map<string, { time: number, imports: Import[] }>}
 */
const parsed = new Map();

/**
 * The imports and re-exports of a file, dynamic ones and those of types included.
 *
 * @param {string} file Absolute.
 */
function importsOf(file) {
  const time = statSync(file).mtimeMs;
  const known = parsed.get(file);
  if (known?.time === time) return known.imports;
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
  /** @type {Import[]} */
  const imports = [];
  /** @param {ts.Node | undefined} from @param {boolean} typeOnly */
  const add = (from, typeOnly) => {
    if (from !== undefined && ts.isStringLiteral(from)) imports.push({ specifier: from.text, typeOnly });
  };
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, node.importClause?.isTypeOnly === true);
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], false);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  parsed.set(file, { time, imports });
  return imports;
}

/** @param {string} importer Absolute. @param {string} specifier Relative, perhaps with a query of the bundler. */
const resolveImport = (importer, specifier) => resolve(dirname(importer), specifier.replace(/\?.*$/, ''));

/** @param {string} file */
const isModule = (file) => /\.tsx?$/.test(file) && existsSync(file);

/**
 * The chain of imports by which a module loads tfjs: files, then the package. Null if it loads none.
 *
 * @param {string} file Absolute.
 * @param {Set<string>} [seen]
 * @returns {string[] | null}
 */
export function importChainToTfjs(file, seen = new Set()) {
  if (seen.has(file) || !isModule(file)) return null;
  seen.add(file);
  for (const { specifier, typeOnly } of importsOf(file)) {
    if (typeOnly) continue;
    if (specifier.startsWith('@tensorflow/')) return [fromRoot(file), specifier];
    if (!specifier.startsWith('.')) continue;
    const chain = importChainToTfjs(resolve(dirname(file), specifier), seen);
    if (chain !== null) return [fromRoot(file), ...chain];
  }
  return null;
}

/** @param {string} file Absolute. */
const localImports = (file) =>
  importsOf(file)
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ specifier }) => resolveImport(file, specifier))
    .filter(isModule);

/** How long the components of the graph are used before files are read again. */
const COMPONENTS_MS = 5000;

/** @type {{ until: number, of: Map<string, number> }} */
let components = { until: 0, of: new Map() };

/**
 * Whether two modules lie in one strongly connected component of the graph of imports, types included. Tarjan's
 * algorithm; each module is visited once until the components expire.
 *
 * @param {string} one Absolute.
 * @param {string} other Absolute.
 */
function inOneComponent(one, other) {
  if (Date.now() > components.until) components = { until: Date.now() + COMPONENTS_MS, of: new Map() };
  const { of } = components;
  /** @type {Map<string, number>} */
  const index = new Map();
  /** @type {string[]} */
  const stack = [];
  /** @param {string} file @returns {number} The lowest index that the file reaches on the stack. */
  const visit = (file) => {
    const own = index.size;
    let low = own;
    index.set(file, own);
    stack.push(file);
    for (const next of localImports(file)) {
      if (!of.has(next)) low = Math.min(low, index.get(next) ?? visit(next));
    }
    if (low === own) {
      const component = of.size;
      for (const each of stack.splice(stack.indexOf(file))) of.set(each, component);
    }
    return low;
  };
  for (const file of [one, other]) if (!of.has(file)) visit(file);
  return of.get(one) === of.get(other);
}

/**
 * The circle that an import closes, as the files from the importer round to itself, or null if it closes none.
 * Imports of types count.
 *
 * @param {string} importer Absolute.
 * @param {string} specifier As written.
 * @returns {string[] | null}
 */
export function importCircle(importer, specifier) {
  if (!specifier.startsWith('.')) return null;
  const target = resolveImport(importer, specifier);
  if (!isModule(importer) || !isModule(target)) return null;
  if (!inOneComponent(importer, target)) return null;
  // Breadth first, so that the circle reported is a shortest one.
  /** @type {Map<string, string | null>} */
  const cameFrom = new Map([[target, null]]);
  for (const file of cameFrom.keys()) {
    if (file === importer) break;
    for (const next of localImports(file)) if (!cameFrom.has(next)) cameFrom.set(next, file);
  }
  if (!cameFrom.has(importer)) return null;
  const circle = [importer];
  for (let file = cameFrom.get(importer); file; file = cameFrom.get(file)) circle.push(file);
  return [...circle, importer].reverse().map(fromRoot);
}

/**
 * The message for an import that a room may not make, or null if it may.
 *
 * @param {string} importer Absolute.
 * @param {string} specifier As written.
 * @param {boolean} typeOnly
 * @returns {string | null}
 */
export function importError(importer, specifier, typeOnly) {
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

  const target = resolveImport(importer, specifier);
  const targetRoom = roomOf(target);
  // A test belongs to no room: it may import its data from anywhere.
  if (targetRoom === null || isTest) return null;
  const [from, to] = [fromRoot(importer), fromRoot(target)];
  const apart = APART.find(({ folder, from: others }) => from.startsWith(`${folder}/`) && isIn(others, to));
  if (apart !== undefined) return `${apart.folder} does not import from ${dirname(to)}.`;
  if (targetRoom === room) return null;
  const rule = /** @type {{ runs: readonly string[], types: readonly string[] }} */ (ROOMS[room]);
  if (!rule.runs.includes(targetRoom) && !(typeOnly && rule.types.includes(targetRoom))) {
    return `src/${room} does not import from src/${targetRoom}${rule.types.includes(targetRoom) ? ', types excepted' : ''}.`;
  }
  if (room === 'app' && !typeOnly) {
    const chain = importChainToTfjs(target);
    if (chain !== null) return `The page’s own thread loads no tfjs, but this does: ${chain.join(' → ')}.`;
  }
  return null;
}

/**
 * A rule that judges each import and re-export of a file.
 *
 * @param {string} description
 * @param {(importer: string, specifier: string, typeOnly: boolean) => string | null} check Returns the error's message.
 * @returns {import('eslint').Rule.RuleModule}
 */
const importRule = (description, check) => ({
  meta: { type: 'problem', schema: [], docs: { description } },
  create(context) {
    /** @param {any} node A declaration with a source, of ESTree with TypeScript's kinds. */
    const visit = (node) => {
      const specifier = node.source?.value;
      if (typeof specifier !== 'string') return;
      const message = check(context.filename, specifier, (node.importKind ?? node.exportKind) === 'type');
      if (message !== null) context.report({ node, message });
    };
    return {
      ImportDeclaration: visit,
      ExportNamedDeclaration: visit,
      ExportAllDeclaration: visit,
      ImportExpression: visit,
    };
  },
});

const imports = importRule('Imports between the rooms of src/ go one way.', importError);

const circles = importRule('No file of src/ imports itself through others.', (importer, specifier) => {
  const circle = importCircle(importer, specifier);
  return circle === null ? null : `A circle of imports: ${circle.join(' → ')}.`;
});

export const rooms = { meta: { name: 'rooms' }, rules: { imports, circles } };
