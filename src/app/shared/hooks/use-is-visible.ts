/** Whether an element is on the screen, so that hidden elements need not render. */
import { useEffect, useRef, useState, type RefObject } from 'react';

export function useIsVisible<E extends Element>(): [ref: RefObject<E | null>, seen: boolean] {
  const ref = useRef<E | null>(null);
  const [seen, setSeen] = useState(true);
  useEffect(() => {
    const element = ref.current;
    if (!element || typeof IntersectionObserver === 'undefined') return undefined;
    const observer = new IntersectionObserver((entries) => setSeen(entries.at(-1)?.isIntersecting ?? true));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, seen];
}
