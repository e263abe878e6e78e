/** What is costly to draw follows what changes often at its own pace, and ends on the latest. */
import { startTransition, useEffect, useRef, useState } from 'react';

/**
 * The value as it was a moment ago: it follows at most once in so many milliseconds, and what it leads to may be
 * interrupted. 0 follows at once.
 */
export function useSlowed<Value>(value: Value, everyMs: number): Value {
  const [shown, setShown] = useState(value);
  const due = useRef(-Infinity);
  useEffect(() => {
    if (everyMs === 0) return undefined;
    const follow = () => {
      due.current = performance.now() + everyMs;
      startTransition(() => setShown(value));
    };
    const timer = setTimeout(follow, Math.max(0, due.current - performance.now()));
    return () => clearTimeout(timer);
  }, [value, everyMs]);
  return everyMs === 0 ? value : shown;
}
