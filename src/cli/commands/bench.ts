/** `npm run bench`: measures a training step by every path on every available backend. */
import { readFile, writeFile } from 'node:fs/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { runBench, type BenchOptions, type BenchResult } from '../../bench/bench.ts';
import type { Channel } from '../../bench/hosts.ts';
import { joinResults } from '../../bench/join.ts';
import { machineOf } from '../../bench/machine.ts';
import { PATH_NAMES, type PathName } from '../../bench/messages.ts';
import { TASK_NAMES } from '../../bench/tasks.ts';
import type { BackendId } from '../../bandit/engine/protocol.ts';
import {
  markdownPage,
  markdownReport,
  replaceSection,
  textPage,
  textReport,
  PAGE_SECTIONS,
  type PageFigure,
  type PageResult,
  type PageSection,
} from '../bench-report.ts';
import { printJson, UsageError, type Console } from '../console.ts';
import { jsonOption, list, number } from '../options.ts';

const BACKENDS = ['webgpu', 'wasm', 'cpu'] as const satisfies readonly BackendId[];
const MEMORY = 'memory';
const STEPS = [...TASK_NAMES, MEMORY] as const;
/** Parts of `--locomotion`. */
const LOCOMOTION_PARTS = ['opening', 'frames', 'evaluation'] as const;
const NAMES = [...STEPS, ...LOCOMOTION_PARTS] as const;

interface BenchFlags {
  only?: (typeof NAMES)[number][];
  backend: BackendId[];
  path?: PathName[];
  threads: number[];
  limit?: number;
  quick?: boolean;
  tiny?: boolean;
  browser?: boolean;
  page?: boolean;
  stage?: boolean;
  locomotion?: boolean;
  residency?: boolean;
  folded?: boolean;
  from?: string[];
  write?: string;
  section?: string;
  json?: boolean;
}

/** Parses a list with commas of allowed names. @returns Them in the order of `names`. */
function some<Name extends string>(names: readonly Name[]): (text: string) => Name[] {
  return (text) => {
    const given = text.split(',').map((name) => name.trim());
    const wrong = given.filter((name) => !(names as readonly string[]).includes(name));
    if (wrong.length > 0) throw new InvalidArgumentError(`It takes some of ${names.join(', ')}, with commas.`);
    return names.filter((name) => given.includes(name));
  };
}

export function benchCommand(console: Console): Command {
  return new Command('bench')
    .description('Measures a training step: plain tfjs, ours, PyTorch; rows in turn, medians of rounds.')
    .addOption(
      new Option(
        '--only <names>',
        `some of ${STEPS.join(', ')} (memory: whether it stays level; all but that unless given); with --locomotion some of ${LOCOMOTION_PARTS.join(', ')} (all unless given)`,
      ).argParser(some(NAMES)),
    )
    .addOption(
      new Option('--backend <list>', 'backends of tfjs (PyTorch has its own devices)')
        .argParser(some(BACKENDS))
        .default([...BACKENDS], BACKENDS.join(',')),
    )
    .addOption(
      new Option('--path <list>', `some of ${PATH_NAMES.join(', ')}; all there are unless given`).argParser(
        some(PATH_NAMES),
      ),
    )
    .addOption(
      new Option('--threads <list>', 'numbers of threads, for PyTorch on the CPU and for our kernels on wasm')
        .argParser(list(number({ min: 1, max: 64, whole: true })))
        .default([1], '1'),
    )
    .addOption(
      new Option('--limit <s>', 'seconds of its own after which a row is ended (600; with --quick 60)').argParser(
        number({ min: 1, max: 86_400, whole: false }),
      ),
    )
    .addOption(new Option('--quick', 'few short rounds: figures that are roughly right'))
    .addOption(new Option('--tiny', 'networks of no size: whether everything runs, not how fast'))
    .addOption(new Option('--browser', 'runs the rows of tfjs in Chromium instead of Node'))
    .addOption(new Option('--page', 'measures the built page in Chromium without a GPU, instead of steps'))
    .addOption(new Option('--stage', 'measures a body that moves on the built page, and the collection of data there'))
    .addOption(
      new Option(
        '--locomotion',
        'measures how soon a body walks on the built page, how evenly Locomotion draws while it trains, and what evaluating costs training',
      ),
    )
    .addOption(new Option('--residency', 'measures the memory of the built page while it trains on a million rows'))
    .addOption(new Option('--folded', 'with --locomotion: what the policy thinks is folded away meanwhile'))
    .addOption(
      new Option(
        '--from <files>',
        'takes the result of an earlier --json instead of measuring; of several, with commas, as one',
      ).argParser(list((file) => file)),
    )
    .addOption(new Option('--write <file>', 'writes the tables into a document, between its markers'))
    .addOption(
      new Option(
        '--section <name>',
        'which markers (by what was measured: node, chromium, memory, page, stage, locomotion or residency)',
      ),
    )
    .addOption(jsonOption())
    .action((flags: BenchFlags) => bench(flags, console));
}

