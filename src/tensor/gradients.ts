/** Registers the gradients of tfjs' operations, which tfjs-core does not do by itself. */

export const IN_NODE =
  typeof process !== 'undefined' && process.versions?.node !== undefined && !('WorkerGlobalScope' in globalThis);

let registered: Promise<unknown> | null = null;

/** Registers them once, for all backends: tfjs' registry is on the global object. */
export function registerGradients(): Promise<unknown> {
  registered ??= IN_NODE ? importForNode() : import('@tensorflow/tfjs-core/dist/register_all_gradients');
  return registered;
}

/** Node can't load the file above (its imports have no extensions); the umbrella package registers the same ones. */
function importForNode(): Promise<unknown> {
  const umbrella = '@tensorflow/tfjs';
  return import(/* @vite-ignore */ umbrella);
}
