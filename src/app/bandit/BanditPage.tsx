import { useEffect } from 'react';
import { ControlHelp } from '../shared/controls/ControlHelp.tsx';
import { ControlBar } from './controls/ControlBar.tsx';
import { SettingsDrawer } from './controls/SettingsDrawer.tsx';
import { SetupLine } from './controls/Setup.tsx';
import { Dialogs } from './dialogs/Dialogs.tsx';
import { SoloView } from './figure/SoloView.tsx';
import { DataView } from './figure/DataView.tsx';
import { Figure } from './figure/Figure.tsx';
import { Header } from './header/Header.tsx';
import { useDropWeights } from './use-drop-weights.ts';
import { useFocusBack } from './use-focus-back.ts';
import { useKeyboard } from './use-keyboard.ts';
import { useTheme } from '../shared/hooks/use-theme.ts';
import { LiveRegion } from './notices/LiveRegion.tsx';
import { Notices, Toasts } from './notices/Notices.tsx';
import { useSettingsOpen } from './stores/dialog-store.ts';
import { useRun } from './stores/run-store.ts';
import { useHidden, useView } from '../shared/view-store.ts';
import { BANDIT_CONTROLS } from './copy.ts';

export function BanditPage() {
  useTheme();
  useKeyboard();
  useDropWeights();
  useFocusBack();
  const state = useRun('state');
  const solo = useView('solo');
  const settingsOpen = useSettingsOpen();
  const headerHidden = useHidden('header');
  const settingsHidden = useHidden('settings');

  useEffect(() => {
    document.documentElement.dataset.runState = state;
  }, [state]);

  const drawer = settingsOpen && !settingsHidden;
  return (
    <div className="page" data-drawer={drawer || undefined} data-solo={solo ?? undefined}>
      {/* No anchor: the fragment of the address belongs to the experiment. */}
      <button type="button" className="skip-link" onClick={() => document.getElementById('figure')?.focus()}>
        Skip to the figure
      </button>
      {!headerHidden && <Header />}
      <ControlBar />
      <SetupLine />
      <Notices />
      <main id="figure" tabIndex={-1}>
        {solo === null ? <Figure /> : solo === 'data' ? <DataView /> : <SoloView key={solo} method={solo} />}
      </main>
      {drawer && <SettingsDrawer />}
      <Toasts />
      <Dialogs />
      <LiveRegion />
      <ControlHelp controls={BANDIT_CONTROLS} />
    </div>
  );
}
