/** How the page looks and writes on this device: theme, contrast, density, size of text, the Enter key. */
import { CornerDownLeft, Keyboard } from 'lucide-react';
import { useState } from 'react';
import { ChoiceBar } from '../../components/ChoiceBar';
import { SettingButton } from '../../components/SettingRow';
import { SwitchRow } from '../../components/SwitchRow';
import { words } from '../../i18n/words';
import { DENSITIES, setDensity, setTextSize, sizes, TEXT_SIZES } from '../../platform/appearance';
import { navigate } from '../../platform/location';
import { KEYS } from '../../platform/paths';
import { useSignal } from '../../platform/signal';
import { CONTRASTS, setContrast, setTheme, THEMES, useAppearance } from '../../platform/theme';
import { entersSends, setEnterSends } from '../../platform/writing';
import { Section } from './Section';

export function Appearance() {
  const { theme, contrast } = useAppearance();
  const { density, textSize } = useSignal(sizes);
  const [sends, setSends] = useState(entersSends);
  const { settings } = words;
  return (
    <Section title={settings.appearance}>
      <ChoiceBar
        label={settings.theme}
        showLabel
        value={theme}
        onChange={setTheme}
        choices={THEMES.map((value) => ({ value, label: settings.themes[value] }))}
      />
      <ChoiceBar
        label={settings.contrast}
        showLabel
        value={contrast}
        onChange={setContrast}
        choices={CONTRASTS.map((value) => ({ value, label: settings.contrasts[value] }))}
      />
      <ChoiceBar
        label={settings.textSize}
        showLabel
        value={textSize}
        onChange={setTextSize}
        choices={TEXT_SIZES.map((value) => ({ value, label: settings.textSizes[value] }))}
      />
      <ChoiceBar
        label={settings.density}
        showLabel
        value={density}
        onChange={setDensity}
        choices={DENSITIES.map((value) => ({ value, label: settings.densities[value] }))}
      />
      <SwitchRow
        icon={CornerDownLeft}
        label={settings.entersSends}
        hint={settings.entersSendsHint}
        isOn={sends}
        onChange={(on) => {
          setEnterSends(on);
          setSends(on);
        }}
      />
      <SettingButton icon={Keyboard} label={settings.keys} onClick={() => navigate(KEYS)} />
    </Section>
  );
}
