/** The commands of the lab. To add one, write its file in `commands/` and add its row here. */
import type { Command } from 'commander';
import type { Console } from './console.ts';

type CreateCommand = (console: Console) => Command;

interface CommandRow {
  /** Loads the command's file. tfjs takes a second to load, so only the called command is loaded. */
  load: () => Promise<CreateCommand>;
  /** Whether it starts a tensor backend, which must be stopped when the command ends. */
  usesBackend: boolean;
}

const training = (load: () => Promise<CreateCommand>): CommandRow => ({ load, usesBackend: true });
const light = (load: () => Promise<CreateCommand>): CommandRow => ({ load, usesBackend: false });

/** By name, in the order of `lab --help`. */
export const COMMANDS: Readonly<Record<string, CommandRow>> = {
  bandit: training(async () => (await import('./commands/bandit.ts')).banditCommand),
  train: training(async () => (await import('./commands/train.ts')).trainCommand),
  claims: training(async () => (await import('./commands/claims.ts')).claimsCommand),
  'locomotion-claims': training(async () => (await import('./commands/locomotion-claims.ts')).locomotionClaimsCommand),
  parity: training(async () => (await import('./commands/parity.ts')).parityCommand),
  pretrain: training(async () => (await import('./commands/pretrain.ts')).pretrainCommand),
  table: training(async () => (await import('./commands/table.ts')).tableCommand),
  figure: training(async () => (await import('./commands/figure.ts')).figureCommand),
  'eta-sweep': training(async () => (await import('./commands/eta-sweep.ts')).etaSweepCommand),
  bench: training(async () => (await import('./commands/bench.ts')).benchCommand),
  residency: training(async () => (await import('./commands/residency.ts')).residencyCommand),
  convert: light(async () => (await import('./commands/convert.ts')).convertCommand),
  inspect: light(async () => (await import('./commands/inspect.ts')).inspectCommand),
  verify: light(async () => (await import('./commands/verify.ts')).verifyCommand),
  export: light(async () => (await import('./commands/export.ts')).exportCommand),
  physics: light(async () => (await import('./commands/physics.ts')).physicsCommand),
  rollouts: light(async () => (await import('./commands/rollouts.ts')).rolloutsCommand),
  soak: light(async () => (await import('./commands/soak.ts')).soakCommand),
  behave: light(async () => (await import('./commands/behave.ts')).behaveCommand),
  collect: light(async () => (await import('./commands/collect.ts')).collectCommand),
  evaluate: light(async () => (await import('./commands/evaluate.ts')).evaluateCommand),
  report: light(async () => (await import('./commands/report.ts')).reportCommand),
};
