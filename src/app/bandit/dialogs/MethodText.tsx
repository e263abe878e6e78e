import { METHODS, type MethodId } from '../../../bandit/methods.ts';
import { Formula } from './Formula.tsx';

export function MethodText({ method }: { method: MethodId }) {
  const { text, loss, remark } = METHODS[method];
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
