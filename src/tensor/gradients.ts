/** Registers the gradients of tfjs' own operations, which tfjs-core leaves out unless asked. */

export const IN_NODE =
  typeof process !== 'undefined' && process.versions?.node !== undefined && !('WorkerGlobalScope' in globalThis);

let registered: Promise<unknown> | null = null;

/** Takes effect once, for every backend: tfjs keeps its registry on the global object. */
export function registerGradients(): Promise<unknown> {
  registered ??= IN_NODE ? importForNode() : import('@tensorflow/tfjs-core/dist/register_all_gradients');
  return registered;
}

/** Node can't load the file above (its imports have no extensions); the umbrella package registers the same ones. */
function importForNode(): Promise<unknown> {
  const umbrella = '@tensorflow/tfjs';
  return import(/* @vite-ignore */ umbrella);
}
