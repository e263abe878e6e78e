/** The same seeds and policies as in Node (agreement.test.ts) give the same returns in the browser, in a Web Worker too. */
import { describe } from 'vitest';
import { itAgrees } from './testing-agreement.ts';
import { spawnWebWorker } from './rollouts/spawn-browser.ts';

describe('in the browser', () => itAgrees(spawnWebWorker));
