/** The screen over the double, for looking at it while it is being drawn: `npm run dev`, then `/preview.html?scene=…`. */
import { createRoot } from 'react-dom/client';
import { App } from '../../app/App';
import { applySizes } from '../../platform/appearance';
import { applyAppearance } from '../../platform/theme';
import '../../styles/main.css';
import { CoreContext } from '../useView';
import { CoreDouble } from './double';
import { atTheDoor, harbourWithRooms } from './harbour-rooms';
import { harbourTalking, longHistory } from './harbour-talk';
import { harbour } from './scene';

declare global {
  interface Window {
    double: CoreDouble;
  }
}

const scenes: Readonly<Record<string, () => CoreDouble>> = {
  'signed-out': () => new CoreDouble({ server: { setupOpen: true } }),
  invitation: () => new CoreDouble({ server: { registration: 'invitation' } }),
  empty: () => {
    const double = harbour();
    double.conversations = [];
    return double;
  },
  harbour,
  talk: harbourTalking,
  long: () => {
    const double = harbour();
    longHistory(double, 10_000);
    return double;
  },
  rooms: harbourWithRooms,
  door: () => atTheDoor(new CoreDouble()),
  knock: () => atTheDoor(new CoreDouble(), true),
  'door-signed-in': () => atTheDoor(harbour()),
  slow: () => {
    const double = harbourWithRooms();
    for (const { conversation } of double.conversations) double.change(conversation, { writeAgainAtMs: Date.now() + 600_000 });
    return double;
  },
  guest: () => {
    const double = harbourWithRooms();
    if (double.session.state === 'signed_in') double.session = { ...double.session, kind: 'guest', isAdmin: false, stayUntilMs: Date.now() + 600_000 };
    return double;
  },
};

const parameters = new URLSearchParams(location.search);
const double = scenes[parameters.get('scene') ?? 'harbour']?.() ?? harbour();
window.double = double;
history.replaceState(null, '', parameters.get('path') ?? '/');
applyAppearance();
applySizes();
const root = document.querySelector('#root');
if (root) createRoot(root).render(<CoreContext value={double}><App /></CoreContext>);
