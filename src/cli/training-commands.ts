/** The commands that train: a module of their own, since they load tfjs, which the others can do without. */
import { stopBackend } from '../tensor/backend.ts';
import { banditCommand } from './bandit.ts';
import { benchCommand } from './bench.ts';
import { claimsCommand } from './claims.ts';
import { etaSweepCommand } from './eta-sweep.ts';
import { figureCommand } from './figure.ts';
import { locomotionClaimsCommand } from './locomotion-claims.ts';
import { parityCommand } from './parity.ts';
import { pretrainCommand } from './pretrain.ts';
import { residencyCommand } from './residency.ts';
import { tableCommand } from './table.ts';
import { trainCommand } from './train.ts';

export const TRAINING_COMMANDS = [
  banditCommand,
  trainCommand,
  claimsCommand,
  locomotionClaimsCommand,
  parityCommand,
  pretrainCommand,
  tableCommand,
  figureCommand,
  etaSweepCommand,
  benchCommand,
  residencyCommand,
];

export { stopBackend };
