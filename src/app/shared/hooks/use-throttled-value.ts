/** Limits how often a fast-changing value updates its readers. */
import { useEffect, useState } from 'react';

/**
 * The value as it was `intervalMs` ago at most; once it stays, it is given as it is.
 *
 * @param intervalMs between two changes, at least; 0 gives the value itself.
 */
export function useThrottledValue<Value>(value: Value, everyMs: number): Value {
  const [shown, setShown] = useState({ value, at: -Infinity });
  useEffect(() => {
    if (everyMs === 0 || value === shown.value) return undefined;
    const wait = Math.max(0, shown.at + everyMs - performance.now());
    const timer = setTimeout(() => setShown({ value, at: performance.now() }), wait);
    return () => clearTimeout(timer);
  }, [value, shown, everyMs]);
  return everyMs === 0 ? value : shown.value;
}
