/** Starts the screen: the core in its worker, the store over it, and the first drawing. */
import { type ReactNode, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/App';
import { InsecureAddress } from './app/Trouble';
import { connect } from './core/connection';
import { Store } from './core/store';
import { CoreContext } from './core/useView';
import { wipeIfAsked } from './core/wipe';
import { language } from './i18n/words';
import { applySizes } from './platform/appearance';
import { navigate } from './platform/location';
import { keepProgram } from './platform/program';
import { applyAppearance } from './platform/theme';
import './styles/main.css';

/** The core answers through the store, and the store asks the core. */
function startCore() {
  const store: Store = new Store(
    connect({
      onChange: (change) => store.onChange(change),
      onEverything: () => store.onEverything(),
    }),
  );
  return { core: store.core, store };
}

function show(screen: ReactNode): void {
  const root = document.querySelector('#root');
  if (root) createRoot(root).render(<StrictMode>{screen}</StrictMode>);
}

async function start(): Promise<void> {
  document.documentElement.lang = language;
  applyAppearance();
  applySizes();
  if (!window.isSecureContext) {
    show(<InsecureAddress />);
    return;
  }
  await wipeIfAsked();
  const access = startCore();
  show(
    <CoreContext value={access}>
      <App />
    </CoreContext>,
  );
  // While the program is worked on, nothing keeps an old one.
  if (import.meta.env.PROD) {
    const onPushed = () => void access.core.wake().catch(() => {});
    await keepProgram({ onPushed, onOpen: navigate });
  }
}

void start();