async function bench(flags: BenchFlags, console: Console): Promise<void> {
  const section = checkedPage(flags);
  const saved = flags.from === undefined ? null : await readAll(flags.from);
  const result =
    saved ?? (section === null ? await measureSteps(flags, console) : await measurePage(section, flags, console));
  if (flags.json) printJson(console, result);
  else console.out('page' in result ? textPage(result) : textReport(result));
  if (flags.write !== undefined) {
    const body = 'page' in result ? markdownPage(result) : markdownReport(result);
    const document = await readFile(flags.write, 'utf8');
    await writeFile(flags.write, replaceSection(document, flags.section ?? sectionOf(result), body));
  }
}

/** The page section to measure, or null for steps. @throws UsageError If flags contradict each other. */
function checkedPage(flags: BenchFlags): PageSection | null {
  const sections = PAGE_SECTIONS.filter((name) => flags[name]);
  if (sections.length + (flags.browser ? 1 : 0) > 1) {
    throw new UsageError(
      '--page, --stage, --locomotion and --residency measure the page, --browser steps: one at a time.',
    );
  }
  const [section = null] = sections;
  if (flags.folded && section !== 'locomotion') throw new UsageError('--folded goes with --locomotion.');
  const names: readonly string[] = section === 'locomotion' ? LOCOMOTION_PARTS : STEPS;
  const wrong = flags.only?.filter((name) => !names.includes(name)) ?? [];
  if (wrong.length > 0) {
    const where = section === 'locomotion' ? 'With' : 'Without';
    throw new UsageError(`${where} --locomotion, --only takes some of ${names.join(', ')}; not ${wrong.join(', ')}.`);
  }
  return section;
}

/** Name of the document section that a result belongs to. */
function sectionOf(result: BenchResult | PageResult): string {
  if ('page' in result) return result.section ?? 'page';
  if (result.rows.length === 0 && result.memory.length > 0) return 'memory';
  return 'chromium' in result.machine.versions ? 'chromium' : 'node';
}

/** Reads saved results; those of several runs are joined. */
async function readAll(files: readonly string[]): Promise<BenchResult | PageResult> {
  const saved = await Promise.all(files.map(readSaved));
  const [only] = saved;
  if (saved.length === 1 && only) return only;
  const steps = saved.filter((result) => 'rows' in result);
  const [first, ...others] = steps;
  if (!first || steps.length < saved.length) throw new UsageError('The page is one result: no other goes with it.');
  try {
    return joinResults([first, ...others]);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

async function readSaved(file: string): Promise<BenchResult | PageResult> {
  try {
    const saved = JSON.parse(await readFile(file, 'utf8')) as BenchResult | PageResult;
    if (!('machine' in saved)) throw new Error('it is no result of the bench');
    return saved;
  } catch (error) {
    throw new UsageError(`${file} could not be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function measureSteps(flags: BenchFlags, console: Console): Promise<BenchResult> {
  const { only = TASK_NAMES } = flags;
  const options: BenchOptions = {
    names: TASK_NAMES.filter((name) => only.includes(name)),
    backends: flags.backend,
    paths: flags.path ?? null,
    threads: flags.threads,
    limitSeconds: flags.limit ?? null,
    quick: flags.quick ?? false,
    tiny: flags.tiny ?? false,
    memory: (only as readonly string[]).includes(MEMORY),
  };
  const progress = (text: string) => console.progress(`${text}\n`);
  if (!flags.browser) return runBench(options, progress);
  const { openChromium } = await projectScript<{ openChromium: () => Promise<ChromiumRows> }>('bench-chromium.mjs');
  const chromium = await openChromium();
  try {
    const versions = { chromium: chromium.version };
    return await runBench({ ...options, runtime: { open: () => chromium.open(), versions } }, progress);
  } finally {
    await chromium.close();
  }
}

/** Interface of scripts/bench-chromium.mjs: each row runs in a Chromium of its own. */
interface ChromiumRows {
  version: string;
  open(): Promise<Channel>;
  close(): Promise<void>;
}

async function measurePage(section: PageSection, flags: BenchFlags, console: Console): Promise<PageResult> {
  const { measure } = await projectScript<{ measure: MeasurePage }>(`bench-${section}.mjs`);
  const { only = LOCOMOTION_PARTS, folded = false } = flags;
  const parts = LOCOMOTION_PARTS.filter((name) => only.includes(name));
  const progress = (text: string) => console.progress(`${text}\n`);
  const { versions, page } = await measure(flags.quick ?? false, progress, { parts, folded });
  return { machine: machineOf(null, versions), page, section };
}

/** Interface of scripts/bench-page.mjs and of the other sections' scripts. Only locomotion reads the options. */
type MeasurePage = (
  quick: boolean,
  progress: (text: string) => void,
  options: { parts: readonly (typeof LOCOMOTION_PARTS)[number][]; folded: boolean },
) => Promise<{ versions: Record<string, string>; page: PageFigure[] }>;

/** Loads a script of the project, with tools that the packed bench does not have. */
async function projectScript<Exports>(name: string): Promise<Exports> {
  if (!import.meta.url.endsWith('.ts')) throw new UsageError('This needs the whole project, not the packed bench.');
  return (await import(/* @vite-ignore */ new URL(`../../../scripts/${name}`, import.meta.url).href)) as Exports;
}
