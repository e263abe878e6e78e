/** Which method a safetensors file says it is of, so that the import can offer it. The engine checks everything else. */
import { isMethodId, type MethodId } from '../../../bandit/methods.ts';

const LENGTH_BYTES = 8;
const MAX_HEADER = 1 << 20;

export function methodOfWeights(bytes: Uint8Array): MethodId | null {
  if (bytes.byteLength < LENGTH_BYTES) return null;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > MAX_HEADER || LENGTH_BYTES + Number(length) > bytes.byteLength) return null;
  try {
    const text = new TextDecoder().decode(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + Number(length)));
    const header = JSON.parse(text) as { __metadata__?: { method?: unknown } };
    const method = header.__metadata__?.method;
    return typeof method === 'string' && isMethodId(method) ? method : null;
  } catch {
    return null;
  }
}
