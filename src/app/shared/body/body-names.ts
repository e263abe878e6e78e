import type { EnvironmentId } from '../../../environments/ids.ts';

export const BODY_NAMES: Readonly<Record<EnvironmentId, string>> = {
  hopper: 'Hopper',
  halfcheetah: 'Half-cheetah',
  walker2d: 'Walker2d',
};
