import type { MethodId } from '../../algorithms/catalogue.ts';
import type { MethodFrame } from '../../training/protocol.ts';
import type { CurveSeries } from './types.ts';

export class SeriesStore {
  append(_frame: MethodFrame): void {}
  get(method: MethodId, _quantity: string, _x: 'steps' | 'seconds'): CurveSeries {
    return { method, x: [], y: [] };
  }
  methods(): MethodId[] {
    return [];
  }
  quantities(): string[] {
    return [];
  }
  clear(_method?: MethodId): void {}
  toCsv(): string {
    return '';
  }
  /** Told at most 10 times a second; returns the way out. */
  subscribe(_listener: () => void): () => void {
    return () => {};
  }
}
