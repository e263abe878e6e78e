import { describe } from 'vitest';
import { itAgrees } from './testing-agreement.ts';
import { spawnThread } from './rollouts/spawn-node.ts';

describe('in Node', () => itAgrees(spawnThread));
