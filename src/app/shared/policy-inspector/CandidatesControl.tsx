/** How a policy with a critic acts: with one sample, or with one of fifty chosen by Q. */
import { Choice } from '../controls/Choice.tsx';
import { useHidden } from '../view-store.ts';
import type { CandidatesChoice } from '../view.ts';
import { SHARED_CONTROLS } from '../copy.ts';

const CANDIDATES = [
  { value: '1', label: '1', hint: 'One draw of the policy, whatever its Q' },
  { value: 'softmax', label: '50, softmax', hint: 'One of fifty draws, with probability softmax(Q), as published' },
  { value: 'argmax', label: '50, best', hint: 'The draw of the highest Q among fifty' },
] as const;

interface CandidatesControlProps {
  value: CandidatesChoice;
  onChange: (value: CandidatesChoice) => void;
}

export function CandidatesControl({ value, onChange }: CandidatesControlProps) {
  const hidden = useHidden('setup');
  if (hidden) return null;
  return (
    <div className="policy-inspector-candidates">
      <Choice
        controls={SHARED_CONTROLS}
        control="bodyCandidates"
        label="Candidates"
        value={value}
        options={CANDIDATES}
        onChange={onChange}
      />
    </div>
  );
}
