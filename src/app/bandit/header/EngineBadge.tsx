/** Which engine runs, why not a better one, and a switch. */
import type { BackendChoice, BackendId, EngineInfo } from '../../../bandit/engine/protocol.ts';
import { Menu } from '../../shared/controls/Menu.tsx';
import { useSession } from '../session-context.ts';
import { useRun } from '../stores/run-store.ts';
import { useView } from '../../shared/view-store.ts';
import { BANDIT_CONTROLS } from '../copy.ts';

const NAMES: Readonly<Record<BackendId, string>> = { webgpu: 'WebGPU', wasm: 'WebAssembly', cpu: 'JavaScript' };

const CHOICES: readonly { value: BackendChoice; label: string; hint: string }[] = [
  { value: 'auto', label: 'Automatic', hint: 'WebGPU on a real GPU, else WebAssembly, else JavaScript' },
  { value: 'webgpu', label: 'WebGPU', hint: 'The GPU, also one imitated in software' },
  { value: 'wasm', label: 'WebAssembly', hint: 'The processor, with vector instructions' },
  { value: 'cpu', label: 'JavaScript', hint: 'Runs everywhere, slowly' },
];

function badge(info: EngineInfo | null): string {
  if (!info) return 'Engine…';
  return info.softwareAdapter ? `${NAMES[info.backend]} (software)` : NAMES[info.backend];
}

export function EngineBadge() {
  const session = useSession();
  const info = useRun('info');
  const choice = useView('engine');
  return (
    <Menu
      controls={BANDIT_CONTROLS}
      control="engine"
      label={
        <span data-testid="engine-name">
          <span className="engine-dot" data-on={info !== null || undefined} />
          {badge(info)}
        </span>
      }
    >
      {(close) => (
        <>
          <p className="menu-title">{info ? `${NAMES[info.backend]}: ${info.device}` : 'The engine is starting.'}</p>
          {info?.note && <p className="menu-note">{info.note}</p>}
          <fieldset className="menu-choices">
            <legend>Run on (starts again from step 0)</legend>
            {CHOICES.map(({ value, label, hint }) => (
              <label key={value}>
                <input
                  type="radio"
                  name="engine"
                  value={value}
                  checked={choice === value}
                  onChange={() => {
                    session.setEngine(value);
                    close();
                  }}
                />
                <span>
                  {label}
                  <small>{hint}</small>
                </span>
              </label>
            ))}
          </fieldset>
        </>
      )}
    </Menu>
  );
}
