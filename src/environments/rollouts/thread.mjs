/** Entry of a Node worker thread. It inherits no loader for TypeScript, so it registers tsx itself. */
import { register } from 'tsx/esm/api';

register();
await import('./worker-node.ts');
