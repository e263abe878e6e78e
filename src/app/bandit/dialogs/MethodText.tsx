import type { MethodId } from '../../../bandit/methods.ts';
import { METHOD_WORDS } from '../term-name.ts';
import { Formula } from './Formula.tsx';

export function MethodText({ method }: { method: MethodId }) {
  const { text, loss, remark } = METHOD_WORDS[method];
  return (
    <div className="method-text">
      {text.map((paragraph) => (
        <p key={paragraph}>{paragraph}</p>
      ))}
      <div className="method-loss" role="group" aria-label="Loss">
        {loss.map((tex) => (
          <Formula key={tex} tex={tex} />
        ))}
      </div>
      {remark && <p className="method-remark">{remark}</p>}
    </div>
  );
}
