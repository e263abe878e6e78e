/** Where a worker thread of Node starts: it inherits no loader for TypeScript, so tsx is registered anew. */
import { register } from 'tsx/esm/api';

register();
await import('./worker-node.ts');
