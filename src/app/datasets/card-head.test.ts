import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, it } from 'vitest';
import type { DatasetFacts } from '../../datasets/library/protocol.ts';
import type { Manifest } from '../../datasets/shards/manifest.ts';
import { CardHead } from './CardHead.tsx';

const ROWS = { dtype: 'float32', shape: [4, 3] };
const FACTS = {
  manifest: {
    id: 'own',
    environment: null,
    counts: { rows: 4, episodes: 2, transitions: 4 },
    arrays: { observations: ROWS, actions: ROWS },
    episodes: { starts: [0, 2], returns: [1200, 1300] },
    referenceReturns: null,
    source: { published: null },
  } as unknown as Manifest,
  key: 'k',
  origin: null,
  bytes: 10,
  lengths: [2, 2],
} satisfies DatasetFacts;

const shown = (facts: DatasetFacts) => renderToStaticMarkup(createElement(CardHead, { facts, readyMs: null }));

it('the card of a dataset without reference returns shows its return and says that there is no score', () => {
  expect(shown(FACTS)).toContain('<dt>Mean return</dt><dd>1250</dd>');
  expect(shown(FACTS)).toContain('<dt>Mean score</dt><dd>none: no reference returns</dd>');
  const referenceReturns = { min: 0, max: 2500, source: 'made for a test' };
  const scored = shown({ ...FACTS, manifest: { ...FACTS.manifest, referenceReturns } });
  expect(scored).toContain('<dt>Mean score</dt><dd>50.0</dd>');
});
