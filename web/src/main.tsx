/** Starts the screen: the core in its worker, the store over it, and the first drawing. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/App';
import { InsecureAddress } from './app/Trouble';
import { connect } from './core/connection';
import { Store } from './core/store';
import { CoreContext } from './core/useView';
import { language } from './i18n/words';
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

document.documentElement.lang = language;
applyAppearance();
const root = document.querySelector('#root');
if (root) {
  const screen = window.isSecureContext ? (
    <CoreContext value={startCore()}>
      <App />
    </CoreContext>
  ) : (
    <InsecureAddress />
  );
  createRoot(root).render(<StrictMode>{screen}</StrictMode>);
}
