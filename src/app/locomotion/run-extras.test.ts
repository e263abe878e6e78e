import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, it } from 'vitest';
import { LOCOMOTION_FIELDS } from '../../locomotion/settings.ts';
import { boundsText } from '../shared/controls/SettingControl.tsx';
import { evaluationCandidates } from './form-store.ts';
import { RunExtras } from './RunControls.tsx';

it('the lab command has the numbers of candidates of the form, even before a run starts', () => {
  expect(renderToStaticMarkup(createElement(RunExtras, { data: null }))).toMatch(
    /data-command="[^"]*--data data [^"]* --candidates 1,50"/,
  );
  expect(evaluationCandidates('diffusion-ql', false)).toEqual([1]);
  expect(evaluationCandidates('iql', true)).toEqual([1]);
});

it('the help of a setting does not round a bound of 0.9999 to 1', () => {
  expect(boundsText(LOCOMOTION_FIELDS.find(({ key }) => key === 'discount')!)).toBe('0 to 0.9999. ');
});
