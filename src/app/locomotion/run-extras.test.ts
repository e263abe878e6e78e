import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, it } from 'vitest';
import { LOCOMOTION_FIELDS } from '../../locomotion/settings.ts';
import { boundsWords } from '../shared/controls/SettingControl.tsx';
import { candidatesOf } from './form-store.ts';
import { RunExtras } from './RunControls.tsx';

it('the lab command evaluates with as many candidates as the form, before a run is begun too', () => {
  expect(renderToStaticMarkup(createElement(RunExtras, { data: null }))).toMatch(
    /data-command="[^"]*--data data [^"]* --candidates 1,50"/,
  );
  expect(candidatesOf('diffusion-ql', false)).toEqual([1]);
  expect(candidatesOf('iql', true)).toEqual([1]);
});

it('a bound of 0.9999 is not written as 1', () => {
  expect(boundsWords(LOCOMOTION_FIELDS.find(({ key }) => key === 'discount')!)).toBe('0 to 0.9999. ');
});
